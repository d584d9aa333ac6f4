#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Behind nginx and directly, the HTTP server sees the same requests.

Request smuggling needs two servers that disagree on where a request ends or what it says. Each odd
request is sent directly, and through nginx with and without request buffering, followed by a last
good request that closes the connection. What the server saw must be the same list, or it refused at
some point and closed, and what it saw before is the same. Where only nginx refused, the table says
why we need not.

Usage: test_nginx.py HTTP_ECHO     with MUTATION_SEED and MUTATION_ROUNDS in the environment, if wanted
"""
import concurrent.futures
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import odd_requests

NGINX = "/usr/sbin/nginx"
LANES = 12  # inputs under way at once, each with listeners of its own
PRODUCTS = 150
MUTATIONS = 250
ALIKE_MIN = 50  # inputs that all ways took; else nothing is compared
LAST = b"GET /last HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
WAIT = 30  # seconds, ten times what a server takes to give up

CONFIGURATION = """
daemon off;
master_process off;
error_log {dir}/error.log;
pid {dir}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    keepalive_timeout 700ms;
    client_header_timeout 700ms;
    client_body_timeout 700ms;
    lingering_timeout 700ms;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_ignore_client_abort on;
{servers}
}}
"""
SERVER = """
    upstream u{lane}_{mode} {{ server 127.0.0.1:{port}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{front};
        server_name shop.example;
        location / {{
            proxy_pass http://u{lane}_{mode};
            proxy_request_buffering {mode};
        }}
    }}
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Echo:
    """The server, and what each of its listeners saw."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, str(LANES)], stdout=subprocess.PIPE, text=True)
        self.ports = [int(port) for port in self.process.stdout.readline().split()]
        self.seen = [[] for _ in range(LANES)]
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            lane, request = line.rstrip("\n").split(" ", 1)
            with self.news:
                self.seen[int(lane)].append(request)
                self.news.notify_all()

    def take(self, lane):
        """What was seen since the last call; a request of our own marks the end."""
        exchange(self.ports[lane], b"GET /mark HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        mark = "GET " + b"/mark".hex()

        def is_there():
            return any(request.startswith(mark) for request in self.seen[lane])

        with self.news:
            assert self.news.wait_for(is_there, WAIT), "the server no longer says what it sees"
            seen = [r for r in self.seen[lane] if not r.startswith(mark)]
            self.seen[lane].clear()
        return seen

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT)


class Nginx:
    def __init__(self, folder, echo_ports):
        ports = free_ports(2 * LANES)
        self.fronts = {"buffered": ports[:LANES], "unbuffered": ports[LANES:]}
        servers = "".join(
            SERVER.format(lane=lane, mode=mode, port=echo_ports[lane], front=self.fronts[way][lane])
            for way, mode in (("buffered", "on"), ("unbuffered", "off"))
            for lane in range(LANES)
        )
        path = Path(folder) / "nginx.conf"
        path.write_text(CONFIGURATION.format(dir=folder, servers=servers))
        self.process = subprocess.Popen([NGINX, "-p", folder, "-c", str(path)], stderr=subprocess.DEVNULL)
        self.await_start()

    def await_start(self):
        end = time.monotonic() + WAIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.fronts["unbuffered"][-1])).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, "nginx does not start"
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT)


def exchange(port, data):
    """Sends and reads until the server closes."""
    answers = b""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.settimeout(WAIT)
        try:
            peer.sendall(data)
        except OSError:
            pass  # it has refused already
        try:
            while piece := peer.recv(65536):
                answers += piece
        except ConnectionResetError:
            pass  # closed, and roughly
    return answers


def statuses(answers):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d\d\d) [A-Z]", answers)]


def judge(data, direct, behind, answers, answers_behind):
    """What is wrong with the two lists, or None; answers are the bytes that came back."""
    common = min(len(direct), len(behind))
    if direct[:common] != behind[:common]:
        return "they differ"
    answered = statuses(answers)
    if len(direct) < len(behind) and (not answered or answered[-1] < 400):
        return "directly fewer, and nothing was refused"
    if len(direct) > len(behind) and b"<center>nginx" not in answers_behind:
        return "behind fewer, and it was not nginx that refused"
    if len(direct) > len(behind) and not odd_requests.may_take(data):
        return "taken directly, and nginx refuses it"
    return None


class Lane:
    def __init__(self, echo, nginx, number):
        self.echo, self.number = echo, number
        self.ports = {way: ports[number] for way, ports in nginx.fronts.items()}
        self.ports["directly"] = echo.ports[number]

    def compare(self, data):
        """The faults found, and whether all three ways saw the same, up to the last request."""
        answers = exchange(self.ports["directly"], data + LAST)
        direct = self.echo.take(self.number)
        is_same = len(direct) > 1
        faults = []
        if statuses(answers).count(200) != len(direct):
            faults.append(f"not each was answered: {direct}\n  {statuses(answers)}")
        for way in ("buffered", "unbuffered"):
            answers_behind = exchange(self.ports[way], data + LAST)
            behind = self.echo.take(self.number)
            is_same = is_same and behind == direct
            if fault := judge(data, direct, behind, answers, answers_behind):
                faults.append(f"{way}: {fault}\n  {direct}\n  {behind}")
        return faults, is_same


def run(echo, nginx, inputs):
    lanes = [Lane(echo, nginx, number) for number in range(LANES)]
    free = list(lanes)
    found, same = [], 0

    def work(item):
        name, data = item
        lane = free.pop()
        try:
            return name, data, *lane.compare(data)
        except TimeoutError:
            return name, data, ["a connection stays open"], False
        finally:
            free.append(lane)

    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        for name, data, faults, is_same in pool.map(work, inputs):
            same += is_same
            found += [(name, data, fault) for fault in faults]
    return found, same


def main():
    seed = int(os.environ.get("MUTATION_SEED", 20260102))
    rounds = int(os.environ.get("MUTATION_ROUNDS", MUTATIONS))
    luck = random.Random(seed)
    inputs = list(odd_requests.table())
    inputs += odd_requests.product(luck, PRODUCTS)
    inputs += odd_requests.mutated(luck, rounds)
    with tempfile.TemporaryDirectory() as folder:
        echo = Echo(sys.argv[1])
        nginx = Nginx(folder, echo.ports)
        try:
            found, same = run(echo, nginx, inputs)
        finally:
            nginx.stop()
            status = echo.stop()
    for name, data, fault in found[:20]:
        print(f"{name}: {data!r}\n {fault}")
    print(f"{len(inputs)} inputs, {same} seen alike in all ways, {len(found)} faults")
    is_fair = ALIKE_MIN <= same < len(inputs)
    sys.exit(0 if not found and is_fair and status == 0 else 1)


if __name__ == "__main__":
    main()
