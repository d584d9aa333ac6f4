#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what PostgreSQL has against the models that walks left: rows, and each event in its place.

    walk_check.py MODEL...    the address comes from LOAD_DATABASE_URL
"""
import collections
import os
import pickle
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import load_stations  # noqa: E402

QUERIES = {
    "order": """SELECT order_id, o.version, o.status, p.status, refund_state, dispute,
                       array_to_string(risk_flags, ','), total_minor, authorized_minor,
                       captured_minor, refunded_minor
                  FROM orders o JOIN payment p USING (order_id)""",
    "product": """SELECT sku, version, unit_price_minor, currency, discontinued, available
                    FROM product JOIN stock USING (sku)""",
    "customer": "SELECT customer_id, version, active FROM customer",
}


def rows_of(shop, kind):
    if kind == "order":
        return [order.row() for order in shop.orders.values()]
    if kind == "product":
        return [[p.sku, str(p.version), str(p.price), p.currency, "ft"[p.discontinued],
                 str(p.available)] for p in shop.products.values()]
    return [[customer_id, str(customer.version), "ft"[customer.active]]
            for customer_id, customer in shop.customers.items()]


def odd_rows(shops, kind):
    wanted = {tuple(row) for shop in shops for row in rows_of(shop, kind)}
    found = {tuple(row) for row in load_stations.sql(QUERIES[kind])}
    yield from (f"{kind}: no row {'|'.join(row)}" for row in wanted - found)
    yield from (f"{kind}: nobody expects {'|'.join(row)}" for row in found - wanted)


def odd_events(told, happened):
    """told: of each aggregate, type and members of its events."""
    for name in told.keys() | happened.keys():
        events, types = happened[name], [kind for kind, _ in told.get(name, ())]
        if types != [event.type for event in events]:
            yield f"{name}: {types}, not {[event.type for event in events]}"
            continue
        for version, ((_, members), event) in enumerate(zip(told[name], events), 1):
            got = {member: event.payload.get(member, 0) for member in members}
            if (event.version, event.payload["version"], got) != (version, version, members):
                yield f"{name}, event {version}: {members}, not {event.payload}"


def main():
    shops = []
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            shops += pickle.load(file)
    told = {name: aggregate.events for shop in shops
            for aggregates in (shop.orders, shop.products, shop.customers)
            for name, aggregate in aggregates.items()}
    happened = collections.defaultdict(list)
    for event in load_stations.outbox():
        if event.aggregate != "stock":  # levels are announced at a time of their own
            happened[event.aggregate_id].append(event)
    odd = [line for kind in QUERIES for line in odd_rows(shops, kind)]
    odd += odd_events(told, happened)
    print(f"      {sum(len(shop.orders) for shop in shops)} orders, "
          f"{sum(map(len, told.values()))} events, {len(odd)} differences")
    print("\n".join("      " + line for line in odd[:8]))
    return 1 if odd or not told else 0


if __name__ == "__main__":
    sys.exit(main())
