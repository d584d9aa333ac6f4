/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_sql.h"

#include "command-svc/batch/batch_rows.h"
#include "common/io/postgres/pgserver.h"

/* Every access here is by key. Plans made while a table was small must not scan it once it has
 * grown (tried: a fifth of the speed after a minute, until ANALYZE came by), so plans that are
 * right only for small tables are switched off. */
#define BATCH_SETTINGS(is_local)                                                                   \
    "set_config('lock_timeout', '250ms', " is_local "),"                                           \
    " set_config('plan_cache_mode', 'force_generic_plan', " is_local "),"                          \
    " set_config('enable_seqscan', 'off', " is_local "),"                                          \
    " set_config('enable_hashjoin', 'off', " is_local "),"                                         \
    " set_config('enable_mergejoin', 'off', " is_local "),"                                        \
    " set_config('jit', 'off', " is_local "),"                                                     \
    " set_config('synchronous_commit', 'on', " is_local "),"                                       \
    " set_config('idle_in_transaction_session_timeout', '30s', " is_local ")"

/* The number of shards comes first, to be compared. */
const char BATCH_SETUP_SQL[] =
    "SELECT (SELECT shards FROM installation), " BATCH_SETTINGS(PGSERVER_IS_POOLED);

/* Of the lists in batch_rows.h. */
#define FIRST_EXPRESSION(NAME, sql)          sql
#define NEXT_EXPRESSION(NAME, sql)           ", " sql
#define FIRST_PARAM(NAME, name, place, type) "$" #place "::" #type "[]"
#define NEXT_PARAM(NAME, name, place, type)  ", $" #place "::" #type "[]"
#define FIRST_NAME(NAME, name, place, type)  #name
#define NEXT_NAME(NAME, name, place, type)   ", " #name

#define SELECT(ROW)                          "SELECT " ROW(FIRST_EXPRESSION, NEXT_EXPRESSION)
#define ARRAYS(ROW)                          " FROM unnest(" ROW(FIRST_PARAM, NEXT_PARAM) ")"
#define NAMES(ROW)                           ROW(FIRST_NAME, NEXT_NAME)
#define FROM_ROWS(ROW)                       ARRAYS(ROW) " AS n(" NAMES(ROW) ")"

/* Looked up by key, row by row. With an = the planner may walk the whole table for every row, or
 * once in the order of its index, when it has last seen the table empty or small. */
#define BY_KEY(column, value)                column " = ANY (ARRAY[" value "])"

/* Of the products that are named, and of those that orders claim. */
#define STOCK_OF_BATCH                                                                             \
    SELECT(STOCK_ROW)                                                                              \
    " FROM stock WHERE sku = ANY (ARRAY(SELECT unnest($1::text[])"                                 \
    " UNION SELECT sku FROM order_line WHERE order_id = ANY($2::uuid[])))"

#define ORDERS_WITH_PAYMENTS " FROM orders o JOIN payment p ON " BY_KEY("p.order_id", "o.order_id")

/* Whoever locks rows of stock does it in byte order of sku, whatever the database's collation:
 * two batches that want the same rows queue up, never cross. */
#define IN_LOCK_ORDER        " ORDER BY sku COLLATE \"C\""

/* As the update of a row locks it. */
#define LEAVE_LOCKED_OUT     " FOR NO KEY UPDATE SKIP LOCKED"

/* Fails the transaction unless the update touched as many rows as were asked for. */
#define GUARDED(update, count_of)                                                                  \
    "WITH touched AS (" update " RETURNING 1)"                                                     \
    " SELECT 1 / ((SELECT count(*) FROM touched) = cardinality(" count_of "))::int"

