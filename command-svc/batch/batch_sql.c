/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_sql.h"

/* Every access here is by key. Plans made while a table was small must not scan it once it has
 * grown (tried: a fifth of the speed after a minute, until ANALYZE came by), so plans that are
 * right only for small tables are switched off. */
/* The number of shards comes first, to be compared. */
const char BATCH_SETUP_SQL[] = "SELECT (SELECT shards FROM installation),"
                               " set_config('lock_timeout', '250ms', false),"
                               " set_config('plan_cache_mode', 'force_generic_plan', false),"
                               " set_config('enable_seqscan', 'off', false),"
                               " set_config('enable_hashjoin', 'off', false),"
                               " set_config('enable_mergejoin', 'off', false),"
                               " set_config('jit', 'off', false),"
                               " set_config('synchronous_commit', 'on', false),"
                               " set_config('idle_in_transaction_session_timeout', '30s', false)";

#define EPOCH_MS(column) "(extract(epoch FROM " column ") * 1000)::bigint"
#define AT(column)       "timestamptz 'epoch' + n." column " * interval '1 ms'"

#define STOCK_FOR_UPDATE                                                                           \
    "SELECT sku, available FROM stock WHERE sku IN (SELECT unnest($1::text[])"                     \
    " UNION SELECT sku FROM order_line WHERE order_id = ANY($2::uuid[]))"                          \
    " ORDER BY sku FOR UPDATE"

/* Fails the transaction unless the update touched as many rows as were asked for. */
#define GUARDED(update, count_of)                                                                  \
    "WITH touched AS (" update " RETURNING 1)"                                                     \
    " SELECT 1 / ((SELECT count(*) FROM touched) = cardinality(" count_of "))::int"

/* clang-format off */
const struct pgconn_statement BATCH_STATEMENTS[BATCH_STATEMENT_COUNT] = {
    [BEGIN_BATCH] = {"BEGIN", 0},
    [ROLLBACK_BATCH] = {"ROLLBACK", 0},
    [COMMIT_BATCH] = {"COMMIT", 0},
    [TRY_SHARDS] = {
        "SELECT shard, pg_try_advisory_xact_lock(outbox_lock_class(), shard)"
        " FROM unnest($1::int[]) AS shard", 1},
    [QUEUE_FOR_SHARD] = {
        "SELECT $1::int, pg_advisory_xact_lock(outbox_lock_class(), $1::int) IS NOT NULL", 1},
    [READ_GROUND] = {
        "SELECT " EPOCH_MS("clock_timestamp()") ", shards, " EPOCH_MS("created_at") ","
        " (SELECT max(position) FROM relay_shard WHERE shard = ANY($1::smallint[]))"
        " FROM installation", 1},
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
    [LOCK_STOCK] = {STOCK_FOR_UPDATE, 2},
    [LOCK_FREE_STOCK] = {STOCK_FOR_UPDATE " SKIP LOCKED", 2},
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
    /* seq must only grow: $10 is the greatest that is known to be taken. */
    [INSERT_OUTBOX] = {
        "WITH fresh AS (INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
        " aggregateversion, shard, headers, occurred_at)"
        " SELECT n.id, n.kind, n.aggregate, n.type, n.payload::json, n.version, n.shard,"
        " n.headers::jsonb, " AT("at")
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[],"
        " $7::smallint[], $8::text[], $9::bigint[]) WITH ORDINALITY"
        " AS n(id, kind, aggregate, type, payload, version, shard, headers, at, place)"
        " ORDER BY n.place RETURNING seq)"
        " SELECT max(seq), 1 / (min(seq) > $10::bigint)::int FROM fresh", 10},
    /* In key order and without ON CONFLICT: a key used for two aggregates at once must fail. */
    [INSERT_RECEIPTS] = {
        "INSERT INTO receipt (key, request, status, version, location, body, created_at)"
        " SELECT n.key, decode(n.request, 'hex'), n.status, nullif(n.version, 0), n.location,"
        " n.body, clock_timestamp()"
        " FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::int[], $5::text[], $6::text[])"
        " AS n(key, request, status, version, location, body) ORDER BY n.key", 6},
};
/* clang-format on */
