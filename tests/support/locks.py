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
import json
import os
import random
import time
import urllib.parse
import uuid

SKUS = [f"sku-{i}" for i in range(1, 9)]


def murmur2(data):
    """As Java's default partitioner."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    for i in range(0, len(data) - 3, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    rest = data[len(data) & ~3:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def body_of(order_id, sku):
    return json.dumps({
        "order_id": order_id, "customer_id": "demo", "currency": "GBP",
        "lines": [{"sku": sku, "quantity": 1}],
        "shipping_address": {"name": "Demo", "line1": "1 High Street", "city": "London",
                             "postal_code": "N1 1AA", "country": "GB"},
        "payment": {"provider": "demo", "method": "card"}})


class Shop:
    """Kept-alive connections; as many as orders are on their way."""

    def __init__(self, url):
        self.peer = urllib.parse.urlsplit(url).netloc.split(":")
        self.idle = []

    async def order(self, order_id, sku):
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(*self.peer)
        body = body_of(order_id, sku)
        writer.write((
            f"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {os.environ['TOKEN_AGENT']}\r\nIdempotency-Key: {order_id}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        self.idle.append((reader, writer))
        return int(head.split()[1])


async def buy(shop, args, seen):
    order_id, sku = str(uuid.uuid4()), random.choice(SKUS)
    needs = sku == args.sku or murmur2(order_id.encode()) % args.of in args.shards
    began = time.monotonic()
    try:
        status = await asyncio.wait_for(shop.order(order_id, sku), 60)
    except (OSError, EOFError, asyncio.TimeoutError):
        status = 0
    seen[needs].append((status, (time.monotonic() - began) * 1000))


async def buy_steadily(args, seen):
    shop, orders = Shop(args.url), []
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
