#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands at random over orders, each answer held against walk_model.py.

    walk.py MODEL URL [--commands N] [--orders N] [--walkers N] [--seed N] [--window-ms N]

Each walker has customers, products and orders of its own and waits for every answer, so that what
has to come is known; together they fill batches. The same seed takes the same walk, but for refunds
at the very moment their window closes. What it leaves in the file MODEL, walk_check.py holds against
PostgreSQL. Tokens come from the environment: TOKEN_AGENT, TOKEN_PAYMENT, TOKEN_FULFILMENT; that of
customer walk-N is walk-customer-N.
"""
import argparse
import collections
import http.client
import json
import os
import pickle
import random
import sys
import threading
import time
import urllib.parse
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walk_model as model  # noqa: E402

ROLES = ("customer", "agent", "payment", "fulfilment")
ADDRESS = {"name": "Ada", "line1": "1 High Street", "country": "GB"}
LIKELY = {"capture-payment": 2, "refund": 2, "authorize-payment": 2, "ship": 1.5, "deliver": 1,
          "return": 0.4, "cancel": 0.4, "decline-payment": 0.2}  # else 0.15
Request = collections.namedtuple("Request", "token path key body if_match")
Answer = collections.namedtuple("Answer", "status headers body sent answered")


class Wrong(Exception):
    pass


class Walker:
    def __init__(self, number, args):
        self.name, self.args = f"walk-{number}", args
        self.dice = random.Random(f"{args.seed} {number}")
        self.stranger = (number + 1) % args.walkers
        self.shop, self.recent, self.tail = model.Shop(), [], collections.deque(maxlen=12)
        self.past = collections.deque(maxlen=500)
        self.counts, self.cells, self.keys = collections.Counter(), set(), 0
        peer = urllib.parse.urlsplit(args.url).netloc
        self.wires = [http.client.HTTPConnection(peer, timeout=30) for _ in range(2)]

    # --- the wire ---------------------------------------------------------------------------

    def post(self, request, copies=1):
        """Copies at once have one answer. Whoever is refused for now asks again."""
        head = {"Authorization": f"Bearer {request.token}", "Content-Type": "application/json",
                "Idempotency-Key": request.key}
        if request.if_match is not None:
            head["If-Match"] = f'"v{request.if_match}"'
        for _ in range(20):
            sent = time.time()
            for wire in self.wires[:copies]:
                wire.request("POST", request.path, request.body, head)
            got = [wire.getresponse() for wire in self.wires[:copies]]
            answers = {(one.status, one.read()) for one in got}
            self.counts["sent"] += copies
            if not {status for status, _ in answers} & {429, 503}:
                answer = Answer(got[0].status, got[0].headers, answers.pop()[1], sent, time.time())
                self.tail.append((request, answer))
                if answers:
                    raise Wrong(f"one key has two answers: {answers}")
                return answer
            self.counts["asked again"] += copies
            time.sleep(0.5)
        raise Wrong("it is overloaded for ten seconds")

    def token(self, role):
        return f"walk-customer-{self.name[5:]}" if role == "customer" \
            else os.environ[f"TOKEN_{role.upper()}"]

    def send(self, role, path, body, if_match=None, token=None):
        self.keys += 1
        request = Request(token or self.token(role), path, f"{self.name}-{self.keys}",
                          json.dumps(body).encode(), if_match)
        answer = self.post(request, 2 if self.dice.random() < 0.03 else 1)
        if answer.status < 300 or answer.status in (404, 409, 412):
            self.past.append((request, answer))
        return answer

    # --- what came against what had to come --------------------------------------------------

    def verdict(self, answer, verdicts, status=200):
        """The one of them that was answered."""
        document = json.loads(answer.body)
        for verdict in verdicts:
            if "to" in verdict:
                if answer.status == status:
                    self.counts["accepted"] += 1
                    return verdict
                continue
            members = {name: set(document.get(name, ())) if name == "allowed"
                       else document.get(name) for name in verdict if name != "slug"}
            if (answer.status == model.STATUS.get(verdict["slug"], 409)
                    and document["type"] == "urn:problem:" + verdict["slug"]
                    and answer.headers["Content-Type"].startswith("application/problem+json")
                    and {"slug": verdict["slug"], **members} == verdict):
                self.counts[verdict["slug"]] += 1
                return verdict
        raise Wrong(f"it had to be one of {verdicts}")

    def accept(self, answer, kind, names, aggregate, aggregate_id, actor, members):
        """An accepted command: its receipt, and what it makes of the aggregate."""
        aggregate.happened(names[1], {"actor": dict(zip(("role", "subject"), actor)), **members})
        document, version = json.loads(answer.body), aggregate.version
        got = (document["command"], document["aggregate"], document["version"],
               [(event["type"], event["version"]) for event in document["events"]],
               answer.headers["ETag"])
        wanted = (names[0], {"type": kind, "id": aggregate_id}, version, [(names[1], version)],
                  f'"v{version}"')
        location = f"/v1/{kind}s/{aggregate_id}?min_version={version}&wait=2s"
        if got != wanted or (answer.status == 201
                             and not answer.headers["Location"].endswith(location)):
            raise Wrong(f"the receipt had to be {wanted}")

    def again(self):
        """A retry has the answer of the first time; the key of another request has none."""
        request, first = self.past[-1] if self.dice.random() < 0.5 else self.dice.choice(self.past)
        if self.dice.random() < 0.2:
            self.verdict(self.post(request._replace(body=request.body + b" ")),
                         [model.refusal("idempotency-key-reused")])
            return
        second = self.post(request)
        if ((first.status, first.body, first.headers["ETag"], first.headers["Location"], "true")
                != (second.status, second.body, second.headers["ETag"],
                    second.headers["Location"], second.headers["Idempotent-Replayed"])):
            raise Wrong(f"the first time it was {first.status} {first.body}")
        self.counts["replayed"] += 1

    # --- customers and products --------------------------------------------------------------

    def manage(self, path, body, kind, aggregate, aggregate_id, verdicts=({"to": None},)):
        """By an agent; true when it happened."""
        is_new = path in ("/v1/customers", "/v1/products")
        answer = self.send("agent", path, body)
        if "to" not in self.verdict(answer, verdicts, 201 if is_new else 200):
            return False
        told = {name: body[name] for name in ("quantity", "delta", "reason", "unit_price_minor")
                if name in body}
        self.accept(answer, kind, model.OTHERS[path.split("/")[-1]], aggregate, aggregate_id,
                    ("agent", "e2e-agent"), told)
        return True

    def register(self, customer_id):
        known = self.shop.customers.get(customer_id)
        customer = known or model.Customer()
        if self.manage("/v1/customers", {"customer_id": customer_id, "name": "Ada"}, "customer",
                       customer, customer_id,
                       [model.refusal("already-exists")] if known else [{"to": None}]):
            self.shop.customers[customer_id] = customer

    def add_product(self, sku, currency):
        known, price = self.shop.products.get(sku), self.dice.choice((0, 1, 7, 100, 250))
        product = known or model.Product(sku, price, currency)
        if self.manage("/v1/products", {"sku": sku, "name": "Lantern", "unit_price_minor": price,
                                        "currency": currency}, "product", product, sku,
                       [model.refusal("already-exists")] if known else [{"to": None}]):
            self.shop.products[sku] = product
            self.stock(product, "receive-stock", {"quantity": 20})

    def stock(self, product, word, body):
        left = product.available + body.get("quantity", body.get("delta", 0))
        if self.manage(f"/v1/products/{product.sku}/{word}", body, "product", product, product.sku,
                       [{"to": None}] if left >= 0 else [model.refusal(
                           "insufficient-stock", sku=product.sku, available=product.available)]):
            product.available = left

    def shop_step(self):
        customer_id = self.dice.choice(list(self.shop.customers))
        customer = self.shop.customers[customer_id]
        live = [product for product in self.shop.products.values() if not product.discontinued]
        product, drawn = self.dice.choice(live), self.dice.random()
        if drawn < 0.4 and not customer.active or drawn > 0.96 and customer.active:
            word = "deactivate" if customer.active else "reactivate"
            self.manage(f"/v1/customers/{customer_id}/{word}", {"reason": "asked for it"},
                        "customer", customer, customer_id)
            customer.active = not customer.active
        elif drawn < 0.45:
            self.stock(product, "receive-stock", {"quantity": self.dice.randint(1, 9)})
        elif drawn < 0.6:
            self.stock(product, "adjust-stock", {"delta": self.dice.choice((-9, -1, 2)),
                                                 "reason": "counted"})
        elif drawn < 0.7:
            price = self.dice.choice((0, 1, 7, 100, 250))
            self.manage(f"/v1/products/{product.sku}/change-price", {"unit_price_minor": price},
                        "product", product, product.sku)
            product.price = price
        elif drawn < 0.75 and len(live) > 3:
            self.manage(f"/v1/products/{product.sku}/discontinue", {"reason": "old"}, "product",
                        product, product.sku)
            product.discontinued = True
        elif drawn < 0.8:
            self.add_product(f"{self.name}-{self.dice.randint(1, 9)}", "GBP")
        elif drawn < 0.84:
            self.register(customer_id)

    # --- orders ------------------------------------------------------------------------------

    def place(self):
        role, dice = self.dice.choice(("customer", "agent")), self.dice
        customer_id, token = self.name, None
        if role == "agent":
            customer_id = dice.choice((self.name, self.name + "-b", self.name + "-b", "nobody"))
        lines = [{"sku": dice.choice([*self.shop.products, *self.shop.products, "nothing"]),
                  "quantity": dice.choice((1, 1, 2, 3, 30))} for _ in range(dice.choice((1, 1, 2)))]
        for line in lines:
            if dice.random() < 0.2:
                line["unit_price_minor"] = dice.choice((0, 7, 100, 101))
        body = {"customer_id": customer_id, "currency": dice.choice(("GBP",) * 9 + ("USD",)),
                "lines": lines, "shipping_address": ADDRESS,
                "payment": {"provider": "demo", "method": "card"}}
        if dice.random() < 0.5:
            body["order_id"] = self.new_id()
        if self.recent and dice.random() < 0.05:
            body["order_id"] = dice.choice(self.recent).id
            if dice.random() < 0.5:
                role, token = "customer", f"walk-customer-{self.stranger}"
                body["customer_id"] = f"walk-{self.stranger}"
        verdicts = self.shop.judge_placing(body, role)
        answer = self.send(role, "/v1/orders", body, token=token)
        verdict = self.verdict(answer, verdicts, 201)
        if "to" not in verdict:
            return
        order_id = body.get("order_id") or json.loads(answer.body)["aggregate"]["id"]
        order = model.Order(order_id, customer_id, self.shop.total(body), verdict["to"])
        self.accept(answer, "order", model.OTHERS["orders"], order, order_id,
                    self.actor(role), {"customer_id": customer_id, "total_minor": order.total})
        for sku, pieces in order.pieces.items():
            self.shop.products[sku].available -= pieces
        self.shop.orders[order_id] = order
        self.recent = [order, *self.recent[:2]]

    def new_id(self):
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def actor(self, role):
        return role, self.name if role == "customer" else f"e2e-{role}"

    def body_of(self, order, word):
        dice = self.dice
        left = {"authorize-payment": order.total, "refund": order.captured - order.refunded,
                "capture-payment": order.authorized - order.captured}.get(word, 0)
        body = {"reason": f"reason {dice.randint(1, 99)}"}
        if word == "authorize-payment":
            body = {"amount_minor": max(0, left + dice.choice((0, 0, 0, 0, 0, -1, 1))),
                    "reference": f"ref-{dice.randint(1, 99)}"}
        elif word in ("capture-payment", "refund"):
            amount = dice.choice((1, left // 3, left // 2, left, left, left + 1))
            body = {"amount_minor": max(1, amount), **(body if word == "refund" else {})}
        elif word in ("flag-risk", "clear-risk"):
            flags = order.flags if word == "clear-risk" and dice.random() < 0.8 else ()
            body["flag"] = dice.choice(flags or [f"flag-{i}" for i in range(20)])
        elif word in ("ship", "deliver", "record-tracking", "change-shipping-address", "add-note"):
            body = {"ship": {"carrier": "dhl", "tracking_number": f"T-{dice.randint(1, 99)}"},
                    "deliver": {}, "record-tracking": {"status": "on its way", "location": "Leeds"},
                    "change-shipping-address": {"shipping_address": ADDRESS},
                    "add-note": {"text": f"note {dice.randint(1, 99)}"}}[word]
        if word == "refund" and dice.random() < 0.4:
            body["override"] = dice.random() < 0.7
        return body

    def order_step(self, word=None):
        """That command, or one drawn, to one of the orders."""
        dice = self.dice
        order = dice.choice(self.recent if dice.random() < 0.8 else list(self.shop.orders.values()))
        word = word or self.draw_word(order)
        names, body = model.STEPS[word], self.body_of(order, word)
        role = dice.choice(ROLES if dice.random() < 0.1 else names[2])
        token = f"walk-customer-{self.stranger}" if role == "customer" and dice.random() < 0.2 \
            else None
        if_match = order.version + dice.choice((0, 0, 0, 1, 2)) if dice.random() < 0.12 else None
        target = order.id if dice.random() < 0.98 else self.new_id()
        answer = self.send(role, f"/v1/orders/{target}/{word}", body, if_match, token)
        if role not in names[2]:
            verdicts = [model.refusal("forbidden")]
        elif target != order.id or token or role == "customer" and order.customer_id != self.name:
            verdicts = [model.refusal("not-found")]
        else:
            if if_match in (None, order.version):
                self.cells.add((order.state, word))
            verdicts = order.judge(word, body, if_match, self.is_late(order, answer))
        verdict = self.verdict(answer, verdicts)
        if "to" in verdict:
            self.move(order, word, body, verdict["to"], answer, self.actor(role))

    def draw_word(self, order):
        """More often than not one that may be accepted."""
        word = self.dice.choice(list(model.STEPS))
        if self.dice.random() < 0.6:
            words = sorted(order.allowed(None))
            word = self.dice.choices(words, [LIKELY.get(word, 0.15) for word in words])[0]
        return word

    def is_late(self, order, answer):
        """True, False, or None where the clocks do not tell."""
        if order.delivered is None:
            return False
        least, most = answer.sent - order.delivered[1], answer.answered - order.delivered[0]
        window = self.args.window_ms / 1000
        return True if least > window + 0.01 else False if most < window - 0.01 else None

    def move(self, order, word, body, changes, answer, actor):
        told = {name: value for name, value in body.items()
                if name not in ("override", "shipping_address")}
        self.accept(answer, "order", model.STEPS[word], order, order.id, actor,
                    {**told, **order.settlement(word)})
        if order.releases_stock(word):
            for sku, pieces in order.pieces.items():
                self.shop.products[sku].available += pieces
        if word == "deliver":
            order.delivered = (answer.sent, answer.answered)
        for name, value in changes.items():
            setattr(order, name, value)

    # --- the walk ----------------------------------------------------------------------------

    def open_shop(self):
        self.register(self.name)
        self.register(self.name + "-b")
        for i in range(1, 5):
            self.add_product(f"{self.name}-{i}", "GBP" if i < 4 else "USD")

    def walk(self):
        commands = self.args.commands // self.args.walkers
        orders = -(-self.args.orders // self.args.walkers)
        self.open_shop()
        while self.counts["sent"] < commands:
            drawn = self.dice.random()
            due = orders * (self.counts["sent"] + 1) / commands
            if drawn < 0.1:
                self.again()
            elif drawn < 0.18:
                self.shop_step()
            elif not self.recent or len(self.shop.orders) < due and drawn < 0.8:
                self.place()
            else:
                self.order_step()


def report(walker, fault):
    return f"{walker.name}: {type(fault).__name__}: {fault}\n" + "\n".join(
        f"    {request.path} {request.body.decode()} If-Match {request.if_match}\n"
        f"        {answer.status} {answer.body.decode().strip()}" for request, answer in walker.tail)


def run(walker, faults):
    try:
        walker.walk()
    except Exception as fault:  # whatever it is, the walk and its end belong into the report
        faults.append(report(walker, fault))


def send(args):
    print(f"      seed {args.seed}", flush=True)
    walkers, faults = [Walker(number, args) for number in range(args.walkers)], []
    began = time.monotonic()
    threads = [threading.Thread(target=run, args=(walker, faults)) for walker in walkers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = sum((walker.counts for walker in walkers), collections.Counter())
    cells = set().union(*(walker.cells for walker in walkers))
    print(f"      {dict(counts)} in {time.monotonic() - began:.0f} s; "
          f"{len({cell[0] for cell in cells})} states of {len(model.STATES)}, {len(cells)} cells of "
          f"{len(model.STATES) * len(model.STEPS)}")
    print("\n".join(faults[:2]))
    with open(args.model, "wb") as file:
        pickle.dump([walker.shop for walker in walkers], file)
    return 1 if faults or counts["accepted"] * 4 < counts["sent"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("url")
    for name, usual in (("commands", 5000), ("orders", 50), ("walkers", 8), ("seed", 1),
                        ("window-ms", 60 * 86400 * 1000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    return send(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
