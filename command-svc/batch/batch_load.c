/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_load.h"

#include "command-svc/batch/batch_rows.h"
#include "common/base/parse.h"

#include <assert.h>
#include <stddef.h>

/* ---- what to load -------------------------------------------------------------------------- */

typedef bool is_wanted_fn(const struct world_entry *entry);

static bool is_any(const struct world_entry *entry)
{
    (void)entry;
    return true;
}

static bool is_to_change(const struct world_entry *entry)
{
    return entry->is_to_change;
}

static bool is_order_to_load(const struct world_entry *entry)
{
    const struct world_order *order = (const void *)entry;
    return order->needs_loading;
}

static bool is_order_with_claims(const struct world_entry *entry)
{
    const struct world_order *order = (const void *)entry;
    return order->needs_claims && order->needs_loading;
}

static bool put_ids(struct batch_columns *columns, size_t column, const struct world_entry *first,
                    is_wanted_fn *is_wanted)
{
    bool has_any = false;
    for (const struct world_entry *entry = first; entry != NULL; entry = entry->next) {
        if (is_wanted(entry)) {
            batch_columns_text(columns, column, entry->id);
            has_any = true;
        }
    }
    return has_any;
}

/* By ids of one list of the world's, in this order. What is locked is locked before it is read: it
 * stays as it was read, then. */
static const struct {
    enum batch_statement statement;
    size_t kind; /* offset in struct world */
    is_wanted_fn *is_wanted;
} ASKS[] = {
    {LOAD_RECEIPTS, offsetof(struct world, receipts), is_any},
    {LOCK_FREE_ORDERS, offsetof(struct world, orders), is_to_change},
    {LOCK_FREE_CUSTOMERS, offsetof(struct world, customers), is_to_change},
    {LOCK_FREE_PRODUCTS, offsetof(struct world, products), is_to_change},
    {LOAD_ORDERS, offsetof(struct world, orders), is_order_to_load},
    {LOAD_CUSTOMERS, offsetof(struct world, customers), is_any},
    {LOAD_PRODUCTS, offsetof(struct world, products), is_any},
    {LOAD_CLAIMS, offsetof(struct world, orders), is_order_with_claims},
    {LOCK_FREE_LEVELS, offsetof(struct world, levels), is_to_change},
    {LOAD_LEVELS, offsetof(struct world, levels), is_any},
};

enum { ASK_COUNT = sizeof ASKS / sizeof ASKS[0], ASK_STOCK = ASK_COUNT, ASK_END };

/* Whether there is anything to ask for. */
static bool put_ask(const struct batch_load *load, struct batch_columns *columns,
                    enum batch_statement *ret_statement)
{
    *ret_statement = ASKS[load->at].statement;
    batch_columns_open(columns, *ret_statement);
    return (load->rows == ROWS_LOCKED_FREE || ASKS[load->at].is_wanted != is_to_change) &&
           put_ids(columns, 0, world_kind(&load->batch->world, ASKS[load->at].kind)->first,
                   ASKS[load->at].is_wanted);
}

static const enum batch_statement STOCK_ASKS[] = {
    [STOCK_UNLOCKED] = LOAD_STOCK,
    [STOCK_LOCKED] = LOCK_STOCK,
    [STOCK_LOCKED_FREE] = LOCK_FREE_STOCK,
};

/* The rows of products that are named, and of those that orders claim. */
static bool put_stock_ask(const struct batch_load *load, struct batch_columns *columns,
                          enum batch_statement *ret_statement)
{
    const struct world *world = &load->batch->world;
    *ret_statement = STOCK_ASKS[load->stock];
    batch_columns_open(columns, *ret_statement);
    const bool has_products = put_ids(columns, 0, world->products.first, is_any);
    const bool has_claims = put_ids(columns, 1, world->orders.first, is_order_with_claims);
    return has_products || has_claims;
}

