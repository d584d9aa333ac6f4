/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_store.h"

#include "command-svc/batch/batch_columns.h"
#include "command-svc/batch/batch_save.h"
#include "command-svc/batch/batch_sql.h"
#include "common/base/parse.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS_MAX = 32, DIGITS_MAX = 24 };

struct batch_store {
    struct pgconn *conn;
    struct batch *batch;
    enum batch_statement steps[STEPS_MAX]; /* of the trip in flight */
    size_t step_count;
    struct batch_columns columns;
    struct ground ground;
    bool has_shard[SHARDS_MAX];
    int64_t floor;
    int64_t last_seq;
    bool skips_stock;
    bool is_corrupt; /* loaded rows did not make sense, or memory ran out under them */
    pgconn_done_fn *on_done;
    void *user;
};

struct batch_store *batch_store_new(struct pgconn *conn)
{
    struct batch_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->conn = conn;
    batch_columns_init(&store->columns);
    return store;
}

void batch_store_free(struct batch_store *store)
{
    if (store != NULL) {
        batch_columns_done(&store->columns);
        free(store);
    }
}

/* ---- trips --------------------------------------------------------------------------------- */

static void queue(struct batch_store *store, enum batch_statement statement,
                  const struct strview *params, size_t param_count)
{
    assert(store->step_count < STEPS_MAX);
    store->steps[store->step_count++] = statement;
    pgconn_query(store->conn, statement, params, param_count);
}

static void queue_plain(struct batch_store *store, enum batch_statement statement)
{
    queue(store, statement, NULL, 0);
}

static void queue_columns(void *user, enum batch_statement statement)
{
    struct batch_store *store = user;
    struct strview params[BATCH_COLUMNS_MAX];
    char floor[DIGITS_MAX];
    store->is_corrupt |= !batch_columns_close(&store->columns, params);
    size_t count = store->columns.count;
    if (statement == INSERT_OUTBOX) {
        assert(count < BATCH_COLUMNS_MAX);
        (void)snprintf(floor, sizeof floor, "%" PRId64, store->floor);
        params[count++] = strview_of(floor);
    }
    queue(store, statement, params, count);
}

void batch_store_rollback(struct batch_store *store)
{
    if (pgconn_is_ready(store->conn)) {
        store->step_count = 0;
        queue_plain(store, ROLLBACK_BATCH);
        pgconn_send_trip(store->conn, NULL, NULL, NULL);
    }
}

/* ---- what to load -------------------------------------------------------------------------- */

typedef bool is_wanted_fn(const struct world_entry *entry);

