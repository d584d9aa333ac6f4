/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/shell/batch_store.h"

#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMNS_MAX = 12,
    STEPS_MAX = SHARDS_MAX + 16,
    COLUMN_BYTES_MAX = 32 << 20, /* far above what BATCH_LINES_MAX lines can need */
};

enum statement {
    BEGIN_BATCH,
    ROLLBACK_BATCH,
    COMMIT_BATCH,
    LOCK_SHARD,
    READ_CLOCK,
    LOAD_RECEIPTS,
    LOAD_ORDERS,
    LOAD_CLAIMS,
    LOAD_CUSTOMERS,
    LOAD_PRODUCTS,
    LOCK_STOCK,
    INSERT_CUSTOMERS,
    INSERT_PRODUCTS,
    UPDATE_PRODUCTS,
    INSERT_STOCK,
    UPDATE_STOCK,
    INSERT_ORDERS,
    INSERT_LINES,
    INSERT_PAYMENTS,
    UPDATE_ORDERS,
    UPDATE_PAYMENTS,
    INSERT_OUTBOX,
    INSERT_RECEIPTS,
    STATEMENT_COUNT
};

/* Every access here is by key. Plans made while a table was small must not scan it once it has
 * grown (tried: a fifth of the speed after a minute, until ANALYZE came by), so plans that are
 * right only for small tables are switched off. */
const char BATCH_STORE_SETUP_SQL[] =
    "SELECT set_config('lock_timeout', '1s', false),"
    " set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('enable_seqscan', 'off', false),"
    " set_config('enable_hashjoin', 'off', false),"
    " set_config('enable_mergejoin', 'off', false),"
    " set_config('jit', 'off', false),"
    " set_config('synchronous_commit', 'on', false),"
    " set_config('idle_in_transaction_session_timeout', '30s', false)";

#define EPOCH_MS(column) "(extract(epoch FROM " column ") * 1000)::bigint"
#define AT(column)       "timestamptz 'epoch' + n." column " * interval '1 ms'"

/* Fails the transaction unless the update touched as many rows as were asked for. */
#define GUARDED(update, count_of)                                                                  \
    "WITH touched AS (" update " RETURNING 1)"                                                     \
    " SELECT 1 / ((SELECT count(*) FROM touched) = cardinality(" count_of "))::int"

