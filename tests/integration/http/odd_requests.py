# SPDX-License-Identifier: Apache-2.0
"""Requests on which two servers might disagree: a table of tricks, their products, and mutations.

Each is (name, bytes): one or more requests on one connection. The tricks are those of RFC 9112's
warnings and of published request smuggling; what each reader ought to do with them is not said
here, only that two readers must not take them for different requests.
"""
import itertools
import re

HOST = b"Host: shop.example\r\n"
PLAIN = b"abcde"
CHUNKED = b"5\r\nabcde\r\n0\r\n\r\n"

# Around "Transfer-Encoding: chunked".
ENCODINGS = [
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: chunked\r\n",
    b"TRANSFER-ENCODING: CHUNKED\r\n",
    b"Transfer-Encoding:chunked\r\n",
    b"Transfer-Encoding:  chunked \t\r\n",
    b"Transfer-Encoding:\tchunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding:\x0cchunked\r\n",
    b"Transfer-Encoding: \x00chunked\r\n",
    b"Transfer-Encoding: chunked\x00\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding\t: chunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"\tTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Transfer-Encoding: chunked\r\n x\r\n",
    b"X: y\r\n Transfer-Encoding: chunked\r\n",
    b"X: y\nTransfer-Encoding: chunked\r\n",
    b"X: y\rTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\n",
    b"Transfer-Encoding: chunked\r",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunkedx\r\n",
    b"Transfer-Encoding: chunk\r\n",
    b"Transfer-Encoding: \"chunked\"\r\n",
    b"Transfer-Encoding: 'chunked'\r\n",
    b"Transfer-Encoding: chunked;q=1\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: identity, chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: , chunked\r\n",
    b"Transfer-Encoding: chunked,\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n",
    b"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: ,\r\n",
    b"Transfer_Encoding: chunked\r\n",
    b"Transfer-Encoding\xc2\xa0: chunked\r\n",
    b"Transfer-Encoding: chunked\x80\r\n",
    b"TE: chunked\r\n",
    b"Content-Encoding: chunked\r\n",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
]

# Around "Content-Length: 5".
LENGTHS = [
    b"Content-Length: 5\r\n",
    b"content-length:5\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 4\r\n",
    b"Content-Length: 15\r\n",
    b"Content-Length: 05\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: -5\r\n",
    b"Content-Length: 0x5\r\n",
    b"Content-Length: 5.0\r\n",
    b"Content-Length: 5e0\r\n",
    b"Content-Length: 5 \r\n",
    b"Content-Length: 5 5\r\n",
    b"Content-Length: 5, 5\r\n",
    b"Content-Length: 5,15\r\n",
    b"Content-Length: ,5\r\n",
    b"Content-Length: 5;\r\n",
    b"Content-Length: \"5\"\r\n",
    b"Content-Length: five\r\n",
    b"Content-Length:\r\n",
    b"Content-Length: \x005\r\n",
    b"Content-Length: 5\x0b\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Content-Length: 18446744073709551621\r\n",
    b"Content-Length: 5\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 15\r\n",
    b"Content-Length: 15\r\nContent-Length: 5\r\n",
    b"Content-Length : 5\r\n",
    b"Content-Length\t: 5\r\n",
    b" Content-Length: 5\r\n",
    b"Content-Length:\r\n 5\r\n",
    b"Content-Length: 5\r\n 5\r\n",
    b"X: y\nContent-Length: 5\r\n",
    b"X: y\rContent-Length: 5\r\n",
    b"Content_Length: 5\r\n",
    b"Content-Length: 5\n",
    b"Connection: Content-Length\r\nContent-Length: 5\r\n",
]

