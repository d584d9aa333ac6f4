#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/v1/stream as projector-svc --serve-only answers it from a Redis that the test writes itself.

Usage: test_stream.py PROJECTOR-SVC [unittest arguments]. Uses logical database 12 and empties it.
"""
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

from event_stream import EventStream, Refused

PROJECTOR = ""
ROOT = pathlib.Path(__file__).resolve().parents[3]
DATABASE = 12
LIMIT = 60
TOKENS = {"agent": "agent amy", "operator": "operator olaf", "customer": "customer demo",
          "other": "customer other", "payment": "payment pay", "fulfilment": "fulfilment ful"}
ORDER = "01990000-0000-7000-8000-%012d"


class Redis:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=LIMIT)
        self.file = self.socket.makefile("rb")
        if parts.password:
            self("AUTH", parts.username, urllib.parse.unquote(parts.password))
        self("SELECT", DATABASE)

    def __call__(self, *words):
        self.send([words])
        return self.reply()

    def send(self, commands):
        out = []
        for words in commands:
            out.append(b"*%d\r\n" % len(words))
            for word in words:
                word = word if isinstance(word, bytes) else str(word).encode()
                out.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(out))

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind in b"+:":
            return rest.decode()
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]

    def close(self):
        self.file.close()
        self.socket.close()


def entry(n, order=1, customer="demo", version=None, event_type="OrderPlaced"):
    return ("order_id", ORDER % order, "customer_id", customer, "version", version or n,
            "type", event_type, "status", "placed", "event_id", f"event-{n}",
            "topic", "order.events", "partition", 3, "offset", n)


class Projector(threading.Thread):
    """Reports, as one that has nothing to do: else the answers would say that they are not sure to be whole."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url = url
        self.redis = Redis(url)
        self.is_over = threading.Event()
        self.is_silent = threading.Event()

    def run(self):
        while not self.is_over.wait(0.05):
            if not self.is_silent.is_set():
                try:
                    self.report(int(time.time() * 1000))
                except (OSError, ValueError):  # a test has cut it off
                    self.redis = Redis(self.url)

    def report(self, now):
        report = {"end_offset": 0, "lag_ms": 0, "reached": 0, "reported_at": now}
        self.redis("HSET", "projection:status", "generation", 1, "copy", "one", "partitions", 1,
                   "reported_at", now, "end:order.events/3", json.dumps(report))

    def end(self):
        self.is_over.set()
        self.join()
        self.redis.close()


class StreamTest(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        url = os.environ["TEST_REDIS_URL"]
        cls.redis = Redis(url)
        cls.redis("FUNCTION", "LOAD", "REPLACE",
                  (ROOT / "projector-svc" / "function" / "orderspine.lua").read_bytes())
        cls.projector = Projector(url)
        cls.projector.start()
        cls.folder = tempfile.TemporaryDirectory()
        cls.tokens = pathlib.Path(cls.folder.name) / "tokens"
        cls.write_tokens(TOKENS)
        viewer = os.environ["REDIS_VIEWER_URL"].rsplit("/", 1)[0]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.url = f"http://127.0.0.1:{port}"
        cls.log = open(pathlib.Path(cls.folder.name) / "log", "w+b")
        cls.service = subprocess.Popen(
            [PROJECTOR, "serve", "--serve-only"], stderr=cls.log,
            env={"REDIS_QUERY_URL": f"{viewer}/{DATABASE}", "AUTH_TOKENS_FILE": str(cls.tokens),
                 "LISTEN_PORT": str(port), **cls.settings})
        cls.await_true(cls.is_ready)

    @classmethod
    def tearDownClass(cls):
        if cls.service.poll() is None:
            cls.service.send_signal(signal.SIGTERM)
        try:
            status = cls.service.wait(timeout=LIMIT)
        finally:
            cls.service.kill()
            cls.service.wait()
            cls.log.seek(0)
            log = cls.log.read().decode()
            cls.log.close()
            cls.projector.end()
            cls.redis("FLUSHDB")
            cls.redis.close()
            cls.folder.cleanup()
        assert status == 0, log

    @classmethod
    def write_tokens(cls, tokens):
        cls.tokens.write_text("".join(
            f"{hashlib.sha256(f'token-of-{name}'.encode()).hexdigest()} {who}\n"
            for name, who in tokens.items()))

    @staticmethod
    def await_true(what):
        end = time.monotonic() + LIMIT
        while not what():
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.02)

    @classmethod
    def is_ready(cls):
        try:
            with urllib.request.urlopen(f"{cls.url}/readyz", timeout=LIMIT) as answer:
                return answer.status == 200
        except OSError:
            return False

    def setUp(self):
        for key in set(self.redis("KEYS", "*")) - {"projection:status"}:
            self.redis("DEL", key)
        self.await_true(lambda: self.metric("orderspine_projector_streams") == 0)
        self.await_true(lambda: not self.advises("whole"))

    def advises(self, name):
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=LIMIT) as answer:
            checks = json.loads(answer.read())["checks"]
        return any(check["name"] == name and not check["ok"] for check in checks)

    def metric(self, name):
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=LIMIT) as answer:
            for line in answer.read().decode().splitlines():
                if line.rsplit(" ", 1)[0] == name:
                    return float(line.rsplit(" ", 1)[1])
        return None

    def follow(self, who="agent", last_id=None, query="", **options):
        return EventStream(self.url, f"token-of-{who}", last_id, LIMIT, query=query, **options)

    def begin(self, *args, **options):
        """One that has been told where it is."""
        stream = self.follow(*args, **options)
        name, _, _ = stream.next()
        assert name == "freshness", name
        return stream

    def add(self, n, **options):
        return self.redis("XADD", "stream:orders", "*", *entry(n, **options))

    def add_many(self, numbers, **options):
        numbers = list(numbers)
        self.redis.send([("XADD", "stream:orders", "*", *entry(n, **options)) for n in numbers])
        return [self.redis.reply() for _ in numbers]

    def versions(self, stream, count):
        return [event["version"] for event in stream.order_events(count)]


