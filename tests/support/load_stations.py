# SPDX-License-Identifier: Apache-2.0
"""What PostgreSQL, Kafka and Redis hold, as plain Python values. Addresses come from LOAD_*."""
import hashlib
import json
import os
import subprocess

import redis

TYPES = ("order", "customer", "product", "stock")


# --- PostgreSQL -----------------------------------------------------------------------------


def sql(query):
    """Rows of texts."""
    shown = subprocess.run(
        ["psql", "-X", "-q", "-At", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d",
         os.environ["LOAD_DATABASE_URL"], "-c", query],
        check=True, capture_output=True, text=True, timeout=60).stdout
    return [line.split("\x1f") for line in shown.splitlines()]


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
    def __init__(self, message):
        names, values = message.get("headers", [])[::2], message.get("headers", [])[1::2]
        headers = dict(zip(names, values))
        self.partition, self.offset, self.key = (message["partition"], message["offset"],
                                                 message["key"])
        self.id = headers.get("ce_id")
        self.version = int(headers.get("ce_aggregateversion", 0))
        self.payload_sha = hashlib.sha256((message["payload"] or "").encode()).hexdigest()


def records(aggregate):
    """Of one topic, by partition and offset. A topic that is not there has none."""
    topic = f"{os.environ['LOAD_TOPIC_PREFIX']}{aggregate}.events"
    shown = subprocess.run(
        ["kcat", "-q", "-C", "-e", "-J", "-o", "beginning", "-b", os.environ["LOAD_BROKERS"],
         "-t", topic, "-X", "check.crcs=true"],
        check=True, capture_output=True, text=True, timeout=120).stdout
    found = [Record(json.loads(line)) for line in shown.splitlines()]
    return sorted(found, key=lambda record: (record.partition, record.offset))


# --- Redis ----------------------------------------------------------------------------------


class Redis:
    """Answers as Redis gives them, texts decoded."""

    def __init__(self):
        host, port = os.environ["LOAD_REDIS"].split(":")
        self._client = redis.Redis(host, int(port), int(os.environ["LOAD_REDIS_DB"]), username="admin",
                                   password=os.environ["LOAD_REDIS_PASSWORD"], socket_timeout=30,
                                   decode_responses=True)
        self._client.response_callbacks.clear()

    def ask(self, commands):
        """One answer per command."""
        answers = []
        for i in range(0, len(commands), 500):
            pipeline = self._client.pipeline(transaction=False)
            for command in commands[i:i + 500]:
                pipeline.execute_command(*command)
            answers += pipeline.execute()
        return answers


def pairs(flat):
    """A hash as HGETALL answers it."""
    return dict(zip(flat[::2], flat[1::2]))
