/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placing.h - the rules of how an order begins; pure.
 *
 * Why apart from order.h: placing looks at the customer and the products too, as they were loaded
 * with the batch; everything later is about the order alone.
 *
 * Ownership: views point into the loaded state or the command.
 */
#ifndef COMMAND_SVC_CORE_PLACING_H
#define COMMAND_SVC_CORE_PLACING_H

#include "command-svc/core/customer.h"
#include "command-svc/core/order.h"
#include "command-svc/core/product.h"
#include "common/base/arena.h"

/* What is loaded when an order is placed. */
struct placing {
    const struct order *order;
    const struct customer *customer;
    struct product *const *products; /* [i]: that of line i, version 0 where there is none */
    int64_t now_ms;
};

/*
 * Decides PlaceOrder. The stock of a product that stands in several lines counts
 * for all of them together. The event's lines come from the arena.
 *
 * Fails with ERROR_EXHAUSTED when the arena is too small; *ret_accepted tells
 * the verdict.
 */
MUST_USE enum error_kind placing_decide(const struct placing *placing,
                                        const struct command *command, struct arena *arena,
                                        bool *ret_accepted, struct order_event *ret_event,
                                        struct rejection *ret_rejection);

#endif