CHUNK_BODIES = [
    b"0\r\n\r\n",
    b"5\r\nabcde\r\n0\r\n\r\n",
    b"A\r\n0123456789\r\n00\r\n\r\n",
    b"00000005\r\nabcde\r\n0\r\n\r\n",
    b"000000000000000005\r\nabcde\r\n0\r\n\r\n",
    b"5;a=b\r\nabcde\r\n0\r\n\r\n",
    b"5;a=\"b;c\"\r\nabcde\r\n0;x\r\n\r\n",
    b"5;a=\"\r\nabcde\r\n0\r\n\r\n",
    b"5;a\nabcde\r\n0\r\n\r\n",
    b"5;a\rb\r\nabcde\r\n0\r\n\r\n",
    b"5;\x00\r\nabcde\r\n0\r\n\r\n",
    b"5;\r\nabcde\r\n0\r\n\r\n",
    b"5 \r\nabcde\r\n0\r\n\r\n",
    b"5 ;a\r\nabcde\r\n0\r\n\r\n",
    b"5\t\r\nabcde\r\n0\r\n\r\n",
    b" 5\r\nabcde\r\n0\r\n\r\n",
    b"+5\r\nabcde\r\n0\r\n\r\n",
    b"-5\r\nabcde\r\n0\r\n\r\n",
    b"0x5\r\nabcde\r\n0\r\n\r\n",
    b"5_\r\nabcde\r\n0\r\n\r\n",
    b"5,\r\nabcde\r\n0\r\n\r\n",
    b"5\nabcde\r\n0\r\n\r\n",
    b"5\r\nabcde\n0\r\n\r\n",
    b"5\r\nabcde\r\n0\n\r\n",
    b"5\r\nabcde\r\n0\r\n\n",
    b"5\rabcde\r\n0\r\n\r\n",
    b"5\r\nabcde\r0\r\n\r\n",
    b"5\r\nabcde0\r\n\r\n",
    b"5\r\nabcdeXX0\r\n\r\n",
    b"5\r\nabcdef\r\n0\r\n\r\n",
    b"5\r\nabcd\r\n0\r\n\r\n",
    b"\r\n5\r\nabcde\r\n0\r\n\r\n",
    b"5\r\nabcde\r\n\r\n0\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nX: y\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nX: y\n\r\n",
    b"5\r\nabcde\r\n0\r\n X\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nnot a field\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    b"100000000\r\nabcde\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\nabcde\r\n0\r\n\r\n",
    b"10000000000000005\r\nabcde\r\n0\r\n\r\n",
    b"80000000\r\nabcde\r\n0\r\n\r\n",
    b"g\r\nabcde\r\n0\r\n\r\n",
    b"\xff\r\nabcde\r\n0\r\n\r\n",
    b"5;" + b"x" * 900 + b"\r\nabcde\r\n0\r\n\r\n",
    b"5;" + b"x" * 3000 + b"\r\nabcde\r\n0\r\n\r\n",
    b"5\r\nabcde\r\n0\r\nX: " + b"y" * 3000 + b"\r\n\r\n",
    b"1\r\na\r\n" * 200 + b"0\r\n\r\n",
]