class Following(StreamTest):
    def test_who_begins_is_told_what_comes_from_now_on(self):
        self.add(1)
        with self.follow() as stream:
            self.assertEqual(stream.headers["content-type"], "text/event-stream")
            self.assertEqual(stream.headers["cache-control"], "no-store")
            self.assertEqual(stream.headers["x-accel-buffering"], "no")
            name, last_id, data = stream.next()
            self.assertEqual((name, set(data)), ("freshness", {"projected_at", "lag_ms"}))
            self.assertEqual(last_id, self.redis("XREVRANGE", "stream:orders", "+", "-")[0][0])
            self.assertTrue(1000 <= stream.retry <= 3000)
            wanted = self.add(2)
            self.assertEqual(stream.next(), ("message", wanted, {
                "order_id": ORDER % 1, "customer_id": "demo", "type": "OrderPlaced", "version": 2,
                "status": "placed", "event_id": "event-2", "topic": "order.events", "partition": 3,
                "offset": 2}))

    def test_who_was_there_while_it_was_empty_misses_nothing(self):
        with self.begin() as stream:
            self.assertEqual(stream.last_id, "0-0")
            self.add_many(range(1, 600))
            self.assertEqual(self.versions(stream, 599), list(range(1, 600)))
        with self.follow(last_id="0-0") as stream:
            self.assertEqual(self.versions(stream, 599), list(range(1, 600)))

    def test_who_comes_again_goes_on_where_it_was(self):
        ids = self.add_many(range(1, 1001))
        for at in (1, 255, 256, 257, 512, 998, 999):
            with self.follow(last_id=ids[at - 1]) as stream:
                self.assertEqual(self.versions(stream, 1000 - at), list(range(at + 1, 1001)))
        with self.begin(last_id=ids[-1]) as stream:
            self.add(1001)
            self.assertEqual(self.versions(stream, 1), [1001])

    def test_many_who_come_again_at_once_each_get_their_own_rest(self):
        ids = self.add_many(range(1, 2001))
        streams = [(at, self.follow(last_id=ids[at - 1])) for at in range(1, 2000, 97)]
        live = self.begin()
        self.add_many(range(2001, 2011))
        for at, stream in streams:
            with stream:
                self.assertEqual(self.versions(stream, 2010 - at), list(range(at + 1, 2011)))
        with live:
            self.assertEqual(self.versions(live, 10), list(range(2001, 2011)))

    def test_an_order_and_a_customer_may_be_asked_for(self):
        asked = {"": [1, 2, 3], f"?order={ORDER % 2}": [2], "?customer=other": [2, 3],
                 f"?order={ORDER % 2}&customer=demo": []}
        streams = {query: self.begin(query=query) for query in asked}
        self.add(1, order=1)
        self.add(2, order=2, customer="other")
        self.add(3, order=3, customer="other")
        last = self.add(4, order=2, customer="both")
        for query, wanted in asked.items():
            with streams[query] as stream:
                self.assertEqual(self.versions(stream, len(wanted)), wanted)
        self.assertTrue(last)

    def test_who_is_told_little_knows_where_it_is(self):
        self.add(1)
        with self.begin(query=f"?order={ORDER % 9}") as stream:
            ids = self.add_many(range(1, 1201))
            self.add(1201, order=9)
            self.assertEqual(self.versions(stream, 1), [1201])
            before = stream.last_id
            self.add_many(range(1202, 1802))
            self.await_true(lambda: self.place_moves(stream, before))
        self.assertEqual(len(ids), 1200)

    def place_moves(self, stream, before):
        if b"\n\n" not in stream.text:
            stream.read_chunk()
        block, stream.text = stream.text.split(b"\n\n", 1)
        self.assertIsNone(stream.read_block(block.decode()))
        return stream.last_id > before

    def test_a_reader_without_patience_gets_all_of_it_later(self):
        ids = self.add_many(range(1, 2))
        with self.follow(last_id=ids[0], receive_buffer=4096) as stream:
            for first in range(2, 20002, 1000):
                self.add_many(range(first, first + 1000))
            with self.begin() as live:
                self.add(20002)
                self.assertEqual(self.versions(live, 1), [20002])
            self.assertEqual(self.versions(stream, 20001), list(range(2, 20003)))


    def test_who_hears_of_nothing_is_told_that_it_is_still_there(self):
        with self.begin() as stream:
            stream.socket.settimeout(150)  # one comes every 15 s
            comments = stream.comments
            name, _, data = stream.next()
            self.assertEqual((name, data.get("recovering"), stream.comments), ("freshness", None, comments + 1))


