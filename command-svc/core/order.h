/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - the rules of an order's life; pure.
 *
 * Why two steps: order_decide() answers "may this happen, and what would it be
 * called?" and changes nothing; order_apply() takes an event that has happened
 * and may not refuse it for business reasons. Placing an order looks at the
 * customer and the products too, as they were loaded with the batch.
 *
 * version 0 means: no such order yet. Ownership: views point into the loaded
 * state or the command. Units: amounts in minor units.
 */
#ifndef COMMAND_SVC_CORE_ORDER_H
#define COMMAND_SVC_CORE_ORDER_H

#include "command-svc/core/command.h"
#include "command-svc/core/customer.h"
#include "command-svc/core/product.h"
#include "command-svc/core/rejection.h"
#include "common/base/arena.h"
#include "common/contract/order_event.h"

enum order_status {
    ORDER_STATUS_NONE = 0, /* not placed yet */
    ORDER_STATUS_PLACED,
    ORDER_STATUS_CONFIRMED,
    ORDER_STATUS_SHIPPED,
    ORDER_STATUS_DELIVERED,
    ORDER_STATUS_RETURNED,
    ORDER_STATUS_CANCELLED,
    ORDER_STATUS_COUNT
};

enum payment_status {
    PAYMENT_PENDING = 0,
    PAYMENT_AUTHORIZED,
    PAYMENT_DECLINED,
    PAYMENT_CAPTURED,
    PAYMENT_VOIDED,
    PAYMENT_PARTIALLY_REFUNDED,
    PAYMENT_REFUNDED,
    PAYMENT_STATUS_COUNT
};

enum refund_state { REFUND_NONE = 0, REFUND_DUE, REFUND_PARTIAL, REFUND_FULL, REFUND_STATE_COUNT };

/* Pieces of a product that the order holds. */
struct claim {
    struct strview sku;
    int64_t quantity;
};

struct order {
    int64_t version;
    int64_t placed_at_ms;
    int64_t last_at_ms;
    enum order_status status;
    enum payment_status payment_status;
    enum refund_state refund_state;
    struct strview customer_id;
    struct strview currency;
    int64_t total_minor;
    int64_t authorized_minor;
    struct strview payment_reference; /* empty: not authorized yet */
    const struct claim *claims;       /* loaded only where they may be released */
    size_t claim_count;
};

/*
 * Decides PlaceOrder. products[i] is that of line i, with version 0 where there
 * is none; the stock of a product that stands in several lines counts for all
 * of them together. The event's lines come from the arena.
 *
 * Fails with ERROR_EXHAUSTED when the arena is too small; *ret_accepted tells
 * the verdict.
 */
MUST_USE enum error_kind order_place(const struct order *order, const struct customer *customer,
                                     struct product *const *products, const struct command *command,
                                     int64_t now_ms, struct arena *arena, bool *ret_accepted,
                                     struct order_event *ret_event,
                                     struct rejection *ret_rejection);

/* Decides every other command. False: refused, with the reason. */
MUST_USE bool order_decide(const struct order *order, const struct command *command, int64_t now_ms,
                           struct order_event *ret_event, struct rejection *ret_rejection);

/* Moves on by an event that was decided; it is the next one. */
void order_apply(struct order *order, const struct order_event *event);

/* Whether the event gives the order's claims back to the stock. */
bool order_event_releases_stock(const struct order_event *event);

/* Names as in columns, events and views; NULL-free tables. */
const char *order_status_name(enum order_status status);
const char *payment_status_name(enum payment_status status);
const char *refund_state_name(enum refund_state state);
MUST_USE bool order_status_from_name(struct strview name, enum order_status *ret);
MUST_USE bool payment_status_from_name(struct strview name, enum payment_status *ret);
MUST_USE bool refund_state_from_name(struct strview name, enum refund_state *ret);

#endif
