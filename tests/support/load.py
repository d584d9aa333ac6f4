#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends commands as shops, payment providers and warehouses do, through whatever happens.

    load.py send JOURNAL [options] URL...    until --seconds, --commands or SIGTERM
    load.py kill JOURNAL PID LABEL [SIGNAL]  SIGKILL, and how many commands were in flight then
    load.py await JOURNAL PID LABEL SECONDS LOG   the same for one that ends by itself
    load.py race URL PATH ROLE KEY COPIES BODY...   one key, many times at once (see `race`)

A command that got no answer (connection lost or refused, 429, 503) is sent again with the same
Idempotency-Key, to any of the URLs, until it has one. load_check.py holds the journal against
PostgreSQL, Kafka and Redis. tests/support/load.sh is how tests call all this.

Tokens come from the environment: TOKEN_AGENT, TOKEN_PAYMENT, TOKEN_FULFILMENT, TOKEN_CUSTOMER.
"""
import argparse
import faulthandler
import http.client
import itertools
import json
import os
import random
import select
import signal
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import joining  # noqa: E402
import load_journal  # noqa: E402

ANSWER_LIMIT = 20  # seconds for one attempt
SKUS = [f"load-sku-{i}" for i in range(1, 9)]
SCARCE = SKUS[:2]  # little stock, so that some orders are refused
CUSTOMERS = [f"load-customer-{i}" for i in range(1, 7)]
STOCK = 1_000_000
SCARCE_STOCK = 20
NOT_AN_ANSWER = {408, 429, 503}
PHONE, PHONE_DIGITS = "+44 20 7946 0001", "442079460001"


def email_of(customer_id):
    return f"{customer_id}@example.org"


def price_of(sku):
    return 100 * int(sku.split("-")[-1])


# --- the wire -------------------------------------------------------------------------------


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers
        self.replayed = headers.get("Idempotent-Replayed") == "true"


class Wire:
    """Kept-alive connections of one thread, one per address."""

    def __init__(self, urls):
        self._peers = [urllib.parse.urlsplit(url).netloc for url in urls]
        self._connections = {}

    def connect(self, peer):
        """None when nobody listens."""
        if peer not in self._connections:
            connection = http.client.HTTPConnection(peer, timeout=ANSWER_LIMIT)
            try:
                connection.connect()
            except OSError:
                return None
            self._connections[peer] = connection
        return self._connections[peer]

    def connect_all(self):
        for peer in self._peers:
            self.connect(peer)

    def send(self, request, key):
        """The answer, or "refused" or "lost"."""
        peer = random.choice(self._peers)
        connection = self.connect(peer)
        if connection is None:
            return "refused"
        headers = {
            "Content-Type": "application/json",
            "Authorization": "Bearer " + os.environ["TOKEN_" + request["role"].upper()],
            "Idempotency-Key": key,
        }
        if request.get("if_match"):
            headers["If-Match"] = request["if_match"]
        try:
            connection.request("POST", request["path"], request["body"].encode(), headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read().decode(), response.headers)
        except (OSError, http.client.HTTPException):
            connection.close()
            del self._connections[peer]
            return "lost"
        if response.will_close:
            connection.close()
            del self._connections[peer]
        return answer


# --- what to send ---------------------------------------------------------------------------


def request_of(path, role, body, **more):
    return {"path": path, "role": role, "body": json.dumps(body), **more}


def register_customer(customer_id):
    return request_of("/v1/customers", "agent", {
        "customer_id": customer_id, "name": f"Customer {customer_id}",
        "email": email_of(customer_id), "phone": PHONE})


def add_product(sku):
    return request_of("/v1/products", "agent", {
        "sku": sku, "name": f"Product {sku}", "unit_price_minor": price_of(sku),
        "currency": "GBP"})


def receive_stock(sku, quantity):
    return request_of(f"/v1/products/{sku}/receive-stock", "agent", {"quantity": quantity})


class Orders:
    """The orders known so far: any thread may send the next command to any of them."""

    def __init__(self):
        self._lock = threading.Lock()
        self._orders = {}

    def learn(self, request, answer):
        if answer.status in (200, 201):
            body = json.loads(answer.body)
            if body["aggregate"]["type"] == "order":
                with self._lock:
                    order = self._orders.setdefault(body["aggregate"]["id"], {})
                    order.update(version=body["version"], last=body["command"])
                    if body["command"] == "PlaceOrder":
                        lines = json.loads(request["body"])["lines"]
                        order["total"] = sum(x["quantity"] * price_of(x["sku"]) for x in lines)

    def pick(self, rng):
        """One of the last few, with its state; None when there is none."""
        with self._lock:
            recent = list(itertools.islice(reversed(self._orders), 40))
            if not recent:
                return None
            order_id = rng.choice(recent)
            return order_id, dict(self._orders[order_id])


NEXT = {
    "PlaceOrder": ["authorize", "authorize", "authorize", "cancel", "ship"],
    "AuthorizePayment": ["ship", "ship", "ship", "cancel", "deliver"],
    "ShipOrder": ["deliver", "deliver", "cancel"],
    "DeliverOrder": ["authorize", "ship", "deliver", "cancel"],
    "CancelOrder": ["authorize", "ship", "deliver", "cancel"],
}


def place_order(rng):
    skus = rng.sample(SKUS, rng.choice((1, 2, 2, 3)))
    return request_of("/v1/orders", "agent", {
        "customer_id": rng.choice(CUSTOMERS) if rng.random() < 0.97 else "load-nobody",
        "currency": "GBP",
        "lines": [{"sku": sku, "quantity": rng.randint(1, 5)} for sku in skus],
        "shipping_address": {"name": "Somebody", "line1": "1 High Street", "city": "London",
                             "postal_code": "N1 1AA", "country": "GB"},
        "payment": {"provider": "demo", "method": "card"}})


def advance(rng, picked, number):
    order_id, order = picked
    total = order.get("total", 0)
    bodies = {
        "authorize": ("authorize-payment", "payment", {
            "amount_minor": total if rng.random() < 0.95 else total + 1,
            "reference": f"ref-{number}"}),
        "ship": ("ship", "fulfilment", {"carrier": "post", "tracking_number": f"T-{number}"}),
        "deliver": ("deliver", "fulfilment", {}),
        "cancel": ("cancel", "agent", {"reason": "changed their mind"}),
    }
    path, role, body = bodies[rng.choice(NEXT[order["last"]])]
    more = {"if_match": f'"v{order["version"]}"'} if rng.random() < 0.1 else {}
    return request_of(f"/v1/orders/{order_id}/{path}", role, body, **more)


def any_command(rng, orders, number):
    dice = rng.random()
    picked = orders.pick(rng)
    if dice < 0.02:
        return register_customer(f"load-customer-{rng.randint(1, 60)}")
    if dice < 0.08:
        return receive_stock(rng.choice(SCARCE), rng.randint(1, SCARCE_STOCK))
    if dice < 0.45 or picked is None:
        return place_order(rng)
    return advance(rng, picked, number)


# --- sending --------------------------------------------------------------------------------


class Load:
    def __init__(self, options):
        self.options = options
        self.journal = load_journal.Journal(options.journal)
        self.orders = Orders()
        self.stop = threading.Event()
        self.run = f"{os.getpid()}-{time.monotonic_ns()}"
        self.numbers = itertools.count(1)
        self.ends_at = time.monotonic() + options.seconds

    def attempt(self, wire, request, key, number):
        self.journal.write(begin=key, **{"try": number})
        answer = wire.send(request, key)
        result = answer if isinstance(answer, str) else answer.status
        self.journal.write(end=key, result=result, **{"try": number})
        return answer

    def insist(self, wire, request, key):
        """Sends it until it is answered, the same key every time; None: it gave up."""
        give_up_at = time.monotonic() + self.options.give_up
        for number in itertools.count(1):
            answer = self.attempt(wire, request, key, number)
            if not isinstance(answer, str) and answer.status not in NOT_AN_ANSWER:
                return answer
            if self.options.once or time.monotonic() > give_up_at:
                return None
            time.sleep(random.uniform(0.02, 0.15))

    def conclude(self, request, key, answer):
        if answer is None:
            self.journal.write(final=key, request=request, status=None, body=None, replayed=False)
            return
        self.journal.write(final=key, request=request, status=answer.status, body=answer.body,
                           replayed=answer.replayed)
        self.orders.learn(request, answer)

    def command(self, wire, request, key):
        answer = self.insist(wire, request, key)
        self.conclude(request, key, answer)
        return answer

    def twins(self, wires, requests, key):
        """One key of one principal for two requests at once: one is decided, the other is refused
        the key, and that alone is left out of what is held against the stations."""
        answers = [None, None]

        def send_one(i):
            answers[i] = self.insist(wires[i], requests[i], key)

        threads = [threading.Thread(target=send_one, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [answer is not None and answer.status == 422 for answer in answers]
        for request, answer, is_refused in zip(requests, answers, refused):
            if not is_refused or all(refused):
                self.conclude(request, key, answer)

    def seed(self):
        """The shop; in a second load of the same world all of it is a replay."""
        wire = Wire(self.options.urls)
        for customer in CUSTOMERS:
            self.command(wire, register_customer(customer), f"load-seed-{customer}")
        for sku in SKUS:
            stock = SCARCE_STOCK if sku in SCARCE else STOCK
            self.command(wire, add_product(sku), f"load-seed-{sku}")
            self.command(wire, receive_stock(sku, stock), f"load-seed-stock-{sku}")

    def work(self, seed):
        rng = random.Random(seed)
        wire, other = Wire(self.options.urls), Wire(self.options.urls)
        while not self.stop.is_set() and time.monotonic() < self.ends_at:
            number = next(self.numbers)
            if number > self.options.commands:
                return
            key = f"load-{self.run}-{number}"
            request = any_command(rng, self.orders, number)
            may_be_twins = self.options.twins > 0 and request["role"] == "agent"
            if may_be_twins and rng.random() < self.options.twins:
                self.twins((wire, other), (request, place_order(rng)), key)
                continue
            answer = self.command(wire, request, key)
            if answer is not None and rng.random() < 0.03:
                self.command(wire, request, key)  # a client that missed the answer
            time.sleep(rng.uniform(0, 2 * self.options.pause / 1000))

    def go(self):
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        faulthandler.enable()  # SIGABRT shows what all threads are doing
        self.seed()
        threads = [threading.Thread(target=self.work, args=(f"{self.options.seed}-{i}",))
                   for i in range(self.options.threads)]
        for thread in threads:
            thread.start()
        joining.join_all(threads)


def send(options):
    Load(options).go()


# --- killing --------------------------------------------------------------------------------

FILE_CLOCK = 0.004  # a file's time is that of the kernel's last tick
RECENT = 1 << 20  # bytes of the journal that hold whatever may still be under way


def under_way(options, at, uncertain=0):
    return load_journal.in_flight(load_journal.read(options.journal, RECENT), at, uncertain)


def record_end(options, what, at, uncertain=0):
    count = under_way(options, at, uncertain)
    load_journal.Journal(options.journal).write(killed=options.label, in_flight=count)
    print(f"      {options.label} {what} with {count} commands in flight")


def kill(options):
    """Waits up to a second for a moment when commands are in flight."""
    handle = os.pidfd_open(options.pid)
    give_up_at = time.monotonic() + 1
    while not under_way(options, time.monotonic()) and time.monotonic() < give_up_at:
        time.sleep(0.002)
    at = time.monotonic()
    signal.pidfd_send_signal(handle, signal.Signals["SIG" + options.signal])
    record_end(options, "got SIG" + options.signal, at)
    if options.signal == "KILL":
        select.select([handle], [], [], 10)


def time_of_last_line(path):
    return time.monotonic() - (time.time() - os.stat(path).st_mtime)


def await_end(options):
    """A process that kills itself at a fault point says so in its log's last line."""
    try:
        handle = os.pidfd_open(options.pid)
    except ProcessLookupError:
        handle = None
    if handle is not None and not select.select([handle], [], [], options.seconds)[0]:
        print(f"      {options.label}: it still runs after {options.seconds:g} s")
        sys.exit(1)
    record_end(options, "ended", time_of_last_line(options.log), FILE_CLOCK)


