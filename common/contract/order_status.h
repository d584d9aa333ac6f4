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

/* Each word once. ORDER_STATUS_NONE: not placed yet, never published. */
#define ORDER_STATUSES(X)                                                                          \
    X(NONE, "none")                                                                                \
    X(PLACED, "placed")                                                                            \
    X(CONFIRMED, "confirmed")                                                                      \
    X(SHIPPED, "shipped")                                                                          \
    X(DELIVERED, "delivered")                                                                      \
    X(RETURNED, "returned")                                                                        \
    X(CANCELLED, "cancelled")

#define PAYMENT_STATUSES(X)                                                                        \
    X(PENDING, "pending")                                                                          \
    X(AUTHORIZED, "authorized")                                                                    \
    X(DECLINED, "declined")                                                                        \
    X(CAPTURED, "captured")                                                                        \
    X(VOIDED, "voided")                                                                            \
    X(PARTIALLY_REFUNDED, "partially_refunded")                                                    \
    X(REFUNDED, "refunded")

#define REFUND_STATES(X)                                                                           \
    X(NONE, "none")                                                                                \
    X(DUE, "due")                                                                                  \
    X(PARTIAL, "partial")                                                                          \
    X(FULL, "full")

#define DISPUTE_STATES(X)                                                                          \
    X(NONE, "none")                                                                                \
    X(OPEN, "open")                                                                                \
    X(RESOLVED, "resolved")

#define ORDER_STATUS_ENTRY(NAME, word)   ORDER_STATUS_##NAME,
#define PAYMENT_STATUS_ENTRY(NAME, word) PAYMENT_##NAME,
#define REFUND_STATE_ENTRY(NAME, word)   REFUND_##NAME,
#define DISPUTE_STATE_ENTRY(NAME, word)  DISPUTE_##NAME,
enum order_status { ORDER_STATUSES(ORDER_STATUS_ENTRY) ORDER_STATUS_COUNT };
enum payment_status { PAYMENT_STATUSES(PAYMENT_STATUS_ENTRY) PAYMENT_STATUS_COUNT };
enum refund_state { REFUND_STATES(REFUND_STATE_ENTRY) REFUND_STATE_COUNT };
enum dispute_state { DISPUTE_STATES(DISPUTE_STATE_ENTRY) DISPUTE_STATE_COUNT };

const char *order_status_name(enum order_status value);
const char *payment_status_name(enum payment_status value);
const char *refund_state_name(enum refund_state value);
const char *dispute_state_name(enum dispute_state value);

/* False, *ret untouched, for a word nobody knows. */
MUST_USE bool order_status_parse(struct strview word, enum order_status *ret);
MUST_USE bool payment_status_parse(struct strview word, enum payment_status *ret);
MUST_USE bool refund_state_parse(struct strview word, enum refund_state *ret);
MUST_USE bool dispute_state_parse(struct strview word, enum dispute_state *ret);

#endif