REQUEST_LINES = [
    b"GET / HTTP/1.1\r\n",
    b"get / HTTP/1.1\r\n",
    b"GET  / HTTP/1.1\r\n",
    b"GET /  HTTP/1.1\r\n",
    b"GET / HTTP/1.1 \r\n",
    b" GET / HTTP/1.1\r\n",
    b"GET\t/\tHTTP/1.1\r\n",
    b"GET / HTTP/1.0\r\n",
    b"GET / HTTP/1.2\r\n",
    b"GET / HTTP/0.9\r\n",
    b"GET / HTTP/2.0\r\n",
    b"GET / HTTP/01.1\r\n",
    b"GET / HTTP/1.01\r\n",
    b"GET / HTTP/1.10\r\n",
    b"GET / http/1.1\r\n",
    b"GET / HTTP/1,1\r\n",
    b"GET / HTTP/\r\n",
    b"GET /\r\n",
    b"GET\r\n",
    b"\x00GET / HTTP/1.1\r\n",
    b"G(T / HTTP/1.1\r\n",
    b"GET /a?q=1 HTTP/1.1\r\n",
    b"GET /a?q=1&q=2 HTTP/1.1\r\n",
    b"GET /a?q=%zz HTTP/1.1\r\n",
    b"GET ?q=1 HTTP/1.1\r\n",
    b"GET /a#b HTTP/1.1\r\n",
    b"GET /a?q=b#c HTTP/1.1\r\n",
    b"GET /a%23b HTTP/1.1\r\n",
    b"GET /a b HTTP/1.1\r\n",
    b"GET /a\x00b HTTP/1.1\r\n",
    b"GET /a%00b HTTP/1.1\r\n",
    b"GET /a%2fb HTTP/1.1\r\n",
    b"GET /a%2Fb/c HTTP/1.1\r\n",
    b"GET /a%zzb HTTP/1.1\r\n",
    b"GET /a% HTTP/1.1\r\n",
    b"GET /\xc3\xa9 HTTP/1.1\r\n",
    b"GET /\x80 HTTP/1.1\r\n",
    b"GET /a\"b HTTP/1.1\r\n",
    b"GET /a<b> HTTP/1.1\r\n",
    b"GET /a\\b HTTP/1.1\r\n",
    b"GET /{a} HTTP/1.1\r\n",
    b"GET /a/../b HTTP/1.1\r\n",
    b"GET /a/%2e%2e/b HTTP/1.1\r\n",
    b"GET /../b HTTP/1.1\r\n",
    b"GET /./a HTTP/1.1\r\n",
    b"GET //a HTTP/1.1\r\n",
    b"GET /a//b HTTP/1.1\r\n",
    b"GET /a/ HTTP/1.1\r\n",
    b"GET a HTTP/1.1\r\n",
    b"GET * HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"CONNECT shop.example:80 HTTP/1.1\r\n",
    b"TRACE /a HTTP/1.1\r\n",
    b"HEAD /a HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n",
    b"GET http://shop.example/a HTTP/1.1\r\n",
    b"GET HTTP://shop.example/a HTTP/1.1\r\n",
    b"GET http://shop.example HTTP/1.1\r\n",
    b"GET http://shop.example?q=1 HTTP/1.1\r\n",
    b"GET http://shop.example:80/a?q=1 HTTP/1.1\r\n",
    b"GET http://other.example/a HTTP/1.1\r\n",
    b"GET http://user@shop.example/a HTTP/1.1\r\n",
    b"GET http://[::1]/a HTTP/1.1\r\n",
    b"GET http:///a HTTP/1.1\r\n",
    b"GET http:/a HTTP/1.1\r\n",
    b"GET http://shop.example:x/a HTTP/1.1\r\n",
    b"GET https://shop.example/a HTTP/1.1\r\n",
    b"GET ftp://shop.example/a HTTP/1.1\r\n",
    b"GET http://shop.example/http://x/a HTTP/1.1\r\n",
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n",
]

HOSTS = [
    b"",
    b"Host:\r\n",
    b"Host: \r\n",
    b"host: a\r\n",
    b"Host : a\r\n",
    b" Host: a\r\n",
    b"Host: a\r\nHost: a\r\n",
    b"Host: a\r\nHost: b\r\n",
    b"Host: a, b\r\n",
    b"Host: a b\r\n",
    b"Host: a/b\r\n",
    b"Host: a?b\r\n",
    b"Host: a#b\r\n",
    b"Host: u@a\r\n",
    b"Host: http://a\r\n",
    b"Host: a:80\r\n",
    b"Host: a:\r\n",
    b"Host: a:b\r\n",
    b"Host: a:99999999\r\n",
    b"Host: a:80:80\r\n",
    b"Host: [::1]\r\n",
    b"Host: [::1]:80\r\n",
    b"Host: [::1\r\n",
    b"Host: ::1\r\n",
    b"Host: a\x00b\r\n",
    b"Host: \xff\r\n",
    b"Host: a\\b\r\n",
    b"Host: a..b\r\n",
    b"Host: .\r\n",
    b"Host: %61\r\n",
    b"Host: _a\r\n",
    b"Host: a\r\n b\r\n",
    b"Host:\r\n a\r\n",
]

