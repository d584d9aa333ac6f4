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
MAX_TOTAL = 65536  # where it is poor


TOKEN = "X-Token: yes"


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

    def await_state(self, **wanted):
        """Until the server says so; the question itself counts there."""
        end = time.monotonic() + 30
        while True:
            state = json.loads(self.ask(get("/state")).body)
            if wanted.items() <= state.items():
                return
            self.assertLess(time.monotonic(), end, state)
            time.sleep(0.01)

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
        self.assertEqual(self.ask(get("/v1/orders/a%2Fb%20c?limit=%31+2")).body, b"a/b c|1+2")
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
            peer.send(post("/kept/guarded", b"1", TOKEN))
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
            self.await_state(pending=2)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.await_state(connections=1)
        self.assertEqual(self.state(), {"gone": 1, "pending": 1, "body_bytes": 0, "connections": 1})

    def test_a_peer_may_leave_in_the_middle_of_anything(self):
        whole = post("/echo", b"x" * 200)
        for cut in (1, 10, 30, len(whole) - 200, len(whole) - 1):
            with self.peer() as peer:
                peer.send(whole[:cut])
        for _ in range(5):
            with self.peer() as peer:
                peer.send(get("/big"))
        self.await_state(connections=1)
        state = self.state()
        self.assertEqual((state["pending"], state["body_bytes"], state["connections"]), (1, 0, 1))


