/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stall.h - "there is work, and nothing has been done for ten seconds"; pure.
 *
 * Why: the worst fault is the one that nobody sees. Whatever goes on for ever (a
 * shard, a partition, the marks) is asked once a second how much it has done and
 * whether something is left to do. A number that stands still beside work that
 * waits says more than any list of known causes.
 *
 * A stall ends with the first progress, or when no work is left.
 *
 * Units: milliseconds of a clock that never goes back.
 */
#ifndef COMMON_BASE_STALL_H
#define COMMON_BASE_STALL_H

#include <stdbool.h>
#include <stdint.h>

enum { STALL_AFTER_MS = 10000 };

/* Zeroed: nothing seen yet. */
struct stall {
    uint64_t done;    /* as last told */
    int64_t since_ms; /* when the work that is waiting was first seen without progress */
    bool is_waiting;  /* there was work at the last look */
};

/*
 * done: any number that changes with every progress (a position, a count).
 * Returns true once there has been work without progress for STALL_AFTER_MS.
 */
bool stall_look(struct stall *stall, bool has_work, uint64_t done, int64_t now_ms);

#endif