# --- one key at once ------------------------------------------------------------------------


def race(options):
    """Sends COPIES requests at the same moment, taking URLs, paths and bodies in turn. Prints
    "STATUS REPLAYED BODY" of each answer, sorted, equal ones counted."""
    urls, paths = options.urls.split(","), options.paths.split(",")
    start = threading.Barrier(options.copies)
    results = [None] * options.copies

    def one(i):
        turn = i // len(urls)  # so that each address sees each request
        request = {"path": paths[turn % len(paths)], "role": options.role,
                   "body": options.bodies[turn % len(options.bodies)]}
        wire = Wire([urls[i % len(urls)]])
        wire.connect_all()
        start.wait()
        answer = wire.send(request, options.key)
        results[i] = answer if isinstance(answer, str) else (
            f"{answer.status}\t{answer.replayed}\t{answer.body.strip()}")

    threads = [threading.Thread(target=one, args=(i,)) for i in range(options.copies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in sorted(set(results)):
        print(f"{results.count(line)}\t{line}")


def main():
    parser = argparse.ArgumentParser()
    actions = parser.add_subparsers(required=True)

    action = actions.add_parser("send")
    action.set_defaults(run=send)
    action.add_argument("journal")
    action.add_argument("urls", nargs="+")
    action.add_argument("--seconds", type=float, default=3600)
    action.add_argument("--commands", type=int, default=10**9)
    action.add_argument("--threads", type=int, default=12)
    action.add_argument("--pause", type=float, default=25, help="ms between commands, about")
    action.add_argument("--give-up", type=float, default=90, help="seconds to try one command")
    action.add_argument("--once", action="store_true", help="never try again")
    action.add_argument("--seed", default="1")
    action.add_argument("--twins", type=float, default=0,
                        help="share of keys that are sent for two requests at once")

    action = actions.add_parser("kill")
    action.set_defaults(run=kill)
    action.add_argument("journal")
    action.add_argument("pid", type=int)
    action.add_argument("label")
    action.add_argument("signal", nargs="?", default="KILL")

    action = actions.add_parser("await")
    action.set_defaults(run=await_end)
    action.add_argument("journal")
    action.add_argument("pid", type=int)
    action.add_argument("label")
    action.add_argument("seconds", type=float)
    action.add_argument("log")

    action = actions.add_parser("race")
    action.set_defaults(run=race)
    action.add_argument("urls")
    action.add_argument("paths")
    action.add_argument("role")
    action.add_argument("key")
    action.add_argument("copies", type=int)
    action.add_argument("bodies", nargs="+")

    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
