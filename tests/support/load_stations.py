# SPDX-License-Identifier: Apache-2.0
"""What PostgreSQL, Kafka and Redis hold, as plain Python values. Addresses come from LOAD_*.

Asked by their own clients (psycopg2, confluent-kafka, redis-py), so that a mistake of ours in reading an answer
cannot stand on both sides of a comparison.
"""
import hashlib
import json
import os
import time

import confluent_kafka
import psycopg2
import psycopg2.extensions
import redis

TYPES = ("order", "customer", "product", "stock")


# --- PostgreSQL -----------------------------------------------------------------------------


# As PostgreSQL sends it, whatever the type: the checks hold texts against texts.
AS_TEXT = psycopg2.extensions.new_type(
    tuple(psycopg2.extensions.string_types), "AS_TEXT", lambda value, _: "" if value is None else value)


def sql(query):
    """Rows of texts; NULL is the empty one."""
    database = psycopg2.connect(os.environ["LOAD_DATABASE_URL"], options="-c statement_timeout=60000")
    try:
        with database, database.cursor() as cursor:
            psycopg2.extensions.register_type(AS_TEXT, cursor)
            cursor.execute(query)
            return [list(row) for row in cursor]
    finally:
        database.close()


class Event:
    """A row of the outbox; payload_sha tells whether Kafka has the same bytes."""

    def __init__(self, shard, seq, event_id, aggregate, aggregate_id, kind, version, payload):
        self.shard, self.seq, self.id = int(shard), int(seq), event_id
        self.aggregate, self.aggregate_id = aggregate, aggregate_id
        self.type, self.version = kind, int(version)
        self.payload_sha = hashlib.sha256(payload.encode()).hexdigest()
        self.payload = json.loads(payload)


def outbox():
    return [Event(*row) for row in sql(
        "SELECT shard, seq, id, aggregatetype, aggregateid, type, aggregateversion, payload"
        "  FROM outbox ORDER BY seq")]


def unpublished():
    return int(sql("SELECT count(*) FROM outbox o LEFT JOIN relay_shard r USING (shard)"
                   " WHERE o.seq > coalesce(r.position, 0)")[0][0])


def untold_levels():
    """Levels of stock that orders have changed and no event has told yet."""
    return int(sql("SELECT count(*) FROM stock s LEFT JOIN stock_announced a USING (sku)"
                   " WHERE a.available IS DISTINCT FROM s.available")[0][0])


# --- Kafka ----------------------------------------------------------------------------------


class Record:
    """Key, header values and payload are texts, as those of our events are."""

    def __init__(self, message):
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()
        self.key, self.payload = text(message.key()), text(message.value()) or ""
        self.headers = {name: text(value) for name, value in message.headers() or []}
        self.id = self.headers.get("ce_id")
        self.version = int(self.headers.get("ce_aggregateversion", 0))
        self.payload_sha = hashlib.sha256(self.payload.encode()).hexdigest()


def text(value):
    return None if value is None else value.decode(errors="backslashreplace")


def records(aggregate, prefix=None):
    """Of one topic, by partition and offset. A topic that is not there has none."""
    topic = f"{os.environ['LOAD_TOPIC_PREFIX'] if prefix is None else prefix}{aggregate}.events"
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": os.environ["LOAD_BROKERS"], "group.id": "orderspine-load-stations", "check.crcs": True,
        "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 50})
    try:
        there = consumer.list_topics(topic, timeout=30).topics[topic]
        found = to_the_ends(consumer, topic, [] if there.error else list(there.partitions))
    finally:
        consumer.close()
    return sorted(found, key=lambda record: (record.partition, record.offset))


def to_the_ends(consumer, topic, partitions, limit_s=600):
    found, open_ones, until = [], set(partitions), time.monotonic() + limit_s
    consumer.assign([confluent_kafka.TopicPartition(topic, at, confluent_kafka.OFFSET_BEGINNING)
                     for at in partitions])
    while open_ones:
        if time.monotonic() > until:
            raise RuntimeError(f"{topic}: no end of partitions {sorted(open_ones)} within {limit_s} s")
        for message in consumer.consume(10_000, timeout=0.1):
            if not message.error():
                found.append(Record(message))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                open_ones.discard(message.partition())
            elif not message.error().retriable():
                raise confluent_kafka.KafkaException(message.error())
    return found


# --- Redis ----------------------------------------------------------------------------------


class Redis:
    """Pipelines whose answers are as Redis gives them: a score stays the text that stands there."""

    def __init__(self):
        host, port = os.environ["LOAD_REDIS"].split(":")
        self._redis = redis.Redis(host, int(port), int(os.environ["LOAD_REDIS_DB"]), username="admin",
                                  password=os.environ["LOAD_REDIS_PASSWORD"], socket_timeout=30,
                                  decode_responses=True)
        self._redis.response_callbacks.clear()

    def ask(self, commands):
        """One answer per command."""
        answers = []
        for i in range(0, len(commands), 500):
            pipeline = self._redis.pipeline(transaction=False)
            for command in commands[i:i + 500]:
                pipeline.execute_command(*command)
            answers += pipeline.execute()
        return answers


def pairs(flat):
    """A hash as HGETALL answers it."""
    return dict(zip(flat[::2], flat[1::2]))
