/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_state.h - what an order has become by its events; pure.
 *
 * Why in the contract: the state beside the outbox is the fold of its events, and whoever wants to
 * prove it folds them with the very function that made it.
 *
 * version 0 means: no such order yet. Ownership: views point into the loaded
 * state or the command. Units: amounts in minor units.
 */
#ifndef COMMON_CONTRACT_ORDER_STATE_H
#define COMMON_CONTRACT_ORDER_STATE_H

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

/* Whether the event can follow: what was decided here always can, what somebody changed in a table
 * perhaps not. */
MUST_USE bool order_takes(const struct order *order, const struct order_event *event);

/* Moves on by an event that can follow. */
void order_apply(struct order *order, const struct order_event *event);

#endif