/* clang-format off */
const struct pgconn_statement BATCH_STATEMENTS[BATCH_STATEMENT_COUNT] = {
    [BEGIN_BATCH] = {"BEGIN ISOLATION LEVEL READ COMMITTED", 0},
    [SET_FOR_BATCH] = {"SELECT " BATCH_SETTINGS("true"), 0},
    [ROLLBACK_BATCH] = {"ROLLBACK", 0},
    [COMMIT_BATCH] = {"COMMIT", 0},
    [WAIT_SHORTLY] = {"SET LOCAL lock_timeout = '50ms'", 0},
    [TRY_SHARDS] = {SELECT(SHARD_ROW) " FROM unnest($1::int[]) AS shard", 1},
    [QUEUE_FOR_SHARD] = {
        "SELECT $1::int, pg_advisory_xact_lock(outbox_lock_class(), $1::int) IS NOT NULL", 1},
    [READ_GROUND] = {SELECT(GROUND_ROW) " FROM installation", 1},
    [LOAD_RECEIPTS] = {SELECT(RECEIPT_ROW) " FROM receipt WHERE key = ANY($1::uuid[])", 1},
    [LOCK_FREE_ORDERS] = {
        "SELECT o.order_id" ORDERS_WITH_PAYMENTS
        " WHERE o.order_id = ANY($1::uuid[])" LEAVE_LOCKED_OUT, 1},
    [LOAD_ORDERS] = {SELECT(ORDER_ROW) ORDERS_WITH_PAYMENTS
        " WHERE o.order_id = ANY($1::uuid[])", 1},
    [LOAD_CLAIMS] = {SELECT(CLAIM_ROW)
        " FROM order_line WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, line_no", 1},
    [LOCK_FREE_CUSTOMERS] = {
        "SELECT customer_id FROM customer WHERE customer_id = ANY($1::text[])" LEAVE_LOCKED_OUT, 1},
    [LOAD_CUSTOMERS] = {SELECT(CUSTOMER_ROW)
        " FROM customer WHERE customer_id = ANY($1::text[])", 1},
    [LOCK_FREE_PRODUCTS] = {
        "SELECT sku FROM product WHERE sku = ANY($1::text[])" LEAVE_LOCKED_OUT, 1},
    [LOAD_PRODUCTS] = {SELECT(PRODUCT_ROW) " FROM product WHERE sku = ANY($1::text[])", 1},
    [LOCK_FREE_LEVELS] = {
        "SELECT sku FROM stock_announced WHERE sku = ANY($1::text[])" LEAVE_LOCKED_OUT, 1},
    [LOAD_LEVELS] = {SELECT(LEVEL_ROW)
        " FROM stock s LEFT JOIN stock_announced a ON " BY_KEY("a.sku", "s.sku")
        " WHERE s.sku = ANY($1::text[])", 1},
    [LOAD_STOCK] = {STOCK_OF_BATCH, 2},
    [LOCK_STOCK] = {STOCK_OF_BATCH IN_LOCK_ORDER " FOR UPDATE", 2},
    [LOCK_FREE_STOCK] = {STOCK_OF_BATCH IN_LOCK_ORDER " FOR UPDATE SKIP LOCKED", 2},
    [INSERT_CUSTOMERS] = {
        "INSERT INTO customer (customer_id, version, name, email, phone, active, updated_at)"
        " SELECT n.id, n.version, n.name, n.email, n.phone, n.active, n.at"
        FROM_ROWS(NEW_CUSTOMER), NEW_CUSTOMER_COLUMN_COUNT},
    [UPDATE_CUSTOMERS] = {GUARDED(
        "UPDATE customer c SET version = n.version, name = n.name, email = n.email,"
        " phone = n.phone, active = n.active, updated_at = n.at"
        FROM_ROWS(CUSTOMER_CHANGE)
        " WHERE " BY_KEY("c.customer_id", "n.id") " AND c.version = n.expected",
        "$1::text[]"), CUSTOMER_CHANGE_COLUMN_COUNT},
    [INSERT_PRODUCTS] = {
        "INSERT INTO product (sku, version, name, unit_price_minor, currency, discontinued,"
        " updated_at)"
        " SELECT n.sku, n.version, n.name, n.price, n.currency, n.gone, n.at"
        FROM_ROWS(NEW_PRODUCT), NEW_PRODUCT_COLUMN_COUNT},
    [UPDATE_PRODUCTS] = {GUARDED(
        "UPDATE product p SET version = n.version, unit_price_minor = n.price,"
        " discontinued = n.gone, updated_at = n.at"
        FROM_ROWS(PRODUCT_CHANGE) " WHERE " BY_KEY("p.sku", "n.sku") " AND p.version = n.expected",
        "$1::text[]"), PRODUCT_CHANGE_COLUMN_COUNT},
    [INSERT_STOCK] = {
        "INSERT INTO stock (sku, available) SELECT n.sku, n.available" FROM_ROWS(NEW_STOCK),
        NEW_STOCK_COLUMN_COUNT},
    /* The arrays are in lock order and have to be walked from outside. */
    [UPDATE_STOCK] = {GUARDED(
        "UPDATE stock s SET available = s.available + n.delta"
        FROM_ROWS(STOCK_CHANGE) " WHERE " BY_KEY("s.sku", "n.sku")
        " AND s.available BETWEEN n.least AND n.most",
        "$1::text[]"), STOCK_CHANGE_COLUMN_COUNT},
    /* Both in one statement: each costs as much as several rows. */
    [INSERT_ORDERS] = {
        "WITH n AS MATERIALIZED (SELECT *" FROM_ROWS(NEW_ORDER) "), placed AS ("
        "INSERT INTO orders (order_id, version, customer_id, status, refund_state, currency,"
        " total_minor, placed_at, updated_at)"
        " SELECT n.id, 1, n.customer, 'placed', 'none', n.currency, n.total, "
        "n.placed, n.placed FROM n)"
        " INSERT INTO payment (order_id, provider, method, status, amount_minor)"
        " SELECT n.id, n.provider, n.method, 'pending', n.total FROM n",
        NEW_ORDER_COLUMN_COUNT},
    [INSERT_LINES] = {
        "INSERT INTO order_line (order_id, line_no, sku, quantity, unit_price_minor)"
        " SELECT n.id, n.line_no, n.sku, n.quantity, n.price" FROM_ROWS(NEW_LINE),
        NEW_LINE_COLUMN_COUNT},
    [UPDATE_ORDERS] = {GUARDED(
        "UPDATE orders o SET version = n.version, status = n.status,"
        " refund_state = n.refund, updated_at = n.at, delivered_at ="
        " nullif(n.delivered, 'epoch'), dispute = n.dispute,"
        " risk_flags = string_to_array(n.risk_flags, ',')" FROM_ROWS(ORDER_CHANGE)
        " WHERE " BY_KEY("o.order_id", "n.id") " AND o.version = n.expected",
        "$1::uuid[]"), ORDER_CHANGE_COLUMN_COUNT},
    [UPDATE_PAYMENTS] = {GUARDED(
        "UPDATE payment p SET status = n.status, authorized_minor = n.authorized,"
        " reference = n.reference, captured_minor = n.captured, refunded_minor = n.refunded"
        FROM_ROWS(PAYMENT_CHANGE) " WHERE " BY_KEY("p.order_id", "n.id"),
        "$1::uuid[]"), PAYMENT_CHANGE_COLUMN_COUNT},
    [SAVE_ANNOUNCEMENTS] = {GUARDED(
        "INSERT INTO stock_announced AS a (sku, version, available, announced_at)"
        " SELECT n.sku, n.version, n.available, n.at" FROM_ROWS(ANNOUNCEMENT)
        " ON CONFLICT (sku) DO UPDATE SET version = EXCLUDED.version,"
        " available = EXCLUDED.available, announced_at = EXCLUDED.announced_at"
        " WHERE a.version = EXCLUDED.version - 1",
        "$1::text[]"), ANNOUNCEMENT_COLUMN_COUNT},
    /* seq must only grow: $11 holds the greatest that is known to be taken. And be drawn in the
     * order of commits: a session that draws several at a time (CACHE) keeps smaller ones for later.
     * Whoever waits for a shard's lock sees such a setting that any before it drew by. */
    [INSERT_OUTBOX] = {
        "WITH fresh AS (INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
        " aggregateversion, shard, headers, occurred_at)"
        " SELECT n.id, n.kind, n.aggregate, n.type, n.payload, n.version, n.shard,"
        " jsonb_strip_nulls(jsonb_build_object('correlation_id', n.correlation,"
        " 'traceparent', n.trace)), n.at" ARRAYS(NEW_EVENT) " WITH ORDINALITY"
        " AS n(" NAMES(NEW_EVENT) ", place)"
        " ORDER BY n.place RETURNING seq)"
        " SELECT max(seq), 1 / (min(seq) > ($11::bigint[])[1] AND (SELECT seqcache = 1"
        " FROM pg_sequence WHERE seqrelid = 'outbox_seq_seq'::regclass))::int FROM fresh",
        NEW_EVENT_COLUMN_COUNT + 1},
    /* In key order and without ON CONFLICT: a key used for two aggregates at once must fail. */
    [INSERT_RECEIPTS] = {
        "INSERT INTO receipt (key, request, status, version, location, body, created_at)"
        " SELECT n.key, n.request, n.status, nullif(n.version, 0), n.location,"
        " n.body, clock_timestamp()" FROM_ROWS(NEW_RECEIPT) " ORDER BY n.key",
        NEW_RECEIPT_COLUMN_COUNT},
};
static_assert(NEW_EVENT_FLOOR == 10, "the floor of INSERT_OUTBOX is $11");

