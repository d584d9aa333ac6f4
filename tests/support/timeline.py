#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""timeline.py - the hops of an event from COMMIT to a consumer; run by tests/bench/timeline.

  timeline.py consume TOPIC FILE                  until SIGTERM: who came when
  timeline.py print CONSUMED ANSWERED RELAY-LOG   the hops of all orders in ANSWERED
"""
import json
import os
import signal
import sys
import time

import psycopg2
from confluent_kafka import Consumer


def consume(topic, path):
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "group.id": topic,
                         "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    with open(path, "w", encoding="ascii") as out:
        while not stopping:
            record = consumer.poll(0.2)
            if record is None:
                out.flush()
            elif not record.error():
                at_us = time.time_ns() // 1000
                out.write(f"{record.key().decode()} {record.partition()} {record.offset()} {at_us}\n")
    consumer.close()


def read_commits():
    """Of each order, the microsecond of its COMMIT."""
    database = psycopg2.connect(os.environ["DATABASE_URL"])
    with database.cursor() as cursor:
        cursor.execute("SELECT aggregateid, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint"
                       " FROM outbox WHERE aggregatetype = 'order'")
        return dict(cursor.fetchall())


def read_relay(path):
    """When each record was handed to the client and when it was acknowledged; how long reading took."""
    answers, reads = {}, []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "event_answered" and event["topic"].endswith("order.events"):
                answers[event["partition"], event["offset"]] = (event["at_us"] - event["took_us"], event["at_us"])
            elif event["event"] == "rows_read":
                reads.append(event["took_us"])
    return answers, reads


def tell(name, values):
    values = sorted(values)
    at = [values[min(len(values) - 1, len(values) * share // 1000)] / 1000 for share in (500, 900, 990, 999)]
    print(f"{name:34s} {len(values):6d}  p50 {at[0]:7.2f}  p90 {at[1]:7.2f}  p99 {at[2]:7.2f}  p99.9 {at[3]:7.2f} ms")


STAGES = ("COMMIT to 201: the log's flush, the answer", "to the client of Kafka: the bell, a query", "to the broker's answer",
          "to the consumer: its fetch")


def tell_slow(hops, bound_us=10000, apart_us=50000):
    """What made slow ones slow: rates on a busy machine say little, but whom each of them waited for does."""
    slow = sorted((commit, came, answer, produced, acknowledged) for commit, answer, produced, acknowledged, came in hops
                  if came - commit > bound_us)
    longest, bursts, last = [0] * len(STAGES), 0, None
    for commit, came, answer, produced, acknowledged in slow:
        at = [commit, min(answer, produced), produced, min(acknowledged, came), came]
        took = [end - begin for begin, end in zip(at, at[1:])]
        longest[took.index(max(took))] += 1
        bursts += last is None or commit > last
        last = max(last or 0, came) + apart_us
    print(f"{len(slow)} of {len(hops)} took more than {bound_us // 1000} ms, in {bursts} bursts; most of it was the way")
    for name, count in zip(STAGES, longest):
        print(f"  {name:44s} {count:6d}")


def show(consumed_path, answered_path, log_path):
    commits, (answers, reads) = read_commits(), read_relay(log_path)
    with open(answered_path, encoding="ascii") as lines:
        answered = {key: int(at) for key, at in map(str.split, lines)}
    hops = []
    with open(consumed_path, encoding="ascii") as lines:
        for key, partition, offset, came in map(str.split, lines):
            if key in answered:
                produced, acknowledged = answers[int(partition), int(offset)]
                hops.append((commits[key], answered[key], produced, acknowledged, int(came)))
    if len(hops) != len(answered):
        sys.exit(f"{len(answered)} orders, {len(hops)} of them consumed")
    tell("COMMIT -> 201 at the client", (answer - commit for commit, answer, _, _, _ in hops))
    tell("COMMIT -> handed to Kafka's client", (produced - commit for commit, _, produced, _, _ in hops))
    tell("  of it a query for rows", reads)
    tell("handed over -> acknowledged", (acknowledged - produced for _, _, produced, acknowledged, _ in hops))
    tell("handed over -> consumer", (came - produced for _, _, produced, _, came in hops))
    tell("COMMIT -> consumer", (came - commit for commit, _, _, _, came in hops))
    tell("201 -> consumer", (came - answer for _, answer, _, _, came in hops))
    tell_slow(hops)


if sys.argv[1:2] == ["consume"] and len(sys.argv) == 4:
    consume(*sys.argv[2:])
elif sys.argv[1:2] == ["print"] and len(sys.argv) == 5:
    show(*sys.argv[2:])
else:
    sys.exit(__doc__)