/* clang-format off */
const struct pgconn_statement BATCH_STORE_STATEMENTS[] = {
    [BEGIN_BATCH] = {"BEGIN", 0},
    [ROLLBACK_BATCH] = {"ROLLBACK", 0},
    [COMMIT_BATCH] = {"COMMIT", 0},
    [LOCK_SHARD] = {"SELECT pg_advisory_xact_lock(outbox_lock_class(), $1::int)", 1},
    [READ_CLOCK] = {"SELECT " EPOCH_MS("clock_timestamp()"), 0},
    [LOAD_RECEIPTS] = {
        "SELECT key, encode(request, 'hex'), status, version, location, body"
        " FROM receipt WHERE key = ANY($1::uuid[])", 1},
    [LOAD_ORDERS] = {
        "SELECT o.order_id, o.version, o.customer_id, o.status, o.refund_state, o.currency,"
        " o.total_minor, " EPOCH_MS("o.placed_at") ", " EPOCH_MS("o.updated_at") ","
        " p.status, p.authorized_minor, p.reference"
        " FROM orders o JOIN payment p USING (order_id) WHERE o.order_id = ANY($1::uuid[])", 1},
    [LOAD_CLAIMS] = {
        "SELECT order_id, sku, quantity FROM order_line"
        " WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, line_no", 1},
    [LOAD_CUSTOMERS] = {
        "SELECT customer_id, version, name, email, phone, active, " EPOCH_MS("updated_at")
        " FROM customer WHERE customer_id = ANY($1::text[])", 1},
    [LOAD_PRODUCTS] = {
        "SELECT sku, version, name, unit_price_minor, currency, discontinued, "
        EPOCH_MS("updated_at") " FROM product WHERE sku = ANY($1::text[])", 1},
    /* One statement, in key order: two batches that want the same rows queue up, never cross. */
    [LOCK_STOCK] = {
        "SELECT sku, available FROM stock WHERE sku IN (SELECT unnest($1::text[])"
        " UNION SELECT sku FROM order_line WHERE order_id = ANY($2::uuid[]))"
        " ORDER BY sku FOR UPDATE", 2},
    [INSERT_CUSTOMERS] = {
        "INSERT INTO customer (customer_id, version, name, email, phone, active, updated_at)"
        " SELECT n.id, n.version, n.name, n.email, n.phone, n.active, " AT("at")
        " FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[],"
        " $7::bigint[]) AS n(id, version, name, email, phone, active, at)", 7},
    [INSERT_PRODUCTS] = {
        "INSERT INTO product (sku, version, name, unit_price_minor, currency, discontinued,"
        " updated_at)"
        " SELECT n.sku, n.version, n.name, n.price, n.currency, n.gone, " AT("at")
        " FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::text[],"
        " $6::boolean[], $7::bigint[]) AS n(sku, version, name, price, currency, gone, at)", 7},
    [UPDATE_PRODUCTS] = {GUARDED(
        "UPDATE product p SET version = n.version, updated_at = " AT("at")
        " FROM unnest($1::text[], $2::int[], $3::int[], $4::bigint[])"
        " AS n(sku, expected, version, at) WHERE p.sku = n.sku AND p.version = n.expected",
        "$1::text[]"), 4},
    [INSERT_STOCK] = {
        "INSERT INTO stock (sku, available) SELECT * FROM unnest($1::text[], $2::bigint[])", 2},
    [UPDATE_STOCK] = {GUARDED(
        "UPDATE stock s SET available = s.available + n.delta"
        " FROM unnest($1::text[], $2::bigint[]) AS n(sku, delta) WHERE s.sku = n.sku",
        "$1::text[]"), 2},
    [INSERT_ORDERS] = {
        "INSERT INTO orders (order_id, version, customer_id, status, refund_state, currency,"
        " total_minor, placed_at, updated_at)"
        " SELECT n.id, n.version, n.customer, n.status, n.refund, n.currency, n.total, "
        AT("placed") ", " AT("at")
        " FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],"
        " $7::bigint[], $8::bigint[], $9::bigint[])"
        " AS n(id, version, customer, status, refund, currency, total, placed, at)", 9},
    [INSERT_LINES] = {
        "INSERT INTO order_line (order_id, line_no, sku, quantity, unit_price_minor)"
        " SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::bigint[])",
        5},
    [INSERT_PAYMENTS] = {
        "INSERT INTO payment (order_id, provider, method, status, amount_minor,"
        " authorized_minor, reference)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
        " $6::bigint[], $7::text[])", 7},
    [UPDATE_ORDERS] = {GUARDED(
        "UPDATE orders o SET version = n.version, status = n.status,"
        " refund_state = n.refund, updated_at = " AT("at")
        " FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::bigint[])"
        " AS n(id, expected, version, status, refund, at)"
        " WHERE o.order_id = n.id AND o.version = n.expected",
        "$1::uuid[]"), 6},
    [UPDATE_PAYMENTS] = {GUARDED(
        "UPDATE payment p SET status = n.status, authorized_minor = n.authorized,"
        " reference = n.reference"
        " FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[])"
        " AS n(id, status, authorized, reference) WHERE p.order_id = n.id",
        "$1::uuid[]"), 4},
    [INSERT_OUTBOX] = {
        "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion,"
        " shard, headers, occurred_at)"
        " SELECT n.id, n.kind, n.aggregate, n.type, n.payload::json, n.version, n.shard,"
        " n.headers::jsonb, " AT("at")
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[],"
        " $7::smallint[], $8::text[], $9::bigint[]) WITH ORDINALITY"
        " AS n(id, kind, aggregate, type, payload, version, shard, headers, at, place)"
        " ORDER BY n.place", 9},
    /* In key order and without ON CONFLICT: a key used for two aggregates at once must fail. */
    [INSERT_RECEIPTS] = {
        "INSERT INTO receipt (key, request, status, version, location, body, created_at)"
        " SELECT n.key, decode(n.request, 'hex'), n.status, nullif(n.version, 0), n.location,"
        " n.body, clock_timestamp()"
        " FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::int[], $5::text[], $6::text[])"
        " AS n(key, request, status, version, location, body) ORDER BY n.key", 6},
};
/* clang-format on */
static_assert(sizeof BATCH_STORE_STATEMENTS / sizeof BATCH_STORE_STATEMENTS[0] == STATEMENT_COUNT,
              "every statement needs its SQL");
const size_t BATCH_STORE_STATEMENT_COUNT = STATEMENT_COUNT;

