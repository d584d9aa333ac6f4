/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - the rows a batch of commands is decided on, and what became of them.
 *
 * Why one entry per id: every command of the batch that touches an aggregate
 * points at the same entry, so later commands see what earlier ones did. The
 * store fills the entries when it loads and reads the changed ones when it
 * saves.
 *
 * Ownership: entries live in the arena until world_done(). An entry is made
 * empty (version 0: "not there") by the first one who asks for its id.
 */
#ifndef COMMAND_SVC_CORE_WORLD_H
#define COMMAND_SVC_CORE_WORLD_H

#include "command-svc/core/customer.h"
#include "command-svc/core/id_map.h"
#include "command-svc/core/level.h"
#include "command-svc/core/order.h"
#include "command-svc/core/product.h"
#include "common/base/arena.h"

/* Every entry begins with it, so that lists of all kinds are walked alike. */
struct world_entry {
    struct world_entry *next;
    struct strview id;  /* of the customer or order, the sku, the receipt's key */
    bool is_to_change;  /* a command of the batch may change its row */
    bool is_row_missed; /* somebody else has it locked, if it is there at all */
};

struct world_customer {
    struct world_entry entry;
    int64_t loaded_version;
    struct customer customer;
};

struct world_product {
    struct world_entry entry;
    int64_t loaded_version;
    int64_t loaded_available;
    int64_t most_taken;        /* by the batch at any point, at least 0; see stock.h */
    bool is_refused_by_taking; /* an order was, that the loaded level would have done for */
    bool is_stock_missed;      /* somebody else has its row of stock locked */
    struct product product;
};

struct world_order {
    struct world_entry entry;
    int64_t loaded_version;
    bool needs_loading; /* false for an id drawn a moment ago */
    bool needs_claims;  /* a command of the batch may release its stock */
    struct order order;
    const struct order_placed *placed; /* by this batch, else NULL */
};

enum { NOT_DECIDED_HERE = -1 };

struct world_receipt {
    struct world_entry entry;
    long decided_by; /* place in this batch of the command it belongs to, or NOT_DECIDED_HERE */
    bool is_loaded;  /* from an earlier batch; the members below are then filled */
    uint8_t request_hash[REQUEST_HASH_LEN];
    int status;
    int64_t version;         /* 0: none */
    struct strview location; /* may be empty */
    struct strview body;
};

/* The level of a product's stock, looked at to be announced. */
struct world_level {
    struct world_entry entry;
    struct level level;
    bool is_loaded; /* there is such a product, and its shard is ours */
    /* Decided: */
    bool is_changed; /* event is to be announced */
    int64_t wait_ms; /* until it may be; 0: nothing is new */
    struct uuid event_id;
    struct stock_event event;
};

/* All entries of one kind. */
struct world_kind {
    struct world_entry *first; /* the newest, and so on */
    struct id_map map;
};

struct world {
    struct arena *arena;
    struct world_kind customers, products, orders, receipts, levels;
};

void world_init(struct world *world, struct arena *arena);
void world_done(struct world *world);

/* One of the kinds, by its offset in struct world: for tables that walk them alike. */
const struct world_kind *world_kind(const struct world *world, size_t offset);

/* The entry of that id, made empty if there is none yet. NULL when memory ran out. */
MUST_USE struct world_customer *world_customer(struct world *world, struct strview id);
MUST_USE struct world_product *world_product(struct world *world, struct strview sku);
MUST_USE struct world_order *world_order(struct world *world, struct strview id);
MUST_USE struct world_receipt *world_receipt(struct world *world, struct strview key);
MUST_USE struct world_level *world_level(struct world *world, struct strview sku);

#endif
