/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover.h - when rebuilt views may take the place of the live ones, and what people are told on
 * the way; pure.
 *
 * Why the live ones are held only near the end: while they are, nothing new is shown. So what is
 * left must be little, and how long it takes has a limit.
 *
 * Why the rebuilt ones never go beyond the live ones: what is applied there is told to nobody. An
 * event that only they had would never reach who listens.
 *
 * Units: offsets, events, milliseconds.
 */
#ifndef PROJECTOR_SVC_CORE_TAKEOVER_H
#define PROJECTOR_SVC_CORE_TAKEOVER_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TAKEOVER_HOLD_MS = 5000, /* the live views take no writes for so long, at most */
    TAKEOVER_GIVE_UP_MS = 4000,
    TAKEOVER_NEAR = 2000, /* events that may be left when they are held */
    TAKEOVER_TRIES = 10,
};

/* Both copies, added up over their partitions. */
struct takeover_state {
    int64_t live;    /* events */
    int64_t rebuilt; /* of those */
    int64_t lagging; /* partitions that are behind */
    int64_t draining;
    bool is_ready; /* each partition of the live ones is read */
};

/* Another partition; a position that there is none yet counts as 0. */
void takeover_add(struct takeover_state *state, int64_t live, int64_t rebuilt);

/* The live ones may be held: the rest is there in a moment. */
bool takeover_is_near(const struct takeover_state *state);

/* They are equal. */
bool takeover_is_even(const struct takeover_state *state);

/* What follows from a refusal of the functions in rebuild.lua. */
enum takeover_next { TAKEOVER_END = 0, TAKEOVER_TRY_AGAIN, TAKEOVER_LOST };

/* A sentence for an operator; words as the function gave them, at most three are used. */
enum takeover_next takeover_refusal(const struct strview *words, size_t count, struct error *err);

/* A line of progress: a bar on a terminal. began: events that were there when it was begun. */
enum { TAKEOVER_LINE_MAX = 128 };
void takeover_line(const struct takeover_state *state, int64_t began, int64_t took_ms, bool has_bar,
                   char line[static TAKEOVER_LINE_MAX]);

#endif
