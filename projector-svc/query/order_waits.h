/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_waits.h - who waits for news of which order.
 *
 * Why subscribe first and read afterwards: a version that arrives between a read and a
 * subscription is announced to nobody, and the waiter would sleep through it. So a
 * waiter is woken when its subscription is confirmed, and reads then.
 *
 * A wake-up says "look", nothing more: after a lost connection everybody is
 * subscribed anew and woken, whether there was news or not.
 *
 * Ownership: struct order_wait is the caller's and must stay where it is until
 * order_waits_remove(). Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_QUERY_ORDER_WAITS_H
#define PROJECTOR_SVC_QUERY_ORDER_WAITS_H

#include "common/base/error.h"
#include "common/base/uuid7.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct order_channel;
struct order_waits;

struct order_wait {
    void (*on_wake)(void *user); /* may remove the wait */
    void *user;
    struct order_channel *channel; /* ours from here on; NULL: not waiting */
    struct order_wait *next, *previous;
};

MUST_USE enum error_kind order_waits_new(struct loop *loop, const char *redis_url, size_t max,
                                         struct order_waits **ret_waits, struct error *err);
/* Accepts NULL. Nobody is woken. */
/* Its connection is to be made anew: the one that orders are read by was lost. */
void order_waits_leave(struct order_waits *waits, const char *why);

void order_waits_free(struct order_waits *waits);

/* on_wake comes later, at least once while the connection holds. ERROR_EXHAUSTED beyond max. */
MUST_USE enum error_kind order_waits_add(struct order_waits *waits, const struct uuid *order_id,
                                         struct order_wait *wait, struct error *err);
void order_waits_remove(struct order_waits *waits, struct order_wait *wait);

size_t order_waits_count(const struct order_waits *waits);

#endif
