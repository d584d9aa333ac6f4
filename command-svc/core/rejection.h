/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rejection.h - why a well-formed command may not happen.
 *
 * Why a value and not an error: a refusal by a rule is an ordinary outcome, is
 * remembered with the batch, and its fields must reach the client.
 *
 * Ownership: views point into the command or the loaded state.
 */
#ifndef COMMAND_SVC_CORE_REJECTION_H
#define COMMAND_SVC_CORE_REJECTION_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

/*
 * Each kind, its HTTP status and its problem slug. Fields of struct rejection that are filled:
 * PRODUCT_UNKNOWN, PRODUCT_DISCONTINUED, CURRENCY_MISMATCH: sku
 * PRICE_CHANGED:      sku, number: the price now
 * INSUFFICIENT_STOCK: sku, number: available, expected: pieces wanted of it
 * ILLEGAL_TRANSITION: from, command, allowed
 * AMOUNT_MISMATCH:    number: expected
 * AMOUNT_EXCEEDED:    number: what remains
 * VERSION_CONFLICT:   expected, number: current
 * NOT_FOUND stands also for what belongs to someone else.
 */
#define REJECTIONS(X)                                                                              \
    X(NOT_FOUND, 404, "not-found")                                                                 \
    X(CUSTOMER_UNKNOWN, 404, "customer-unknown")                                                   \
    X(CUSTOMER_INACTIVE, 409, "customer-inactive")                                                 \
    X(PRODUCT_UNKNOWN, 404, "product-unknown")                                                     \
    X(PRODUCT_DISCONTINUED, 409, "product-discontinued")                                           \
    X(CURRENCY_MISMATCH, 409, "currency-mismatch")                                                 \
    X(PRICE_CHANGED, 409, "price-changed")                                                         \
    X(INSUFFICIENT_STOCK, 409, "insufficient-stock")                                               \
    X(ALREADY_EXISTS, 409, "already-exists")                                                       \
    X(ILLEGAL_TRANSITION, 409, "illegal-transition")                                               \
    X(AMOUNT_MISMATCH, 409, "amount-mismatch")                                                     \
    X(AMOUNT_EXCEEDED, 409, "amount-exceeded")                                                     \
    X(REFUND_WINDOW_CLOSED, 409, "refund-window-closed")                                           \
    X(VERSION_CONFLICT, 412, "version-conflict")                                                   \
    X(TOTAL_TOO_LARGE, 422, "invalid-command")                                                     \
    X(KEY_REUSED, 422, "idempotency-key-reused")                                                   \
    X(OUTBOX_TOO_OLD, 503, "overloaded")

#define REJECTION_ENTRY(KIND, status, slug) REJECTION_##KIND,
enum rejection_kind { REJECTIONS(REJECTION_ENTRY) REJECTION_KIND_COUNT };

enum { ALLOWED_MAX = 24 };

struct rejection {
    enum rejection_kind kind;
    struct strview sku;
    int64_t number; /* what it counts is said above */
    int64_t expected;
    const char *from;                 /* the aggregate's status */
    const char *command;              /* as in the path: "ship" */
    const char *allowed[ALLOWED_MAX]; /* NULL-ended */
};

/* HTTP status and problem slug of a kind. */
int rejection_status(enum rejection_kind kind);
const char *rejection_slug(enum rejection_kind kind);

/* Every 404, 409 and 412 is remembered as the answer to its key; a 422 and a 503 are not. */
bool rejection_is_remembered(enum rejection_kind kind);

#endif