bool batch_load_next(struct batch_load *load, struct batch_columns *columns,
                     enum batch_statement *ret_statement)
{
    assert(load->at <= ASK_END);
    while (load->at < ASK_END) {
        const bool has_any = load->at == ASK_STOCK ? put_stock_ask(load, columns, ret_statement)
                                                   : put_ask(load, columns, ret_statement);
        load->at++;
        if (has_any) {
            return true;
        }
    }
    return false;
}

/* ---- what was loaded ----------------------------------------------------------------------- */

/* Rows are copied: results live only as long as their callback. */
static struct strview keep(struct batch_load *load, struct strview text)
{
    const struct strview copy = arena_view(load->batch->arena, text);
    load->is_corrupt |= copy.data == NULL;
    return copy.data == NULL ? STRVIEW("") : copy;
}

static struct strview keep_value(struct batch_load *load, const struct pgconn_result *result,
                                 size_t row, size_t column)
{
    return keep(load, pgconn_value(result, row, column));
}

/* NULL: nobody asked for that row. */
static void *find(struct batch_load *load, const struct world_kind *kind,
                  const struct pgconn_result *result, size_t row, size_t column)
{
    void *entry = id_map_find(&kind->map, pgconn_value(result, row, column));
    load->is_corrupt |= entry == NULL;
    return entry;
}

/* What is there has had an event: a version below the first one somebody has written. */
static int64_t read_version(struct batch_load *load, const struct pgconn_result *result, size_t row,
                            size_t column)
{
    const int64_t version = pgconn_value_i64(result, row, column);
    load->is_corrupt |= version < 1;
    return version;
}

static void read_receipt(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_receipt *entry =
        id_map_find(&load->batch->world.receipts.map, pgconn_value(result, row, RECEIPT_KEY));
    if (entry == NULL || !parse_hex(pgconn_value(result, row, RECEIPT_REQUEST), entry->request_hash,
                                    REQUEST_HASH_LEN)) {
        load->is_corrupt = true;
        return;
    }
    entry->is_loaded = true;
    entry->status = (int)pgconn_value_i64(result, row, RECEIPT_STATUS);
    load->is_corrupt |= entry->status < 200 || entry->status > 599; /* no answer can have it */
    entry->version = pgconn_value_i64(result, row, RECEIPT_VERSION);
    entry->location = keep_value(load, result, row, RECEIPT_LOCATION);
    entry->body = keep_value(load, result, row, RECEIPT_BODY);
}

/* What is there and is not among the rows that could be locked is missed. */
static void read_free_rows(struct batch_load *load, const struct world_kind *kind,
                           const struct pgconn_result *result)
{
    for (struct world_entry *entry = kind->first; entry != NULL; entry = entry->next) {
        entry->is_row_missed = entry->is_to_change;
    }
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        struct world_entry *entry = find(load, kind, result, row, 0);
        if (entry != NULL) {
            entry->is_row_missed = false;
        }
    }
}

static void read_order(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_order *entry = find(load, &load->batch->world.orders, result, row, ORDER_ID);
    if (entry == NULL) {
        return;
    }
    struct order *order = &entry->order;
    order->version = read_version(load, result, row, ORDER_VERSION);
    order->customer_id = keep_value(load, result, row, ORDER_CUSTOMER);
    order->currency = keep_value(load, result, row, ORDER_CURRENCY);
    order->total_minor = pgconn_value_i64(result, row, ORDER_TOTAL);
    order->placed_at_ms = pgconn_value_i64(result, row, ORDER_PLACED_AT);
    order->last_at_ms = pgconn_value_i64(result, row, ORDER_UPDATED_AT);
    order->delivered_at_ms = pgconn_value_i64(result, row, ORDER_DELIVERED_AT);
    order->authorized_minor = pgconn_value_i64(result, row, ORDER_AUTHORIZED);
    order->captured_minor = pgconn_value_i64(result, row, ORDER_CAPTURED);
    order->refunded_minor = pgconn_value_i64(result, row, ORDER_REFUNDED);
    order->payment_reference = keep_value(load, result, row, ORDER_PAYMENT_REFERENCE);
    entry->loaded_version = order->version;
    if (!order_status_parse(pgconn_value(result, row, ORDER_STATUS), &order->status) ||
        !refund_state_parse(pgconn_value(result, row, ORDER_REFUND_STATE), &order->refund_state) ||
        !dispute_state_parse(pgconn_value(result, row, ORDER_DISPUTE), &order->dispute) ||
        !risk_flags_split(keep_value(load, result, row, ORDER_RISK_FLAGS), &order->risk_flags) ||
        !payment_status_parse(pgconn_value(result, row, ORDER_PAYMENT_STATUS),
                              &order->payment_status)) {
        load->is_corrupt = true;
    }
}