# Between the head's lines, in a request with a body of five.
FIELDS = [
    b"Content-Type: application/json\r\nContent-Type: text/plain\r\n",
    b"Content-Type: application/json, text/plain\r\n",
    b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n",
    b"Idempotency-Key: a, b\r\n",
    b"Idempotency-Key: \"a\"\r\n",
    b"Idempotency-Key: \xc3\xa9\r\n",
    b"Idempotency_Key: a\r\n",
    b"If-Match: \"v1\"\r\nIf-Match: \"v2\"\r\n",
    b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
    b"X-Seen: a\r\nX-Seen: b\r\n",
    b"X-Seen: a\r\n b\r\n",
    b"X-Seen: a\tb\r\n",
    b"X-Seen: a\x01b\r\n",
    b"X-Seen: a\x7fb\r\n",
    b"X-Seen: a\x00b\r\n",
    b"X-Seen: a\rb\r\n",
    b"X-Seen: a\nb: c\r\n",
    b"X-Seen:\r\n",
    b"X-Seen\r\n",
    b": a\r\n",
    b"X Seen: a\r\n",
    b"X-Seen\x00: a\r\n",
    b"X-S\xc3\xa9en: a\r\n",
    b"X-Seen: " + b"a" * 3000 + b"\r\n",
    b"X: y\r\n" * 70,
    b"\r",
    b"\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\nConnection: close\r\n",
    b"Connection: close, keep-alive\r\n",
    b"Connection: x, close\r\n",
    b"Connection: X-Seen\r\nX-Seen: hop\r\n",
    b"Connection: Authorization\r\nAuthorization: Bearer hop\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n",
    b"Keep-Alive: timeout=1\r\n",
    b"Expect: 100-continue\r\n",
    b"Expect: 100-Continue\r\n",
    b"Expect: x\r\n",
    b"Expect: 100-continue, x\r\n",
    b"Expect: 100-continue\r\nExpect: x\r\n",
    b"Expect: 100-continue\r\nExpect: 100-continue\r\n",
    b"Trailer: X-Seen\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Range: bytes 0-4/5\r\n",
    b"X-HTTP-Method-Override: DELETE\r\n",
    b"X-Original-URL: /other\r\n",
]

BETWEEN = [b"\r\n", b"\r\n\r\n", b"\n", b"\n\n", b"\r", b" ", b" \r\n", b"\t", b"\x00", b"x", b"\r\n \r\n", b"\xef\xbb\xbf"]

