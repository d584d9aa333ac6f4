#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""watch_topic.py TOPIC RECORDS - waits until the topic has so many; prints the milliseconds from the first
that was seen to the last, as if all had come at that rate. KAFKA_BROKERS says where."""
import os
import sys
import time

from confluent_kafka import Consumer, TopicPartition

LIMIT_S, PAUSE_S = 900, 0.05


def main(topic, wanted):
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "group.id": "watch-topic"})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    first = None
    began = time.monotonic()
    while time.monotonic() - began < LIMIT_S:
        count = sum(consumer.get_watermark_offsets(TopicPartition(topic, at), timeout=30)[1] for at in partitions)
        now = time.monotonic()
        if first is None and count > 0:
            first = now, count
        if count >= wanted:
            print(round((now - first[0]) * 1000 * wanted / max(wanted - first[1], 1)))
            return 0
        time.sleep(PAUSE_S)
    return f"only {count} of {wanted} after {LIMIT_S} s"


sys.exit(main(sys.argv[1], int(sys.argv[2])))
