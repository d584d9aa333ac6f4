/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - one event, of whichever aggregate.
 *
 * Why the union and its branches stand here: who decides, who records and who projects take the
 * same aggregates apart, and one that somebody forgot would be written as another's. Everything
 * below is made from the list AGGREGATES, so an aggregate without events does not compile.
 *
 * Ownership: see envelope.h.
 */
#ifndef COMMON_CONTRACT_EVENT_H
#define COMMON_CONTRACT_EVENT_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/customer_event.h"
#include "common/contract/order_event.h"
#include "common/contract/product_event.h"
#include "common/contract/stock_event.h"
#include "common/contract/topics.h"

#define EVENT_MEMBER(NAME, name) struct name##_event name;
struct event {
    enum aggregate_type aggregate; /* says which member is meant */
    union {
        AGGREGATES(EVENT_MEMBER)
    };
};
#undef EVENT_MEMBER

const struct envelope *event_envelope(const struct event *event);

/* "OrderPlaced" ..., as in the outbox. */
const char *event_type(const struct event *event);

/* Appends the payload as JSON; false when out is full or a text is not UTF-8. */
MUST_USE bool event_encode(const struct event *event, struct strbuf *out);

/* ERROR_INVALID for an unknown type, for what is not JSON, and for a missing or wrong member;
 * ERROR_EXHAUSTED when the arena is too small. */
MUST_USE enum error_kind event_decode(enum aggregate_type aggregate, struct strview type,
                                      struct strview payload, struct arena *arena,
                                      struct event *ret, struct error *err);

#endif
