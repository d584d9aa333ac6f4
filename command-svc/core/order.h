/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - the rules of an order's life; pure.
 *
 * Why two steps: order_decide() answers "may this happen, and what would it be
 * called?" and changes nothing; order_apply() takes an event that has happened
 * and may not refuse it for business reasons.
 *
 * version 0 means: no such order yet. Ownership: views point into the loaded
 * state or the command. Units: amounts in minor units.
 */
#ifndef COMMAND_SVC_CORE_ORDER_H
#define COMMAND_SVC_CORE_ORDER_H

#include "command-svc/core/command.h"
#include "command-svc/core/rejection.h"
#include "common/contract/order_event.h"
#include "common/contract/order_status.h"
#include "common/contract/risk_flags.h"

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
    enum dispute_state dispute;
    struct risk_flags risk_flags;
    struct strview customer_id;
    struct strview currency;
    int64_t total_minor;
    int64_t authorized_minor;
    int64_t captured_minor;           /* never more than authorized */
    int64_t refunded_minor;           /* never more than captured */
    int64_t delivered_at_ms;          /* 0: not yet */
    struct strview payment_reference; /* empty: not authorized yet */
    const struct claim *claims;       /* loaded only where they may be released */
    size_t claim_count;
};

/* Decides every command but PlaceOrder (placing.h). False: refused, with the reason. */
MUST_USE bool order_decide(const struct order *order, const struct command *command, int64_t now_ms,
                           struct order_event *ret_event, struct rejection *ret_rejection);

/* Moves on by an event that was decided; it is the next one. */
void order_apply(struct order *order, const struct order_event *event);

/* Whether the event gives the order's claims back to the stock. */
bool order_event_releases_stock(const struct order_event *event);

/* Whether such a command may lead to one that does: the claims are to be loaded. */
bool order_command_releases_stock(enum command_kind kind);

#endif
