/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - how many commands a principal may send: a bucket of tokens for each; pure.
 *
 * A bucket holds `quota` tokens and is filled with as many in a window, evenly. What is kept of it
 * is the moment at which it will be full again: one number says how many tokens there are, and a
 * bucket that is full needs no memory.
 *
 * Limits: RATE_PARTIES buckets that are not full. Where more are wanted the one that is nearest to
 * full is given up, and its principal begins with a full one: strict towards few who send much.
 *
 * Units: monotonic microseconds, handed in; kept in nanoseconds, of which a token takes a whole
 * number, rounded up: never more than the quota, and less by a thousandth at most. Ownership:
 * buckets are the rate's.
 */
#ifndef COMMAND_SVC_CORE_RATE_H
#define COMMAND_SVC_CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum { RATE_WAYS = 8, RATE_SETS = 512, RATE_PARTIES = RATE_WAYS * RATE_SETS };

struct rate_bucket {
    uint64_t who;
    int64_t full_ns; /* when it will be full; not after now: it is, and free for anybody */
};

struct rate {
    int64_t quota;
    int64_t window_ns;
    struct rate_bucket *buckets; /* RATE_PARTIES; NULL: there is no limit */
};

/* What a bucket has left; both in whole units, as headers say them. */
struct rate_state {
    bool is_allowed;
    int64_t remaining; /* tokens, after this command */
    int64_t
        reset_s; /* until there is a token, or until it is full where there is one; rounded up */
};

/* quota 0: no limit. */
void rate_init(struct rate *rate, int64_t quota, int64_t window_ms);
void rate_done(struct rate *rate);

bool rate_is_limited(const struct rate *rate);

/* The window, as headers say it; rounded up. */
int64_t rate_window_s(const struct rate *rate);

/* One command of that principal, now; takes a token where there is one. */
struct rate_state rate_ask(struct rate *rate, uint64_t who, int64_t now_us);

#endif