class Resets(StreamTest):
    def assert_reset(self, stream, reason, is_first=False):
        """is_first: an id before it would be gone on from, should the connection break there."""
        while True:
            name, last_id, data = stream.next()
            if name != "freshness" or is_first:
                break
        self.assertEqual((name, data), ("reset", {"reason": reason}))
        return last_id

    def test_what_is_too_old_is_not_gone_on_from(self):
        ids = self.add_many(range(1, 11))
        self.redis("XTRIM", "stream:orders", "MAXLEN", 5)
        with self.follow(last_id=ids[4]) as stream:
            self.assertEqual(self.assert_reset(stream, "gone", is_first=True), ids[-1])
            self.add(11)
            self.assertEqual(self.versions(stream, 1), [11])
        with self.follow(last_id=ids[5]) as stream:
            self.assertEqual(self.versions(stream, 5), [7, 8, 9, 10, 11])

    def test_what_is_newer_than_the_last_is_not_gone_on_from(self):
        ids = self.add_many(range(1, 11))
        self.redis("XDEL", "stream:orders", *ids[5:])
        for last_id in (ids[-1], "9999999999999-0", "18446744073709551615-18446744073709551615"):
            with self.follow(last_id=last_id) as stream:
                self.assertEqual(self.assert_reset(stream, "ahead", is_first=True), ids[4])

    def test_what_was_never_handed_out_is_not_gone_on_from(self):
        ids = self.add_many(range(1, 11))
        for last_id in ("x", "-", "1", "1-1-1", "'; DROP", "é", "9" * 5000, "$", "+", "0x1-0"):
            with self.follow(last_id=last_id) as stream:
                self.assertEqual(self.assert_reset(stream, "unknown", is_first=True), ids[-1])
        for last_id in ("0-1", "1-1", " 1-1\t"):
            with self.follow(last_id=last_id) as stream:
                self.assertEqual(self.assert_reset(stream, "gone"), ids[-1])

    def test_an_empty_id_is_none(self):
        self.add(1)
        with self.begin(last_id="") as stream:
            self.add(2)
            self.assertEqual(self.versions(stream, 1), [2])

    def test_the_beginning_is_gone_once_there_are_as_many_as_may_be_cut(self):
        self.add_many(range(1, 1001))
        with self.follow(last_id="0-0") as stream:
            self.assert_reset(stream, "gone")

    def test_who_follows_is_told_when_redis_loses_its_end(self):
        self.add_many(range(1, 11))
        with self.begin() as stream:
            self.add(11)
            self.assertEqual(self.versions(stream, 1), [11])
            self.redis("FLUSHDB")
            last_id = self.assert_reset(stream, "ahead")
            self.assertEqual(last_id, "0-0")
            self.add(1)
            self.assertEqual(self.versions(stream, 1), [1])

    def test_who_follows_is_told_when_others_stand_in_its_place(self):
        ids = self.add_many(range(1, 11))
        later = f"{int(ids[-1].split('-')[0]) + 1000}-0"  # in the same millisecond it would be behind
        with self.begin() as stream:
            self.redis.send([("MULTI",), ("DEL", "stream:orders"),
                             ("XADD", "stream:orders", later, *entry(12)), ("EXEC",)])
            [self.redis.reply() for _ in range(4)]
            self.assert_reset(stream, "gone")
            self.add(13)
            self.assertEqual(self.versions(stream, 1), [13])