# What mutations splice in.
PIECES = (
    [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b" ", b"\t", b":", b",", b"0\r\n\r\n", b"5\r\n", b"\r\n "]
    + [b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", b" HTTP/1.1", b" HTTP/1.0", b"http://a"]
    + [ENCODINGS[i] for i in (0, 3, 10, 14, 23, 27)]
    + [LENGTHS[i] for i in (0, 2, 4, 5, 6, 9)]
)

# What nginx refuses and we take, each with the reason.
TAKEN = [
    (rb"\t", "blanks around a value may be tabs (RFC 9110, 5.6.3)"),
    (rb"(?<![A-Z])(?!(GET|HEAD|POST|PUT|DELETE) )[!-~]+ [^ ]+ HTTP/1", "any token is a method: 405"),
    (rb"[A-Z] [^ ]*(%00|%(?![0-9A-Fa-f]{2})|/\.\./)", "paths are compared, they lead to no file"),
    (rb"Host: [^\r]*\.\.|Host: \.", "a registered name may have any dots (RFC 3986, 3.2.2)"),
    (rb"Host:[ ]*\r\n", "an empty Host is that of a target without one (RFC 9110, 7.2)"),
    (rb"Expect: 100-continue\r\nExpect: 100-continue", "two lines are a list of two equal members"),
]


def may_take(data):
    return any(re.search(pattern, data) for pattern, _ in TAKEN)


def post(fields, body, method=b"POST", version=b"HTTP/1.1"):
    return method + b" /orders " + version + b"\r\n" + HOST + fields + b"\r\n" + body


def get(line=REQUEST_LINES[0], host=HOST, fields=b""):
    return line + host + fields + b"\r\n"


def table():
    for i, encoding in enumerate(ENCODINGS):
        for body in (CHUNKED, PLAIN):
            yield f"encoding {i}", post(encoding, body)
            yield f"encoding {i}, HTTP/1.0", post(encoding, body, version=b"HTTP/1.0")
        yield f"encoding {i} of a GET", post(encoding, CHUNKED, method=b"GET")
    for i, length in enumerate(LENGTHS):
        yield f"length {i}", post(length, PLAIN)
        yield f"length {i} of a GET", post(length, PLAIN, method=b"GET")
        yield f"length {i} of a PUT", post(length, PLAIN, method=b"PUT")
    for i, body in enumerate(CHUNK_BODIES):
        yield f"chunks {i}", post(ENCODINGS[0], body)
    for i, line in enumerate(REQUEST_LINES):
        yield f"line {i}", get(line)
    for i, host in enumerate(HOSTS):
        yield f"host {i}", get(host=host)
        yield f"host {i} of HTTP/1.0", get(b"GET /a HTTP/1.0\r\n", host=host)
        yield f"host {i} beside another", get(b"GET http://shop.example/a HTTP/1.1\r\n", host=host)
    for i, fields in enumerate(FIELDS):
        yield f"fields {i}", post(fields + LENGTHS[0], PLAIN)
        yield f"fields {i} behind", post(LENGTHS[0] + fields, PLAIN)
    for i, between in enumerate(BETWEEN):
        yield f"before {i}", between + get()
        yield f"between {i}", get() + between + post(LENGTHS[0], PLAIN)
        yield f"behind a body {i}", post(LENGTHS[0], PLAIN + between) + get()
    yield "no length", post(b"", b"")
    yield "no length, a body", post(b"", PLAIN)
    yield "a pipeline", get() + post(LENGTHS[0], PLAIN) + get() + post(ENCODINGS[0], CHUNKED) + get()
    yield "many", get() * 40


def product(luck, count):
    """A length and an encoding in one head, in both orders, over both bodies."""
    pairs = list(itertools.product(range(len(ENCODINGS)), range(len(LENGTHS)), (0, 1), (0, 1)))
    for e, n, order, body in luck.sample(pairs, count):
        fields = ENCODINGS[e] + LENGTHS[n] if order else LENGTHS[n] + ENCODINGS[e]
        yield f"encoding {e}, length {n}", post(fields, (CHUNKED, PLAIN)[body])


def mutated(luck, count):
    good = [get(), get(REQUEST_LINES[21]), post(LENGTHS[0], PLAIN), post(ENCODINGS[0], CHUNKED)]
    for number in range(count):
        data = b"".join(luck.choices(good, k=luck.randrange(1, 4)))
        for _ in range(luck.randrange(1, 4)):
            at = luck.randrange(len(data) + 1)
            kind = luck.randrange(5)
            if kind == 0:
                data = data[:at] + data[at + luck.randrange(1, 12) :]
            elif kind == 1:
                data = data[:at] + data[at : at + luck.randrange(1, 40)] + data[at:]
            elif kind == 2 and at < len(data):
                data = data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :]
            else:
                data = data[:at] + luck.choice(PIECES) + data[at:]
        yield f"mutation {number}", data
