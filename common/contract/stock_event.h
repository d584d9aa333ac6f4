/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock_event.h - how many pieces of a product nobody holds.
 *
 * Why an aggregate of its own, by the same sku: orders take and give stock all the time, and a
 * product's version moves by commands only. Levels are announced a moment after they changed, many
 * changes at once: a reader sees the newest, not every one.
 *
 * Ownership: see envelope.h. Units: pieces.
 */
#ifndef COMMON_CONTRACT_STOCK_EVENT_H
#define COMMON_CONTRACT_STOCK_EVENT_H

#include "common/contract/envelope.h"

/* Every kind once; tables by kind are made from this list. */
#define STOCK_EVENTS(X)                     X(LEVEL_CHANGED, level_changed, "StockLevelChanged")

#define STOCK_EVENT_ENTRY(KIND, kind, type) STOCK_##KIND,
enum stock_event_kind { STOCK_EVENTS(STOCK_EVENT_ENTRY) STOCK_EVENT_KIND_COUNT };

struct stock_event {
    enum stock_event_kind kind;
    struct envelope envelope; /* aggregate_id is the sku */
    struct {
        int64_t available;
    } level_changed;
};

const char *stock_event_type(enum stock_event_kind kind);

#endif
