# SPDX-License-Identifier: Apache-2.0
"""What command-svc has to answer, told apart from it: an order's states and cells are those of
tests/unit/command-svc/life_cycle.txt, the rest stands here. Nothing is taken from the service.

A verdict is either {"slug": …, member: …}, a refusal, or {"to": {attribute: value}}, what an
accepted command makes of the order. Where the contract leaves open which of two answers it is,
there are two verdicts.
"""
import os

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "command-svc",
                     "life_cycle.txt")
COLUMNS = ("authorize-payment", "decline-payment", "capture-payment", "ship", "record-tracking",
           "deliver", "cancel", "return", "refund", "late", "change-shipping-address", "add-note")

# path's end: name in receipts, event, who may
STEPS = {
    "authorize-payment": ("AuthorizePayment", "PaymentAuthorized", ("payment",)),
    "decline-payment": ("DeclinePayment", "PaymentDeclined", ("payment",)),
    "capture-payment": ("CapturePayment", "PaymentCaptured", ("payment",)),
    "ship": ("ShipOrder", "OrderShipped", ("fulfilment",)),
    "record-tracking": ("RecordTracking", "TrackingRecorded", ("fulfilment",)),
    "deliver": ("DeliverOrder", "OrderDelivered", ("fulfilment",)),
    "cancel": ("CancelOrder", "OrderCancelled", ("customer", "agent")),
    "return": ("ReturnOrder", "OrderReturned", ("agent",)),
    "refund": ("RefundPayment", "PaymentRefunded", ("agent",)),
    "change-shipping-address": ("ChangeShippingAddress", "ShippingAddressChanged",
                                ("customer", "agent")),
    "add-note": ("AddNote", "NoteAdded", ("agent",)),
    "flag-risk": ("FlagRisk", "RiskFlagged", ("agent", "payment")),
    "clear-risk": ("ClearRisk", "RiskCleared", ("agent", "payment")),
    "open-dispute": ("OpenDispute", "DisputeOpened", ("agent", "payment")),
    "resolve-dispute": ("ResolveDispute", "DisputeResolved", ("agent", "payment")),
}
# path of a customer's or product's: name, event; the agent's
OTHERS = {
    "customers": ("RegisterCustomer", "CustomerRegistered"),
    "deactivate": ("DeactivateCustomer", "CustomerDeactivated"),
    "reactivate": ("ReactivateCustomer", "CustomerReactivated"),
    "products": ("AddProduct", "ProductAdded"),
    "receive-stock": ("ReceiveStock", "StockReceived"),
    "adjust-stock": ("AdjustStock", "StockAdjusted"),
    "change-price": ("ChangePrice", "PriceChanged"),
    "discontinue": ("DiscontinueProduct", "ProductDiscontinued"),
    "orders": ("PlaceOrder", "OrderPlaced"),
}
STATUS = {"forbidden": 403, "not-found": 404, "customer-unknown": 404, "product-unknown": 404,
          "version-conflict": 412, "idempotency-key-reused": 422}  # else 409


def read_table():
    states, disputes, flags = {}, {}, {}
    with open(TABLE, encoding="utf-8") as file:
        for words in filter(None, (line.split() for line in file)):
            if words[0] == "state":
                states[words[1]] = (*words[2:5], dict(zip(COLUMNS, words[5:], strict=True)))
            elif words[0] == "dispute":
                disputes[words[1]] = dict(zip(("open-dispute", "resolve-dispute"), words[2:]))
            elif words[0] == "flags":
                for count in range(int(words[1]), int(words[2]) + 1):
                    flags[count] = {("flag-risk", False): words[3], ("flag-risk", True): words[4],
                                    ("clear-risk", True): words[5], ("clear-risk", False): words[6]}
    return states, disputes, flags


STATES, DISPUTES, FLAGS = read_table()


def refusal(slug, **members):
    return {"slug": slug, **members}


class Aggregate:
    """version, and the events that led to it: (type, members its payload has)."""

    def __init__(self):
        self.version = 0
        self.events = []

    def happened(self, event, members):
        self.version += 1
        self.events.append((event, members))


class Customer(Aggregate):
    active = True


class Product(Aggregate):
    def __init__(self, sku, price, currency):
        super().__init__()
        self.sku, self.price, self.currency = sku, price, currency
        self.available, self.discontinued = 0, False


