/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - how each shard's lock is asked for: tried, or queued for; pure.
 *
 * Why two ways: a lock that is tried costs nothing when somebody else has it, so no
 * command waits for a lock it does not need. But who only tries is starved by a busy
 * neighbour, whose next batch is always a little earlier. So a shard missed TURNS_MISSES
 * times is queued for, one shard at a time, on a connection of its own: PostgreSQL hands
 * locks out in the order of asking, and whoever tries meanwhile comes after.
 *
 * Why a lock that was queued for and got lets the others be tried again: the neighbour's
 * transaction has just ended, and with it its other locks.
 *
 * A shard that was queued for in vain (TURNS_WAIT_MS) is stuck. While its holder stays the
 * same it is queued for less often, up to TURNS_PAUSE_MAX_MS apart; when the holder changes,
 * at once.
 *
 * Units: monotonic milliseconds, handed in.
 */
#ifndef COMMAND_SVC_CORE_TURNS_H
#define COMMAND_SVC_CORE_TURNS_H

#include "command-svc/core/backlog.h"

enum { TURNS_MISSES = 2, TURNS_WAIT_MS = 250, TURNS_PAUSE_MAX_MS = 1000, TURNS_NONE = -1 };

struct turn {
    int misses; /* in a row */
    int waits;  /* queued for in vain, in a row */
    bool may_try_again;
    bool is_in_use; /* by a batch on its way */
    int64_t missed_since_ms;
    int64_t pause_ms;
    int64_t due_ms; /* when it may be queued for again */
};

struct turns {
    struct turn of[SHARDS_MAX];
    int last; /* shard that was queued for last */
};

/* Zeroed: every lock is tried. */

/* Whether a batch may try this shard's lock now. */
bool turns_may_try(const struct turns *turns, int shard);

/* The shard to queue for next: missed, due and waited for; or TURNS_NONE. In turn. */
int turns_next(struct turns *turns, const struct backlog *backlog, int shards, int64_t now_ms);

/* A batch takes commands of that shard, and ends. Only one at a time: commands of a shard must not
 * overtake each other. */
void turns_take(struct turns *turns, int shard);
void turns_give(struct turns *turns, int shard);

/* What came of asking for the lock: got; not got by trying; not got by queueing (is_same_holder:
 * the one who has it did not change). */
void turns_got(struct turns *turns, int shard);
void turns_missed(struct turns *turns, int shard, int64_t now_ms);
void turns_waited(struct turns *turns, int shard, bool is_same_holder, int64_t now_ms);

/* One lock of the lane that owns every step-th shard was got by queueing: try its others, too. */
void turns_let_try(struct turns *turns, int first, int step, int shards);

/* Queued for in vain at least once since it was had last. */
bool turns_is_stuck(const struct turns *turns, int shard);

/* How long the lock could not be had by now; 0 while it can. */
int64_t turns_missed_for_ms(const struct turns *turns, int shard, int64_t now_ms);

#endif