static bool is_entry(const struct world_entry *entry)
{
    return entry != NULL;
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

static void add_ids(struct batch_store *store, size_t column, const struct world_entry *first,
                    is_wanted_fn *is_wanted)
{
    for (const struct world_entry *entry = first; entry != NULL; entry = entry->next) {
        if (is_wanted(entry)) {
            batch_columns_text(&store->columns, column, entry->id);
        }
    }
}

/* Returns whether there was anything to ask for. */
static bool queue_ids(struct batch_store *store, enum batch_statement statement,
                      const struct world_entry *first, is_wanted_fn *is_wanted)
{
    batch_columns_open(&store->columns, 1);
    add_ids(store, 0, first, is_wanted);
    const bool has_any = !batch_columns_is_empty(&store->columns);
    if (has_any) {
        queue_columns(store, statement);
    }
    return has_any;
}

/* Stock rows last: they are locked, and other lanes wait for them. */
static void queue_loads(struct batch_store *store)
{
    const struct world *world = &store->batch->world;
    (void)queue_ids(store, LOAD_RECEIPTS, world->receipts, is_entry);
    (void)queue_ids(store, LOAD_ORDERS, world->orders, is_order_to_load);
    (void)queue_ids(store, LOAD_CUSTOMERS, world->customers, is_entry);
    (void)queue_ids(store, LOAD_PRODUCTS, world->products, is_entry);
    const bool has_claims = queue_ids(store, LOAD_CLAIMS, world->orders, is_order_with_claims);
    if (has_claims || world->products != NULL) {
        batch_columns_open(&store->columns, 2);
        add_ids(store, 0, world->products, is_entry);
        add_ids(store, 1, world->orders, is_order_with_claims);
        queue_columns(store, store->skips_stock ? LOCK_FREE_STOCK : LOCK_STOCK);
    }
}

/* ---- what was loaded ----------------------------------------------------------------------- */

/* Rows are copied: results live only as long as their callback. */
static struct strview keep(struct batch_store *store, struct strview text)
{
    const struct strview copy = arena_view(store->batch->arena, text);
    store->is_corrupt |= copy.data == NULL;
    return copy.data == NULL ? STRVIEW("") : copy;
}

static struct strview keep_value(struct batch_store *store, const struct pgconn_result *result,
                                 size_t row, size_t column)
{
    return keep(store, pgconn_value(result, row, column));
}

static void take_receipt(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    struct world_receipt *entry =
        id_map_find(&store->batch->world.receipt_map, pgconn_value(result, row, 0));
    if (entry == NULL ||
        !parse_hex(pgconn_value(result, row, 1), entry->request_hash, REQUEST_HASH_LEN)) {
        store->is_corrupt = true;
        return;
    }
    entry->is_loaded = true;
    entry->status = (int)pgconn_value_i64(result, row, 2);
    entry->version = pgconn_value_i64(result, row, 3);
    entry->location = keep_value(store, result, row, 4);
    entry->body = keep_value(store, result, row, 5);
}

static void take_order(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    struct world_order *entry =
        id_map_find(&store->batch->world.order_map, pgconn_value(result, row, 0));
    if (entry == NULL) {
        store->is_corrupt = true;
        return;
    }
    struct order *order = &entry->order;
    order->version = pgconn_value_i64(result, row, 1);
    order->customer_id = keep_value(store, result, row, 2);
    order->currency = keep_value(store, result, row, 5);
    order->total_minor = pgconn_value_i64(result, row, 6);
    order->placed_at_ms = pgconn_value_i64(result, row, 7);
    order->last_at_ms = pgconn_value_i64(result, row, 8);
    order->authorized_minor = pgconn_value_i64(result, row, 10);
    order->payment_reference = keep_value(store, result, row, 11);
    entry->loaded_version = order->version;
    if (!order_status_parse(pgconn_value(result, row, 3), &order->status) ||
        !refund_state_parse(pgconn_value(result, row, 4), &order->refund_state) ||
        !payment_status_parse(pgconn_value(result, row, 9), &order->payment_status)) {
        store->is_corrupt = true;
    }
}

/* Rows come sorted by order, so an order's claims are one run of them. */
static void take_claims(struct batch_store *store, const struct pgconn_result *result)
{
    const size_t rows = pgconn_row_count(result);
    struct claim *claims = arena_array(store->batch->arena, rows, sizeof *claims);
    if (claims == NULL) {
        store->is_corrupt = true;
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        struct world_order *entry =
            id_map_find(&store->batch->world.order_map, pgconn_value(result, row, 0));
        if (entry == NULL) {
            store->is_corrupt = true;
            return;
        }
        claims[row] = (struct claim){.sku = keep_value(store, result, row, 1),
                                     .quantity = pgconn_value_i64(result, row, 2)};
        if (entry->order.claims == NULL) {
            entry->order.claims = &claims[row];
        }
        entry->order.claim_count++;
    }
}

static void take_customer(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    struct world_customer *entry =
        id_map_find(&store->batch->world.customer_map, pgconn_value(result, row, 0));
    if (entry == NULL) {
        store->is_corrupt = true;
        return;
    }
    entry->loaded_version = pgconn_value_i64(result, row, 1);
    entry->customer = (struct customer){
        .version = entry->loaded_version,
        .name = keep_value(store, result, row, 2),
        .email = keep_value(store, result, row, 3),
        .phone = keep_value(store, result, row, 4),
        .is_active = strview_is(pgconn_value(result, row, 5), "t"),
        .last_at_ms = pgconn_value_i64(result, row, 6),
    };
}

static void take_product(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    struct world_product *entry =
        id_map_find(&store->batch->world.product_map, pgconn_value(result, row, 0));
    if (entry == NULL) {
        store->is_corrupt = true;
        return;
    }
    entry->loaded_version = pgconn_value_i64(result, row, 1);
    entry->product = (struct product){
        .version = entry->loaded_version,
        .name = keep_value(store, result, row, 2),
        .unit_price_minor = pgconn_value_i64(result, row, 3),
        .currency = keep_value(store, result, row, 4),
        .is_discontinued = strview_is(pgconn_value(result, row, 5), "t"),
        .last_at_ms = pgconn_value_i64(result, row, 6),
    };
}

/* Comes after the products: only the level is set, also for products known by a claim alone. */
static void take_stock(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    struct world_product *entry =
        id_map_find(&store->batch->world.product_map, pgconn_value(result, row, 0));
    if (entry == NULL) {
        entry = world_product(&store->batch->world, keep_value(store, result, row, 0));
    }
    if (entry == NULL) {
        store->is_corrupt = true;
        return;
    }
    entry->loaded_available = pgconn_value_i64(result, row, 1);
    entry->product.available = entry->loaded_available;
    entry->is_stock_missed = false;
}

static void take_shard(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    const int64_t shard = pgconn_value_i64(result, row, 0);
    store->is_corrupt |= shard < 0 || shard >= SHARDS_MAX;
    if (!store->is_corrupt) {
        store->has_shard[shard] = strview_is(pgconn_value(result, row, 1), "t");
    }
}

static void take_ground(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    store->ground = (struct ground){.now_ms = pgconn_value_i64(result, row, 0),
                                    .shards = pgconn_value_i64(result, row, 1),
                                    .installed_ms = pgconn_value_i64(result, row, 2),
                                    .position = pgconn_value_i64(result, row, 3)};
}

/* What exists has a row of stock; where rows that are locked are left out, it is missed until it
 * comes. */
static void expect_stock(struct batch_store *store)
{
    struct world *world = &store->batch->world;
    for (struct world_entry *entry = world->products; entry != NULL; entry = entry->next) {
        struct world_product *product = (void *)entry;
        product->is_stock_missed = product->loaded_version > 0;
    }
    for (struct world_entry *entry = world->orders; entry != NULL; entry = entry->next) {
        const struct world_order *order = (const void *)entry;
        for (size_t i = 0; i < order->order.claim_count; i++) {
            struct world_product *product = world_product(world, order->order.claims[i].sku);
            store->is_corrupt |= product == NULL;
            if (product != NULL) {
                product->is_stock_missed = true;
            }
        }
    }
}

typedef void take_row_fn(struct batch_store *store, const struct pgconn_result *result, size_t row);

static take_row_fn *const TAKERS[BATCH_STATEMENT_COUNT] = {
    [TRY_SHARDS] = take_shard,      [QUEUE_FOR_SHARD] = take_shard,
    [READ_GROUND] = take_ground,    [LOAD_RECEIPTS] = take_receipt,
    [LOAD_ORDERS] = take_order,     [LOAD_CUSTOMERS] = take_customer,
    [LOAD_PRODUCTS] = take_product, [LOCK_STOCK] = take_stock,
    [LOCK_FREE_STOCK] = take_stock,
};

static void on_load_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct batch_store *store = user;
    const enum batch_statement statement = store->steps[index];
    if (statement == LOAD_CLAIMS) {
        take_claims(store, result);
        return;
    }
    if (statement == LOCK_FREE_STOCK) {
        expect_stock(store);
    }
    for (size_t row = 0; TAKERS[statement] != NULL && row < pgconn_row_count(result); row++) {
        TAKERS[statement](store, result, row);
    }
}

