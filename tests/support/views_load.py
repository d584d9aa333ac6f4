#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command there is, of every kind that views show differently, until SIGTERM.

    views_load.py URL [--commands N] [--threads N] [--pause MS] [--seed N]

Names, addresses, carriers, references and words are drawn from few, so that many share a key of a view, and with
what has to be escaped in a key or in JSON among them. Orders are driven on by what they have become; what is
refused because of it (404, 409) is no fault. Any other refusal is one, and so is a command without an answer. Tokens
come from the environment. What was committed the outbox knows; nothing is remembered here.
"""
import argparse
import collections
import http.client
import itertools
import json
import os
import random
import signal
import sys
import threading
import time
import urllib.parse
import uuid

import joining

NAMES = ("Ada", "Adéla “Ada” O'Neil", 'a "b" \\ c / d', "Łukasz 中文 𝄞", "x" * 200, "<&> %41 {}")
EMAILS = ("Shared@Example.org", "shared@example.ORG", "a+b@example.org", "o'neil@example.org", "Älva@example.org", None)
PHONES = ("+44 20 7946 0000", "+44-20-7946-0000", "+442079460001", "+49 30 1234567", None)
REGIONS = ("Kent", "Île-de-France", "a:b c%/", "North-Rhine_W.", "kent", None)
COUNTRIES = ("GB", "FR", "ZZ")
PROVIDERS = ("demo", "psp_2", "x-y")
CARRIERS = ("dhl", "DHL", "royal-mail", "a.b_c")
FLAGS = ("stolen-card", "address", "A.B_c")
PRODUCTS = ("WHITE METAL LANTERN", "white lantern, small", "Café crème № 5", "it's 4x4 – new_one", "Straße STRASSE")
STEPS = {  # what an order may be told in a status, and how often
    "placed": {"authorize-payment": 8, "decline-payment": 0.5, "cancel": 0.5, "change-shipping-address": 1},
    "confirmed": {"ship": 6, "capture-payment": 2, "cancel": 0.5, "change-shipping-address": 1},
    "shipped": {"record-tracking": 3, "deliver": 5, "capture-payment": 4},
    "delivered": {"capture-payment": 2, "refund": 3, "return": 0.5},
    "cancelled": {"refund": 2},
    "returned": {"refund": 2},
}
ANY_STATUS = {"add-note": 1, "flag-risk": 0.7, "clear-risk": 0.5, "open-dispute": 0.4, "resolve-dispute": 0.4}
ROLES = {"authorize-payment": "payment", "decline-payment": "payment", "capture-payment": "payment",
         "ship": "fulfilment", "record-tracking": "fulfilment", "deliver": "fulfilment"}
BECOMES = {"OrderPlaced": "placed", "PaymentAuthorized": "confirmed", "PaymentDeclined": "cancelled",
           "OrderShipped": "shipped", "OrderDelivered": "delivered", "OrderCancelled": "cancelled",
           "OrderReturned": "returned"}
ALIVE = 60  # orders that are told something; an older one takes a place of theirs now and then


def given(**members):
    return {name: value for name, value in members.items() if value is not None}


class Order:
    def __init__(self, order_id):
        self.id, self.total, self.status = order_id, 0, "placed"


class Load:
    def __init__(self, options):
        self.options, self.stop = options, threading.Event()
        self.orders, self.answers, self.faults = [], collections.Counter(), []
        self.numbers, self.run = itertools.count(), uuid.uuid4().hex[:12]
        self.count = {"c-": 0, "sku.": 0}
        self.lock = threading.Lock()

    def new(self, prefix):
        with self.lock:
            self.count[prefix] += 1
            return f"{prefix}{self.count[prefix]}"

    def thread(self, number):
        Client(self, random.Random(f"{self.options.seed}-{number}")).go()

    def go(self):
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        first = Client(self, random.Random(self.options.seed))
        for _ in range(4):
            first.register()
            first.add_product()
        threads = [threading.Thread(target=self.thread, args=(number,)) for number in range(self.options.threads)]
        for one in threads:
            one.start()
        joining.join_all(threads)
        print(f"      {dict(sorted(self.answers.items()))}")
        for fault in self.faults[:5]:
            print(f"      {fault}")
        return 1 if self.faults or not self.answers[201] else 0


class Client:
    def __init__(self, load, dice):
        self.load, self.dice = load, dice
        self.wire = http.client.HTTPConnection(urllib.parse.urlsplit(load.options.url).netloc, timeout=60)

    def post(self, path, body, role="agent"):
        """The receipt, or what a refusal says."""
        head = {"Authorization": "Bearer " + os.environ[f"TOKEN_{role.upper()}"], "Content-Type": "application/json",
                "Idempotency-Key": f"views-{self.load.run}-{next(self.load.numbers)}"}
        for _ in range(60):
            self.wire.request("POST", "/v1/" + path, json.dumps(body).encode(), head)
            answer = self.wire.getresponse()
            status, text = answer.status, answer.read().decode()
            self.load.answers[status] += 1
            if status not in (429, 503):
                break
            time.sleep(0.5)
        if status not in (200, 201, 404, 409):
            self.load.faults.append(f"{path} {body}: {status} {text}")
        return json.loads(text)

    # ---- customers and products ----------------------------------------------------------------

    def contact(self):
        return given(name=self.dice.choice(NAMES), email=self.dice.choice(EMAILS), phone=self.dice.choice(PHONES))

    def register(self):
        self.post("customers", {"customer_id": self.load.new("c-"), **self.contact()})

    def add_product(self):
        sku = self.load.new("sku.")
        self.post("products", {"sku": sku, "name": self.dice.choice(PRODUCTS), "currency": "GBP",
                               "unit_price_minor": self.dice.choice((0, 1, 250, 10 ** 9))})
        self.post(f"products/{sku}/receive-stock", {"quantity": 10 ** 8})

    def some(self, prefix):
        """One of the newest forty."""
        newest = self.load.count[prefix]
        return f"{prefix}{self.dice.randint(max(1, newest - 39), newest)}"

    def customer_step(self):
        path = f"customers/{self.some('c-')}"
        word = self.dice.choice(("change-contact", "change-contact", "deactivate", "reactivate", "reactivate"))
        self.post(f"{path}/{word}", self.contact() if word == "change-contact" else {"reason": "asked for it"})

    def product_step(self):
        sku = self.some("sku.")
        word, body = self.dice.choice((
            ("change-price", {"unit_price_minor": self.dice.choice((0, 7, 10 ** 9))}),
            ("receive-stock", {"quantity": self.dice.randint(1, 9)}),
            ("adjust-stock", {"delta": self.dice.choice((-3, 2)), "reason": "counted \"twice\""}),
            ("adjust-stock", {"delta": -1, "reason": "broken"}),
            ("discontinue", {"reason": "old"})))
        if word != "discontinue" or self.dice.random() < 0.1:
            self.post(f"products/{sku}/{word}", body)

    # ---- orders --------------------------------------------------------------------------------

    def address(self):
        dice = self.dice
        return given(name=dice.choice(NAMES), line1="1 High Street", line2=dice.choice((None, "Flat \"2\"")),
                     city=dice.choice((None, "Orléans")), postal_code=dice.choice((None, "CT16 1AA")),
                     region=dice.choice(REGIONS), country=dice.choice(COUNTRIES))

    def place(self):
        dice = self.dice
        lines = [{"sku": self.some("sku."), "quantity": dice.randint(1, 3)}
                 for _ in range(dice.choice((1, 1, 2, 3, 3, 40)))]
        document = self.post("orders", {
            "customer_id": self.some("c-"), "currency": "GBP", "lines": lines,
            "shipping_address": self.address(), "payment": {"provider": dice.choice(PROVIDERS), "method": "card"}})
        if "events" in document:
            self.load.orders.append(Order(document["aggregate"]["id"]))
            if len(self.load.orders) > ALIVE:
                del self.load.orders[dice.randrange(ALIVE // 2, ALIVE)]

    def body_of(self, order, word):
        dice = self.dice
        reason = {"reason": dice.choice(("because", "déjà \"vu\" \\ 😀", "r" * 200))}
        bodies = {
            "authorize-payment": {"amount_minor": order.total, "reference": f"ref-{dice.randrange(200)}"},
            "capture-payment": {"amount_minor": dice.choice((1, 1, 2, max(1, order.total // 2), max(1, order.total)))},
            "refund": {"amount_minor": dice.choice((1, 1, 2, 5)), **reason},
            "ship": {"carrier": dice.choice(CARRIERS), "tracking_number": f"T.{dice.randrange(200)}"},
            "record-tracking": given(status=dice.choice(("in transit", "zugestellt – \"fast\"")),
                                     location=dice.choice((None, "Leeds", "Köln"))),
            "deliver": {}, "change-shipping-address": {"shipping_address": self.address()},
            "add-note": {"text": dice.choice(("Called.", "Line – two", "ø" * 4000))},
            "flag-risk": {"flag": dice.choice(FLAGS), **reason}, "clear-risk": {"flag": dice.choice(FLAGS), **reason},
        }
        return bodies.get(word, reason)

    def order_step(self):
        order = self.dice.choice(self.load.orders)
        words = {**STEPS[order.status], **ANY_STATUS}
        word = self.dice.choices(list(words), list(words.values()))[0]
        document = self.post(f"orders/{order.id}/{word}", self.body_of(order, word), ROLES.get(word, "agent"))
        order.total = document.get("expected_minor", order.total)  # the refusal of a wrong amount tells the right one
        for event in document.get("events", ()):
            order.status = BECOMES.get(event["type"], order.status)

    def step(self):
        drawn = self.dice.random()
        if drawn < 0.02:
            self.register()
        elif drawn < 0.03:
            self.add_product()
        elif drawn < 0.12:
            self.customer_step()
        elif drawn < 0.2:
            self.product_step()
        elif drawn < 0.36 or not self.load.orders:
            self.place()
        else:
            self.order_step()

    def go(self):
        while not self.load.stop.is_set() and next(self.load.numbers) < self.load.options.commands:
            self.step()
            time.sleep(self.dice.uniform(0, 2 * self.load.options.pause / 1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--commands", type=int, default=10 ** 9)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--pause", type=float, default=30)
    parser.add_argument("--seed", default="1")
    return Load(parser.parse_args()).go()


if __name__ == "__main__":
    sys.exit(main())