struct step {
    enum statement statement;
    int shard; /* LOCK_SHARD */
};

struct batch_store {
    struct pgconn *conn;
    struct batch *batch;
    struct step steps[STEPS_MAX]; /* of the trip in flight */
    size_t step_count;
    struct strbuf columns[COLUMNS_MAX];
    size_t column_count;
    int64_t now_ms;
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
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        strbuf_init(&store->columns[i], COLUMN_BYTES_MAX);
    }
    return store;
}

void batch_store_free(struct batch_store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        strbuf_done(&store->columns[i]);
    }
    free(store);
}

/* ---- queueing ------------------------------------------------------------------------------ */

/* A refused query also spoils its trip, and that is where it is reported. */
static void queue(struct batch_store *store, struct step step, const struct strview *params,
                  size_t param_count)
{
    assert(store->step_count < STEPS_MAX);
    store->steps[store->step_count++] = step;
    struct error err;
    (void)!pgconn_query(store->conn, step.statement, params, param_count, &err);
}

static void queue_plain(struct batch_store *store, enum statement statement)
{
    queue(store, (struct step){.statement = statement}, NULL, 0);
}

/* Empty array parameters; each row is then added column by column. */
static void open_columns(struct batch_store *store, size_t count)
{
    assert(count <= COLUMNS_MAX);
    store->column_count = count;
    for (size_t i = 0; i < count; i++) {
        strbuf_reset(&store->columns[i]);
        pgconn_array_open(&store->columns[i]);
    }
}

static void add_text(struct batch_store *store, size_t column, struct strview text)
{
    pgconn_array_text(&store->columns[column], text.data == NULL ? STRVIEW("") : text);
}

/* An empty text stands for "none" in commands and for NULL in columns. */
static void add_optional(struct batch_store *store, size_t column, struct strview text)
{
    pgconn_array_text(&store->columns[column], text.len == 0 ? (struct strview){0} : text);
}

static void add_cstr(struct batch_store *store, size_t column, const char *text)
{
    pgconn_array_text(&store->columns[column], strview_of(text));
}

static void add_i64(struct batch_store *store, size_t column, int64_t value)
{
    pgconn_array_i64(&store->columns[column], value);
}

static bool columns_are_empty(const struct batch_store *store)
{
    return store->columns[0].len == 1; /* the opening brace */
}

static void queue_columns(struct batch_store *store, enum statement statement)
{
    struct strview params[COLUMNS_MAX];
    for (size_t i = 0; i < store->column_count; i++) {
        pgconn_array_close(&store->columns[i]);
        params[i] = strbuf_view(&store->columns[i]);
        store->is_corrupt |= !strbuf_ok(&store->columns[i]);
    }
    queue(store, (struct step){.statement = statement}, params, store->column_count);
}

static void queue_columns_if_any(struct batch_store *store, enum statement statement)
{
    if (!columns_are_empty(store)) {
        queue_columns(store, statement);
    }
}

void batch_store_rollback(struct batch_store *store)
{
    if (pgconn_is_ready(store->conn)) {
        store->step_count = 0;
        queue_plain(store, ROLLBACK_BATCH);
        pgconn_send_trip(store->conn, NULL, NULL, NULL);
    }
}

/* ---- loading ------------------------------------------------------------------------------- */

static void queue_keys(struct batch_store *store)
{
    struct world *world = &store->batch->world;
    open_columns(store, 1);
    for (struct world_receipt *entry = world->receipts; entry != NULL; entry = entry->next) {
        add_text(store, 0, entry->key);
    }
    queue_columns_if_any(store, LOAD_RECEIPTS);

    open_columns(store, 1);
    for (struct world_order *entry = world->orders; entry != NULL; entry = entry->next) {
        if (entry->needs_loading) {
            add_text(store, 0, entry->id);
        }
    }
    queue_columns_if_any(store, LOAD_ORDERS);

    open_columns(store, 1);
    for (struct world_customer *entry = world->customers; entry != NULL; entry = entry->next) {
        add_text(store, 0, entry->id);
    }
    queue_columns_if_any(store, LOAD_CUSTOMERS);

    open_columns(store, 1);
    for (struct world_product *entry = world->products; entry != NULL; entry = entry->next) {
        add_text(store, 0, entry->sku);
    }
    queue_columns_if_any(store, LOAD_PRODUCTS);
}

