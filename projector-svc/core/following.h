/* SPDX-License-Identifier: Apache-2.0 */
/*
 * following.h - does anybody bring a partition's events into this Redis? pure.
 *
 * Why: Kafka gives a partition to whoever is in our group, also to a program that is none of ours,
 * and to a projector that writes to another Redis. Both look healthy to all others. Who does our
 * work says so in this Redis once a second; a partition of which nobody says so, and that has more
 * records than were applied here, stands still.
 *
 * Units: epoch milliseconds.
 */
#ifndef PROJECTOR_SVC_CORE_FOLLOWING_H
#define PROJECTOR_SVC_CORE_FOLLOWING_H

#include <stdbool.h>
#include <stdint.h>

/* Silence for so long says that nobody is there. */
enum { FOLLOWING_SILENT_AFTER_MS = 10000 };

/* What is known of one partition. */
struct following {
    bool is_own;         /* this process holds it */
    int64_t end;         /* as Kafka says, of the next record there will be; -1: not known */
    int64_t position;    /* in Redis, of the next event to apply */
    int64_t reported_at; /* by who holds it; 0: never */
    int64_t told_end;    /* as reported then; -1: not known */
    int64_t told_lag_ms; /* 0: all up to told_end was applied, or is no event */
};

bool following_is_reported(const struct following *following, int64_t now_ms);

/* So many records nobody brings here; 0 in the first ten seconds after since_ms, when somebody may
 * just be coming. */
int64_t following_missed(const struct following *following, int64_t since_ms, int64_t now_ms);

#endif