/* Rows come sorted by order, so an order's claims are one run of them. */
static void read_claims(struct batch_load *load, const struct pgconn_result *result)
{
    const size_t rows = pgconn_row_count(result);
    struct claim *claims = arena_array(load->batch->arena, rows, sizeof *claims);
    if (claims == NULL) {
        load->is_corrupt = true;
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        struct world_order *entry =
            find(load, &load->batch->world.orders, result, row, CLAIM_ORDER);
        if (entry == NULL) {
            return;
        }
        claims[row] = (struct claim){.sku = keep_value(load, result, row, CLAIM_SKU),
                                     .quantity = pgconn_value_i64(result, row, CLAIM_QUANTITY)};
        load->is_corrupt |= claims[row].sku.len == 0; /* a row of stock that no wait could name */
        if (entry->order.claims == NULL) {
            entry->order.claims = &claims[row];
        }
        entry->order.claim_count++;
    }
}

static void read_customer(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_customer *entry =
        find(load, &load->batch->world.customers, result, row, CUSTOMER_ID);
    if (entry == NULL) {
        return;
    }
    entry->loaded_version = read_version(load, result, row, CUSTOMER_VERSION);
    entry->customer = (struct customer){
        .version = entry->loaded_version,
        .name = keep_value(load, result, row, CUSTOMER_NAME),
        .email = keep_value(load, result, row, CUSTOMER_EMAIL),
        .phone = keep_value(load, result, row, CUSTOMER_PHONE),
        .is_active = strview_is(pgconn_value(result, row, CUSTOMER_ACTIVE), "t"),
        .last_at_ms = pgconn_value_i64(result, row, CUSTOMER_UPDATED_AT),
    };
}

static void read_product(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_product *entry =
        find(load, &load->batch->world.products, result, row, PRODUCT_SKU);
    if (entry == NULL) {
        return;
    }
    entry->loaded_version = read_version(load, result, row, PRODUCT_VERSION);
    entry->product = (struct product){
        .version = entry->loaded_version,
        .name = keep_value(load, result, row, PRODUCT_NAME),
        .unit_price_minor = pgconn_value_i64(result, row, PRODUCT_UNIT_PRICE),
        .currency = keep_value(load, result, row, PRODUCT_CURRENCY),
        .is_discontinued = strview_is(pgconn_value(result, row, PRODUCT_GONE), "t"),
        .last_at_ms = pgconn_value_i64(result, row, PRODUCT_UPDATED_AT),
    };
}

/* Comes after the products: only the level is set, also for products known by a claim alone. */
static void read_stock(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_product *entry =
        id_map_find(&load->batch->world.products.map, pgconn_value(result, row, STOCK_SKU));
    if (entry == NULL) {
        entry = world_product(&load->batch->world, keep_value(load, result, row, STOCK_SKU));
    }
    if (entry == NULL) {
        load->is_corrupt = true;
        return;
    }
    entry->loaded_available = pgconn_value_i64(result, row, STOCK_AVAILABLE);
    entry->product.available = entry->loaded_available;
    entry->is_stock_missed = false;
}