static void queue_stock(struct batch_store *store)
{
    struct world *world = &store->batch->world;
    open_columns(store, 1);
    for (struct world_order *entry = world->orders; entry != NULL; entry = entry->next) {
        if (entry->needs_claims && entry->needs_loading) {
            add_text(store, 0, entry->id);
        }
    }
    const bool has_claims = !columns_are_empty(store);
    queue_columns_if_any(store, LOAD_CLAIMS);

    open_columns(store, 2);
    for (struct world_product *entry = world->products; entry != NULL; entry = entry->next) {
        add_text(store, 0, entry->sku);
    }
    for (struct world_order *entry = world->orders; entry != NULL; entry = entry->next) {
        if (entry->needs_claims && entry->needs_loading) {
            add_text(store, 1, entry->id);
        }
    }
    if (has_claims || world->products != NULL) {
        queue_columns(store, LOCK_STOCK);
    }
}

/* Rows are copied: results live only as long as their callback. */
static struct strview keep(struct batch_store *store, struct strview text)
{
    const char *copy = arena_copy(store->batch->arena, text);
    store->is_corrupt |= copy == NULL;
    return (struct strview){.data = copy == NULL ? "" : copy, .len = copy == NULL ? 0 : text.len};
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
}

static void take_clock(struct batch_store *store, const struct pgconn_result *result, size_t row)
{
    store->now_ms = pgconn_value_i64(result, row, 0);
}

typedef void take_row_fn(struct batch_store *store, const struct pgconn_result *result, size_t row);

static take_row_fn *const TAKERS[STATEMENT_COUNT] = {
    [READ_CLOCK] = take_clock,        [LOAD_RECEIPTS] = take_receipt, [LOAD_ORDERS] = take_order,
    [LOAD_CUSTOMERS] = take_customer, [LOAD_PRODUCTS] = take_product, [LOCK_STOCK] = take_stock,
};

