/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - the rules by which what was published is published once more, to topics of their own.
 *
 * Why not the shard's log (shard_log.h): nothing is remembered of a replay, no lease is needed, and
 * nothing comes to it while it runs. Of each shard there is one range of seq; what was handed out
 * and not acknowledged when it ends is handed out again by the next one, from the place it tells.
 *
 * The rules:
 *   - Rows of a shard go out in seq order.
 *   - First record: in a partition without an acknowledgement, or without one for an hour, one
 *     record goes out, and the shard's further rows wait for it (as in shard_log.h).
 *   - Shards take turns.
 *
 * Ownership: replay_init/_done. Time: monotonic milliseconds, handed in. Pure.
 */
#ifndef RELAY_SVC_CORE_REPLAY_H
#define RELAY_SVC_CORE_REPLAY_H

#include "common/base/error.h"
#include "relay-svc/core/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- what is asked for ----------------------------------------------------------------- */

/* A place in the outbox: a number, or a moment. */
struct replay_bound {
    bool is_set;
    bool is_time;
    int64_t value; /* seq, or milliseconds since 1970 */
};

/* "4711", "2026-01-02" (in UTC), or any RFC 3339 time: "2026-01-02T03:04:05Z",
 * "2026-01-02T04:04:05.678+01:00". Of what is none *ret stays as it was. */
MUST_USE bool replay_bound_parse(const char *text, struct replay_bound *ret);

/* --- the course of it ------------------------------------------------------------------ */

struct replay_range {
    int64_t after; /* seq */
    int64_t upto;  /* the last one; not before after */
};

struct replay_shard {
    struct replay_range range;
    int64_t read;  /* handed out, or known to be none of ours, as far as there */
    int64_t acked; /* acknowledged as far as there, without a break */
    struct window window;
    bool is_awaiting; /* the acknowledgement of a first record */
};

struct replay {
    int shard_count;
    int topic_count;
    struct replay_shard *shards;
    int64_t *acknowledged_ms; /* [shard][topic], the last time; -1: never */
    int turn;                 /* the shard whose rows were read last */
    uint64_t in_flight;
    int64_t acknowledged; /* events */
};

/* ranges: one for each shard. */
void replay_init(struct replay *replay, const struct replay_range *ranges, int shard_count,
                 int topic_count);
void replay_done(struct replay *replay);

/* Whose rows are to be read next, where, at most step further, and how many. False: none now. */
struct replay_wish {
    int shard;
    struct replay_range range;
    uint32_t rows;
};
bool replay_next(struct replay *replay, int64_t step, struct replay_wish *ret_wish);

/* May its next row be handed out now? Not behind a first record. */
bool replay_takes(const struct replay *replay, int shard);
/* The ticket that the next row will get, by which it is acknowledged. */
uint32_t replay_ticket(const struct replay *replay, int shard);
void replay_sent(struct replay *replay, int shard, int topic, int64_t seq, int64_t now_ms);
/* All of it was read as far as there, and handed out. */
void replay_read(struct replay *replay, int shard, int64_t upto);
void replay_acknowledged(struct replay *replay, int shard, uint32_t ticket, int64_t now_ms);

bool replay_is_done(const struct replay *replay);

/* How much of it is acknowledged, in tenths of a percent. */
int replay_permille(const struct replay *replay);

/* The smallest seq that is not known to be there; 0: all is done. */
int64_t replay_rest(const struct replay *replay);

#endif
