# SPDX-License-Identifier: Apache-2.0
"""What loads on command-svc share: kept-alive connections, an order's body, a key's shard."""
import asyncio
import json
import urllib.parse


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


def shard_of(key, shards):
    return murmur2(key.encode()) % shards


def order_body(order_id, lines):
    """lines: pieces by sku."""
    return {
        "order_id": order_id, "customer_id": "demo", "currency": "GBP",
        "lines": [{"sku": sku, "quantity": pieces} for sku, pieces in lines.items()],
        "shipping_address": {"name": "Demo", "line1": "1 High Street", "city": "London",
                             "postal_code": "N1 1AA", "country": "GB"},
        "payment": {"provider": "demo", "method": "card"}}


class Shop:
    """One command-svc; as many connections as commands are on their way."""

    def __init__(self, url, token):
        self.peer = urllib.parse.urlsplit(url).netloc.split(":")
        self.token = token
        self.idle = []

    async def post(self, path, key, body):
        """Status and body of the answer."""
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(*self.peer)
        text = json.dumps(body)
        writer.write((
            f"POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nIdempotency-Key: {key}\r\n"
            f"Content-Length: {len(text)}\r\n\r\n{text}").encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        answer = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        self.idle.append((reader, writer))
        return int(head.split()[1]), answer