class Readers(StreamTest):
    def refused(self, who, query=""):
        with self.assertRaises(Refused) as caught:
            self.follow(who, query=query).socket.close()
        return caught.exception.status

    def test_who_may_follow_what(self):
        with self.assertRaises(Refused) as caught:
            EventStream(self.url, None)
        self.assertEqual(caught.exception.status, 401)
        for who, query, status in (
                ("payment", "", 403), ("fulfilment", "", 403), ("operator", "?customer=demo", 403),
                ("customer", "?customer=other", 404), ("customer", "?customer=nobody", 404),
                ("agent", "?customer=..", 400), ("agent", "?customer=", 400),
                ("agent", "?order=1", 400), ("agent", "?order=", 400), ("agent", "?colour=1", 400),
                ("agent", f"?order={ORDER % 1}&order={ORDER % 1}", 400)):
            with self.subTest(who=who, query=query):
                self.assertEqual(self.refused(who, query), status)

    def test_each_is_shown_its_own_part(self):
        streams = {who: self.begin(who) for who in ("agent", "operator", "customer", "other")}
        named = self.begin("customer", query=f"?customer=demo&order={ORDER % 1}")
        foreign = self.begin("customer", query=f"?order={ORDER % 2}")
        self.add(1, order=2, customer="other")
        self.add(2, event_type="NoteAdded")
        self.add(3, event_type="OrderShipped")
        self.add(4, order=2)
        types = {"agent": ["OrderPlaced", "NoteAdded", "OrderShipped", "OrderPlaced"],
                 "operator": ["OrderPlaced", "InternalEvent", "OrderShipped", "OrderPlaced"],
                 "customer": ["InternalEvent", "OrderShipped", "OrderPlaced"], "other": ["OrderPlaced"]}
        for who, wanted in types.items():
            with streams[who] as stream:
                events = stream.order_events(len(wanted))
                self.assertEqual([event["type"] for event in events], wanted, who)
                for event in events:
                    self.assertEqual("customer_id" in event, who != "operator", who)
        with named:
            self.assertEqual(self.versions(named, 2), [2, 3])
        with foreign:  # all that came before is of others
            self.assertEqual(self.versions(foreign, 1), [4])

    def test_streams_end_when_tokens_are_read_again(self):
        with self.begin() as stream:
            self.service.send_signal(signal.SIGHUP)
            self.add(1)
            told = []
            while (event := stream.next()) is not None:
                told += [event[2]["version"]] if event[0] == "message" else []
            self.add(2)
        with self.follow(last_id=stream.last_id) as stream:  # 1 came before the end, or comes now
            self.assertEqual(told + self.versions(stream, 2 - len(told)), [1, 2])

    def test_one_customer_has_a_few(self):
        streams = [self.begin("customer") for _ in range(8)]
        with self.assertRaises(Refused) as caught:
            self.follow("customer")
        self.assertEqual(caught.exception.status, 429)
        self.assertIn("retry-after", caught.exception.headers)
        self.begin("other").socket.close()
        streams.pop().socket.close()
        self.await_true(lambda: self.metric("orderspine_projector_streams") == 7)
        streams.append(self.begin("customer"))
        for stream in streams:
            stream.socket.close()


