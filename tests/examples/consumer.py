#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""consumer.py - reads order.events as a member of a group and adds up what was ordered, each order
once: duplicates are known by version and ce_id, effect and offset are one transaction.

  consumer.py BROKERS GROUP TOPIC DATABASE     (reader.sql was loaded there)

Debian: python3-confluent-kafka python3-psycopg2
"""
import signal
import sys

import confluent_kafka
import psycopg2

APPLY = "SELECT reader_apply(%s, %s, %s, %s, %s, %s, %s)"


def begin_at_own_offsets(database):
    def on_assign(consumer, partitions):
        with database, database.cursor() as cursor:
            cursor.execute("SELECT partition, next FROM reader_offset")
            offsets = dict(cursor.fetchall())
        for at in partitions:
            at.offset = offsets.get(at.partition, confluent_kafka.OFFSET_BEGINNING)
        consumer.assign(partitions)

    return on_assign


def take(database, message):
    headers = {name: value.decode() for name, value in message.headers()}
    event = (message.key().decode(), headers["ce_aggregateversion"], headers["ce_id"], headers["ce_type"])
    with database, database.cursor() as cursor:  # a transaction; an exception rolls it back
        cursor.execute(APPLY, (message.partition(), message.offset(), *event, message.value().decode()))
        if not cursor.fetchone()[0]:
            return
    print(headers["ce_type"], *event[:2], flush=True)


def main():
    brokers, group, topic, dsn = sys.argv[1:]
    database = psycopg2.connect(dsn)
    settings = {"bootstrap.servers": brokers, "group.id": group, "session.timeout.ms": 6000}
    settings |= {"enable.auto.commit": False, "auto.offset.reset": "error"}
    consumer = confluent_kafka.Consumer(settings)
    consumer.subscribe([topic], on_assign=begin_at_own_offsets(database))
    asked_to_stop = []
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.append(True))
    while not asked_to_stop:
        message = consumer.poll(0.5)
        if message and message.error():
            sys.exit(message.error().str())
        if message:
            take(database, message)
    consumer.close()


main()