#define TYPE_boolean     PGARRAY_BOOL
#define TYPE_bytea       PGARRAY_BYTEA
#define TYPE_bigint      PGARRAY_INT8
#define TYPE_smallint    PGARRAY_INT2
#define TYPE_int         PGARRAY_INT4
#define TYPE_text        PGARRAY_TEXT
#define TYPE_json        PGARRAY_JSON
#define TYPE_timestamptz PGARRAY_TIMESTAMPTZ
#define TYPE_uuid        PGARRAY_UUID

#define TYPE(NAME, name, place, type) TYPE_##type,
#define TYPES(ROW)                    ROW##_COLUMN_COUNT, {ROW(TYPE, TYPE)}

const struct batch_columns_form BATCH_COLUMNS[BATCH_STATEMENT_COUNT] = {
    [BEGIN_BATCH] = {0},
    [SET_FOR_BATCH] = {0},
    [ROLLBACK_BATCH] = {0},
    [COMMIT_BATCH] = {0},
    [WAIT_SHORTLY] = {0},
    [QUEUE_FOR_SHARD] = {0}, /* its parameter is text, and no array */
    [TRY_SHARDS] = {1, {PGARRAY_INT4}},
    [READ_GROUND] = {1, {PGARRAY_INT4}},
    [LOAD_RECEIPTS] = {1, {PGARRAY_UUID}},
    [LOCK_FREE_ORDERS] = {1, {PGARRAY_UUID}},
    [LOAD_ORDERS] = {1, {PGARRAY_UUID}},
    [LOAD_CLAIMS] = {1, {PGARRAY_UUID}},
    [LOCK_FREE_CUSTOMERS] = {1, {PGARRAY_TEXT}},
    [LOAD_CUSTOMERS] = {1, {PGARRAY_TEXT}},
    [LOCK_FREE_PRODUCTS] = {1, {PGARRAY_TEXT}},
    [LOAD_PRODUCTS] = {1, {PGARRAY_TEXT}},
    [LOCK_FREE_LEVELS] = {1, {PGARRAY_TEXT}},
    [LOAD_LEVELS] = {1, {PGARRAY_TEXT}},
    [LOAD_STOCK] = {2, {PGARRAY_TEXT, PGARRAY_UUID}},
    [LOCK_STOCK] = {2, {PGARRAY_TEXT, PGARRAY_UUID}},
    [LOCK_FREE_STOCK] = {2, {PGARRAY_TEXT, PGARRAY_UUID}},
    [INSERT_CUSTOMERS] = {TYPES(NEW_CUSTOMER)},
    [UPDATE_CUSTOMERS] = {TYPES(CUSTOMER_CHANGE)},
    [INSERT_PRODUCTS] = {TYPES(NEW_PRODUCT)},
    [UPDATE_PRODUCTS] = {TYPES(PRODUCT_CHANGE)},
    [INSERT_STOCK] = {TYPES(NEW_STOCK)},
    [INSERT_ORDERS] = {TYPES(NEW_ORDER)},
    [INSERT_LINES] = {TYPES(NEW_LINE)},
    [UPDATE_ORDERS] = {TYPES(ORDER_CHANGE)},
    [UPDATE_PAYMENTS] = {TYPES(PAYMENT_CHANGE)},
    [SAVE_ANNOUNCEMENTS] = {TYPES(ANNOUNCEMENT)},
    [INSERT_OUTBOX] = {NEW_EVENT_COLUMN_COUNT + 1,
                       {NEW_EVENT(TYPE, TYPE) [NEW_EVENT_FLOOR] = PGARRAY_INT8}},
    [INSERT_RECEIPTS] = {TYPES(NEW_RECEIPT)},
    [UPDATE_STOCK] = {TYPES(STOCK_CHANGE)},
};
/* clang-format on */