class Trouble(StreamTest):
    settings = {"PROJECTOR_MAX_STREAMS": "20"}

    def test_it_may_come_behind_answers_that_nobody_reads(self):
        """They fill what the kernel takes: the head itself may have to wait."""
        first = self.add(1)
        peers = []
        for last_id in (None, first, "none"):
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            peer.connect(("127.0.0.1", urllib.parse.urlsplit(self.url).port))
            ask = "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-of-agent\r\n%s\r\n"
            resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
            peer.sendall((ask % ("/openapi.json", "") * 20 + ask % ("/v1/stream", resume)).encode())
            peers.append(peer)
        with self.begin() as live:
            self.add(2)
            self.assertEqual(self.versions(live, 1), [2])
        for peer in peers:
            peer.settimeout(LIMIT)
            found = b""
            while b"event: freshness" not in found[-4096:]:
                data = peer.recv(65536)
                self.assertTrue(data, found[-200:])
                found += data
            peer.close()

    def test_beyond_so_many_the_next_is_refused(self):
        streams = [self.begin() for _ in range(20)]
        with self.assertRaises(Refused) as caught:
            self.follow()
        self.assertEqual((caught.exception.status, caught.exception.body["reason"]), (503, "streams"))
        self.assertIn("retry-after", caught.exception.headers)
        self.assertEqual(self.metric("orderspine_projector_streams"), 20)
        for stream in streams:
            stream.socket.close()
        self.await_true(lambda: self.metric("orderspine_projector_streams") == 0)
        self.begin().socket.close()

    def test_thousands_come_and_go(self):
        for i in range(2000):
            try:
                self.follow(last_id=str(i)).socket.close()
            except Refused as refused:
                self.assertEqual(refused.status, 503)
        self.await_true(lambda: self.metric("orderspine_projector_streams") == 0)
        with self.begin() as stream:
            self.add(1)
            self.assertEqual(self.versions(stream, 1), [1])

    def test_it_goes_on_when_the_connections_to_redis_break(self):
        with self.begin() as stream:
            self.add(1)
            self.assertEqual(self.versions(stream, 1), [1])
            for n in range(2, 5):
                self.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                self.add(n)
                self.assertEqual(self.versions(stream, 1), [n])

    def test_a_key_that_is_no_stream_ends_nobody_who_follows(self):
        ids = self.add_many(range(1, 4))
        with self.begin() as stream:
            self.redis("RENAME", "stream:orders", "stream:aside")
            self.redis("SET", "stream:orders", "damaged")
            self.await_true(lambda: self.advises("streams"))
            with self.follow() as other:
                self.assertIsNone(other.next())
            self.redis("RENAME", "stream:aside", "stream:orders")
            self.add(4)
            self.assertEqual(self.versions(stream, 1), [4])
            self.await_true(lambda: not self.advises("streams"))
        self.assertEqual(len(ids), 3)

    def test_recovering_is_told_at_once(self):
        with self.begin() as stream:
            self.redis("HSET", "projection:recovering", "order.events/3", 7)
            name, _, data = stream.next()
            self.assertEqual((name, data.get("recovering")), ("freshness", True))
            self.redis("DEL", "projection:recovering")
            name, _, data = stream.next()
            self.assertEqual((name, data.get("recovering")), ("freshness", None))

    def test_a_loss_is_told_also_where_nobody_has_noticed_it(self):
        with self.begin() as stream:
            self.redis("HSET", "projection:status", "applied", 7)
            self.add(1)
            self.assertEqual(self.versions(stream, 1), [1])
            self.projector.is_silent.set()
            self.addCleanup(self.projector.is_silent.clear)
            self.redis("HSET", "projection:status", "applied", 6)
            name, _, data = stream.next()
            self.assertEqual((name, data.get("recovering")), ("freshness", True))
            self.projector.is_silent.clear()
            name, _, data = stream.next()
            self.assertEqual((name, data.get("recovering")), ("freshness", None))

    def test_a_reader_that_reads_nothing_holds_up_nobody_and_little(self):
        first = self.add(1)
        idle = [self.follow(last_id=first, receive_buffer=2048) for _ in range(5)]
        for first in range(2, 20002, 1000):
            self.add_many(range(first, first + 1000))
        with self.begin() as live:
            self.add(20002)
            self.assertEqual(self.versions(live, 1), [20002])
        self.assertLess(self.metric("orderspine_http_held_bytes"), 5 * 8192 + 65536)
        for stream in idle:
            stream.socket.close()


class Stopping(StreamTest):
    def test_a_stop_ends_each_stream_in_order(self):
        streams = [self.begin() for _ in range(5)]
        self.service.send_signal(signal.SIGTERM)
        for stream in streams:
            with stream:
                self.assertIsNone(stream.next())
        self.assertEqual(self.service.wait(LIMIT), 0)


def main():
    global PROJECTOR
    PROJECTOR = sys.argv.pop(1)
    unittest.main()


main()
