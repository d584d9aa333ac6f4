/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - does a partition get on, and how old is what it has not applied? pure.
 *
 * Units: epoch milliseconds where a record's time is compared, else those of a clock that never
 * goes back (see stall.h).
 */
#ifndef PROJECTOR_SVC_CORE_PROGRESS_H
#define PROJECTOR_SVC_CORE_PROGRESS_H

#include "common/base/stall.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
    int64_t moved_ms;  /* wall time when it moved or had nothing to do; 0: never */
    uint64_t received; /* records that brought reading on, ever */
    int64_t next;      /* offset behind the record that came last */
    int64_t began;     /* where reading began last */
    int64_t furthest;  /* how far it came from there */
    struct stall stall;
    bool is_stuck;
};

/* What Kafka holds back has no age to be seen (oldest_ms 0 or less): then how long it has not
 * moved. At least 1: there is something. */
int64_t progress_lag_ms(const struct progress *progress, int64_t oldest_ms, int64_t now_ms);

/* A record came. Read once more from the same place it is no step on: what looks again for a remedy
 * must not pass for one. */
void progress_receive(struct progress *progress, int64_t offset);

/* Once a second. has_work: something is left and everything that it needs answers. True when it
 * has just become stuck. */
bool progress_look(struct progress *progress, bool has_work, int64_t position, int64_t now_ms);

#endif
