/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_log_internal.h - what the files of a shard's rules share: shard_log (states and leases),
 * tails (what partitions hold), rows (sending and answers), fill (topics behind) and marks (what
 * the database is to know). An arrow goes from rows and tails to fill, and from all to shard_log.
 */
#ifndef RELAY_SVC_CORE_SHARD_LOG_INTERNAL_H
#define RELAY_SVC_CORE_SHARD_LOG_INTERNAL_H

#include "relay-svc/core/shard_log.h"

static inline int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Whether rows in flight are counted alike by their topics and by the windows they are in. */
bool shard_log_adds_up(const struct shard_log *log);

/* The only place where a state changes. */
MUST_USE unsigned shard_log_enter(struct shard_log *log, enum shard_state state);

/* Begins anew at the position: tails first. */
MUST_USE unsigned shard_log_check_tails(struct shard_log *log);

/* The next topic for the fill. */
void shard_log_choose_fill(struct shard_log *log);

/* After an acknowledgement to the fill, or rows that it found nothing in. */
void shard_log_advance_fill(struct shard_log *log);

#endif
