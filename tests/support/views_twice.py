#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies the topics of a world behind another prefix: each record twice, the partitions in adverse order.

    views_twice.py FROM TO            prefixes; levels of stock first, then orders, customers, products
    views_twice.py --create TOPIC PARTITIONS

Of a partition the order of first occurrences stays; the second one comes some records later. The broker is LOAD_BROKERS.
"""
import os
import sys

import confluent_kafka
import confluent_kafka.admin

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import load_stations  # noqa: E402

APART = 5
KINDS = ("stock", "order", "customer", "product")
BROKER = {"bootstrap.servers": os.environ["LOAD_BROKERS"]}


def create(topic, partitions):
    admin = confluent_kafka.admin.AdminClient(BROKER)
    made = admin.create_topics([confluent_kafka.admin.NewTopic(topic, int(partitions), 1)])
    made[topic].result(60)


def partitions(kind, prefix):
    """The last one first."""
    found = {}
    for record in load_stations.records(kind, prefix):
        found.setdefault(record.partition, []).append(record)
    return [found[partition] for partition in sorted(found, reverse=True)]


def twice(found):
    for at in range(0, len(found), APART):
        yield from found[at:at + APART]
        yield from found[at:at + APART]


def copy(source, to):
    producer = confluent_kafka.Producer({**BROKER, "enable.idempotence": True})
    for kind in KINDS:
        for found in partitions(kind, source):
            for record in twice(found):
                producer.produce(f"{to}{kind}.events", record.payload.encode(), record.key.encode(),
                                 record.partition, headers=record.headers)
                producer.poll(0)
            producer.flush()


if sys.argv[1] == "--create":
    create(*sys.argv[2:])
else:
    copy(*sys.argv[1:])
