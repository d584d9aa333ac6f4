#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads orders over and over and holds each answer against all before it: versions only grow, what
was there stays there, and one answer is of one moment.

    steady_reader.py [--recovering] [--pause MS] URL...    until SIGTERM; TOKEN_AGENT shows the token

With --recovering an answer may show less than one before if it says that it is `recovering`. Several
services answer in turn, and are held to one story. Each round asks for the newest orders and for some
of those seen before, whole. The last line is a count: "N answers, 0 faults"; each fault has a line of
its own.
"""
import argparse
import http.client
import json
import os
import random
import signal
import sys
import time
import urllib.parse

KNOWN_AT_ONCE = 20
wish = None
excused = 0
seen = {}
answers = 0
faults = 0
is_over = False


def end(_signal, _frame):
    global is_over
    is_over = True


def fault(text):
    global faults
    faults += 1
    print("FAULT", text, flush=True)


def is_excused(document):
    """It says that it may show less."""
    global excused
    is_so = wish.recovering and isinstance(document, dict) and document.get("recovering") is True
    excused += is_so
    return is_so


def ask(connection, path):
    """The answer's document; None: the service was not to be reached, is overloaded, or excused."""
    global answers
    time.sleep(wish.pause / 1000)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {os.environ['TOKEN_AGENT']}"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    answers += 1
    if answer.status in (429, 503):
        return None
    if is_excused(json.loads(body)):
        return None
    if answer.status != 200:
        fault(f"{path}: {answer.status} {body[:200]!r}")
        return None
    return json.loads(body)


def note(order, version):
    if version < seen.get(order, 0):
        fault(f"order {order} went back from version {seen[order]} to {version}")
    seen[order] = max(version, seen.get(order, 0))


def read_list(connection, newest_before):
    """The ids on the newest page; none of the page before is lost while the page is not full."""
    page = ask(connection, "/v1/orders?limit=200")
    if page is None:
        return newest_before
    orders = {row["order_id"]: row["source_version"] for row in page["orders"]}
    for order, version in orders.items():
        note(order, version)
    if len(orders) < 200:
        for order in newest_before - orders.keys():
            fault(f"order {order} is no longer on the list")
    return set(orders)


def read_order(connection, order):
    whole = ask(connection, f"/v1/orders/{order}?include=timeline")
    if whole is None:
        return
    version = whole["freshness"]["source_version"]
    note(order, version)
    newest = max(event["version"] for event in whole["timeline"])
    if newest != version:
        fault(f"order {order}: version {version}, its timeline ends with {newest}")


def main():
    global wish
    words = argparse.ArgumentParser()
    words.add_argument("--recovering", action="store_true")
    words.add_argument("--pause", type=int, default=0)
    words.add_argument("urls", nargs="+")
    wish = words.parse_args()
    signal.signal(signal.SIGTERM, end)
    urls = [urllib.parse.urlsplit(url) for url in wish.urls]
    connections = [http.client.HTTPConnection(url.hostname, url.port, timeout=30) for url in urls]
    newest = set()
    while not is_over:
        connections.append(connections.pop(0))
        connection = connections[0]
        newest = read_list(connection, newest)
        for order in random.sample(sorted(seen), min(KNOWN_AT_ONCE, len(seen))):
            read_order(connection, order)
    if wish.recovering:
        print(f"{excused} answers said that they were recovering", flush=True)
    print(f"{answers} answers, {faults} faults", flush=True)
    sys.exit(0 if faults == 0 and answers > 0 else 1)


main()
