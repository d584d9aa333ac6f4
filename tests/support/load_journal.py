# SPDX-License-Identifier: Apache-2.0
"""The journal of a load: what was sent when, and what was answered.

One JSON object per line, appended in one write each, so that a second process can read while the
load goes on. Times are seconds of the machine's monotonic clock.

    {"at": 1.5, "begin": KEY, "try": 1}              an attempt is about to be sent
    {"at": 1.6, "end": KEY, "try": 1, "result": R}   R: a status, "lost" (sent, no answer) or
                                                     "refused" (no connection)
    {"at": 1.6, "final": KEY, "request": {...}, "status": 201, "body": "...", "replayed": false}
                                                     status null: given up without an answer
    {"at": 1.7, "killed": LABEL, "in_flight": 12}    what somebody did meanwhile
"""
import json
import os
import threading
import time


class Journal:
    """Appends; any thread."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()

    def write(self, **entry):
        line = json.dumps({"at": time.monotonic(), **entry}).encode() + b"\n"
        with self._lock:
            os.write(self._fd, line)


def read(path, last_bytes=None):
    """All whole lines, or those among the last bytes."""
    with open(path, "rb") as file:
        if last_bytes is not None:
            file.seek(0, os.SEEK_END)
            begin = max(0, file.tell() - last_bytes)
            file.seek(begin)
            if begin > 0:
                file.readline()
        return [json.loads(line) for line in file if line.endswith(b"\n")]


def in_flight(entries, at, uncertain=0):
    """How many attempts had been begun by then and had no end yet. Of a moment known only to lie
    in the next `uncertain` seconds: how many were under way in that time."""
    open_keys = set()
    for entry in entries:
        if "begin" in entry and entry["at"] <= at + uncertain:
            open_keys.add(entry["begin"])
        elif "end" in entry and entry["at"] <= at:
            open_keys.discard(entry["end"])
    return len(open_keys)
