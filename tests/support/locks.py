#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Places orders at a steady pace and says how those fared that need a lock, and how the others.

    locks.py URL SECONDS [--sku SKU] [--shards N,N...] [--of SHARDS] [--rate N]

Each order is sent at its time, however the ones before it fare, of one of the products sku-1 ...
sku-8, under an id of its own choosing, so that its shard is known whatever the answer. Prints two
lines, "needs" and "others": how many 201, how many 503, how many else, and the latency's p50 and p99
in ms of the 201.

The token comes from the environment: TOKEN_AGENT.
"""
import argparse
import asyncio
import os
import random
import sys
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from shop import Shop, order_body, shard_of  # noqa: E402

SKUS = [f"sku-{i}" for i in range(1, 9)]


async def buy(shop, args, seen):
    order_id, sku = str(uuid.uuid4()), random.choice(SKUS)
    needs = sku == args.sku or shard_of(order_id, args.of) in args.shards
    began = time.monotonic()
    try:
        body = order_body(order_id, {sku: 1})
        status, _ = await asyncio.wait_for(shop.post("/v1/orders", order_id, body), 60)
    except (OSError, EOFError, asyncio.TimeoutError):
        status = 0
    seen[needs].append((status, (time.monotonic() - began) * 1000))


async def buy_steadily(args, seen):
    shop, orders = Shop(args.url, os.environ["TOKEN_AGENT"]), []
    began = time.monotonic()
    for i in range(int(args.seconds * args.rate)):
        await asyncio.sleep(began + i / args.rate - time.monotonic())
        orders.append(asyncio.create_task(buy(shop, args, seen)))
    await asyncio.gather(*orders)


def report(name, seen):
    times = sorted(ms for status, ms in seen if status == 201)
    count = {status: sum(1 for s, _ in seen if s == status) for status in (201, 503)}
    p50, p99 = (times[len(times) * p // 100] for p in (50, 99)) if times else (0, 0)
    print(f"{name} {count[201]} {count[503]} {len(seen) - sum(count.values())} {p50:.1f} {p99:.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--sku", default="")
    parser.add_argument("--shards", type=lambda s: {int(n) for n in s.split(",")}, default=set())
    parser.add_argument("--of", type=int, default=12)
    parser.add_argument("--rate", type=int, default=100)
    args = parser.parse_args()
    seen = {True: [], False: []}
    asyncio.run(buy_steadily(args, seen))
    report("needs", seen[True])
    report("others", seen[False])


main()
