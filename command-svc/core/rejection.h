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

enum rejection_kind {
    REJECTION_NOT_FOUND = 0, /* also for what belongs to someone else */
    REJECTION_CUSTOMER_UNKNOWN,
    REJECTION_CUSTOMER_INACTIVE,
    REJECTION_PRODUCT_UNKNOWN,      /* sku */
    REJECTION_PRODUCT_DISCONTINUED, /* sku */
    REJECTION_CURRENCY_MISMATCH,    /* sku */
    REJECTION_PRICE_CHANGED,        /* sku, number: the price now */
    REJECTION_INSUFFICIENT_STOCK,   /* sku, number: available */
    REJECTION_ALREADY_EXISTS,
    REJECTION_ILLEGAL_TRANSITION, /* from, command, allowed */
    REJECTION_AMOUNT_MISMATCH,    /* number: expected */
    REJECTION_VERSION_CONFLICT,   /* expected, number: current */
    REJECTION_TOTAL_TOO_LARGE,
    REJECTION_KEY_REUSED,
    REJECTION_OUTBOX_TOO_OLD, /* nothing new is taken at the moment */
    REJECTION_KIND_COUNT
};

enum { ALLOWED_MAX = 8 };

struct rejection {
    enum rejection_kind kind;
    struct strview sku;
    int64_t number; /* what it counts is said above */
    int64_t expected;
    const char *from;                 /* the order's status */
    const char *command;              /* as in the path: "ship" */
    const char *allowed[ALLOWED_MAX]; /* NULL-ended */
};

/* HTTP status and problem slug of a kind. */
int rejection_status(enum rejection_kind kind);
const char *rejection_slug(enum rejection_kind kind);

/* Every 404, 409 and 412 is remembered as the answer to its key; a 422 and a 503 are not. */
bool rejection_is_remembered(enum rejection_kind kind);

#endif
