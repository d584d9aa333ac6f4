#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The walk of walk.py as a state machine of hypothesis's: a wrong answer is sought by short walks, and
what leads to it is made as short as it can be.

    walk_stateful.py tokens FIRST COUNT        lines of AUTH_TOKENS_FILE for so many walks
    walk_stateful.py walk MODEL URL [--first N] [--walks N] [--examples N] [--steps N] [--seed N] [--lie]

Each walk opens a shop of its own and goes alone, so that the same steps can be taken again; walk.py
goes many at once. The same seed finds the same. MODEL and tokens are as for walk.py; --first and --walks
are those with a token. --lie: the model says that a new order takes no note, which has to be found.
"""
import argparse
import collections
import hashlib
import os
import pickle
import random
import sys
import uuid

import hypothesis
from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walk  # noqa: E402

SEEDS = strategies.integers(0, 999)  # one draw a step: what comes next never hangs on an answer
WORDS = strategies.sampled_from(sorted(walk.model.STEPS))
ARGS = argparse.Namespace()
walkers = []
wrongs = []  # (commands, report)


class Spent(BaseException):
    """Nobody is left to go; no fault of the service's."""


class Alone(walk.Walker):
    """One that can go the same way again, in another shop."""

    def open_shop(self):
        self.register(self.name)
        self.add_product(f"{self.name}-1", "GBP")
        self.tail = collections.deque()

    def new_id(self):
        self.keys += 1
        drawn = hashlib.sha256(f"{self.name}-{self.keys}".encode()).digest()
        return str(uuid.UUID(bytes=drawn[:16], version=4))


class Walk(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        if len(walkers) == ARGS.walks:
            raise Spent
        self.walker = Alone(ARGS.first + len(walkers), ARGS)
        walkers.append(self.walker)

    def go(self, seed, step, *args):
        self.walker.dice = random.Random(seed)
        try:
            step(*args)
        except Exception as fault:
            wrongs.append((len(self.walker.tail), walk.report(self.walker, fault)))
            raise walk.Wrong(fault) from None

    @initialize(seed=SEEDS)
    def open_shop(self, seed):
        self.go(seed, self.walker.open_shop)

    @rule(seed=SEEDS)
    def place(self, seed):
        self.go(seed, self.walker.place)

    @precondition(lambda self: self.walker.recent)
    @rule(seed=SEEDS)
    def move(self, seed):
        self.go(seed, self.walker.order_step)

    @precondition(lambda self: self.walker.recent)
    @rule(seed=SEEDS, word=WORDS)
    def move_by(self, seed, word):
        self.go(seed, self.walker.order_step, word)

    @rule(seed=SEEDS)
    def manage_the_shop(self, seed):
        self.go(seed, self.walker.shop_step)

    @rule(seed=SEEDS)
    def ask_again(self, seed):
        self.go(seed, self.walker.again)

    def teardown(self):
        for wire in self.walker.wires:
            wire.close()


def seek():
    """True where nothing is wrong. The shortest walk is ours to tell: a service that answers now so, now
    otherwise breaks hypothesis's off."""
    phases = (hypothesis.Phase.generate, hypothesis.Phase.shrink)
    settings = hypothesis.settings(
        max_examples=ARGS.examples, stateful_step_count=ARGS.steps, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck), phases=phases, print_blob=False,
        report_multiple_bugs=False)
    try:
        run_state_machine_as_test(hypothesis.seed(ARGS.seed)(Walk), settings=settings)
    except Spent:
        pass
    except Exception as fault:  # Spent, too, where hypothesis had begun to take a walk again
        if not wrongs and len(walkers) < ARGS.walks:
            raise
        if not isinstance(fault, walk.Wrong):
            print(f"      {type(fault).__name__}: {fault}")
    if len(walkers) == ARGS.walks:
        print(f"      there are tokens for {ARGS.walks} walks only")
    if wrongs:
        commands, told = min(wrongs)
        print(f"{told}\n      {commands} commands in an open shop lead to it")
    return not wrongs and len(walkers) < ARGS.walks


def go():
    print(f"      seed {ARGS.seed}, hypothesis {hypothesis.__version__}", flush=True)
    if ARGS.lie:
        walk.model.STATES["PN"][3]["add-note"] = "--"
    is_right = seek()
    counts = sum((walker.counts for walker in walkers), collections.Counter())
    cells = set().union(*(walker.cells for walker in walkers))
    print(f"      {len(walkers)} walks: {dict(counts)}; {len(cells)} cells")
    with open(ARGS.model, "wb") as file:
        pickle.dump([walker.shop for walker in walkers], file)
    return 0 if is_right and counts["accepted"] * 8 >= counts["sent"] else 1


def tokens():
    for number in range(ARGS.first, ARGS.first + ARGS.count):
        token = hashlib.sha256(f"walk-customer-{number}".encode()).hexdigest()
        print(f"{token} customer walk-{number}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(required=True)
    action = actions.add_parser("tokens")
    action.set_defaults(run=tokens)
    action.add_argument("first", type=int)
    action.add_argument("count", type=int)
    action = actions.add_parser("walk")
    action.set_defaults(run=go)
    action.add_argument("model")
    action.add_argument("url")
    for name, usual in (("first", 8), ("walks", 1000), ("examples", 100), ("steps", 30), ("seed", 1),
                        ("window-ms", 60 * 86400 * 1000)):
        action.add_argument(f"--{name}", type=int, default=usual)
    action.add_argument("--lie", action="store_true")
    parser.parse_args(namespace=ARGS)
    ARGS.walkers = ARGS.first + getattr(ARGS, "walks", 0)  # the stranger of the last one is the first
    return ARGS.run()


if __name__ == "__main__":
    sys.exit(main())
