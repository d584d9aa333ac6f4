/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readers.h - which role reads what: one table, asked for every route and every part of an answer.
 *
 * Why a table: what a role may not read is then a missing cell on one screen, not a condition
 * forgotten in one of several handlers.
 *
 * Own means: of the customer the token names, by may_see() of common/contract/role.h.
 */
#ifndef PROJECTOR_SVC_CORE_READERS_H
#define PROJECTOR_SVC_CORE_READERS_H

#include "common/contract/role.h"

#include <stdbool.h>

enum readable {
    /* whole answers */
    READABLE_PRODUCT = 0,
    READABLE_ORDER,       /* one, by its id, and its timeline */
    READABLE_ORDER_LIST,  /* of all, or of a customer */
    READABLE_CUSTOMER,    /* with email and phone */
    READABLE_SEARCH,      /* by anything, together */
    READABLE_BY_TRACKING, /* orders, by the carrier's number alone */
    READABLE_BY_PAYMENT,  /* orders, by the payment's reference alone */
    READABLE_OPS,         /* orders that are stuck, without whose; transitions per minute */
    READABLE_FRESHNESS,
    READABLE_STREAM,       /* which orders change, live */
    READABLE_DEAD_LETTERS, /* without the records' values; and decide about them */
    /* parts of them */
    READABLE_RECIPIENT, /* names and the address, in an order */
    READABLE_STAFF,     /* who of the staff did something */
    READABLE_INTERNAL,  /* what the staff keeps to itself: notes, risk flags, why of a dispute */
    READABLE_FRESHNESS_IDS,   /* which event and aggregate a partition saw last */
    READABLE_STREAM_CUSTOMER, /* whose the orders are that change */
    READABLE_COUNT
};

enum reading { READING_NOTHING = 0, READING_OWN, READING_ALL };

enum reading readers_reading(enum role role, enum readable readable);

/* More than nothing. */
bool readers_may_read(enum role role, enum readable readable);

/* The bits of the roles that may ask for it at all. */
unsigned readers_of(enum readable readable);

#endif