static void on_trip_done(void *user, const struct pgconn_failure *failure)
{
    struct batch_store *store = user;
    struct pgconn_failure own = {.index = SIZE_MAX};
    if (failure == NULL && store->is_corrupt) {
        (void)error_set(&own.err, ERROR_EXHAUSTED,
                        "the batch needs too much memory, or a loaded row makes no sense");
        failure = &own;
    }
    store->on_done(store->user, failure);
}

/* One statement where locks are tried, so that all are asked for at one moment. */
static void queue_locks(struct batch_store *store, const struct batch_load *load)
{
    struct strview params[BATCH_COLUMNS_MAX];
    batch_columns_open(&store->columns, 1);
    for (size_t i = 0; i < load->shard_count; i++) {
        store->has_shard[load->shards[i]] = false;
        batch_columns_i64(&store->columns, 0, load->shards[i]);
    }
    store->is_corrupt |= !batch_columns_close(&store->columns, params);
    if (load->is_queueing) {
        char shard[DIGITS_MAX];
        (void)snprintf(shard, sizeof shard, "%d", load->shards[0]);
        const struct strview param = strview_of(shard);
        queue(store, QUEUE_FOR_SHARD, &param, 1);
    } else {
        queue(store, TRY_SHARDS, params, 1);
    }
    queue(store, READ_GROUND, params, 1);
}

void batch_store_load(struct batch_store *store, struct batch *batch, const struct batch_load *load,
                      pgconn_done_fn *on_done, void *user)
{
    assert(!load->is_queueing || load->shard_count == 1);
    store->batch = batch;
    store->step_count = 0;
    store->is_corrupt = false;
    store->skips_stock = load->skips_stock;
    store->on_done = on_done;
    store->user = user;
    store->ground = (struct ground){0};
    queue_plain(store, BEGIN_BATCH);
    queue_locks(store, load);
    queue_loads(store);
    pgconn_send_trip(store->conn, on_load_result, on_trip_done, store);
}

const struct ground *batch_store_ground(const struct batch_store *store)
{
    return &store->ground;
}

bool batch_store_has_shard(const struct batch_store *store, int shard)
{
    return store->has_shard[shard];
}

static void on_save_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct batch_store *store = user;
    if (store->steps[index] == INSERT_OUTBOX) {
        store->last_seq = pgconn_value_i64(result, 0, 0);
    }
}

void batch_store_save(struct batch_store *store, const struct batch_record *records, int shards,
                      int64_t floor, pgconn_done_fn *on_done, void *user)
{
    store->step_count = 0;
    store->floor = floor;
    store->last_seq = 0;
    store->on_done = on_done;
    store->user = user;
    batch_save(store->batch, records, shards, &store->columns, queue_columns, store);
    queue_plain(store, store->is_corrupt ? ROLLBACK_BATCH : COMMIT_BATCH);
    pgconn_send_trip(store->conn, on_save_result, on_trip_done, store);
}

int64_t batch_store_last_seq(const struct batch_store *store)
{
    return store->last_seq;
}

enum batch_trouble batch_store_trouble(const struct batch_store *store,
                                       const struct pgconn_failure *failure)
{
    return batch_trouble_of(failure->index < store->step_count ? store->steps[failure->index]
                                                               : BATCH_STATEMENT_COUNT,
                            failure);
}