class Framing(HttpTest):
    """Where programs could disagree on where a body ends, nobody gets an answer but a refusal."""

    def test_transfer_encoding_and_a_length_are_refused(self):
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        for headers in (["Content-Length: 5", "Transfer-Encoding: chunked"],
                        ["Transfer-Encoding: chunked", "Content-Length: 5"],
                        ["Transfer-Encoding: xchunked", "Content-Length: 5"],
                        ["Transfer-Encoding: chunked, chunked"],
                        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
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


class Chunks(HttpTest):
    def chunked(self, path="/echo", *headers):
        return request("POST", path, "Transfer-Encoding: chunked", *headers)

    def test_a_body_in_chunks_is_one_body(self):
        body = b"5;a=b\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n"
        with self.peer() as peer:
            peer.send(self.chunked() + body + post("/echo", b"next"))
            self.assertEqual([peer.answer().body for _ in range(2)], [b"hello, world", b"next"])
            for byte in self.chunked() + body:
                peer.send(bytes([byte]))
            self.assertEqual(peer.answer().body, b"hello, world")

    def test_chunks_up_to_the_limit_pass(self):
        def body(length):
            return b"1\r\nx\r\n" * (length - 1000) + b"3E8\r\n" + b"y" * 1000 + b"\r\n0\r\n\r\n"
        self.assertEqual(len(self.ask(self.chunked() + body(MAX_BODY)).body), MAX_BODY)
        self.refused(self.chunked() + body(MAX_BODY + 1), 413, "too-large")

    def test_nothing_behind_a_bad_chunk_is_read_as_a_request(self):
        smuggled = post("/v1/orders", b"{}")
        for bad in (b"5\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n",
                    b"5\r\nhello!\r\n0\r\n\r\n", b"5;a\nb\r\nhello\r\n0\r\n\r\n",
                    b"000000005\r\nhello\r\n0\r\n\r\n", b"0\r\n folded: x\r\n\r\n",
                    b"1;" + b"a" * 1100 + b"\r\nx\r\n0\r\n\r\n"):
            self.refused(self.chunked() + bad + smuggled, 400, "malformed-request")

    def test_other_codings_are_not_implemented(self):
        for coding in ("gzip", "gzip, chunked", "identity"):
            self.refused(request("POST", "/echo", f"Transfer-Encoding: {coding}"), 501,
                         "not-implemented")

    def test_http_1_0_has_no_chunks(self):
        self.refused(b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                     "malformed-request")

    def test_who_asks_first_is_told_to_continue(self):
        with self.peer() as peer:
            peer.send(self.chunked("/echo", "Expect: 100-continue"))
            self.assertEqual(peer.answer().status, 100)
            peer.send(b"3\r\nabc\r\n0\r\n\r\n")
            self.assertEqual(peer.answer().body, b"abc")


class Forms(HttpTest):
    """What RFC 9112 lets clients write."""

    def test_a_target_may_be_absolute(self):
        self.assertEqual(self.ask(get("http://test/v1/orders/7?limit=2")).body, b"7|2")
        self.assertEqual(self.ask(get("http://test")).status, 404)
        self.refused(get("ftp://test/v1/orders/7"), 400, "malformed-request")

    def test_one_empty_line_before_a_request_is_ignored(self):
        with self.peer() as peer:
            peer.send(b"\r\n" + get("/v1/orders/7") + b"\r\n" + post("/echo", b"8") + b"\r")
            self.assertEqual([peer.answer().body for _ in range(2)], [b"7|", b"8"])
            peer.send(b"\n" + get("/v1/orders/9"))
            self.assertEqual(peer.answer().body, b"9|")
        self.refused(b"\r\n\r\n" + get("/v1/orders/7"), 400, "malformed-request")
        self.refused(b"\n" + get("/v1/orders/7"), 400, "malformed-request")

    def test_lines_of_one_name_count_together(self):
        with self.peer() as peer:
            peer.send(post("/echo", b"1", "Connection: keep-alive", "Connection: close"))
            self.assertEqual(peer.answer().headers["connection"], "close")
            self.assertTrue(peer.is_closed())
        self.refused(post("/echo", b"1", "Expect: 100-continue", "Expect: x"), 417,
                     "malformed-request")

    def test_no_length_is_411_and_no_end(self):
        with self.peer() as peer:
            peer.send(request("POST", "/echo") + post("/echo", b"2"))
            self.assertEqual(peer.answer().problem()["type"], "urn:problem:length-required")
            self.assertEqual(peer.answer().body, b"2")

    def test_an_encoded_body_is_not_understood(self):
        with self.peer() as peer:
            peer.send(post("/echo", b"zip", "Content-Encoding: gzip") +
                      post("/echo", b"2", "Content-Encoding: identity"))
            self.assertEqual(peer.answer().status, 415)
            self.assertEqual(peer.answer().body, b"2")

    def test_a_host_is_a_host(self):
        for host in ("a b", "a/b", "u@a", "a, b", "http://a", "a:b"):
            self.refused(f"GET /v1/orders/7 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), 400,
                         "malformed-request")

    def test_nothing_is_to_be_stored_or_guessed_at(self):
        for data in (get("/v1/orders/7"), get("/nothing"), post("/refuse", b"x"), b"BAD\r\n\r\n"):
            headers = self.ask(data).headers
            self.assertEqual(headers["cache-control"], "no-store")
            self.assertEqual(headers["x-content-type-options"], "nosniff")


class Heads(HttpTest):
    """What the head decides is decided before the body."""
    limits = "poor"
    TOKEN = TOKEN

    def test_a_refusal_does_not_wait_for_the_body(self):
        with self.peer() as peer:
            peer.send(request("POST", "/kept/guarded", "Content-Length: 4000"))
            self.assertEqual(peer.answer().status, 401)
            peer.send(b"x" * 4000 + post("/kept/guarded", b"ok", self.TOKEN))
            self.assertEqual(peer.answer().body, b"ok")

    def test_the_rest_of_a_refused_body_in_chunks_is_dropped(self):
        chunked = "Transfer-Encoding: chunked"
        with self.peer() as peer:
            peer.send(request("POST", "/kept/guarded", chunked) + b"3\r\nabc\r\n")
            self.assertEqual(peer.answer().status, 401)
            peer.send(b"3\r\ndef\r\n0\r\n\r\n" + post("/kept/guarded", b"ok", self.TOKEN))
            self.assertEqual(peer.answer().body, b"ok")
            peer.send(request("POST", "/kept/guarded", chunked) + b"bad\n" +
                      post("/kept/guarded", b"ok", self.TOKEN))
            self.assertEqual(peer.answer().status, 401)
            self.assertTrue(peer.is_closed())

    def test_nobody_is_told_to_continue_to_a_refusal(self):
        with self.peer() as peer:
            peer.send(request("POST", "/kept/guarded", "Content-Length: 3", "Expect: 100-continue"))
            answer = peer.answer()
            self.assertEqual((answer.status, answer.headers["connection"]), (401, "close"))
            self.assertTrue(peer.is_closed())

    def test_who_may_not_know_is_not_told_what_is_there(self):
        for data in (get("/kept/nothing"), request("DELETE", "/kept/guarded")):
            self.assertEqual(self.ask(data).status, 401)
        self.assertEqual(self.ask(get("/kept/nothing", self.TOKEN)).status, 404)
        self.assertEqual(self.ask(get("/kept/guarded", self.TOKEN)).status, 405)
        self.assertEqual(self.ask(get("/nothing")).status, 404)

    def test_bodies_of_strangers_hold_nothing(self):
        strangers = [self.peer() for _ in range(19)]
        for stranger in strangers:
            stranger.send(request("POST", "/kept/guarded", f"Content-Length: {MAX_BODY}") +
                          b"x" * (MAX_BODY - 1))
            self.assertEqual(stranger.answer().status, 401)
        self.assertLess(json.loads(self.ask(get("/state")).body)["held"], MAX_BODY)
        self.assertEqual(self.ask(post("/kept/guarded", b"x" * MAX_BODY, self.TOKEN)).status, 200)
        for stranger in strangers:
            stranger.socket.close()


class Memory(HttpTest):
    limits = "poor"

    OWN = 3000  # what the request for the state holds itself, at most

    def state(self):
        return json.loads(self.ask(get("/state")).body)

    def wait_for(self, what):
        for _ in range(500):
            state = self.state()
            if what(state):
                return state
            time.sleep(0.01)
        self.fail(state)

    def test_all_that_requests_hold_is_one_budget(self):
        holders = []
        while True:
            holder = self.peer()
            holders.append(holder)
            holder.send(post("/hold", b"x" * MAX_BODY))
            if select.select([holder.socket], [], [], 0.3)[0]:
                break
        answer = holder.answer()
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "1"))
        self.assertEqual(answer.problem()["type"], "urn:problem:overloaded")
        self.assertEqual(answer.problem()["reason"], "memory")
        # The budget is used up, and a request costs more than its body, but not much more.
        self.assertLess(len(holders), MAX_TOTAL // MAX_BODY)
        self.assertGreaterEqual(len(holders), MAX_TOTAL // (2 * MAX_BODY))
        self.assertLessEqual(self.state()["held"], MAX_TOTAL)
        self.ask(get("/release"))
        self.assertEqual(self.ask(post("/echo", b"x")).status, 200)
        for holder in holders:
            holder.socket.close()
        self.wait_for(lambda state: state["held"] < self.OWN)

    def test_a_document_that_nobody_reads_is_not_copied(self):
        peers = [self.peer(receive_buffer=4096) for _ in range(10)]
        for peer in peers:
            peer.send(get("/document") * 20)
        self.wait_for(lambda state: state["connections"] == 11 and state["pending"] == 1)
        self.assertLess(self.state()["held"], 10 * 1024 + self.OWN)
        self.assertEqual(self.ask(post("/echo", b"x")).status, 200)
        for peer in peers:
            peer.socket.close()
        self.wait_for(lambda state: state["held"] < self.OWN)

    def test_the_kernel_holds_little_for_who_reads_nothing(self):
        with self.peer(receive_buffer=4096) as peer:
            peer.send(get("/document"))
            time.sleep(0.5)
            ends = f"{self.port:04X}", f"{peer.socket.getsockname()[1]:04X}"
            with open("/proc/net/tcp") as table:
                rows = [line.split() for line in table.readlines()[1:]]
            queued = [int(row[4].split(":")[0], 16) for row in rows
                      if (row[1].split(":")[1], row[2].split(":")[1]) == ends]
            self.assertEqual(len(queued), 1)
            self.assertLess(queued[0], 256 << 10)

    def test_unfinished_heads_end_at_the_share_of_strangers(self):
        begun = get("/v1/orders/7", "X: " + "y" * 1800)
        strangers = [self.peer() for _ in range(15)]
        for stranger in strangers:
            stranger.send(begun[:-1])
        time.sleep(0.2)
        self.assertLessEqual(self.state()["held"], MAX_TOTAL // 4 + self.OWN)
        with self.peer() as peer:
            peer.send(post("/echo", b"x")[:30])
            time.sleep(0.2)
            peer.send(post("/echo", b"x")[30:])
            self.assertEqual(peer.answer().body, b"x")
        for stranger in strangers:
            stranger.socket.close()


class Places(HttpTest):
    limits = "crowded"

    def test_who_never_asked_makes_place(self):
        strangers = [self.peer() for _ in range(3 * MAX_CONNECTIONS)]
        time.sleep(0.5)
        self.assertEqual(self.ask(get("/state")).status, 200)
        self.assertEqual(self.ask(post("/echo", b"x")).body, b"x")
        for stranger in strangers:
            stranger.socket.close()

    def test_who_asked_without_a_token_makes_place_oldest_first(self):
        strangers = [self.peer() for _ in range(MAX_CONNECTIONS // 2)]
        for peer in strangers:
            peer.send(get("/state"))
            self.assertEqual(peer.answer().status, 200)
        known = [self.peer() for _ in range(MAX_CONNECTIONS // 2)]
        for peer in known:
            peer.send(post("/kept/guarded", b"1", TOKEN))
            self.assertEqual(peer.answer().body, b"1")
        time.sleep(0.5)
        with self.peer() as newcomer:
            newcomer.send(post("/echo", b"2"))
            self.assertEqual(newcomer.answer().body, b"2")
            self.assertTrue(strangers[0].is_closed())
            self.assertFalse(strangers[1].is_closed(0.2))
        for peer in known:
            peer.send(post("/kept/guarded", b"3", TOKEN))
            self.assertEqual(peer.answer().body, b"3")
        for peer in known + strangers:
            peer.socket.close()

    def test_who_has_asked_keeps_its_place_and_health_has_some_left(self):
        known = [self.peer() for _ in range(MAX_CONNECTIONS)]
        for peer in known:
            peer.send(post("/kept/guarded", b"1", TOKEN))
            self.assertEqual(peer.answer().body, b"1")
        for _ in range(3):
            with self.peer() as peer:
                peer.send(get("/state"))
                answer = peer.answer()
                self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
                self.assertTrue(peer.is_closed())
        with self.peer() as peer:
            peer.send(post("/echo", b"2"))
            answer = peer.answer()
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.problem()["reason"], "connections")
            self.assertTrue(peer.is_closed())
        idlers = [self.peer() for _ in range(2 * 4)]
        time.sleep(0.5)
        self.assertEqual(self.ask(get("/state")).status, 200)
        for peer in known:
            peer.send(post("/kept/guarded", b"3", TOKEN))
            self.assertEqual(peer.answer().body, b"3")
        for peer in known + idlers:
            peer.socket.close()


class Haste(HttpTest):
    limits = "hasty"

    def test_who_connects_has_less_time_than_who_has_asked(self):
        with self.peer() as silent, self.peer() as known:
            known.send(post("/echo", b"1"))
            self.assertEqual(known.answer().body, b"1")
            self.assertTrue(silent.is_closed())
            self.assertFalse(known.is_closed(0.5))


class Waits(HttpTest):
    def test_a_wait_ends_with_its_peers_sending(self):
        with self.peer() as peer:
            peer.send(get("/wait"))
            self.assertEqual(select.select([peer.socket], [], [], 0.3)[0], [])
            peer.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(peer.answer().body, b'"gone"')
            self.assertTrue(peer.is_closed())

    def test_a_wait_behind_the_end_of_sending_ends_too(self):
        with self.peer() as peer:
            peer.send(get("/late") + get("/wait") + get("/wait"))
            peer.socket.shutdown(socket.SHUT_WR)
            self.assertEqual([peer.answer().body for _ in range(3)],
                             [b'"late"', b'"gone"', b'"gone"'])

    def test_who_leaves_gives_its_place_back(self):
        for _ in range(3 * MAX_CONNECTIONS):
            with self.peer() as peer:
                peer.send(get("/wait"))
        end = time.monotonic() + 10
        pending = MAX_CONNECTIONS
        while pending > 1 and time.monotonic() < end:
            pending = json.loads(self.ask(get("/state")).body)["pending"]
        self.assertEqual(pending, 1)  # the question itself


class StreamTest(HttpTest):
    def begin(self, peer, query=""):
        peer.send(get("/stream" + query))
        answer = peer.answer()
        self.assertEqual((answer.status, answer.body), (200, b""))
        return answer

    def unchunked(self, peer):
        """All that comes up to the end."""
        body = b""
        while True:
            while b"\r\n" not in peer.bytes:
                self.assertTrue(peer.fill(), "closed within a stream")
            length, peer.bytes = peer.bytes.split(b"\r\n", 1)
            while len(peer.bytes) < int(length, 16) + 2:
                self.assertTrue(peer.fill(), "closed within a chunk")
            body += peer.bytes[:int(length, 16)]
            self.assertEqual(peer.bytes[int(length, 16):int(length, 16) + 2], b"\r\n")
            peer.bytes = peer.bytes[int(length, 16) + 2:]
            if int(length, 16) == 0:
                return body


class Streams(StreamTest):
    """Answers that go on."""
    limits = "crowded"

    def test_it_comes_in_chunks_and_ends_its_connection(self):
        with self.peer() as peer:
            answer = self.begin(peer, "?pieces=3&len=10")
            self.assertEqual(answer.headers["transfer-encoding"], "chunked")
            self.assertEqual(answer.headers["cache-control"], "no-store")
            self.assertNotIn("content-length", answer.headers)
            self.assertEqual(self.unchunked(peer), b"s" * 30)
            self.assertTrue(peer.is_closed())

    def test_http_1_0_reads_it_up_to_the_end(self):
        with self.peer() as peer:
            peer.send(b"GET /stream?pieces=3&len=10 HTTP/1.0\r\n\r\n")
            self.assertNotIn("transfer-encoding", peer.answer().headers)
            while peer.fill():
                pass
            self.assertEqual(peer.bytes, b"s" * 30)

    def test_head_begins_none(self):
        with self.peer() as peer:
            peer.send(request("HEAD", "/stream") + get("/v1/orders/8"))
            self.assertEqual(peer.answer(head_only=True).status, 200)
            self.assertEqual(peer.answer().body, b"8|")

    def test_nothing_follows_one_that_does_not_begin_as_its_reader_sends_no_more(self):
        with self.peer() as peer:
            peer.send(get("/late") + get("/stream") + get("/v1/orders/8"))
            peer.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(peer.answer().body, b'"late"')
            self.assertEqual(peer.answer().headers["connection"], "close")
            self.assertTrue(peer.is_closed())

    def test_a_slow_reader_gets_all_of_it_and_holds_one_piece(self):
        with self.peer(receive_buffer=4096) as peer:
            self.begin(peer, "?pieces=1000&len=8192")
            time.sleep(0.2)
            self.assertLess(json.loads(self.ask(get("/state")).body)["held"], 16384)
            self.assertEqual(len(self.unchunked(peer)), 8192000)

    def test_it_waits_for_the_answers_before_it(self):
        with self.peer(receive_buffer=4096) as peer:
            peer.send(get("/document") + get("/stream?pieces=3&len=10"))
            self.assertEqual(len(peer.answer().body), 8 << 20)
            self.assertEqual(peer.answer().status, 200)
            self.assertEqual(self.unchunked(peer), b"s" * 30)

    def test_who_leaves_is_seen_though_nothing_is_said(self):
        with self.peer() as peer:
            self.begin(peer)
        self.await_state(left=1, connections=1)
        with self.peer() as peer:
            self.begin(peer)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.await_state(left=2, cut=0, connections=1)

    def test_what_its_reader_says_is_dropped(self):
        with self.peer() as peer:
            peer.send(get("/stream") + get("/v1/orders/8") * 20)
            peer.answer()
            peer.send(b"x" * 1000000)
            self.ask(get("/say"))
            while b"news" not in peer.bytes:
                self.assertTrue(peer.fill())
            self.await_state(left=0, connections=2)
            self.assertNotIn(b"8|", peer.bytes)

    def test_a_stop_ends_it(self):
        with self.peer() as peer:
            self.begin(peer)
            self.server.send_signal(signal.SIGTERM)
            self.assertEqual(self.unchunked(peer), b"")
            self.assertTrue(peer.is_closed())


class BriefStreams(StreamTest):
    """Where idle connections are closed after 700 ms."""
    limits = "brief"

    def test_it_outlasts_every_deadline_and_is_counted_for_nothing(self):
        alone = json.loads(self.ask(get("/state")).body)["held"]
        with self.peer() as peer:
            self.begin(peer)
            time.sleep(1.5)
            self.await_state(held=alone, pending=1, connections=2)
            self.ask(get("/say"))
            while b"news" not in peer.bytes:
                self.assertTrue(peer.fill())

    def test_who_takes_nothing_is_cut_off(self):
        with self.peer(receive_buffer=4096) as peer:
            self.begin(peer, "?pieces=100000&len=8192")
            self.await_state(cut=1, left=0, connections=1)


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


class Unread(HttpTest):
    limits = "wide"

    def test_who_takes_nothing_does_not_hold_up_a_stop(self):
        with self.peer(receive_buffer=4096) as reader, self.peer(receive_buffer=4096) as sender:
            reader.send(get("/big") + get("/document"))
            sender.send(get("/document") + request("POST", "/echo", "Content-Length: 5"))
            time.sleep(0.3)
            self.server.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.wait(timeout=10), 0)


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
