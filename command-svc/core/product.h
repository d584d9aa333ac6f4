/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product.h - the rules of a product's life and of its stock; pure.
 *
 * Orders reserve and release stock without an event of the product: the level
 * is not part of its version.
 *
 * version 0 means: no such product yet. Units: quantities in pieces.
 */
#ifndef COMMAND_SVC_CORE_PRODUCT_H
#define COMMAND_SVC_CORE_PRODUCT_H

#include "command-svc/core/command.h"
#include "command-svc/core/rejection.h"
#include "common/contract/product_event.h"

/* Pieces; far from overflow, far above any warehouse. */
#define STOCK_MAX INT64_C(1000000000000000)

struct product {
    int64_t version;
    int64_t last_at_ms;
    struct strview name;
    int64_t unit_price_minor;
    struct strview currency;
    bool is_discontinued;
    int64_t available;
};

/* False: refused, with the reason. Changes nothing. */
MUST_USE bool product_decide(const struct product *product, const struct command *command,
                             int64_t now_ms, struct product_event *ret_event,
                             struct rejection *ret_rejection);

/* Whether its level of stock is another one behind it. */
MUST_USE bool product_event_moves_stock(const struct product_event *event);

/* Moves on by an event that was decided; it is the next one. */
void product_apply(struct product *product, const struct product_event *event);

#endif