static void read_level(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    struct world_level *entry = find(load, &load->batch->world.levels, result, row, LEVEL_SKU);
    if (entry == NULL) {
        return;
    }
    struct level *level = &entry->level;
    entry->is_loaded = true;
    level->available = pgconn_value_i64(result, row, LEVEL_AVAILABLE);
    level->version = pgconn_value_i64(result, row, LEVEL_VERSION);
    level->announced = pgconn_value_i64(result, row, LEVEL_ANNOUNCED);
    level->announced_at_ms = pgconn_value_i64(result, row, LEVEL_ANNOUNCED_AT);
    level->is_locked = entry->entry.is_row_missed && level->version > 0;
}

static void read_shard(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    const int64_t shard = pgconn_value_i64(result, row, SHARD_NUMBER);
    load->is_corrupt |= shard < 0 || shard >= SHARDS_MAX;
    if (!load->is_corrupt) {
        load->has_shard[shard] = strview_is(pgconn_value(result, row, SHARD_IS_HAD), "t");
    }
}

static void read_ground(struct batch_load *load, const struct pgconn_result *result, size_t row)
{
    load->ground =
        (struct ground){.now_ms = pgconn_value_i64(result, row, GROUND_NOW_MS),
                        .shards = pgconn_value_i64(result, row, GROUND_SHARDS),
                        .installed_ms = pgconn_value_i64(result, row, GROUND_INSTALLED_MS),
                        .position = pgconn_value_i64(result, row, GROUND_POSITION)};
}

/* What exists has a row of stock; where rows that are locked are left out, it is missed until it
 * comes. */
static void expect_stock(struct batch_load *load)
{
    struct world *world = &load->batch->world;
    for (struct world_entry *entry = world->products.first; entry != NULL; entry = entry->next) {
        struct world_product *product = (void *)entry;
        product->is_stock_missed = product->loaded_version > 0;
    }
    for (struct world_entry *entry = world->orders.first; entry != NULL; entry = entry->next) {
        const struct world_order *order = (const void *)entry;
        for (size_t i = 0; i < order->order.claim_count; i++) {
            struct world_product *product = world_product(world, order->order.claims[i].sku);
            load->is_corrupt |= product == NULL;
            if (product != NULL) {
                product->is_stock_missed = true;
            }
        }
    }
}

typedef void read_row_fn(struct batch_load *load, const struct pgconn_result *result, size_t row);

static read_row_fn *const READERS[BATCH_STATEMENT_COUNT] = {
    [TRY_SHARDS] = read_shard,      [QUEUE_FOR_SHARD] = read_shard,
    [READ_GROUND] = read_ground,    [LOAD_RECEIPTS] = read_receipt,
    [LOAD_ORDERS] = read_order,     [LOAD_CUSTOMERS] = read_customer,
    [LOAD_PRODUCTS] = read_product, [LOAD_STOCK] = read_stock,
    [LOCK_STOCK] = read_stock,      [LOCK_FREE_STOCK] = read_stock,
    [LOAD_LEVELS] = read_level,
};

/* Whose rows it locks. */
static const struct world_kind *kind_locked(const struct batch_load *load,
                                            enum batch_statement statement)
{
    for (size_t i = 0; i < ASK_COUNT; i++) {
        if (ASKS[i].statement == statement && ASKS[i].is_wanted == is_to_change) {
            return world_kind(&load->batch->world, ASKS[i].kind);
        }
    }
    return NULL;
}

void batch_load_read(struct batch_load *load, enum batch_statement statement,
                     const struct pgconn_result *result)
{
    const struct world_kind *locked = kind_locked(load, statement);
    if (locked != NULL) {
        read_free_rows(load, locked, result);
    } else if (statement == LOAD_CLAIMS) {
        read_claims(load, result);
    } else if (statement == LOCK_FREE_STOCK) {
        expect_stock(load);
    }
    for (size_t row = 0; READERS[statement] != NULL && row < pgconn_row_count(result); row++) {
        READERS[statement](load, result, row);
    }
}
