#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An address that leads elsewhere from one moment to the next, as a name or a proxy does after a failover.

    redirect.py PORT FILE        forwards 127.0.0.1:PORT to the port that stands in FILE

FILE is read for each connection that comes; those that are there stay where they are.
"""
import asyncio
import sys


async def pump(source, sink):
    try:
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


async def serve(reader, writer):
    with open(sys.argv[2], encoding="ascii") as target:
        port = int(target.read())
    try:
        there = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()


asyncio.run(main())
