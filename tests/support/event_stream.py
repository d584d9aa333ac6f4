# SPDX-License-Identifier: Apache-2.0
"""Server-sent events over a plain socket, as the standard reads them, and what they said last."""
import json
import socket
import urllib.parse


class Refused(Exception):
    def __init__(self, status, headers, body):
        super().__init__(f"{status} {body!r}")
        self.status, self.headers, self.body = status, headers, body


class EventStream:
    """One connection. Events are tuples of name, id and data; limits are seconds."""

    def __init__(self, url, token=None, last_id=None, limit=30, receive_buffer=None, query=""):
        parts = urllib.parse.urlsplit(url)
        self.last_id, self.retry, self.bytes, self.text = last_id, None, b"", b""
        self.ended = False
        self.comments = 0
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(limit)
        try:
            self.socket.connect((parts.hostname, parts.port))
            lines = [f"GET /v1/stream{query} HTTP/1.1", "Host: stream"]
            lines += [f"Authorization: Bearer {token}"] if token else []
            lines += [f"Last-Event-ID: {last_id}"] if last_id is not None else []
            self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
            self.read_head()
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the connection broke")
        self.bytes += data

    def read_head(self):
        while b"\r\n\r\n" not in self.bytes:
            self.fill()
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        status = int(lines[0].split()[1])
        if status != 200:
            while len(self.bytes) < int(self.headers["content-length"]):
                self.fill()
            raise Refused(status, self.headers, json.loads(self.bytes))

    def read_chunk(self):
        while b"\r\n" not in self.bytes:
            self.fill()
        length, rest = self.bytes.split(b"\r\n", 1)
        length = int(length, 16)
        while len(rest) < length + 2:
            self.fill()
            rest = self.bytes.split(b"\r\n", 1)[1]
        assert rest[length:length + 2] == b"\r\n", rest
        self.text += rest[:length]
        self.bytes = rest[length + 2:]
        self.ended = length == 0

    def next(self):
        """The next event; None once the server has ended the stream."""
        while True:
            while b"\n\n" not in self.text:
                if self.ended:
                    assert self.text == b"", self.text
                    return None
                self.read_chunk()
            block, self.text = self.text.split(b"\n\n", 1)
            event = self.read_block(block.decode())
            if event is not None:
                return event

    def read_block(self, block):
        name, data = "message", []
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "":
                self.comments += 1
            elif field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "retry":
                self.retry = int(value)
            else:
                raise ValueError(f"no field of events: {line!r}")
        return (name, self.last_id, json.loads("\n".join(data))) if data else None

    def order_events(self, count):
        """The data of so many events of orders; no reset may come before."""
        found = []
        while len(found) < count:
            event = self.next()
            assert event is not None and event[0] != "reset", (event, found[-3:])
            if event[0] == "message":
                found.append(event[2])
        return found
