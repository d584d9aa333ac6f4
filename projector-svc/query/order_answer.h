/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_answer.h - what was read of one order, as the answer that its reader may have.
 *
 * Why apart from query_orders.c: how an answer is waited for has nothing to do with what it says.
 *
 * Private to projector-svc/query/. Ownership: everything is borrowed.
 */
#ifndef PROJECTOR_SVC_QUERY_ORDER_ANSWER_H
#define PROJECTOR_SVC_QUERY_ORDER_ANSWER_H

#include "common/base/uuid7.h"
#include "projector-svc/query/query.h"
#include "projector-svc/views/order_past.h"

#include <stdint.h>

enum order_part { PART_ORDER = 0, PART_TIMELINE, PART_BOTH /* the order with its timeline */ };

/* The replies of one reading, in this order; the timeline only where it is wanted. */
enum { READ_HASH = 0, READ_DETAILS, READ_TIMELINE, READ_COUNT };

/* The fields of the first one. */
#define ORDER_ANSWER_FIELDS                                                                        \
    STRVIEW("customer_id"), STRVIEW("source_version"), STRVIEW("waiting_for"),                     \
        STRVIEW("last_event_id"), STRVIEW("projected_at")

/* An answer's place in the order's history. */
struct order_state {
    int64_t version; /* 0: nothing of it is known */
    int64_t waiting_for;
    struct strview event_id;
    int64_t projected_at_ms;
};

/* Of somebody else's order nothing is known, so that all that follows, waiting included, is as if
 * it were not there. */
struct order_state order_state_of(const struct query *query, const struct redisconn_reply *reply);

/* A timeline's newest events, or those before a version, as far as both bounds allow, and one at
 * least: an order's history has none. */
enum { TIMELINE_EVENTS_MAX = 200, TIMELINE_BYTES_MAX = 512 << 10 };

struct order_answer {
    const struct query *query;
    enum order_part part;
    int64_t before; /* the version that the timeline ends before; 0: none */
    const struct uuid *order_id;
    const struct redisconn_reply *reply;
    const struct order_state *state;
};

/* Of the first ones, where an order is shown as it was. */
enum { HISTORY_EVENTS_MAX = 1000, HISTORY_BYTES_MAX = 1 << 20 };

/* The order as it was then; the reply has the timeline's first elements. See order_past_fold(). */
MUST_USE enum error_kind order_answer_write_past(const struct order_answer *answer,
                                                 const struct order_moment *moment,
                                                 struct json_writer *writer, int64_t *ret_version,
                                                 struct error *err);

/* What changes without an event: "waiting_for" and "recovering", where it is so. */
void order_answer_put_state(struct json_writer *writer, const struct order_answer *answer);

/* What is stored and not complete spoils the writer. */
void order_answer_write(const struct order_answer *answer, struct json_writer *writer);

#endif
