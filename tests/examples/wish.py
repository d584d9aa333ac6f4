#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wish.py - a row of one's own and its event in one transaction; see wish.sql.

  wish.py DATABASE CUSTOMER SKU     (wish.sql was run there once)

Debian: python3-psycopg2
"""
import json
import sys

import psycopg2

# traceparent, correlation_id and causation_id go from the headers into the record's.
APPEND = "SELECT outbox_append('wishlist', %s, 'Wished', %s, %s)"


def wish(database, customer, sku, headers):
    """Returns the event's version. Whatever raises leaves neither row nor event."""
    with database, database.cursor() as cursor:  # a transaction
        cursor.execute("INSERT INTO wish VALUES (%s, %s)", (customer, sku))
        # Last, because it locks the shard of its aggregate until COMMIT.
        cursor.execute(APPEND, (customer, json.dumps({"sku": sku}), json.dumps(headers)))
        return cursor.fetchone()[0]


def main():
    dsn, customer, sku = sys.argv[1:]
    print("version", wish(psycopg2.connect(dsn), customer, sku, {"correlation_id": "wish-" + sku}))


main()
