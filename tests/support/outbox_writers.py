#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""outbox_writers.py - many transactions that append events, and whether Kafka holds them all, in order.

  outbox_writers.py write JOURNAL SEED     until SIGTERM; each event whose COMMIT was answered is a line
  outbox_writers.py check JOURNAL PHASES   PHASES: lines "milliseconds name", when each one began

Of 50 writers 45 append last before COMMIT, as they should; five append first and hold their shard for as
long as their transaction is open, which is 0 to 5 s for all of them. One in five is rolled back. Knows
nothing of the services: DATABASE_URL, KAFKA_BROKERS, TOPIC_PREFIX.
"""
import json
import os
import random
import signal
import sys
import threading
from collections import Counter

import psycopg2
from confluent_kafka import Consumer, TopicPartition

import joining

TYPES = ("chaos", "storm")
WRITERS, EARLY, KEYS, MOST_EVENTS = 50, 5, 40, 8
OPEN_S, ROLLBACKS = 5.0, 0.2
APPEND = "SELECT outbox_append(%s, %s, 'Tried', %s)"


# ---- writing -----------------------------------------------------------------------------------

def append(cursor, rng):
    """Some events of one aggregate: those of several would take the locks of shards in any order."""
    aggregate = rng.choice(TYPES), f"key-{rng.randrange(KEYS)}"
    written = []
    for _ in range(rng.randint(1, MOST_EVENTS)):
        cursor.execute(APPEND, (*aggregate, json.dumps({"text": "x" * rng.randrange(2000)})))
        written.append((*aggregate, cursor.fetchone()[0]))
    return written


def write(number, seed, journal, stopping):
    rng = random.Random(f"{seed}-{number}")
    database = psycopg2.connect(os.environ["DATABASE_URL"])
    while not stopping.is_set():
        open_s, is_kept = rng.uniform(0, OPEN_S), rng.random() >= ROLLBACKS
        with database.cursor() as cursor:
            if number < EARLY:
                written = append(cursor, rng)
                stopping.wait(open_s)
            else:
                cursor.execute("SELECT 1")
                stopping.wait(open_s)
                written = append(cursor, rng)
        if is_kept:
            database.commit()
            journal.write("".join(f"{kind} {key} {version}\n" for kind, key, version in written))
        else:
            database.rollback()
    database.close()


def write_all(journal_path, seed):
    """Returns the exit code; each of them writes until it is told to stop."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    ended_well = []
    with open(journal_path, "w", buffering=1, encoding="ascii") as journal:
        def write_one(number):
            write(number, seed, journal, stopping)
            ended_well.append(number)

        writers = [threading.Thread(target=write_one, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        joining.join_all(writers)
    return 0 if len(ended_well) == WRITERS else 1


# ---- checking ----------------------------------------------------------------------------------

def read_topic(topic):
    """Its records in the order of each partition: (partition, time, key, version, id, sequence)."""
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "group.id": topic, "enable.auto.commit": False})
    ends = {}
    for partition in consumer.list_topics(topic, timeout=60).topics[topic].partitions:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
        if end > 0:
            ends[partition] = end
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    while ends:
        record = consumer.poll(60)
        if record is None or record.error():
            sys.exit(f"{topic}: nothing more came before {ends}: {record and record.error()}")
        headers = {name: value.decode() for name, value in record.headers() or []}
        yield (record.partition(), record.timestamp()[1], record.key().decode(), int(headers["ce_aggregateversion"]),
               headers["ce_id"], int(headers["ce_sequence"]))
        if record.offset() + 1 >= ends.get(record.partition(), 0):
            ends.pop(record.partition(), None)
    consumer.close()


def read_outbox():
    database = psycopg2.connect(os.environ["DATABASE_URL"])
    with database.cursor() as cursor:
        cursor.execute("SELECT aggregatetype, aggregateid, aggregateversion, shard, id::text FROM outbox")
        return {row[:3]: row[3:] for row in cursor.fetchall()}


def compare(outbox):
    """Returns what is wrong, how many records there are, and when each duplicate was sent."""
    wrong, count, duplicates, versions = [], 0, [], Counter()
    for kind in TYPES:
        newest = Counter()
        for partition, time_ms, key, version, event, sequence in read_topic(f"{os.environ['TOPIC_PREFIX']}{kind}.events"):
            count += 1
            if outbox.get((kind, key, version)) != (partition, event):
                wrong.append(f"{kind}/{key} version {version}: {event} in partition {partition} is not the outbox's")
            elif version <= versions[kind, key]:
                duplicates.append(time_ms)
            elif version > versions[kind, key] + 1:
                wrong.append(f"{kind}/{key}: version {version} comes after {versions[kind, key]}")
            elif sequence <= newest[partition]:
                wrong.append(f"{kind}/{partition}: sequence {sequence} comes first after {newest[partition]}")
            versions[kind, key] = max(version, versions[kind, key])
            newest[partition] = max(sequence, newest[partition])
    wrong += [f"{kind}/{key} version {version} was committed and is not in Kafka"
              for kind, key, version in outbox if version > versions[kind, key]]
    return wrong, count, duplicates


def tell_duplicates(duplicates, path):
    with open(path, encoding="ascii") as lines:
        phases = [line.split(" ", 1) for line in lines]
    ends = [int(began) for began, _ in phases[1:]] + [1 << 62]
    for (began, name), end in zip(phases, ends):
        print(f"duplicates, {name.strip()}: {sum(int(began) <= time_ms < end for time_ms in duplicates)}")


def check(journal_path, phases_path):
    outbox = read_outbox()
    with open(journal_path, encoding="ascii") as lines:
        journal = [tuple(line.split()) for line in lines]
    lost = [line for line in journal if (line[0], line[1], int(line[2])) not in outbox]
    wrong, count, duplicates = compare(outbox)
    wrong += [f"{line} was committed and is not in the outbox" for line in lost]
    print(f"{len(journal)} events committed, {len(outbox)} in the outbox, {count} records, {len(duplicates)} of them duplicates")
    tell_duplicates(duplicates, phases_path)
    for line in wrong[:10]:
        print(line)
    return 1 if wrong or not journal else 0


if len(sys.argv) == 4 and sys.argv[1] == "write":
    sys.exit(write_all(*sys.argv[2:]))
elif len(sys.argv) == 4 and sys.argv[1] == "check":
    sys.exit(check(*sys.argv[2:]))
else:
    sys.exit(__doc__)
