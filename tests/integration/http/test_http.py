#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTTP server against peers that are slow, greedy, dishonest or gone.

Raw sockets, because every HTTP library would mend what these tests break.
Usage: test_http.py FIXTURE [unittest arguments]
"""
import json
import select
import signal
import socket
import subprocess
import sys
import time
import unittest

FIXTURE = ""

# The fixture's tight limits.
MAX_CONNECTIONS = 20
MAX_HEAD = 2048
MAX_BODY = 4096
MAX_TOTAL = 8192


def get(path, *headers):
    return request("GET", path, *headers)


def post(path, body, *headers):
    return request("POST", path, f"Content-Length: {len(body)}", *headers) + body


def request(method, path, *headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers, "", ""]
    return "\r\n".join(lines).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def problem(self):
        assert self.headers["content-type"] == "application/problem+json", self.headers
        return json.loads(self.body)


class Peer:
    """One connection."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.bytes = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        data = self.socket.recv(65536)
        self.bytes += data
        return bool(data)

    def answer(self, head_only=False):
        while b"\r\n\r\n" not in self.bytes:
            if not self.fill():
                raise EOFError(f"closed before an answer: {self.bytes!r}")
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if head_only or status == 100 else int(headers.get("content-length", 0))
        while len(self.bytes) < length:
            if not self.fill():
                raise EOFError("closed within a body")
        body, self.bytes = self.bytes[:length], self.bytes[length:]
        return Answer(status, headers, body)

    def is_closed(self, timeout=5.0):
        """True once the server has closed and nothing but what was read came before."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False


class HttpTest(unittest.TestCase):
    limits = "tight"

    def setUp(self):
        self.server = subprocess.Popen([FIXTURE, self.limits], stdout=subprocess.PIPE)
        self.port = int(self.server.stdout.readline())

    def tearDown(self):
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        try:
            self.assertEqual(self.server.wait(timeout=10), 0)
        finally:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()

    def peer(self, **options):
        return Peer(self.port, **options)

    def ask(self, data):
        with self.peer() as peer:
            peer.send(data)
            return peer.answer()

    def refused(self, data, status, slug):
        """The problem comes, then the connection closes, and the server goes on."""
        with self.peer() as peer:
            peer.send(data)
            answer = peer.answer()
            self.assertEqual(answer.status, status, answer.body)
            self.assertEqual(answer.problem()["type"], f"urn:problem:{slug}")
            self.assertEqual(answer.problem()["status"], status)
            self.assertEqual(answer.headers["connection"], "close")
            self.assertTrue(peer.is_closed())
        self.assertEqual(self.ask(post("/echo", b"1")).body, b"1")


class Routes(HttpTest):
    def test_a_route_is_found_by_method_and_path(self):
        answer = self.ask(post("/v1/orders", b"{}"))
        self.assertEqual((answer.status, answer.headers["etag"]), (201, '"v1"'))
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(self.ask(post("/v1/orders/7/ship", b"{}")).status, 201)

    def test_parameters_are_decoded(self):
        self.assertEqual(self.ask(get("/v1/orders/a%2Fb%20c?limit=%31+2")).body, b"a/b c|1 2")
        self.assertEqual(self.ask(get("/v1/orders/a+b")).body, b"a+b|")

    def test_a_doubled_or_badly_encoded_parameter_is_refused(self):
        for path in ("/v1/orders/a?limit=1&limit=2", "/v1/orders/%zz", "/v1/orders/%00",
                     "/v1/orders/%ff", "/v1/orders/a?limit=%c3", "/v1/orders/a?&limit=1",
                     "/v1/orders/a?=1", "/v1/orders/a?l%69mit=1&limit=2",
                     "/v1/orders/a?" + "&".join(f"p{i}" for i in range(33))):
            answer = self.ask(get(path))
            self.assertEqual(answer.status, 400, path)
            self.assertEqual(answer.problem()["type"], "urn:problem:malformed-request")

    def test_an_unknown_path_is_404(self):
        for path in ("/", "/v1", "/v1/orders/", "/v1/orders/a/", "/v1/orders/a/b", "//v1/orders",
                     "/v1/orders/../orders/a/b", "/v1/ORDERS/a"):
            self.assertEqual(self.ask(get(path)).problem()["type"], "urn:problem:not-found", path)

    def test_a_wrong_method_is_405_and_says_which_are_right(self):
        answer = self.ask(request("DELETE", "/v1/orders/7"))
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.headers["allow"], "GET, HEAD")
        self.assertEqual(self.ask(get("/echo")).headers["allow"], "POST")
        self.assertEqual(self.ask(request("BREW", "/echo")).status, 405)

    def test_head_answers_like_get_without_the_body(self):
        with self.peer() as peer:
            peer.send(request("HEAD", "/v1/orders/77") + get("/v1/orders/8"))
            answer = peer.answer(head_only=True)
            self.assertEqual((answer.status, answer.headers["content-length"]), (200, "3"))
            self.assertEqual(peer.answer().body, b"8|")

    def test_a_problem_has_its_members(self):
        answer = self.ask(post("/refuse", b"x"))
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.problem(), {
            "type": "urn:problem:insufficient-stock", "title": "Insufficient stock",
            "status": 409, "detail": 'only "3" left', "sku": "A1"})


class Connections(HttpTest):
    def test_one_connection_serves_many_requests(self):
        with self.peer() as peer:
            for i in range(100):
                peer.send(post("/echo", str(i).encode()))
                self.assertEqual(peer.answer().body, str(i).encode())

    def test_pipelined_requests_are_answered_in_order(self):
        with self.peer() as peer:
            peer.send(b"".join(post("/echo", str(i).encode()) for i in range(200)))
            for i in range(200):
                self.assertEqual(peer.answer().body, str(i).encode())

    def test_a_late_answer_keeps_its_place(self):
        with self.peer() as peer:
            peer.send(get("/late") + post("/echo", b"2") + get("/late") + post("/echo", b"4"))
            self.assertEqual([peer.answer().body for _ in range(4)],
                             [b'"late"', b"2", b'"late"', b"4"])

    def test_pipelining_without_end_is_held_back_not_buffered(self):
        with self.peer() as peer:
            peer.send(post("/hold", b"x"))
            peer.socket.settimeout(0.3)
            sent = 0
            with self.assertRaises(socket.timeout):
                while sent < 100 << 20:
                    sent += peer.socket.send(post("/echo", b"y" * 4096) * 100)
            self.assertLess(sent, 20 << 20)

    def test_close_is_obeyed(self):
        with self.peer() as peer:
            peer.send(post("/echo", b"1", "Connection: close") + post("/echo", b"2"))
            answer = peer.answer()
            self.assertEqual((answer.body, answer.headers["connection"]), (b"1", "close"))
            self.assertTrue(peer.is_closed())

    def test_http_1_0_is_answered_and_closed(self):
        with self.peer() as peer:
            peer.send(b"GET /v1/orders/7 HTTP/1.0\r\n\r\n")
            self.assertEqual(peer.answer().body, b"7|")
            self.assertTrue(peer.is_closed())

    def test_a_peer_that_only_stops_sending_gets_all_its_answers(self):
        with self.peer() as peer:
            peer.send(get("/late") + post("/echo", b"2"))
            peer.socket.shutdown(socket.SHUT_WR)
            self.assertEqual([peer.answer().body for _ in range(2)], [b'"late"', b"2"])
            self.assertTrue(peer.is_closed())

    def test_a_request_sent_byte_by_byte_is_one_request(self):
        with self.peer() as peer:
            for byte in post("/echo", b"slow"):
                peer.send(bytes([byte]))
            self.assertEqual(peer.answer().body, b"slow")

    def test_who_asks_first_is_told_to_continue(self):
        with self.peer() as peer:
            peer.send(request("POST", "/echo", "Content-Length: 3", "Expect: 100-continue"))
            self.assertEqual(peer.answer().status, 100)
            peer.send(b"abc")
            self.assertEqual(peer.answer().body, b"abc")

    def test_a_large_answer_reaches_a_slow_reader_whole(self):
        with self.peer(receive_buffer=4096) as peer:
            peer.send(get("/big") + get("/v1/orders/7"))
            time.sleep(0.5)
            self.assertEqual(len(peer.answer().body), (4 << 20) - 4096)
            self.assertEqual(peer.answer().body, b"7|")

    def test_beyond_the_limit_connections_wait(self):
        peers = [self.peer() for _ in range(MAX_CONNECTIONS)]
        for peer in peers:
            peer.send(post("/echo", b"1"))
            self.assertEqual(peer.answer().body, b"1")
        with self.peer() as waiting:
            waiting.send(post("/echo", b"later"))
            self.assertEqual(select.select([waiting.socket], [], [], 0.5)[0], [])
            peers.pop().socket.close()
            self.assertEqual(waiting.answer().body, b"later")
        for peer in peers:
            peer.socket.close()


class Gone(HttpTest):
    def state(self):
        return json.loads(self.ask(get("/release")).body)

    def test_a_peer_may_leave_before_its_answer(self):
        with self.peer() as peer:
            peer.send(post("/hold", b"x" * 100))
            time.sleep(0.2)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        time.sleep(0.2)
        self.assertEqual(self.state(), {"gone": 1, "pending": 1, "body_bytes": 0, "connections": 1})

    def test_a_peer_may_leave_in_the_middle_of_anything(self):
        whole = post("/echo", b"x" * 200)
        for cut in (1, 10, 30, len(whole) - 200, len(whole) - 1):
            with self.peer() as peer:
                peer.send(whole[:cut])
        for _ in range(5):
            with self.peer() as peer:
                peer.send(get("/big"))
        time.sleep(0.3)
        state = self.state()
        self.assertEqual((state["pending"], state["body_bytes"], state["connections"]), (1, 0, 1))


class Framing(HttpTest):
    """Where programs could disagree on where a body ends, nobody gets an answer but a refusal."""

    def test_transfer_encoding_is_refused_with_and_without_a_length(self):
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        for headers in (["Transfer-Encoding: chunked"],
                        ["Content-Length: 5", "Transfer-Encoding: chunked"],
                        ["Transfer-Encoding: chunked", "Content-Length: 5"],
                        ["Transfer-Encoding: xchunked", "Content-Length: 5"],
                        ["Transfer-Encoding:\tchunked"],
                        ["Transfer-Encoding: identity", "Content-Length: 5"],
                        ["Transfer-Encoding : chunked", "Content-Length: 5"],
                        ["X: y", " Transfer-Encoding: chunked", "Content-Length: 5"]):
            self.refused(request("POST", "/echo", *headers) + chunks, 400, "malformed-request")

    def test_two_lengths_are_refused(self):
        for second in ("5", "6", "0"):
            self.refused(request("POST", "/echo", "Content-Length: 5",
                                 f"Content-Length: {second}") + b"hello", 400, "malformed-request")

    def test_a_length_is_digits_or_nothing(self):
        for length in ("-1", "+5", "5,5", "0x5", "5 5", "", "99999999999999999999"):
            self.refused(request("POST", "/echo", f"Content-Length: {length}") + b"hello", 400,
                         "malformed-request")
        self.refused(request("POST", "/echo") + b"hello", 400, "malformed-request")

    def test_a_get_has_no_body(self):
        self.refused(request("GET", "/v1/orders/7", "Content-Length: 5") + b"hello", 400,
                     "malformed-request")

    def test_host_is_there_once(self):
        self.refused(b"GET /v1/orders/7 HTTP/1.1\r\n\r\n", 400, "malformed-request")
        self.refused(get("/v1/orders/7", "Host: other"), 400, "malformed-request")

    def test_lines_end_in_crlf_and_hold_text(self):
        for data in (b"GET /v1/orders/7 HTTP/1.1\nHost: a\n\n",
                     b"GET /v1/orders/7 HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
                     b"GET /v1/orders/7 HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
                     b"GET /v1/orders/7 HTTP/1.1\r\nHost: a\x00\r\n\r\n",
                     b"GET /v1/orders/7 HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
                     b"GET /v1/orders/7 HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
                     b"GET /v1/orders/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"):
            self.refused(data, 400, "malformed-request")

    def test_other_versions_are_refused(self):
        for version in ("HTTP/2.0", "HTTP/1.2", "HTTP/1", "ICAP/1.0", "HTTP/1.1x"):
            self.refused(f"GET /v1/orders/7 {version}\r\nHost: a\r\n\r\n".encode(), 400,
                         "malformed-request")

    def test_nothing_behind_a_refused_head_is_read_as_a_request(self):
        smuggled = post("/v1/orders", b"{}")
        with self.peer() as peer:
            peer.send(request("POST", "/echo", "Content-Length: 5",
                              "Transfer-Encoding: chunked") + b"0\r\n\r\n" + smuggled)
            self.assertEqual(peer.answer().status, 400)
            self.assertTrue(peer.is_closed())


class Limits(HttpTest):
    def test_a_head_up_to_the_limit_passes(self):
        rest = MAX_HEAD - len(get("/v1/orders/7", "X: "))
        self.assertEqual(self.ask(get("/v1/orders/7", "X: " + "y" * rest)).status, 200)
        self.refused(get("/v1/orders/7", "X: " + "y" * (rest + 1)), 431, "headers-too-large")

    def test_a_head_without_end_is_cut_off(self):
        self.refused(b"GET /" + b"x" * 10 * MAX_HEAD, 431, "headers-too-large")

    def test_header_lines_are_counted(self):
        self.refused(get("/v1/orders/7", *["X: y"] * 64), 431, "headers-too-large")

    def test_a_body_up_to_the_limit_passes(self):
        self.assertEqual(len(self.ask(post("/echo", b"x" * MAX_BODY)).body), MAX_BODY)
        self.refused(post("/echo", b"x" * (MAX_BODY + 1)), 413, "too-large")

    def test_the_refusal_of_a_body_comes_before_the_body(self):
        self.refused(request("POST", "/echo", "Content-Length: 1000000",
                             "Expect: 100-continue"), 413, "too-large")

    def test_bodies_share_one_budget(self):
        holders = []
        for _ in range(MAX_TOTAL // MAX_BODY):
            holder = self.peer()
            holder.send(post("/hold", b"x" * MAX_BODY))
            holders.append(holder)
        time.sleep(0.2)
        answer = self.ask(post("/echo", b"x"))
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.headers["retry-after"], "1")
        self.assertEqual(answer.problem()["type"], "urn:problem:overloaded")
        self.ask(get("/release"))
        self.assertEqual(self.ask(post("/echo", b"x")).status, 200)
        for holder in holders:
            holder.socket.close()


class Deadlines(HttpTest):
    def timed_out(self, first, then, within):
        """Drips bytes and expects 408 in spite of that."""
        with self.peer() as peer:
            began = time.monotonic()
            peer.send(first)
            while not select.select([peer.socket], [], [], 0.05)[0]:
                peer.send(then)
            answer = peer.answer()
            self.assertEqual(answer.problem()["type"], "urn:problem:request-timeout")
            self.assertEqual(answer.status, 408)
            self.assertLess(time.monotonic() - began, within)
            self.assertTrue(peer.is_closed())

    def test_a_head_that_drips_is_cut_off(self):
        self.timed_out(b"GET / HTTP/1.1\r\nX: ", b"y", 1.5)

    def test_a_body_that_drips_is_cut_off(self):
        self.timed_out(request("POST", "/echo", "Content-Length: 4000"), b"y", 2.0)

    def test_an_idle_connection_is_closed_without_a_word(self):
        with self.peer() as peer:
            self.assertFalse(peer.is_closed(2.0))
            self.assertTrue(peer.is_closed(2.0))

    def test_a_handler_may_take_its_time(self):
        with self.peer() as peer:
            peer.send(post("/hold", b"x"))
            time.sleep(3.6)
            self.ask(get("/release"))
            self.assertEqual(peer.answer().body, b'"released"')

    def test_who_takes_no_bytes_is_let_go(self):
        with self.peer(receive_buffer=4096) as peer:
            peer.send(get("/big"))
            time.sleep(4.0)
            state = json.loads(self.ask(get("/release")).body)
            self.assertEqual(state["connections"], 1)


class Draining(HttpTest):
    def test_what_is_in_flight_is_answered_and_the_rest_closed(self):
        with self.peer() as idle, self.peer() as busy:
            idle.send(post("/echo", b"1"))
            self.assertEqual(idle.answer().status, 200)
            busy.send(get("/late"))
            time.sleep(0.1)
            self.server.send_signal(signal.SIGTERM)
            self.assertTrue(idle.is_closed(1.0))
            answer = busy.answer()
            self.assertEqual((answer.body, answer.headers["connection"]), (b'"late"', "close"))
            self.assertTrue(busy.is_closed())
            with self.assertRaises(ConnectionRefusedError):
                self.peer()
        self.assertEqual(self.server.wait(timeout=3), 0)

    def test_half_a_request_does_not_hold_it_up(self):
        with self.peer() as peer:
            peer.send(b"GET /")
            time.sleep(0.1)
            self.server.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.wait(timeout=3), 0)


def main():
    global FIXTURE
    FIXTURE = sys.argv.pop(1)
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures), len(result.errors)
    percent = 100 * (result.testsRun - sum(bad)) // max(result.testsRun, 1)
    # The line Check writes, so that single tests are counted.
    print(f"{percent}%: Checks: {result.testsRun}, Failures: {bad[0]}, Errors: {bad[1]}")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
