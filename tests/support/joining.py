# SPDX-License-Identifier: Apache-2.0
"""Waits for threads in a main thread that answers signals.

Python's handlers run in the main thread alone. Where the kernel gives a signal to another one, a main
thread that waits without a limit is not woken and never learns of it.
"""

LOOK_S = 0.2


def join_all(threads):
    for thread in threads:
        while thread.is_alive():
            thread.join(LOOK_S)