class Order(Aggregate):
    def __init__(self, order_id, customer_id, total, pieces):
        super().__init__()
        self.id, self.customer_id, self.total, self.pieces = order_id, customer_id, total, pieces
        self.state, self.dispute, self.flags = "PN", "none", []
        self.authorized = self.captured = self.refunded = 0
        self.delivered = None  # (not before, not after)

    def row(self):
        status, payment, refund, _ = STATES[self.state]
        return [self.id, str(self.version), status, payment, refund, self.dispute,
                ",".join(self.flags), *(str(minor) for minor in (
                    self.total, self.authorized, self.captured, self.refunded))]

    def cell(self, word, flag=None, late=False):
        if word in ("open-dispute", "resolve-dispute"):
            return DISPUTES[self.dispute][word]
        if word in ("flag-risk", "clear-risk"):
            return FLAGS[len(self.flags)][word, flag in self.flags]
        return STATES[self.state][3]["late" if late else word]

    def allowed(self, refused):
        """Whatever the members of the command."""
        flag = {"flag-risk": None, "clear-risk": self.flags[0] if self.flags else None}
        return {word for word in STEPS
                if word != refused and self.cell(word, flag.get(word)) != "--"}

    def judge(self, word, body, if_match, late):
        """late: the refund window is closed; None: nobody can tell."""
        if if_match is not None and if_match != self.version:
            return [refusal("version-conflict", expected_version=if_match,
                            current_version=self.version)]
        ages = {False} if word != "refund" or body.get("override") or not self.delivered \
            else {True, False} if late is None else {late}
        return [self.judge_state(word, body, age) for age in sorted(ages)]

    def judge_state(self, word, body, late):
        cell = self.cell(word, body.get("flag"), late)
        if cell == "--":
            return refusal("illegal-transition", **{"from": STATES[self.state][0],
                                                    "command": word,
                                                    "allowed": self.allowed(word)})
        if word in ("open-dispute", "resolve-dispute"):
            return {"to": {"dispute": cell}}
        if word == "flag-risk":
            return {"to": {"flags": self.flags + [body["flag"]]}}
        if word == "clear-risk":
            return {"to": {"flags": [flag for flag in self.flags if flag != body["flag"]]}}
        if "amount_minor" in body:
            return self.judge_money(word, body["amount_minor"], cell)
        return {"to": {"state": cell}}

    def judge_money(self, word, amount, cell):
        if word == "authorize-payment":
            return {"to": {"state": cell, "authorized": amount}} if amount == self.total \
                else refusal("amount-mismatch", expected_minor=self.total)
        attribute, remaining = {"capture-payment": ("captured", self.authorized - self.captured),
                                "refund": ("refunded", self.captured - self.refunded)}[word]
        if amount > remaining:
            return refusal("amount-exceeded", remaining_minor=remaining)
        if cell == "closed":
            return refusal("refund-window-closed")
        return {"to": {"state": cell.split("/")[amount == remaining] if "/" in cell else cell,
                       attribute: getattr(self, attribute) + amount}}

    def releases_stock(self, word):
        return word in ("cancel", "decline-payment", "return")

    def settlement(self, word):
        """Members of the event of a cancel or return; asked before it is applied."""
        return {"voided_minor": self.authorized - self.captured,
                "due_minor": self.captured - self.refunded} if word in ("cancel", "return") else {}


class Shop:
    """What one walker alone sells, and to whom."""

    def __init__(self):
        self.customers, self.products, self.orders = {}, {}, {}

    def judge_placing(self, body, role):
        """Verdicts; several faults at once may be told in any order."""
        customer = self.customers.get(body["customer_id"])
        if body.get("order_id") in self.orders and (customer or role == "customer"):
            return [refusal("already-exists")]  # a stranger learns nothing else
        faults = [] if customer else [refusal("customer-unknown")]
        if customer and not customer.active:
            faults.append(refusal("customer-inactive"))
        wanted = {}
        for line in body["lines"]:
            sku = line["sku"]
            product = self.products.get(sku)
            wanted[sku] = wanted.get(sku, 0) + line["quantity"]
            if product is None:
                faults.append(refusal("product-unknown", sku=sku))
                continue
            if product.discontinued:
                faults.append(refusal("product-discontinued", sku=sku))
            if product.currency != body["currency"]:
                faults.append(refusal("currency-mismatch", sku=sku))
            if role == "customer" and line.get("unit_price_minor", product.price) != product.price:
                faults.append(refusal("price-changed", sku=sku, unit_price_minor=product.price))
        faults += [refusal("insufficient-stock", sku=sku, available=self.products[sku].available)
                   for sku, pieces in wanted.items()
                   if sku in self.products and pieces > self.products[sku].available]
        return faults or [{"to": wanted}]

    def total(self, body):
        return sum(line["quantity"] * line.get("unit_price_minor", self.products[line["sku"]].price)
                   for line in body["lines"])
