#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the journal of a load (load.py) against PostgreSQL, Kafka and Redis.

    load_check.py [--stations postgres,kafka,redis] [--url URL] [--lost-ok] [--catch-up S] JOURNAL

Written in another language than the services and sharing nothing with them, so that it does not
share their mistakes. The world must be quiet but for relay and projector catching up. Every promise
is one line, "ok" or "FAIL" as in e2e.sh with examples of what breaks it; the status is 0 when all
hold. What other clients did meanwhile is left alone: the load's customers and products begin with
"load-".
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import sys
import threading
import time
import collections

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import load  # noqa: E402
import load_journal  # noqa: E402
import load_stations as stations  # noqa: E402

EXAMPLES = 3
RECENT = 10_000  # orders in orders:recent, the default
STATUS_AFTER = {"OrderPlaced": "placed", "PaymentAuthorized": "confirmed",
                "OrderShipped": "shipped", "OrderDelivered": "delivered",
                "OrderCancelled": "cancelled"}


class Verdict:
    def __init__(self):
        self.failed = 0

    def say(self, sentence, breaches):
        """breaches: texts, one for each place where the sentence is not true."""
        breaches = list(breaches)
        print(f"{'FAIL' if breaches else 'ok':<5} {sentence}")
        for breach in breaches[:EXAMPLES]:
            print(f"      {breach}")
        if len(breaches) > EXAMPLES:
            print(f"      and {len(breaches) - EXAMPLES} more")
        self.failed += bool(breaches)


# --- the journal ----------------------------------------------------------------------------


class History:
    """What the clients know: per key the request, and every answer seen."""

    def __init__(self, entries):
        self.finals = collections.defaultdict(list)
        self.attempts = collections.Counter()
        self.kills = [entry for entry in entries if "killed" in entry]
        for entry in entries:
            if "final" in entry:
                self.finals[entry["final"]].append(entry)
            elif "end" in entry:
                self.attempts[str(entry["result"])] += 1

    def answered(self):
        """key → its first answer."""
        return {key: answers[0] for key, answers in self.finals.items()
                if answers[0]["status"] is not None}

    def events(self):
        """event id → (aggregate type, aggregate id, type, version), of all accepted commands."""
        claimed = {}
        for answer in self.answered().values():
            if answer["status"] in (200, 201):
                body = json.loads(answer["body"])
                for event in body["events"]:
                    claimed[event["id"]] = (body["aggregate"]["type"], body["aggregate"]["id"],
                                            event["type"], event["version"])
        return claimed

    def summary(self):
        by_status = collections.Counter(a["status"] for a in self.answered().values())
        kinds = ", ".join(f"{count} × {status}" for status, count in sorted(by_status.items()))
        print(f"      {len(self.finals)} commands: {kinds}; "
              f"{self.attempts['lost']} answers lost, {self.attempts['refused']} connections "
              f"refused, {self.attempts['503']} × 503")
        if self.kills:
            print("      in flight at each end: " +
                  ", ".join(f"{kill['killed']} {kill['in_flight']}" for kill in self.kills))


def check_answers(verdict, history, lost_ok):
    if not lost_ok:
        verdict.say("every command got its answer in the end", (
            f"{key}: none" for key, all_of_it in history.finals.items()
            if all_of_it[-1]["status"] is None))
    verdict.say("no command failed inside", (
        f"{key}: {answer['status']} {answer['body']}"
        for key, answers in history.finals.items() for answer in answers
        if answer["status"] is not None and answer["status"] not in (200, 201, 404, 409, 412)))
    verdict.say("a key met again has the same answer", (
        f"{key}: {a['status']} {a['body']} and then {b['status']} {b['body']}"
        for key, answers in history.finals.items() for a, b in zip(answers, answers[1:])
        if None not in (a["status"], b["status"])
        and (a["status"], a["body"]) != (b["status"], b["body"])))


# --- PostgreSQL -----------------------------------------------------------------------------


def by_aggregate(events):
    groups = collections.defaultdict(list)
    for event in events:
        groups[event.aggregate, event.aggregate_id].append(event)
    return groups


def of_the_load(events):
    """Those of aggregates that only the load touches."""
    mine = set()
    for event in events:
        owner = event.payload.get("customer_id", event.payload.get("sku", ""))
        if owner.startswith("load-"):
            mine.add((event.aggregate, event.aggregate_id))
    return [event for event in events if (event.aggregate, event.aggregate_id) in mine]


