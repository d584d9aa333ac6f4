/* SPDX-License-Identifier: Apache-2.0 */
/*
 * positions.h - where Redis stands, asked: to open partitions, and to compare once a second.
 *
 * Why compared at all: a Redis that was emptied or restored behind our back tells nobody, and no
 * event may come for long to show it. So it is told, too, where that cannot be done, as a key is
 * damaged.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_POSITIONS_H
#define PROJECTOR_SVC_CONSUME_POSITIONS_H

#include "common/base/backoff.h"
#include "common/run/activity.h"

#include <stdbool.h>
#include <stdint.h>

struct assignment;
struct loop;
struct loop_timer;
struct partition;
struct redis_gate;

/* An answer is awaited, for the assignment of that epoch. */
struct positions_question {
    bool is_asked;
    unsigned epoch;
};

struct positions {
    struct assignment *assignment; /* the owner's, as the gate */
    struct redis_gate *gate;
    const char *generation;           /* NULL: any will do */
    void (*on_exchanged)(void *user); /* where Redis has another one; nothing is opened then */
    void *user;
    struct positions_question opening;
    struct positions_question comparing;
    struct activity agreeing; /* with Redis: fails where it cannot be asked, or is held for long */
    int64_t held_since_ms;    /* 0: it is not */
    bool is_recovering;       /* as Redis said last: a goal of anybody's is not reached yet */
    struct loop_timer *timer; /* until the next opening is asked for */
    int64_t due_ms;
    struct backoff backoff;
};

void positions_init(struct positions *positions, struct loop *loop, struct assignment *assignment,
                    struct redis_gate *gate);
void positions_done(struct positions *positions);

/* Opens what is closed, that soon at the latest. */
void positions_open_soon(struct positions *positions, int64_t delay_ms);

/* After a growing pause. */
void positions_open_later(struct positions *positions);

/* For something that a person has to mend first: after the longest pause. */
void positions_open_last(struct positions *positions);

/* Nothing is asked for any more until the next call of those above. */
void positions_stop(struct positions *positions);

/* Does it get by without opening anything? Then the pauses are short again. */
void positions_settle(struct positions *positions);

/* Asks unless an answer is awaited; what differs is opened anew. */
void positions_compare(struct positions *positions);

/* Readers learn from this that what they see is not yet all that they saw before. known_goal: what
 * Redis has of it. */
void positions_tell_goal(const struct positions *positions, const struct partition *partition,
                         int64_t known_goal);

#endif
