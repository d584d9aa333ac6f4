/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_log_internal.h - what the files of a shard's rules share: shard_log (states and leases),
 * tails (what partitions hold), rows (sending and answers), fill (topics behind), gap (rows that
 * nobody can publish), pause (between two batches) and marks (what the database is to know). An
 * arrow goes from rows and tails to fill, from tails to gap, and from all to shard_log.
 */
#ifndef RELAY_SVC_CORE_SHARD_LOG_INTERNAL_H
#define RELAY_SVC_CORE_SHARD_LOG_INTERNAL_H

#include "relay-svc/core/shard_log.h"

#include <assert.h>

static inline int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline const struct window *shard_log_window(const struct shard_log *log, enum shard_way way)
{
    const struct window *const windows[] = {
        [WAY_LOG] = &log->window, [WAY_FILL] = &log->fill.window, [WAY_AGAIN] = &log->again};
    assert(way <= WAY_AGAIN);
    return windows[way];
}

/* Something of this shard was refused among others: one record at a time, until it is found. */
static inline bool shard_log_is_careful(const struct shard_log *log)
{
    const int topic = log->fill.topic;
    return log->position < log->careful_to ||
           (topic >= 0 && log->topics[topic].complete_to < log->fill.careful_to);
}

/* Whether anything may be sent by log or fill. */
static inline bool shard_log_may_send(const struct shard_log *log, int64_t now_ms)
{
    return log->state == SHARD_RUNNING && now_ms < log->lease_until_ms &&
           log->pace == SHARD_FLOWS && !log->is_asked &&
           (!shard_log_is_careful(log) || shard_log_in_flight(log) == 0);
}

/* Whether rows in flight are counted alike by their topics and by the windows they are in. */
bool shard_log_adds_up(const struct shard_log *log);

/* What holds of a shard whenever none of its functions is at work; of a few numbers, so that it may
 * be asked with each row. */
bool shard_log_is_sound(const struct shard_log *log);

/* The only place where a state changes. */
MUST_USE unsigned shard_log_enter(struct shard_log *log, enum shard_state state);

/* Nothing that was in flight means anything any more. */
void shard_log_forget_flights(struct shard_log *log);

/* Begins anew at the position: tails first. */
MUST_USE unsigned shard_log_check_tails(struct shard_log *log);

/* Rows behind the position are gone. */
bool shard_log_is_before_lost(const struct shard_log *log);
MUST_USE unsigned shard_log_stop_before_lost(struct shard_log *log);

/* The next topic for the fill. */
void shard_log_choose_fill(struct shard_log *log);

/* The fill has looked at all rows of its topic up to there. */
void shard_log_fill_reach(struct shard_log *log, int64_t upto);

/* After an acknowledgement to the fill, or rows that it found nothing in. */
void shard_log_advance_fill(struct shard_log *log);

#endif
