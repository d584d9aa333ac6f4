# SPDX-License-Identifier: Apache-2.0
"""Do the views sum up to the sales that were replayed? Computed from the file alone.

python3 -B replay_sums.py FILE LIMIT, with REDIS_URL of who may SCAN: what is owed per region, how many orders
have each status, and each customer's orders in their order. Written from the rules in
tests/support/replay/plan.h and the file, not from the replay nor the services: it shares none of their
mistakes. Says "N orders, M regions, K customers: equal", or what differs, and then ends with 1.
"""
import collections
import csv
import decimal
import gzip
import os
import re
import subprocess
import sys

SHOWN = 5


def pence(price):
    """The third decimal rounds, of those that are cut off none does."""
    cut = decimal.Decimal(price).quantize(decimal.Decimal("0.001"), decimal.ROUND_DOWN)
    return int((cut * 100).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP))


def code(text):
    """As an id has it."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", text)
    return name if re.search("[A-Za-z0-9]", name) else name + "0"


def invoices(file, limit):
    """number -> its rows, in the order of the file."""
    found = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["invoice"] in found or len(found) < limit:
                found.setdefault(row["invoice"], []).append(row)
    return found


class Expected:
    def __init__(self, file, limit):
        self.total, self.region, self.status, self.holds = {}, {}, {}, {}
        self.lists = collections.defaultdict(list)  # customer -> its orders, the oldest first
        for number, rows in invoices(file, limit).items():
            customer = "c" + rows[0]["customer_id"] if rows[0]["customer_id"] else "guest"
            if number[0].isdigit():
                self.place(number, customer, rows)
            elif number[0] == "C":
                self.cancel(customer, {code(row["stock_code"]) for row in rows})

    def place(self, number, customer, rows):
        lines = [row for row in rows if int(row["quantity"]) > 0 and decimal.Decimal(row["unit_price"]) > 0]
        if not lines:
            return
        self.total[number] = sum(int(row["quantity"]) * pence(row["unit_price"]) for row in lines)
        self.region[number] = rows[0]["country"] or "Unspecified"
        self.holds[number] = {code(row["stock_code"]) for row in lines}
        last = re.match("[0-9]+", number)[0][-1]
        self.status[number] = "confirmed" if last == "0" else "shipped" if last == "5" else "delivered"
        self.lists[customer].append(number)

    def cancel(self, customer, codes):
        """The latest that holds one of them; what is shipped stays as it is."""
        met = next((one for one in reversed(self.lists[customer]) if self.holds[one] & codes), None)
        if met and self.status[met] == "confirmed":
            self.status[met] = "cancelled"


def ask(commands):
    """One line of answer for each command, as they all have one."""
    said = subprocess.run(["redis-cli", "--no-auth-warning", "-u", os.environ["REDIS_URL"]], text=True, check=True,
                          input="\n".join(commands) + "\n", stdout=subprocess.PIPE).stdout
    return said.split("\n")[:-1]


def scan(pattern, form):
    said = subprocess.run(["redis-cli", "--no-auth-warning", "-u", os.environ["REDIS_URL"], "--scan", "--pattern",
                           pattern], text=True, check=True, stdout=subprocess.PIPE).stdout
    return sorted({found[1] for found in map(re.compile(form).fullmatch, said.split("\n")) if found})


class Found:
    def __init__(self):
        orders = scan("order:*", "order:([^:]+)")
        fields = ask([f"HGET order:{order} {field}" for order in orders
                      for field in ("total_minor", "region", "status")])
        rows = list(zip(fields[::3], fields[1::3], fields[2::3], strict=True))
        self.regions, self.statuses = collections.Counter(), collections.Counter(row[2] for row in rows)
        for total, region, _ in rows:
            self.regions[region] += int(total)
        invoices_of = scan("lookup:payment:P*", "lookup:payment:P(.+)")
        paid = ask([f"SRANDMEMBER lookup:payment:P{number}" for number in invoices_of])
        self.invoice = dict(zip(paid, invoices_of, strict=True))

    def placed(self, customer):
        """[(when, invoice) ...], the oldest first."""
        said = subprocess.run(["redis-cli", "--no-auth-warning", "-u", os.environ["REDIS_URL"], "ZRANGE",
                               f"customer:{customer}:orders", "0", "-1", "WITHSCORES"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout.split("\n")[:-1]
        return [(int(at), self.invoice.get(order, order)) for order, at in zip(said[::2], said[1::2])]


def differences(expected, found):
    regions = collections.Counter()
    for number, total in expected.total.items():
        regions[expected.region[number]] += total
    if regions != found.regions:
        yield f"owed by region: of the file {regions - found.regions}, of the views {found.regions - regions} more"
    statuses = collections.Counter(expected.status.values())
    if statuses != found.statuses:
        yield f"orders per status: of the file {statuses}, of the views {found.statuses}"
    for customer in scan("customer:*", "customer:([^:]+):orders"):
        if customer not in expected.lists:
            yield f"{customer} has orders, and none in the file"
    for customer, numbers in expected.lists.items():
        if not numbers:
            continue
        listed = found.placed(customer)
        when = {number: at for at, number in listed}
        if sorted(when) != sorted(numbers) or len(listed) != len(numbers):
            yield f"{customer} has {len(numbers)} orders in the file, {len(listed)} in its list"
        elif any(when[one] > when[behind] for one, behind in zip(numbers, numbers[1:])):
            yield f"the list of {customer} is in another order than the file"


def main():
    expected, found = Expected(sys.argv[1], int(sys.argv[2])), Found()
    faults = list(differences(expected, found))
    for fault in faults[:SHOWN]:
        print(f"different: {fault}")
    customers = sum(1 for numbers in expected.lists.values() if numbers)
    print(f"{len(expected.total)} orders, {len(found.regions)} regions, {customers} customers: "
          + (f"{len(faults)} differences" if faults else "equal"))
    sys.exit(1 if faults or not expected.total else 0)


main()
