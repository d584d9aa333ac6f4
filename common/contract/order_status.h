/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_status.h - the words for where an order stands.
 *
 * Why in the contract: they stand in events, in columns, in views and in answers.
 * Who decides them and who shows them must mean the same.
 */
#ifndef COMMON_CONTRACT_ORDER_STATUS_H
#define COMMON_CONTRACT_ORDER_STATUS_H

#include "common/base/error.h"
#include "common/base/strview.h"

enum order_status {
    ORDER_STATUS_NONE = 0, /* not placed yet; "none", never published */
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

enum dispute_state { DISPUTE_NONE = 0, DISPUTE_OPEN, DISPUTE_RESOLVED, DISPUTE_STATE_COUNT };

const char *order_status_name(enum order_status status);
const char *payment_status_name(enum payment_status status);
const char *refund_state_name(enum refund_state state);
const char *dispute_state_name(enum dispute_state state);

/* False, *ret untouched, for a word nobody knows. */
MUST_USE bool order_status_parse(struct strview name, enum order_status *ret);
MUST_USE bool payment_status_parse(struct strview name, enum payment_status *ret);
MUST_USE bool refund_state_parse(struct strview name, enum refund_state *ret);
MUST_USE bool dispute_state_parse(struct strview name, enum dispute_state *ret);

#endif
