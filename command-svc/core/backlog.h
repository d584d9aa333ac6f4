/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backlog.h - commands that wait, one line per shard; pure.
 *
 * Why lines per shard: what one shard waits for (its lock) must not be waited for by the
 * commands of another, and taking a batch must not cost more the more are waiting. A line
 * is kept in the order of turns (fair.h), among equal ones of arrival, also when a command comes
 * back to it. Commands of one aggregate never overtake each other in it: the turn of one that comes
 * later is no earlier. One that rests may be overtaken: who wants an order waits for the answer.
 *
 * Why some rest: a command that wants a row which somebody else holds, or that
 * failed alone, leaves its line so that those behind it go on, and comes back after a
 * pause that grows from BACKLOG_REST_MIN_MS to BACKLOG_REST_MAX_MS.
 *
 * Ownership: a waiter is its owner's, and in one line at a time. Units: monotonic
 * milliseconds, handed in.
 */
#ifndef COMMAND_SVC_CORE_BACKLOG_H
#define COMMAND_SVC_CORE_BACKLOG_H

#include "common/contract/shard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACKLOG_REST_MIN_MS = 20, BACKLOG_REST_MAX_MS = 1000 };

struct waiter {
    int shard; /* set by its owner before it joins; so is all down to the turn */
    int64_t deadline_ms;
    uint64_t aggregate; /* a number of it; two aggregates with one number only keep their order */
    uint64_t turn;      /* no earlier than what was taken of its line before */
    /* the backlog's own */
    struct waiter *next;
    struct waiter *previous;
    uint64_t place; /* in the order of arrival */
    int64_t rest_ms;
    int64_t rest_until_ms;
};

struct line {
    struct waiter *first;
    struct waiter *last;
    size_t count;
};

struct backlog {
    struct line lines[SHARDS_MAX];
    struct line resting;
    size_t count; /* in the lines, without those that rest */
    uint64_t next_place;
};

/* Zeroed: empty. */

/* To its place in its shard's line. */
void backlog_join(struct backlog *backlog, struct waiter *waiter);

/* Back to its place in the line, after it was taken. */
void backlog_return(struct backlog *backlog, struct waiter *waiter);

/* Out of the way for a while; returns how long. */
int64_t backlog_rest(struct backlog *backlog, struct waiter *waiter, int64_t now_ms);

/* Those whose rest is over go back to their lines. */
void backlog_wake(struct backlog *backlog, int64_t now_ms);

/* The first of a line, or NULL; backlog_take() also removes it. */
struct waiter *backlog_first(const struct backlog *backlog, int shard);
struct waiter *backlog_take(struct backlog *backlog, int shard);

/* Removes one whose deadline is over; NULL when there is none. Looks at all that wait. */
struct waiter *backlog_take_expired(struct backlog *backlog, int64_t now_ms);

/* The earliest deadline of all that wait; INT64_MAX: nobody waits. */
int64_t backlog_deadline_ms(const struct backlog *backlog);

bool backlog_is_empty(const struct backlog *backlog);

#endif