static void on_load_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct batch_store *store = user;
    const enum statement statement = store->steps[index].statement;
    if (statement == LOAD_CLAIMS) {
        take_claims(store, result);
        return;
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

void batch_store_load(struct batch_store *store, struct batch *batch, const int *shards,
                      size_t shard_count, pgconn_done_fn *on_done, void *user)
{
    store->batch = batch;
    store->step_count = 0;
    store->is_corrupt = false;
    store->on_done = on_done;
    store->user = user;
    queue_plain(store, BEGIN_BATCH);
    for (size_t i = 0; i < shard_count; i++) {
        struct strbuf *text = &store->columns[0];
        strbuf_reset(text);
        strbuf_append_i64(text, shards[i]);
        const struct strview param = strbuf_view(text);
        queue(store, (struct step){.statement = LOCK_SHARD, .shard = shards[i]}, &param, 1);
    }
    queue_plain(store, READ_CLOCK);
    queue_keys(store);
    queue_stock(store);
    pgconn_send_trip(store->conn, on_load_result, on_trip_done, store);
}

int64_t batch_store_now_ms(const struct batch_store *store)
{
    return store->now_ms;
}

int batch_store_blocked_shard(const struct batch_store *store, const struct pgconn_failure *failure)
{
    const bool is_lock_timeout = strcmp(failure->sqlstate, "55P03") == 0;
    if (!is_lock_timeout || failure->index >= store->step_count ||
        store->steps[failure->index].statement != LOCK_SHARD) {
        return -1;
    }
    return store->steps[failure->index].shard;
}

/* ---- saving -------------------------------------------------------------------------------- */

static void save_customers(struct batch_store *store)
{
    open_columns(store, 7);
    for (struct world_customer *entry = store->batch->world.customers; entry != NULL;
         entry = entry->next) {
        const struct customer *customer = &entry->customer;
        if (customer->version == entry->loaded_version) {
            continue;
        }
        assert(entry->loaded_version == 0); /* no command changes a customer yet */
        add_text(store, 0, entry->id);
        add_i64(store, 1, customer->version);
        add_text(store, 2, customer->name);
        add_optional(store, 3, customer->email);
        add_optional(store, 4, customer->phone);
        add_cstr(store, 5, customer->is_active ? "t" : "f");
        add_i64(store, 6, customer->last_at_ms);
    }
    queue_columns_if_any(store, INSERT_CUSTOMERS);
}

static void insert_products(struct batch_store *store)
{
    open_columns(store, 7);
    for (struct world_product *entry = store->batch->world.products; entry != NULL;
         entry = entry->next) {
        const struct product *product = &entry->product;
        if (entry->loaded_version > 0 || product->version == 0) {
            continue;
        }
        add_text(store, 0, entry->sku);
        add_i64(store, 1, product->version);
        add_text(store, 2, product->name);
        add_i64(store, 3, product->unit_price_minor);
        add_text(store, 4, product->currency);
        add_cstr(store, 5, product->is_discontinued ? "t" : "f");
        add_i64(store, 6, product->last_at_ms);
    }
    queue_columns_if_any(store, INSERT_PRODUCTS);
}

static void update_products(struct batch_store *store)
{
    open_columns(store, 4);
    for (struct world_product *entry = store->batch->world.products; entry != NULL;
         entry = entry->next) {
        if (entry->loaded_version == 0 || entry->product.version == entry->loaded_version) {
            continue;
        }
        add_text(store, 0, entry->sku);
        add_i64(store, 1, entry->loaded_version);
        add_i64(store, 2, entry->product.version);
        add_i64(store, 3, entry->product.last_at_ms);
    }
    queue_columns_if_any(store, UPDATE_PRODUCTS);
}

static bool is_new_product(const struct world_product *entry)
{
    return entry->loaded_version == 0 && entry->product.version > 0;
}

static void save_stock(struct batch_store *store)
{
    open_columns(store, 2);
    for (struct world_product *entry = store->batch->world.products; entry != NULL;
         entry = entry->next) {
        if (is_new_product(entry)) {
            add_text(store, 0, entry->sku);
            add_i64(store, 1, entry->product.available);
        }
    }
    queue_columns_if_any(store, INSERT_STOCK);

    open_columns(store, 2);
    for (struct world_product *entry = store->batch->world.products; entry != NULL;
         entry = entry->next) {
        if (!is_new_product(entry) && entry->product.available != entry->loaded_available) {
            add_text(store, 0, entry->sku);
            add_i64(store, 1, entry->product.available - entry->loaded_available);
        }
    }
    queue_columns_if_any(store, UPDATE_STOCK);
}

static void insert_orders(struct batch_store *store)
{
    open_columns(store, 9);
    for (struct world_order *entry = store->batch->world.orders; entry != NULL;
         entry = entry->next) {
        const struct order *order = &entry->order;
        if (entry->placed == NULL) {
            continue;
        }
        add_text(store, 0, entry->id);
        add_i64(store, 1, order->version);
        add_text(store, 2, order->customer_id);
        add_cstr(store, 3, order_status_name(order->status));
        add_cstr(store, 4, refund_state_name(order->refund_state));
        add_text(store, 5, order->currency);
        add_i64(store, 6, order->total_minor);
        add_i64(store, 7, order->placed_at_ms);
        add_i64(store, 8, order->last_at_ms);
    }
    queue_columns_if_any(store, INSERT_ORDERS);
}

static void insert_lines(struct batch_store *store)
{
    open_columns(store, 5);
    for (struct world_order *entry = store->batch->world.orders; entry != NULL;
         entry = entry->next) {
        const size_t count = entry->placed == NULL ? 0 : entry->placed->line_count;
        for (size_t i = 0; i < count; i++) {
            const struct order_line *line = &entry->placed->lines[i];
            add_text(store, 0, entry->id);
            add_i64(store, 1, (int64_t)i + 1);
            add_text(store, 2, line->sku);
            add_i64(store, 3, line->quantity);
            add_i64(store, 4, line->unit_price_minor);
        }
    }
    queue_columns_if_any(store, INSERT_LINES);
}

static void insert_payments(struct batch_store *store)
{
    open_columns(store, 7);
    for (struct world_order *entry = store->batch->world.orders; entry != NULL;
         entry = entry->next) {
        const struct order *order = &entry->order;
        if (entry->placed == NULL) {
            continue;
        }
        add_text(store, 0, entry->id);
        add_text(store, 1, entry->placed->provider);
        add_text(store, 2, entry->placed->method);
        add_cstr(store, 3, payment_status_name(order->payment_status));
        add_i64(store, 4, order->total_minor);
        add_i64(store, 5, order->authorized_minor);
        add_optional(store, 6, order->payment_reference);
    }
    queue_columns_if_any(store, INSERT_PAYMENTS);
}

static bool is_changed_order(const struct world_order *entry)
{
    return entry->placed == NULL && entry->order.version > entry->loaded_version;
}

static void update_orders(struct batch_store *store)
{
    open_columns(store, 6);
    for (struct world_order *entry = store->batch->world.orders; entry != NULL;
         entry = entry->next) {
        if (is_changed_order(entry)) {
            add_text(store, 0, entry->id);
            add_i64(store, 1, entry->loaded_version);
            add_i64(store, 2, entry->order.version);
            add_cstr(store, 3, order_status_name(entry->order.status));
            add_cstr(store, 4, refund_state_name(entry->order.refund_state));
            add_i64(store, 5, entry->order.last_at_ms);
        }
    }
    queue_columns_if_any(store, UPDATE_ORDERS);

    open_columns(store, 4);
    for (struct world_order *entry = store->batch->world.orders; entry != NULL;
         entry = entry->next) {
        if (is_changed_order(entry)) {
            add_text(store, 0, entry->id);
            add_cstr(store, 1, payment_status_name(entry->order.payment_status));
            add_i64(store, 2, entry->order.authorized_minor);
            add_optional(store, 3, entry->order.payment_reference);
        }
    }
    queue_columns_if_any(store, UPDATE_PAYMENTS);
}

/* traceparent was checked at the door: nothing in it needs escaping. */
static void add_headers(struct batch_store *store, size_t column, const struct command *command)
{
    char json[256];
    const int len =
        command->traceparent.len == 0
            ? snprintf(json, sizeof json, "{\"correlation_id\":\"%s\"}", command->command_id.text)
            : snprintf(json, sizeof json, "{\"correlation_id\":\"%s\",\"traceparent\":\"%.*s\"}",
                       command->command_id.text, STRVIEW_ARG(command->traceparent));
    assert(len > 0 && (size_t)len < sizeof json);
    add_cstr(store, column, json);
}

static void insert_outbox(struct batch_store *store, const struct batch_record *records, int shards)
{
    open_columns(store, 9);
    for (size_t i = 0; i < store->batch->count; i++) {
        const struct batch_item *item = &store->batch->items[i];
        if (item->outcome.kind != OUTCOME_ACCEPTED) {
            continue;
        }
        const struct domain_event *event = &item->outcome.event;
        const struct envelope *envelope = domain_event_envelope(event);
        add_text(store, 0, uuid_view(&item->command->event_id));
        add_cstr(store, 1, aggregate_name(event->aggregate));
        add_text(store, 2, envelope->aggregate_id);
        add_cstr(store, 3, domain_event_type(event));
        add_text(store, 4, records[i].payload);
        add_i64(store, 5, envelope->version);
        add_i64(store, 6, shard_of(envelope->aggregate_id, shards));
        add_headers(store, 7, item->command);
        add_i64(store, 8, envelope->occurred_at_ms);
    }
    queue_columns_if_any(store, INSERT_OUTBOX);
}

static void add_hex(struct batch_store *store, size_t column, const uint8_t *bytes, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    char hex[2 * REQUEST_HASH_LEN];
    assert(bytes != NULL && 2 * len <= sizeof hex);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    add_text(store, column, (struct strview){.data = hex, .len = 2 * len});
}

static void insert_receipts(struct batch_store *store, const struct batch_record *records)
{
    open_columns(store, 6);
    for (size_t i = 0; i < store->batch->count; i++) {
        const struct batch_item *item = &store->batch->items[i];
        if (!item->outcome.is_remembered) {
            continue;
        }
        add_text(store, 0, uuid_view(&item->command->receipt_key));
        add_hex(store, 1, item->command->request_hash, REQUEST_HASH_LEN);
        add_i64(store, 2, records[i].answer.status);
        add_i64(store, 3, records[i].answer.version);
        add_optional(store, 4, records[i].answer.location);
        add_text(store, 5, records[i].answer.body);
    }
    queue_columns_if_any(store, INSERT_RECEIPTS);
}

void batch_store_save(struct batch_store *store, const struct batch_record *records, int shards,
                      pgconn_done_fn *on_done, void *user)
{
    store->step_count = 0;
    store->on_done = on_done;
    store->user = user;
    save_customers(store);
    insert_products(store);
    update_products(store);
    save_stock(store);
    insert_orders(store);
    insert_lines(store);
    insert_payments(store);
    update_orders(store);
    insert_outbox(store, records, shards);
    insert_receipts(store, records);
    queue_plain(store, store->is_corrupt ? ROLLBACK_BATCH : COMMIT_BATCH);
    pgconn_send_trip(store->conn, NULL, on_trip_done, store);
}
