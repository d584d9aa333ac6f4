/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level.h - when the level of a product's stock is announced; pure.
 *
 * Why not with every order: a popular product would have thousands of events a second that nobody
 * reads one by one. At most one in LEVEL_EVERY_MS, whoever else announces it: the time of the last
 * one is the database's.
 *
 * Units: milliseconds, pieces.
 */
#ifndef COMMAND_SVC_CORE_LEVEL_H
#define COMMAND_SVC_CORE_LEVEL_H

#include "common/contract/stock_event.h"

#include <stdbool.h>

enum { LEVEL_EVERY_MS = 50 };

struct level {
    int64_t available;       /* what is there */
    int64_t version;         /* of the last announcement; 0: there was none */
    int64_t announced;       /* what it said */
    int64_t announced_at_ms; /* the database's clock */
};

/*
 * True: *ret_event is to be announced. False: nothing is new, and *ret_wait_ms is 0, or it is too
 * early by *ret_wait_ms.
 */
MUST_USE bool level_decide(const struct level *level, struct strview sku, int64_t now_ms,
                           struct stock_event *ret_event, int64_t *ret_wait_ms);

#endif
