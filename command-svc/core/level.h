/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level.h - when the level of a product's stock is announced; pure.
 *
 * Why not with every order: a popular product would have thousands of events a second that nobody
 * reads one by one. A level is told once it has stood still for LEVEL_STILL_MS; of a product that
 * never does, one is told every LEVEL_LONGEST_MS. At most one in LEVEL_EVERY_MS, whoever else
 * announces it: the time of the last one is the database's.
 *
 * Why together: the transaction costs more than the levels in it. All that fall due in the same
 * LEVEL_TOGETHER_MS are announced by one.
 *
 * Units: milliseconds, pieces.
 */
#ifndef COMMAND_SVC_CORE_LEVEL_H
#define COMMAND_SVC_CORE_LEVEL_H

#include "common/contract/stock_event.h"

#include <stdbool.h>

enum {
    LEVEL_EVERY_MS = 50,
    LEVEL_STILL_MS = 50,
    LEVEL_TOGETHER_MS = 25, /* with it, what stands still is told within 75 ms */
    LEVEL_LONGEST_MS = 500,
};

struct level {
    int64_t available;       /* what is there */
    int64_t version;         /* of the last announcement; 0: there was none */
    int64_t announced;       /* what it said */
    int64_t announced_at_ms; /* the database's clock */
    bool is_locked;          /* somebody else has the row of the last announcement */
};

/* When a product is looked at that is not to be looked at for wait_ms: at the end of a
 * LEVEL_TOGETHER_MS. */
static inline int64_t level_due_ms(int64_t now_ms, int64_t wait_ms)
{
    const int64_t early_ms = now_ms + wait_ms + LEVEL_TOGETHER_MS - 1;
    return early_ms - early_ms % LEVEL_TOGETHER_MS;
}

/* The end of the LEVEL_TOGETHER_MS that has begun, when what moves and what could not be taken up
 * is looked at again, however late this look is. */
static inline int64_t level_next_look_ms(int64_t now_ms)
{
    return level_due_ms(now_ms, 1);
}

/*
 * True: *ret_event is to be announced. False: nothing is new, and *ret_wait_ms is 0, or it is too
 * early by *ret_wait_ms, or cannot be written now and comes again after that time.
 */
MUST_USE bool level_decide(const struct level *level, struct strview sku, int64_t now_ms,
                           struct stock_event *ret_event, int64_t *ret_wait_ms);

#endif
