#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads orders over and over and holds each answer against all before it: versions only grow, what
was there stays there, and one answer is of one moment.

    steady_reader.py URL        until SIGTERM; TOKEN_AGENT shows the token

Each round asks for the newest orders and for some of those seen before, whole. The last line is a
count: "N answers, 0 faults"; each fault has a line of its own.
"""
import http.client
import json
import os
import random
import signal
import sys
import urllib.parse

KNOWN_AT_ONCE = 20
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


def ask(connection, path):
    """The answer's document; None: the service was not to be reached, or is overloaded."""
    global answers
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {os.environ['TOKEN_AGENT']}"})
        answer = connection.getresponse()
        body = answer.read()
    except OSError:
        connection.close()
        return None
    answers += 1
    if answer.status in (429, 503):
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
    url = urllib.parse.urlsplit(sys.argv[1])
    signal.signal(signal.SIGTERM, end)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    newest = set()
    while not is_over:
        newest = read_list(connection, newest)
        for order in random.sample(sorted(seen), min(KNOWN_AT_ONCE, len(seen))):
            read_order(connection, order)
    print(f"{answers} answers, {faults} faults", flush=True)
    sys.exit(0 if faults == 0 and answers > 0 else 1)


main()