def fold(events):
    """What the events of one order come to."""
    state = {}
    for event in events:
        payload = event.payload
        if event.type == "OrderPlaced":
            state.update(customer_id=payload["customer_id"], total_minor=payload["total_minor"],
                         item_count=payload["item_count"], placed_at=payload["occurred_at"],
                         payment_status="pending",
                         refund_state="none",
                         lines=[(x["sku"], x["quantity"], x["unit_price_minor"])
                                for x in payload["lines"]])
        elif event.type == "PaymentAuthorized":
            state.update(payment_status="authorized")
        elif event.type == "OrderCancelled":
            state.update(payment_status=payload["payment_status"],
                         refund_state=payload["refund_state"])
        state.update(status=STATUS_AFTER[event.type], version=event.version,
                     last_event_id=event.id)
    return state


def check_outbox(verdict, history, events, groups):
    claimed = history.events()
    rows = {event.id: (event.aggregate, event.aggregate_id, event.type, event.version)
            for event in events}
    verdict.say("every accepted command has exactly its event", (
        f"{event_id} {wanted}: {rows.get(event_id, 'not in the outbox')}"
        for event_id, wanted in claimed.items() if rows.get(event_id) != wanted))
    verdict.say("and there is no event without an accepted command", (
        f"{event.id} {rows[event.id]}" for event in of_the_load(events)
        if event.id not in claimed and event.type != "StockLevelChanged"))
    verdict.say("no event is there twice", (
        f"{event_id}" for event_id, count in
        collections.Counter(event.id for event in events).items() if count > 1))
    verdict.say("per aggregate the versions are 1 … n, in the order of seq, in one shard", (
        f"{aggregate}: {[event.version for event in group]}"
        for aggregate, group in groups.items()
        if [event.version for event in group] != list(range(1, len(group) + 1))
        or len({event.shard for event in group}) != 1))


def check_rows(verdict, orders):
    rows = {row[0]: tuple(row[1:]) for row in stations.sql(
        "SELECT order_id, o.version, o.customer_id, o.status, p.status, o.refund_state,"
        "       o.total_minor FROM orders o JOIN payment p USING (order_id)")}
    wanted = {order_id: (str(o["version"]), o["customer_id"], o["status"], o["payment_status"],
                         o["refund_state"], str(o["total_minor"]))
              for order_id, o in orders.items()}
    verdict.say("the rows are what the events come to", (
        f"{order_id}: row {rows.get(order_id)}, events {wanted.get(order_id)}"
        for order_id in rows.keys() | wanted.keys()
        if rows.get(order_id) != wanted.get(order_id)))


def check_stock(verdict, events, orders):
    left = collections.Counter()
    for event in events:
        if event.type == "StockReceived":
            left[event.payload["sku"]] += event.payload["quantity"]
    for order in orders.values():
        if order["status"] != "cancelled":
            for sku, quantity, _ in order["lines"]:
                left[sku] -= quantity
    rows = {sku: int(available) for sku, available in
            stations.sql("SELECT sku, available FROM stock")}
    verdict.say("stock is what came in less what orders hold, and never negative", (
        f"{sku}: {available} in stock, {left[sku]} by the events"
        for sku, available in rows.items() if available != left[sku] or available < 0))
    announced = {event.aggregate_id: event.payload["available"] for event in events
                 if event.type == "StockLevelChanged"}
    verdict.say("the level of stock that was announced last is what is there", (
        f"{sku}: {available} in stock, {announced.get(sku)} announced"
        for sku, available in rows.items() if available != announced.get(sku)))


# --- Kafka ----------------------------------------------------------------------------------


def check_kafka(verdict, groups):
    breaches, misplaced, forked, duplicates = [], [], [], 0
    for aggregate in stations.TYPES:
        firsts = collections.defaultdict(list)
        for record in stations.records(aggregate):
            seen = firsts[record.key]
            if record.version <= len(seen):
                duplicates += 1
                if 0 < record.version and seen[record.version - 1].id != record.id:
                    forked.append(f"{record.key} v{record.version}: two events")
                continue
            seen.append(record)
        wanted = {key[1]: group for key, group in groups.items() if key[0] == aggregate}
        for key in firsts.keys() | wanted.keys():
            got = [(r.version, r.id, r.payload_sha) for r in firsts[key]]
            want = [(e.version, e.id, e.payload_sha) for e in wanted.get(key, [])]
            if got != want:
                breaches.append(f"{aggregate} {key}: Kafka {[r.version for r in firsts[key]]}, "
                                f"outbox {[e.version for e in wanted.get(key, [])]}")
            elif {r.partition for r in firsts[key]} != {e.shard for e in wanted[key]}:
                misplaced.append(f"{aggregate} {key}: {sorted({r.partition for r in firsts[key]})}")
    verdict.say("Kafka's first occurrences per key are the outbox's events 1 … n, in offset order",
                breaches)
    verdict.say("each key is in the one partition of its shard", misplaced)
    verdict.say("no version of a key stands for two events", forked)
    print(f"      {duplicates} records are duplicates")
    return duplicates


