#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Buys what there is too little of, and writes down what was sent and answered when.

    stock_load.py flash HISTORY ORDERS CONNECTIONS URL...       one piece of sku-1 each
    stock_load.py scarce HISTORY SECONDS CONNECTIONS URL...     of sku-1 ... sku-N, see PRODUCTS
    stock_load.py overtaken HELD PID FREE                       see `overtaken`

flash and scarce print, by status, how many commands were answered, and the seconds it took. A
command that got 503 is sent again with its key. Some keys come for two orders at once, of which one
is decided and counts, and the other gets 422.

The token comes from the environment: TOKEN_AGENT; SHARDS and PRODUCTS too.
"""
import asyncio
import collections
import json
import os
import random
import signal
import sys
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from shop import Shop, order_body, shard_of  # noqa: E402

SHARDS = int(os.environ.get("SHARDS", 12))
PRODUCTS = int(os.environ.get("PRODUCTS", 200))
LINES, PIECES_MAX = 5, 3  # of an order of scarce products
CANCELLED, DOUBLED = 0.45, 0.03  # shares of commands
LIMIT_NS = 60 * 10**9  # for one command
REASON = {"reason": "changed my mind"}


def shop_at(url):
    return Shop(url, os.environ["TOKEN_AGENT"])


class History:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.count = collections.Counter()

    def note(self, op, order_id, want, sent, status, answer):
        self.count[status] += 1
        line = {"op": op, "id": order_id, "want": want, "sent": sent,
                "answered": time.monotonic_ns(), "status": status}
        if status == 409:
            problem = json.loads(answer)
            if problem["type"] != "urn:problem:insufficient-stock":
                sys.exit(f"{op} of {order_id}: {answer}")
            line["short_of"] = problem["sku"]
        if status in (200, 201, 409):
            self.file.write(json.dumps(line) + "\n")
        elif status != 422:  # another request had the key
            sys.exit(f"{op} of {order_id}: {status} {answer}")

    def close(self, began):
        self.file.close()
        by_status = " ".join(str(self.count[status]) for status in (201, 409, 200, 422))
        print(f"{by_status} {time.monotonic() - began:.1f}")


async def send(shop, history, op, order_id, want, key):
    """Until it is answered; the status."""
    path, body = ("/v1/orders", order_body(order_id, want)) if op == "place" else (
        f"/v1/orders/{order_id}/cancel", REASON)
    sent, status = time.monotonic_ns(), 503
    while status == 503:
        status, answer = await shop.post(path, key, body)
        if status == 503 and time.monotonic_ns() - sent > LIMIT_NS:
            sys.exit(f"{op} of {order_id}: no answer but {answer}")
        if status == 503:
            await asyncio.sleep(0.1)
    history.note(op, order_id, want, sent, status, answer)
    return status


async def place(shop, history, want):
    order_id = str(uuid.uuid4())
    status = await send(shop, history, "place", order_id, want, order_id)
    return order_id if status == 201 else None


async def place_two_with_one_key(shops, history, want):
    """At once, in two shards or two services: one of them is refused the key."""
    key, ids = str(uuid.uuid4()), [str(uuid.uuid4()), str(uuid.uuid4())]
    statuses = await asyncio.gather(*[
        send(random.choice(shops), history, "place", order_id, want, key) for order_id in ids])
    if sum(status == 422 for status in statuses) != 1:
        sys.exit(f"one key for two orders: {statuses}")
    return ids[statuses.index(201)] if 201 in statuses else None


async def place_somehow(shop, shops, history, want):
    if random.random() < DOUBLED:
        return await place_two_with_one_key(shops, history, want)
    return await place(shop, history, want)


# --- flash ----------------------------------------------------------------------------------


async def flash(path, orders, connections, *urls):
    history, left = History(path), iter(range(int(orders)))
    shops = [shop_at(url) for url in urls]

    async def buyer(number):
        for _ in left:
            await place_somehow(shops[number % len(shops)], shops, history, {"sku-1": 1})

    began = time.monotonic()
    await asyncio.gather(*[buyer(i) for i in range(int(connections))])
    history.close(began)


# --- scarce ---------------------------------------------------------------------------------


def some_lines():
    skus = random.sample(range(1, PRODUCTS + 1), min(LINES, PRODUCTS))
    return {f"sku-{n}": random.randint(1, PIECES_MAX) for n in skus}


async def shopper(shops, history, until):
    mine = []
    while time.monotonic() < until:
        shop = random.choice(shops)
        if mine and random.random() < CANCELLED:
            order_id = mine.pop(random.randrange(len(mine)))
            await send(shop, history, "cancel", order_id, {}, "cancel-" + order_id)
            continue
        order_id = await place_somehow(shop, shops, history, some_lines())
        if order_id is not None:
            mine.append(order_id)


async def scarce(path, seconds, connections, *urls):
    history, began = History(path), time.monotonic()
    shops = [shop_at(url) for url in urls]
    await asyncio.gather(*[shopper(shops, history, began + float(seconds))
                           for _ in range(int(connections))])
    history.close(began)


# --- overtaken ------------------------------------------------------------------------------


def an_order_id(shard):
    while True:
        order_id = str(uuid.uuid4())
        if shard_of(order_id, SHARDS) == shard:
            return order_id


async def is_stopped(pid):
    for _ in range(1000):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            if file.read().rsplit(") ", 1)[1].startswith("T"):
                return
        await asyncio.sleep(0.02)
    sys.exit("the service did not stop")


async def overtaken(held, pid, free):
    """Of sku-1 there are four pieces. HELD decides two orders in one batch and stops (a fault
    point): the first takes three, the second wants two. Meanwhile FREE sells two and, after that
    is answered, receives three. There is no moment at which the second order could be refused.

    Prints the answers: of the two sold meanwhile and of the three received, then of both orders.
    """
    held, free, pid = shop_at(held), shop_at(free), int(pid)
    first = (shard_of("sku-1", SHARDS) + 1) % SHARDS
    await asyncio.gather(*[held.post("/v1/none", "none", {}) for _ in range(2)])
    os.kill(pid, signal.SIGSTOP)  # both are there when it looks again: one turn, one batch
    await is_stopped(pid)
    ids = [an_order_id(first), an_order_id(first)]
    orders = [asyncio.create_task(held.post("/v1/orders", order_id,
                                            order_body(order_id, {"sku-1": pieces})))
              for order_id, pieces in zip(ids, (3, 2))]
    await asyncio.sleep(0.2)
    os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(0.2)
    await is_stopped(pid)
    between = an_order_id((first + 1) % SHARDS)
    sold, _ = await free.post("/v1/orders", between, order_body(between, {"sku-1": 2}))
    received, _ = await free.post("/v1/products/sku-1/receive-stock", "three", {"quantity": 3})
    os.kill(pid, signal.SIGCONT)
    print(sold, received, *[status for status, _ in await asyncio.gather(*orders)])


MODES = {"flash": flash, "scarce": scarce, "overtaken": overtaken}

asyncio.run(MODES[sys.argv[1]](*sys.argv[2:]))
