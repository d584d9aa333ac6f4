/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product_event.h - everything that can have happened to a product.
 *
 * Ownership: see envelope.h. Units: unit_price_minor in minor units of `currency`.
 */
#ifndef COMMON_CONTRACT_PRODUCT_EVENT_H
#define COMMON_CONTRACT_PRODUCT_EVENT_H

#include "common/contract/envelope.h"

/* Every kind once; tables by kind are made from this list. */
#define PRODUCT_EVENTS(X)                                                                          \
    X(ADDED, added, "ProductAdded")                                                                \
    X(STOCK_RECEIVED, stock_received, "StockReceived")                                             \
    X(PRICE_CHANGED, price_changed, "PriceChanged")                                                \
    X(STOCK_ADJUSTED, stock_adjusted, "StockAdjusted")                                             \
    X(DISCONTINUED, discontinued, "ProductDiscontinued")

#define PRODUCT_EVENT_ENTRY(KIND, kind, type) PRODUCT_##KIND,
enum product_event_kind { PRODUCT_EVENTS(PRODUCT_EVENT_ENTRY) PRODUCT_EVENT_KIND_COUNT };

struct product_event {
    enum product_event_kind kind;
    struct envelope envelope; /* aggregate_id is the sku */
    union {
        struct {
            struct strview name;
            int64_t unit_price_minor;
            struct strview currency;
        } added;
        struct {
            int64_t quantity;
        } stock_received;
        struct {
            int64_t unit_price_minor;
            struct strview currency; /* the product's, as ever */
        } price_changed;
        struct {
            int64_t delta; /* may be negative */
        } stock_adjusted;
    };
};

const char *product_event_type(enum product_event_kind kind);

#endif