# --- Redis ----------------------------------------------------------------------------------


def check_redis(verdict, orders, groups):
    redis = stations.Redis()
    ids = list(orders)
    hashes = [stations.pairs(flat) for flat in redis.ask([["HGETALL", f"order:{i}"] for i in ids])]
    details = redis.ask([["GET", f"order:{i}:details"] for i in ids])
    timelines = redis.ask([["LRANGE", f"order:{i}:timeline", 0, -1] for i in ids])
    names = ("status", "payment_status", "refund_state", "customer_id", "total_minor",
             "item_count", "last_event_id")
    wrong, wrong_details, wrong_timelines = [], [], []
    for i, order_id in enumerate(ids):
        order = orders[order_id]
        want = {name: str(order[name]) for name in names}
        want["source_version"] = str(order["version"])
        got = {name: hashes[i].get(name) for name in want}
        if got != want or "waiting_for" in hashes[i]:
            wrong.append(f"{order_id}: Redis {got}, events {want}")
        document = json.loads(details[i] or "{}")
        lines = [(x["sku"], x["quantity"], x["unit_price_minor"])
                 for x in document.get("lines", [])]
        if (lines, document.get("status"), document.get("total_minor")) != (
                order["lines"], order["status"], order["total_minor"]):
            wrong_details.append(f"{order_id}: {details[i]}")
        types = [json.loads(entry)["type"] for entry in timelines[i]]
        if types != [event.type for event in groups["order", order_id]]:
            wrong_timelines.append(f"{order_id}: {types}")
    verdict.say("each order's hash is the fold of its events", wrong)
    verdict.say("each order's details are, too", wrong_details)
    verdict.say("each timeline has every event once, in order", wrong_timelines)
    check_places(verdict, redis, dict(zip(ids, hashes)), dict(zip(ids, details)))
    check_customers(verdict, redis, orders, groups)
    recent = set(redis.ask([["ZRANGE", "orders:recent", 0, -1]])[0])
    newest = sorted(orders, key=lambda order_id: orders[order_id]["placed_at"])[-RECENT // 2:]
    verdict.say("the list of recent orders has the newest", (
        f"{order_id} is missing" for order_id in newest if order_id not in recent))
    verdict.say("no order is there that was never placed", (
        key for key in keys_of(redis, "order:*")
        if key.count(":") == 1 and key.split(":")[1] not in orders))
    frozen = stations.pairs(redis.ask([["HGETALL", "projection:frozen"]])[0])
    verdict.say("nothing is frozen", (f"{name}: {why}" for name, why in frozen.items()))


def check_places(verdict, redis, hashes, details):
    """Each order stands in the index of each of its values, ranked by its last change, and nowhere
    else. Values and change are the views', which were compared with the events."""
    wanted = collections.defaultdict(dict)
    for order_id, fields in hashes.items():
        values = {"status": [fields.get("status")], "payment": [fields.get("payment_status")],
                  "refund": [x for x in [fields.get("refund_state")] if x != "none"],
                  "carrier": [fields.get("carrier")],
                  "risk": fields.get("risk_flags", "").split(",")}
        changed = epoch_ms(json.loads(details[order_id] or "{}").get("updated_at"))
        for index, found in values.items():
            for value in filter(None, found):
                wanted[f"idx:{index}:{value}"][order_id] = str(changed)
    keys = sorted(keys_of(redis, "idx:*") | wanted.keys())
    members = redis.ask([["ZRANGE", key, 0, -1, "WITHSCORES"] for key in keys])
    verdict.say("each order stands in its indexes, and in no other", (
        f"{key}: {len(flat) // 2} orders in Redis, {len(wanted[key])} by their values"
        for key, flat in zip(keys, members) if stations.pairs(flat) != wanted[key]))
    open_orders = redis.ask([["ZRANGE", "ops:open", 0, -1]])[0]
    verdict.say("what has not come to an end is open", (
        set(open_orders) ^ {order_id for order_id, fields in hashes.items()
                            if fields.get("status") in ("placed", "confirmed", "shipped")}))


def epoch_ms(time_told):
    """Of a document's time: a number where the first version began the views, RFC 3339 else."""
    if not isinstance(time_told, str):
        return time_told
    since = datetime.datetime.fromisoformat(time_told.replace("Z", "+00:00")) - datetime.datetime.fromtimestamp(
        0, datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def keys_of(redis, pattern):
    cursor, found = "0", set()
    while True:
        cursor, keys = redis.ask([["SCAN", cursor, "MATCH", pattern, "COUNT", 1000]])[0]
        found.update(keys)
        if cursor == "0":
            return found


def check_customers(verdict, redis, orders, groups):
    customers = [aggregate_id for kind, aggregate_id in groups if kind == "customer"]
    versions = redis.ask([["HGET", f"customer:{c}", "source_version"] for c in customers])
    lists = redis.ask([["ZRANGE", f"customer:{c}:orders", 0, -1] for c in customers])
    placed = collections.defaultdict(set)
    for order_id, order in orders.items():
        placed[order["customer_id"]].add(order_id)
    verdict.say("each customer has its version and exactly its orders", (
        f"{customer}: version {versions[i]}, {len(lists[i])} of {len(placed[customer])} orders"
        for i, customer in enumerate(customers)
        if versions[i] != str(len(groups["customer", customer]))
        or set(lists[i]) != placed[customer]))
    check_lookups(verdict, redis, groups)


def check_lookups(verdict, redis, groups):
    """Every customer of the load has an email of its own, and all share a phone number."""
    mine = sorted(aggregate_id for kind, aggregate_id in groups
                  if kind == "customer" and aggregate_id.startswith("load-"))
    emails = redis.ask([["SMEMBERS", f"lookup:email:{load.email_of(c)}"] for c in mine])
    phones = redis.ask([["SMEMBERS", f"lookup:phone:{load.PHONE_DIGITS}"]])[0]
    verdict.say("customers are found by their email and by the phone they share", [
        f"{customer}: {emails[i]} by its email" for i, customer in enumerate(mine)
        if emails[i] != [customer]
    ] + ([] if set(mine) <= set(phones) else [f"{len(phones)} by phone, {len(mine)} have it"]))


def wait_for_views(groups, until):
    """Until every order's and customer's view has its version; the checks say what is missing."""
    redis = stations.Redis()
    wanted = {f"{kind}:{i}": str(len(group)) for (kind, i), group in groups.items()
              if kind in ("order", "customer")}
    while time.monotonic() < until:
        versions = redis.ask([["HGET", key, "source_version"] for key in wanted])
        if versions == list(wanted.values()):
            return
        time.sleep(0.1)


# --- all keys once more ---------------------------------------------------------------------


def check_replays(verdict, history, url):
    local = threading.local()

    def again(item):
        key, answer = item
        if not hasattr(local, "wire"):
            local.wire = load.Wire([url])
        for _ in range(10):
            got = local.wire.send(answer["request"], key)
            if not isinstance(got, str) and got.status not in load.NOT_AN_ANSWER:
                break
            time.sleep(0.2)
        if isinstance(got, str):
            return f"{key}: {got}"
        same = (got.status, got.body) == (answer["status"], answer["body"]) and got.replayed
        return None if same else (f"{key}: {answer['status']} {answer['body']} became "
                                  f"{got.status} {got.body}, replayed: {got.replayed}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(again, history.answered().items()))
    verdict.say("every key sent once more gets the same bytes, said to be a replay",
                filter(None, results))


# --- main -----------------------------------------------------------------------------------


def wait_until(seconds, condition):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return until


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", default="postgres,kafka,redis")
    parser.add_argument("--url", help="replays every key there")
    parser.add_argument("--lost-ok", action="store_true",
                        help="commands may have no answer, but then no effect either")
    parser.add_argument("--no-duplicates", action="store_true", help="not one record twice")
    parser.add_argument("--catch-up", type=float, default=60, help="seconds for relay, projector")
    parser.add_argument("journal")
    options = parser.parse_args()
    wanted = options.stations.split(",")
    verdict = Verdict()

    history = History(load_journal.read(options.journal))
    history.summary()
    check_answers(verdict, history, options.lost_ok)
    if options.url:
        check_replays(verdict, history, options.url)
    wait_until(options.catch_up, lambda: stations.untold_levels() == 0)
    events = stations.outbox()
    groups = by_aggregate(events)
    orders = {aggregate_id: fold(group) for (kind, aggregate_id), group in groups.items()
              if kind == "order"}
    check_outbox(verdict, history, events, groups)
    check_rows(verdict, orders)
    check_stock(verdict, events, orders)
    until = time.monotonic() + options.catch_up
    if "kafka" in wanted:
        until = wait_until(options.catch_up, lambda: stations.unpublished() == 0)
        verdict.say("the relay has published everything",
                    [f"{stations.unpublished()} events wait"] if stations.unpublished() else [])
        duplicates = check_kafka(verdict, groups)
        if options.no_duplicates:
            verdict.say("and nothing twice", [f"{duplicates} duplicates"] if duplicates else [])
    if "redis" in wanted:
        wait_for_views(groups, until)
        check_redis(verdict, orders, groups)
    print("      broken promises" if verdict.failed else "      all promises kept")
    sys.exit(verdict.failed > 0)


if __name__ == "__main__":
    main()
