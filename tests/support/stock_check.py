#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the answers of a load against the order in which one product's level changed.

    stock_check.py HISTORY SKU PIECES    reads what PostgreSQL noted (stock_watch) from stdin
    stock_check.py --self-test           does it tell the wrong from the right?

HISTORY has one command a line, as stock_load.py writes it. stdin has the effects on the level in
their order, one a line: transaction, level before, level after, type of event, order's id. At the
end, without levels, stand those of transactions that did not touch the row, as they gave back first
and then took as much: that may be at any moment.

The answers are linearizable when one order of all commands explains them that keeps to the order
in which they were sent and answered. The effects' order is known; so it is enough that

  * each command that was accepted has its one effect, and the level never was below zero,
    not even between two commands of one transaction;
  * no effect comes after one whose command was sent later than the first was answered;
  * for each refusal there is a moment, between its sending and its answer, at which the level was
    lower than what was wanted.
"""
import bisect
import itertools
import json
import sys


class Wrong(Exception):
    pass


def effect_of(event, order, placed, cancelled, sku):
    """The command and what it does to the level."""
    command = {"OrderPlaced": placed, "OrderCancelled": cancelled}[event].get(order)
    if command is None or order not in placed:
        raise Wrong(f"{event} of {order}, which nobody was told of")
    pieces = placed[order]["want"].get(sku, 0)
    return command, -pieces if event == "OrderPlaced" else pieces


def effects_of(rows, commands, sku):
    """(command, level after it), in order; and those that may be anywhere."""
    placed = {c["id"]: c for c in commands if c["op"] == "place" and c["status"] == 201}
    cancelled = {c["id"]: c for c in commands if c["op"] == "cancel" and c["status"] == 200}
    done, aside, level = [], [], None
    for (xid, before, after), events in itertools.groupby(rows, lambda row: row[:3]):
        is_aside = before is None
        if is_aside:
            before = after = 0
        elif level not in (None, before):
            raise Wrong(f"between two transactions {level} became {before}")
        level = before
        for *_, event, order in events:
            command, delta = effect_of(event, order, placed, cancelled, sku)
            level += delta
            if level < 0:
                raise Wrong(f"{event} of {order} made the level {level}")
            if delta != 0:
                (aside if is_aside else done).append((command, level))
        if level != after:
            raise Wrong(f"transaction {xid} left {after}, its events {level}")
    return done, aside


def check_each_once(done, commands, sku):
    seen = [(c["op"], c["id"]) for c, _ in done]
    wants = {c["id"] for c in commands if c["op"] == "place" and c["want"].get(sku, 0) > 0}
    told = [(c["op"], c["id"]) for c in commands
            if c["id"] in wants and c["status"] == (201 if c["op"] == "place" else 200)]
    if len(seen) != len(set(seen)):
        raise Wrong("an effect came twice")
    if sorted(seen) != sorted(set(told)):
        raise Wrong(f"effects and answers differ: {set(seen) ^ set(told)}"[:500])


def check_order(done):
    latest = 0
    for command, _ in done:
        if command["answered"] < latest:
            raise Wrong(f"{command['op']} of {command['id']} comes after one that was sent later "
                        "than it was answered")
        latest = max(latest, command["sent"])


class Timeline:
    """Which levels a moment between two times may have had."""

    def __init__(self, done, pieces):
        self.levels = [pieces] + [level for _, level in done]
        by_answer = sorted((c["answered"], i + 1) for i, (c, _) in enumerate(done))
        by_sending = sorted((c["sent"], i) for i, (c, _) in enumerate(done))
        self.answered = [time for time, _ in by_answer]
        self.sent = [time for time, _ in by_sending]
        self.first, self.last = [0], [len(done)]
        for _, place in by_answer:  # all that were answered before have had their effect
            self.first.append(max(self.first[-1], place))
        for _, place in reversed(by_sending):  # none that was sent after has
            self.last.append(min(self.last[-1], place))
        self.last.reverse()

    def lowest(self, sent, answered):
        first = self.first[bisect.bisect_left(self.answered, sent)]
        last = self.last[bisect.bisect_right(self.sent, answered)]
        return min(self.levels[first:last + 1], default=sys.maxsize)


def check_refusals(done, commands, sku, pieces):
    timeline, count = Timeline(done, pieces), 0
    for command in commands:
        if command.get("short_of") != sku:
            continue
        count += 1
        wanted = command["want"][sku]
        lowest = timeline.lowest(command["sent"], command["answered"])
        if lowest >= wanted:
            raise Wrong(f"order {command['id']} was refused {wanted} pieces while {lowest} or more "
                        "were there")
    return count


def check(rows, commands, sku, pieces):
    done, aside = effects_of(rows, commands, sku)
    check_each_once(done + aside, commands, sku)
    check_order(done)
    return len(done) + len(aside), check_refusals(done, commands, sku, pieces)


# --- does it tell? --------------------------------------------------------------------------


def command(op, order, pieces, sent, answered, status):
    made = {"op": op, "id": order, "want": {"x": pieces}, "sent": sent, "answered": answered,
            "status": status}
    if status == 409:
        made["short_of"] = "x"
    return made


# Four pieces; p takes three in one batch with q, which wants two and is refused; meanwhile b takes
# two, and is answered before c gives three back.
B = [command("place", "b", 2, 20, 30, 201), command("cancel", "b", 2, 40, 50, 200)]
CASES = {
    "one after the other": ([(1, 4, 1, "OrderPlaced", "p"), (2, 1, 4, "OrderCancelled", "p")],
                            [command("place", "p", 3, 10, 20, 201),
                             command("cancel", "p", 3, 30, 40, 200),
                             command("place", "q", 2, 15, 60, 409)], True),
    "refused though enough was there": ([(1, 4, 2, "OrderPlaced", "b"),
                                         (2, 2, 4, "OrderCancelled", "b")],
                                        [*B, command("place", "q", 2, 10, 60, 409)], False),
    "refused while too few were there": ([(1, 4, 2, "OrderPlaced", "b"),
                                          (2, 2, 4, "OrderCancelled", "b")],
                                         [*B, command("place", "q", 3, 10, 25, 409)], True),
    "refused after they were back": ([(1, 4, 2, "OrderPlaced", "b"),
                                      (2, 2, 4, "OrderCancelled", "b")],
                                     [*B, command("place", "q", 3, 51, 60, 409)], False),
    "given back and taken as much": ([(1, 4, 2, "OrderPlaced", "b"),
                                      (2, None, None, "OrderCancelled", "b"),
                                      (2, None, None, "OrderPlaced", "q")],
                                     [*B, command("place", "q", 2, 45, 50, 201)], True),
    "taken before it was given back": ([(1, 4, 2, "OrderPlaced", "b"),
                                        (2, None, None, "OrderPlaced", "q"),
                                        (2, None, None, "OrderCancelled", "b")],
                                       [*B, command("place", "q", 2, 45, 50, 201)], False),
    "too many taken within a batch": ([(1, 4, 3, "OrderPlaced", "p"),
                                       (1, 4, 3, "OrderPlaced", "q"),
                                       (1, 4, 3, "OrderCancelled", "p")],
                                      [command("place", "p", 3, 10, 20, 201),
                                       command("place", "q", 2, 10, 20, 201),
                                       command("cancel", "p", 3, 10, 20, 200)], False),
    "against the clock": ([(1, 4, 2, "OrderPlaced", "q"), (2, 2, 1, "OrderPlaced", "p")],
                          [command("place", "p", 1, 10, 20, 201),
                           command("place", "q", 2, 30, 40, 201)], False),
    "taken twice": ([(1, 4, 2, "OrderPlaced", "b"), (2, 2, 0, "OrderPlaced", "b")], B[:1], False),
    "told and not done": ([], B[:1], False),
    "done and not told": ([(1, 4, 2, "OrderPlaced", "b")], [], False),
    "a level from nowhere": ([(1, 4, 2, "OrderPlaced", "b"), (2, 3, 5, "OrderCancelled", "b")],
                             B, False),
}


def self_test():
    for name, (rows, commands, is_right) in CASES.items():
        try:
            check(rows, commands, "x", 4)
            found_right = True
        except Wrong:
            found_right = False
        if found_right != is_right:
            sys.exit(f"{name}: taken for {'right' if found_right else 'wrong'}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    path, sku, pieces = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        commands = [json.loads(line) for line in file]
    rows = []
    for line in sys.stdin:
        xid, before, after, event, order = line.rstrip("\n").split("|")
        levels = (int(before), int(after)) if before else (None, None)
        rows.append((int(xid), *levels, event, order))
    try:
        effects, refusals = check(rows, commands, sku, int(pieces))
    except Wrong as wrong:
        sys.exit(f"{sku}: {wrong}")
    print(f"{effects} effects, {refusals} refusals of {sku}: in order")


main()
