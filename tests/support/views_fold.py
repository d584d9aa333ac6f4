# SPDX-License-Identifier: Apache-2.0
"""What Redis must hold, as projector-svc/KEYS.md says it, folded from the records of the topics.

Written from that page, openapi.json and the contract's schemas, not from the projector: it shares none of its
mistakes. A value is a str (string), a list (list), a dict (hash; sorted set: member to score), a set. What the
log does not determine is left out here and named in views_checker.
"""
import collections
import datetime
import json
import re

RECENT, LATEST, NOTE_BYTES, KNOWN_IDS = 10_000, 8, 16 * 1024, 63
MINUTE_FIELDS = 1536
LIMIT_MS = {"placed": 15 * 60_000, "confirmed": 48 * 3_600_000, "shipped": 14 * 86_400_000}
ENTERS = {"OrderPlaced": "placed", "PaymentAuthorized": "confirmed", "PaymentDeclined": "cancelled",
          "OrderShipped": "shipped", "OrderDelivered": "delivered", "OrderCancelled": "cancelled",
          "OrderReturned": "returned"}
ENVELOPE = ("order_id", "version", "occurred_at", "actor")
ELSEWHERE = ("OrderPlaced", "ShippingAddressChanged")  # their lines and address stand in the details


def ms(text):
    whole = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    since = whole - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def told(value, member=""):
    """As a document has it: times, which are the numbers of these members, as RFC 3339."""
    if isinstance(value, dict):
        return {key: told(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    if not re.fullmatch("at|.+_at|status_since", member):
        return value
    at = datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(milliseconds=value)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def name(text):
    return "".join(chr(b) if re.match(r"[A-Za-z0-9._-]", chr(b)) else f"%{b:02X}" for b in text.encode())


def words(text):
    lower = re.sub("[A-Z]", lambda found: found[0].lower(), text)
    return {name(word) for word in re.findall("[a-z0-9\u0080-\U0010ffff]+", lower)}


def given(members):
    """Without those that are absent: an absent field and an empty one are the same."""
    return {key: value for key, value in members.items() if value not in (None, "")}


class Event:
    def __init__(self, message):
        self.topic, self.partition, self.offset = message.topic, message.partition, message.offset
        self.key, self.id, self.type = message.key, message.headers["ce_id"], message.headers["ce_type"]
        self.version, self.payload = int(message.headers["ce_aggregateversion"]), json.loads(message.payload)
        self.at = ms(self.payload["occurred_at"])
        self.slot = f"{self.topic}/{self.partition}"


class Order:
    """An order and what its events did to it."""

    def __init__(self):
        self.doc, self.timeline, self.entered, self.events = {}, [], [], []
        self.refund_state, self.flags, self.notes = "none", [], []

    def apply(self, event):
        doc, body = self.doc, event.payload
        getattr(self, event.type)(event, body)
        status = ENTERS.get(event.type, doc["status"])
        if status != doc.get("status"):
            doc.update(status=status, status_since=event.at)
            self.entered.append((event.at, doc["region"], doc["payment"]["provider"], status))
        doc.update(updated_at=event.at)
        for member in ("payment_status", "refund_state"):
            doc[member] = body.get(member, doc[member])
        self.timeline.append(self.line(event, body))
        self.events.append((event, status))

    def line(self, event, body):
        data = {key: value for key, value in body.items() if key not in ENVELOPE}
        if event.type in ELSEWHERE:
            data = None
        return {"version": event.version, "type": event.type, "at": event.at, "actor": body["actor"],
                "data": data, "event_id": event.id}

    def OrderPlaced(self, event, body):
        self.doc.update(
            order_id=event.key, status=None, payment_status="pending", refund_state="none", dispute="none",
            customer={"customer_id": body["customer_id"], "name": body["personal"]["customer_name"]},
            currency=body["currency"], total_minor=body["total_minor"], item_count=body["item_count"],
            region=body["region"], lines=body["lines"], shipping_address=body["personal"]["shipping_address"],
            payment=dict(body["payment"]), placed_at=event.at)

    def ShippingAddressChanged(self, _, body):
        self.doc.update(region=body["region"], shipping_address=body["personal"]["shipping_address"])

    def PaymentAuthorized(self, event, body):
        self.doc["payment_status"] = "authorized"
        self.doc["payment"].update(authorized_minor=body["amount_minor"], reference=body["reference"],
                                   authorized_at=event.at)

    def PaymentDeclined(self, event, body):
        self.doc["payment_status"] = "declined"
        self.doc["cancellation"] = {"reason": body["reason"], "cancelled_at": event.at}

    def newest(self, home, rows, count, row):
        home[count] = home.get(count, 0) + 1
        home[rows] = (home.get(rows, []) + [row])[-LATEST:]

    def PaymentCaptured(self, event, body):
        self.doc["payment_status"] = "captured"
        self.doc["payment"]["captured_minor"] = body["captured_minor"]
        self.newest(self.doc["payment"], "captures", "capture_count",
                    {"amount_minor": body["amount_minor"], "captured_at": event.at})

    def PaymentRefunded(self, event, body):
        self.doc["payment"]["refunded_minor"] = body["refunded_minor"]
        self.newest(self.doc, "refunds", "refund_count", {
            "amount_minor": body["amount_minor"], "reason": body["reason"], "refunded_at": event.at})

    def OrderShipped(self, event, body):
        self.doc["shipment"] = {"carrier": body["carrier"], "tracking_number": body["tracking_number"],
                                "shipped_at": event.at}

    def TrackingRecorded(self, event, body):
        self.doc["shipment"].pop("location", None)
        self.doc["shipment"].update(given({"tracking_status": body["status"], "location": body.get("location"),
                                           "tracked_at": event.at}))

    def OrderDelivered(self, event, _):
        self.doc["shipment"]["delivered_at"] = event.at

    def OrderCancelled(self, event, body):
        self.doc["cancellation"] = given({"reason": body.get("reason"), "cancelled_at": event.at})

    def OrderReturned(self, event, body):
        self.doc["return"] = {"reason": body["reason"], "returned_at": event.at}

    def NoteAdded(self, event, body):
        self.newest(self.doc, "notes", "note_count", {
            "text": body["text"], "by": body["actor"]["subject"], "noted_at": event.at})
        notes = self.doc["notes"]
        while len(notes) > 1 and sum(len(note["text"].encode()) for note in notes) > NOTE_BYTES:
            del notes[0]

    def RiskFlagged(self, _, body):
        self.flags.append(body["flag"])

    def RiskCleared(self, _, body):
        self.flags.remove(body["flag"])

    def DisputeOpened(self, event, body):
        self.doc["dispute"] = "open"
        self.doc["dispute_case"] = {"reason": body["reason"], "opened_at": event.at}

    def DisputeResolved(self, event, body):
        self.doc["dispute"] = "resolved"
        self.doc["dispute_case"].update(resolution=body["reason"], resolved_at=event.at)

    def details(self):
        last = self.events[-1][0]
        freshness = {"source_version": last.version, "last_event_id": last.id, "last_event_type": last.type}
        whole = {**self.doc, "risk_flags": self.flags, "freshness": freshness}
        return {key: value for key, value in whole.items() if value != []}

    def short(self):
        doc, shipment, (last, _) = self.doc, self.doc.get("shipment", {}), self.events[-1]
        same = ("status", "payment_status", "refund_state", "dispute", "currency", "total_minor", "item_count",
                "region", "placed_at", "status_since")
        return {key: str(value) for key, value in given({
            **{key: doc[key] for key in same}, "risk_flags": ",".join(self.flags),
            "customer_id": doc["customer"]["customer_id"], "provider": doc["payment"]["provider"],
            "carrier": shipment.get("carrier"), "tracking_number": shipment.get("tracking_number"),
            "source_version": last.version, "last_event_id": last.id, "last_event_type": last.type}).items()}


class Views:
    """key → value, of the families that a log determines."""

    def __init__(self, prefix):
        self.prefix, self.keys = prefix, collections.defaultdict(dict)
        self.orders, self.others = {}, collections.defaultdict(list)
        self.slots, self.applied, self.records, self.offsets = {}, {}, 0, collections.defaultdict(set)
        self.faults, self.distinct = [], 0

    def take(self, message):
        """Records of one partition come in their order."""
        event = Event(message)
        kind = event.topic[len(self.prefix):].split(".")[0]
        self.records += 1
        self.slots[event.slot] = event
        seen = self.others[kind, event.key]
        self.offsets[event.id].add((event.topic, str(event.partition), str(event.offset)))
        if event.version <= len(seen):
            if seen[event.version - 1].id != event.id:
                self.faults.append(f"{kind} {event.key}: version {event.version} stands for two events")
            return
        if event.version != len(seen) + 1:
            self.faults.append(f"{kind} {event.key}: version {event.version} after {len(seen)}")
            return
        seen.append(event)
        self.applied[event.slot] = event
        self.distinct += 1
        if kind == "order":
            self.orders.setdefault(event.key, Order()).apply(event)

    def fold(self):
        for order_id, order in self.orders.items():
            self.order(order_id, order)
        recent = sorted(self.orders, key=lambda one: self.orders[one].doc["placed_at"])[-RECENT:]
        self.keys["orders:recent"] = {one: str(self.orders[one].doc["placed_at"]) for one in recent}
        for (kind, key), events in self.others.items():
            if kind != "order" and events:
                getattr(self, kind)(key, events)
        self.projection()
        return {key: value for key, value in self.keys.items() if value}

    def order(self, order_id, order):
        doc, short = order.details(), order.short()
        self.keys[f"order:{order_id}"] = short
        self.keys[f"order:{order_id}:details"] = told(doc)
        self.keys[f"order:{order_id}:timeline"] = told(order.timeline)
        self.keys[f"customer:{short['customer_id']}:orders"][order_id] = short["placed_at"]
        for index, values in {"status": [short["status"]], "payment": [short["payment_status"]],
                              "refund": [short["refund_state"]], "carrier": [short.get("carrier")],
                              "risk": order.flags}.items():
            for value in values:
                if value and (index, value) != ("refund", "none"):
                    self.keys[f"idx:{index}:{name(value)}"][order_id] = str(doc["updated_at"])
        for lookup, value in (("tracking", short.get("tracking_number")), ("payment", doc["payment"].get("reference"))):
            if value:
                self.member(f"lookup:{lookup}:{name(value)}", order_id)
        if short["status"] in LIMIT_MS:
            self.keys["ops:open"][order_id] = str(doc["status_since"] + LIMIT_MS[short["status"]])
        for at, region, provider, status in order.entered:
            self.minute(at, f"{name(region)}:{name(provider)}:{status}")

    def member(self, key, member):
        self.keys[key] = set(self.keys[key]) | {member}

    def minute(self, at, field):
        key = "ops:minute:" + datetime.datetime.fromtimestamp(at // 1000, datetime.timezone.utc).strftime("%Y%m%d%H%M")
        self.keys[key][field] = str(int(self.keys[key].get(field, "0")) + 1)

    @staticmethod
    def last(events, version="source_version", event_id="last_event_id"):
        return {version: str(events[-1].version), event_id: events[-1].id}

    def customer(self, key, events):
        contact, active = {}, "1"
        for event in events:
            contact = event.payload.get("personal", contact)
            active = {"CustomerDeactivated": "0", "CustomerReactivated": "1"}.get(event.type, active)
        self.keys[f"customer:{key}"] |= given({
            **{one: contact.get(one) for one in ("name", "email", "phone")}, "active": active,
            **self.last(events), "event_ids": " ".join(event.id for event in events[:-1][-KNOWN_IDS:])})
        if contact.get("email"):
            mail = contact["email"].strip()
            self.member("lookup:email:" + re.sub("[A-Z]", lambda found: found[0].lower(), mail), key)
        if contact.get("phone"):
            self.member("lookup:phone:" + re.sub("[^0-9]", "", contact["phone"]), key)

    def product(self, key, events):
        fields = {}
        for event in events:
            for one in ("name", "currency", "unit_price_minor"):
                if one in event.payload:
                    fields[one] = str(event.payload[one])
            if event.type == "ProductDiscontinued":
                fields["discontinued"] = "1"
        self.keys[f"product:{key}"] |= given({
            **fields, **self.last(events), "event_ids": " ".join(event.id for event in events[:-1][-KNOWN_IDS:])})
        for word in words(fields["name"]):
            self.member(f"search:product:{word}", key)

    def stock(self, key, events):
        self.keys[f"product:{key}"] |= {"available": str(events[-1].payload["available"]),
                                        **self.last(events, "stock_version", "stock_event_id")}

    def projection(self):
        self.keys["stream:orders"] = {  # the newest come last, of one order in their order
            (event.key, str(event.version)): {
                "order_id": event.key, "customer_id": order.doc["customer"]["customer_id"],
                "version": str(event.version), "type": event.type, "status": status, "event_id": event.id}
            for order in self.orders.values() for event, status in order.events}
        self.keys["projection:position"] = {slot: str(event.offset + 1) for slot, event in self.slots.items()}
        self.keys["projection:identity"] = {slot: {"offset": event.offset, "id": event.id}
                                            for slot, event in self.slots.items()}
        status = {"applied": str(self.distinct)}
        for slot, event in self.applied.items():
            status["last:" + slot] = {"event_id": event.id, "aggregate_id": event.key, "version": event.version,
                                      "at": event.at}
        for slot, event in self.slots.items():
            status["end:" + slot] = {"end_offset": event.offset + 1, "lag_ms": 0, "reached": event.offset + 1}
        self.keys["projection:status"] = status
