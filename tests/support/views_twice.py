#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies the topics of a world behind another prefix: each record twice, the partitions in adverse order.

    views_twice.py FROM TO            prefixes; levels of stock first, then orders, customers, products
    views_twice.py --create TOPIC PARTITIONS

Of a partition the order of first occurrences stays; the second one comes some records later. The broker is LOAD_BROKERS.
"""
import json
import os
import subprocess
import sys

import confluent_kafka
import confluent_kafka.admin

APART = 5
KINDS = ("stock", "order", "customer", "product")
BROKER = {"bootstrap.servers": os.environ["LOAD_BROKERS"]}


def create(topic, partitions):
    admin = confluent_kafka.admin.AdminClient(BROKER)
    made = admin.create_topics([confluent_kafka.admin.NewTopic(topic, int(partitions), 1)])
    made[topic].result(60)


def records(topic):
    """By partition, the last one first."""
    shown = subprocess.run(["kcat", "-q", "-C", "-e", "-J", "-o", "beginning", "-b", os.environ["LOAD_BROKERS"],
                            "-t", topic], check=True, capture_output=True, timeout=600).stdout
    partitions = {}
    for line in shown.splitlines():
        record = json.loads(line)
        partitions.setdefault(record["partition"], []).append(record)
    return [sorted(found, key=lambda record: record["offset"]) for _, found in sorted(partitions.items(), reverse=True)]


def twice(found):
    for at in range(0, len(found), APART):
        yield from found[at:at + APART]
        yield from found[at:at + APART]


def copy(source, to):
    producer = confluent_kafka.Producer({**BROKER, "enable.idempotence": True})
    for kind in KINDS:
        for found in records(f"{source}{kind}.events"):
            for record in twice(found):
                headers = list(zip(record["headers"][::2], record["headers"][1::2]))
                producer.produce(f"{to}{kind}.events", record["payload"].encode(), record["key"].encode(),
                                 record["partition"], headers=headers)
                producer.poll(0)
            producer.flush()


if sys.argv[1] == "--create":
    create(*sys.argv[2:])
else:
    copy(*sys.argv[1:])
