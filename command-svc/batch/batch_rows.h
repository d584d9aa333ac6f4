/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_rows.h - the rows that a batch loads and saves: each statement's columns, written once.
 *
 * Why lists: a column has a place in the SQL and one in the code. Of these lists batch_sql.c makes
 * the SQL and everybody else the names, so that two columns of one type cannot be swapped in one of
 * the places only.
 *
 *   loaded: COLUMN(NAME, SQL expression), what is selected, in this order
 *   saved:  COLUMN(NAME, SQL name, place, SQL type), array parameters $1, $2 … of one table `n`
 *
 * The first column of a list goes through FIRST, the others through NEXT: commas.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_ROWS_H
#define COMMAND_SVC_BATCH_BATCH_ROWS_H

#include <assert.h>

/* A double holds these to a fraction of a microsecond; extract() would compute in decimals, which
 * costs as much as reading the row. */
#define EPOCH_MS(column) "(date_part('epoch', " column ") * 1000)::bigint"

/* Of what a row holds, where somebody may have written 'infinity' by hand. PostgreSQL calls the
 * conversion of that number a feature it lacks (0A000), as it does when a statement must be
 * prepared anew; by way of a float it is out of range (22003), a fault of that row alone. */
#define ROW_MS(column)   "(extract(epoch FROM " column ") * 1000)::float8::bigint"

/* ---- loaded -------------------------------------------------------------------------------- */

/* Of TRY_SHARDS; QUEUE_FOR_SHARD has the same columns. */
#define SHARD_ROW(FIRST, NEXT)                                                                     \
    FIRST(SHARD_NUMBER, "shard")                                                                   \
    NEXT(SHARD_IS_HAD, "pg_try_advisory_xact_lock(outbox_lock_class(), shard)")

#define GROUND_ROW(FIRST, NEXT)                                                                    \
    FIRST(GROUND_NOW_MS, EPOCH_MS("clock_timestamp()"))                                            \
    NEXT(GROUND_SHARDS, "shards")                                                                  \
    NEXT(GROUND_INSTALLED_MS, EPOCH_MS("created_at"))                                              \
    NEXT(GROUND_POSITION, "(SELECT max(position) FROM relay_shard WHERE shard = ANY($1::int[]))")

#define RECEIPT_ROW(FIRST, NEXT)                                                                   \
    FIRST(RECEIPT_KEY, "key")                                                                      \
    NEXT(RECEIPT_REQUEST, "encode(request, 'hex')")                                                \
    NEXT(RECEIPT_STATUS, "status")                                                                 \
    NEXT(RECEIPT_VERSION, "version")                                                               \
    NEXT(RECEIPT_LOCATION, "location")                                                             \
    NEXT(RECEIPT_BODY, "body")

#define ORDER_ROW(FIRST, NEXT)                                                                     \
    FIRST(ORDER_ID, "o.order_id")                                                                  \
    NEXT(ORDER_VERSION, "o.version")                                                               \
    NEXT(ORDER_CUSTOMER, "o.customer_id")                                                          \
    NEXT(ORDER_STATUS, "o.status")                                                                 \
    NEXT(ORDER_REFUND_STATE, "o.refund_state")                                                     \
    NEXT(ORDER_DISPUTE, "o.dispute")                                                               \
    NEXT(ORDER_RISK_FLAGS, "array_to_string(o.risk_flags, ',')")                                   \
    NEXT(ORDER_CURRENCY, "o.currency")                                                             \
    NEXT(ORDER_TOTAL, "o.total_minor")                                                             \
    NEXT(ORDER_PLACED_AT, ROW_MS("o.placed_at"))                                                   \
    NEXT(ORDER_UPDATED_AT, ROW_MS("o.updated_at"))                                                 \
    NEXT(ORDER_DELIVERED_AT, ROW_MS("o.delivered_at"))                                             \
    NEXT(ORDER_PAYMENT_STATUS, "p.status")                                                         \
    NEXT(ORDER_AUTHORIZED, "p.authorized_minor")                                                   \
    NEXT(ORDER_CAPTURED, "p.captured_minor")                                                       \
    NEXT(ORDER_REFUNDED, "p.refunded_minor")                                                       \
    NEXT(ORDER_PAYMENT_REFERENCE, "p.reference")

#define CLAIM_ROW(FIRST, NEXT)                                                                     \
    FIRST(CLAIM_ORDER, "order_id")                                                                 \
    NEXT(CLAIM_SKU, "sku")                                                                         \
    NEXT(CLAIM_QUANTITY, "quantity")

#define CUSTOMER_ROW(FIRST, NEXT)                                                                  \
    FIRST(CUSTOMER_ID, "customer_id")                                                              \
    NEXT(CUSTOMER_VERSION, "version")                                                              \
    NEXT(CUSTOMER_NAME, "name")                                                                    \
    NEXT(CUSTOMER_EMAIL, "email")                                                                  \
    NEXT(CUSTOMER_PHONE, "phone")                                                                  \
    NEXT(CUSTOMER_ACTIVE, "active")                                                                \
    NEXT(CUSTOMER_UPDATED_AT, ROW_MS("updated_at"))

#define PRODUCT_ROW(FIRST, NEXT)                                                                   \
    FIRST(PRODUCT_SKU, "sku")                                                                      \
    NEXT(PRODUCT_VERSION, "version")                                                               \
    NEXT(PRODUCT_NAME, "name")                                                                     \
    NEXT(PRODUCT_UNIT_PRICE, "unit_price_minor")                                                   \
    NEXT(PRODUCT_CURRENCY, "currency")                                                             \
    NEXT(PRODUCT_GONE, "discontinued")                                                             \
    NEXT(PRODUCT_UPDATED_AT, ROW_MS("updated_at"))

#define STOCK_ROW(FIRST, NEXT)                                                                     \
    FIRST(STOCK_SKU, "sku")                                                                        \
    NEXT(STOCK_AVAILABLE, "available")

/* announced -1: never */
#define LEVEL_ROW(FIRST, NEXT)                                                                     \
    FIRST(LEVEL_SKU, "s.sku")                                                                      \
    NEXT(LEVEL_AVAILABLE, "s.available")                                                           \
    NEXT(LEVEL_VERSION, "coalesce(a.version, 0)")                                                  \
    NEXT(LEVEL_ANNOUNCED, "coalesce(a.available, -1)")                                             \
    NEXT(LEVEL_ANNOUNCED_AT, "coalesce(" ROW_MS("a.announced_at") ", 0)")

/* ---- saved --------------------------------------------------------------------------------- */

#define NEW_CUSTOMER(FIRST, NEXT)                                                                  \
    FIRST(NEW_CUSTOMER_ID, id, 1, text)                                                            \
    NEXT(NEW_CUSTOMER_VERSION, version, 2, int)                                                    \
    NEXT(NEW_CUSTOMER_NAME, name, 3, text)                                                         \
    NEXT(NEW_CUSTOMER_EMAIL, email, 4, text)                                                       \
    NEXT(NEW_CUSTOMER_PHONE, phone, 5, text)                                                       \
    NEXT(NEW_CUSTOMER_ACTIVE, active, 6, boolean)                                                  \
    NEXT(NEW_CUSTOMER_AT, at, 7, timestamptz)

#define CUSTOMER_CHANGE(FIRST, NEXT)                                                               \
    FIRST(CUSTOMER_CHANGE_ID, id, 1, text)                                                         \
    NEXT(CUSTOMER_CHANGE_EXPECTED, expected, 2, int)                                               \
    NEXT(CUSTOMER_CHANGE_VERSION, version, 3, int)                                                 \
    NEXT(CUSTOMER_CHANGE_NAME, name, 4, text)                                                      \
    NEXT(CUSTOMER_CHANGE_EMAIL, email, 5, text)                                                    \
    NEXT(CUSTOMER_CHANGE_PHONE, phone, 6, text)                                                    \
    NEXT(CUSTOMER_CHANGE_ACTIVE, active, 7, boolean)                                               \
    NEXT(CUSTOMER_CHANGE_AT, at, 8, timestamptz)

#define NEW_PRODUCT(FIRST, NEXT)                                                                   \
    FIRST(NEW_PRODUCT_SKU, sku, 1, text)                                                           \
    NEXT(NEW_PRODUCT_VERSION, version, 2, int)                                                     \
    NEXT(NEW_PRODUCT_NAME, name, 3, text)                                                          \
    NEXT(NEW_PRODUCT_PRICE, price, 4, bigint)                                                      \
    NEXT(NEW_PRODUCT_CURRENCY, currency, 5, text)                                                  \
    NEXT(NEW_PRODUCT_GONE, gone, 6, boolean)                                                       \
    NEXT(NEW_PRODUCT_AT, at, 7, timestamptz)

#define PRODUCT_CHANGE(FIRST, NEXT)                                                                \
    FIRST(PRODUCT_CHANGE_SKU, sku, 1, text)                                                        \
    NEXT(PRODUCT_CHANGE_EXPECTED, expected, 2, int)                                                \
    NEXT(PRODUCT_CHANGE_VERSION, version, 3, int)                                                  \
    NEXT(PRODUCT_CHANGE_PRICE, price, 4, bigint)                                                   \
    NEXT(PRODUCT_CHANGE_GONE, gone, 5, boolean)                                                    \
    NEXT(PRODUCT_CHANGE_AT, at, 6, timestamptz)

#define NEW_STOCK(FIRST, NEXT)                                                                     \
    FIRST(NEW_STOCK_SKU, sku, 1, text)                                                             \
    NEXT(NEW_STOCK_AVAILABLE, available, 2, bigint)

#define STOCK_CHANGE(FIRST, NEXT)                                                                  \
    FIRST(STOCK_CHANGE_SKU, sku, 1, text)                                                          \
    NEXT(STOCK_CHANGE_DELTA, delta, 2, bigint)                                                     \
    NEXT(STOCK_CHANGE_LEAST, least, 3, bigint)                                                     \
    NEXT(STOCK_CHANGE_MOST, most, 4, bigint)

/* As it was placed; what the same batch did to it afterwards is a change like any other. */
/* An order begins with its payment. */
#define NEW_ORDER(FIRST, NEXT)                                                                     \
    FIRST(NEW_ORDER_ID, id, 1, uuid)                                                               \
    NEXT(NEW_ORDER_CUSTOMER, customer, 2, text)                                                    \
    NEXT(NEW_ORDER_CURRENCY, currency, 3, text)                                                    \
    NEXT(NEW_ORDER_TOTAL, total, 4, bigint)                                                        \
    NEXT(NEW_ORDER_PLACED, placed, 5, timestamptz)                                                 \
    NEXT(NEW_ORDER_PROVIDER, provider, 6, text)                                                    \
    NEXT(NEW_ORDER_METHOD, method, 7, text)

#define NEW_LINE(FIRST, NEXT)                                                                      \
    FIRST(NEW_LINE_ORDER, id, 1, uuid)                                                             \
    NEXT(NEW_LINE_NO, line_no, 2, int)                                                             \
    NEXT(NEW_LINE_SKU, sku, 3, text)                                                               \
    NEXT(NEW_LINE_QUANTITY, quantity, 4, bigint)                                                   \
    NEXT(NEW_LINE_PRICE, price, 5, bigint)

#define ORDER_CHANGE(FIRST, NEXT)                                                                  \
    FIRST(ORDER_CHANGE_ID, id, 1, uuid)                                                            \
    NEXT(ORDER_CHANGE_EXPECTED, expected, 2, int)                                                  \
    NEXT(ORDER_CHANGE_VERSION, version, 3, int)                                                    \
    NEXT(ORDER_CHANGE_STATUS, status, 4, text)                                                     \
    NEXT(ORDER_CHANGE_REFUND, refund, 5, text)                                                     \
    NEXT(ORDER_CHANGE_AT, at, 6, timestamptz)                                                      \
    NEXT(ORDER_CHANGE_DELIVERED, delivered, 7, timestamptz)                                        \
    NEXT(ORDER_CHANGE_DISPUTE, dispute, 8, text)                                                   \
    NEXT(ORDER_CHANGE_RISK_FLAGS, risk_flags, 9, text)

#define PAYMENT_CHANGE(FIRST, NEXT)                                                                \
    FIRST(PAYMENT_CHANGE_ORDER, id, 1, uuid)                                                       \
    NEXT(PAYMENT_CHANGE_STATUS, status, 2, text)                                                   \
    NEXT(PAYMENT_CHANGE_AUTHORIZED, authorized, 3, bigint)                                         \
    NEXT(PAYMENT_CHANGE_REFERENCE, reference, 4, text)                                             \
    NEXT(PAYMENT_CHANGE_CAPTURED, captured, 5, bigint)                                             \
    NEXT(PAYMENT_CHANGE_REFUNDED, refunded, 6, bigint)

#define ANNOUNCEMENT(FIRST, NEXT)                                                                  \
    FIRST(ANNOUNCEMENT_SKU, sku, 1, text)                                                          \
    NEXT(ANNOUNCEMENT_VERSION, version, 2, int)                                                    \
    NEXT(ANNOUNCEMENT_AVAILABLE, available, 3, bigint)                                             \
    NEXT(ANNOUNCEMENT_AT, at, 4, timestamptz)

#define NEW_EVENT(FIRST, NEXT)                                                                     \
    FIRST(NEW_EVENT_ID, id, 1, uuid)                                                               \
    NEXT(NEW_EVENT_AGGREGATE, kind, 2, text)                                                       \
    NEXT(NEW_EVENT_AGGREGATE_ID, aggregate, 3, text)                                               \
    NEXT(NEW_EVENT_TYPE, type, 4, text)                                                            \
    NEXT(NEW_EVENT_PAYLOAD, payload, 5, json)                                                      \
    NEXT(NEW_EVENT_VERSION, version, 6, int)                                                       \
    NEXT(NEW_EVENT_SHARD, shard, 7, smallint)                                                      \
    NEXT(NEW_EVENT_CORRELATION, correlation, 8, text)                                              \
    NEXT(NEW_EVENT_TRACE, trace, 9, text)                                                          \
    NEXT(NEW_EVENT_AT, at, 10, timestamptz)

#define NEW_RECEIPT(FIRST, NEXT)                                                                   \
    FIRST(NEW_RECEIPT_KEY, key, 1, uuid)                                                           \
    NEXT(NEW_RECEIPT_REQUEST, request, 2, bytea)                                                   \
    NEXT(NEW_RECEIPT_STATUS, status, 3, smallint)                                                  \
    NEXT(NEW_RECEIPT_VERSION, version, 4, int)                                                     \
    NEXT(NEW_RECEIPT_LOCATION, location, 5, text)                                                  \
    NEXT(NEW_RECEIPT_BODY, body, 6, text)

/* ---- their names --------------------------------------------------------------------------- */

#define LOADED_COLUMN(NAME, sql) NAME,
#define LOADED_COLUMNS(ROW)      ROW(LOADED_COLUMN, LOADED_COLUMN)

enum { LOADED_COLUMNS(SHARD_ROW) };
enum { LOADED_COLUMNS(GROUND_ROW) };
enum { LOADED_COLUMNS(RECEIPT_ROW) };
enum { LOADED_COLUMNS(ORDER_ROW) };
enum { LOADED_COLUMNS(CLAIM_ROW) };
enum { LOADED_COLUMNS(CUSTOMER_ROW) };
enum { LOADED_COLUMNS(PRODUCT_ROW) };
enum { LOADED_COLUMNS(STOCK_ROW) };
enum { LOADED_COLUMNS(LEVEL_ROW) };

/* A place that is left out or written twice does not compile. */
#define SAVED_COLUMN(NAME, name, place, type) NAME,
#define SAVED_PLACE(NAME, name, place, type)                                                       \
    static_assert((place) == (NAME) + 1, "columns count up from $1");
#define SAVED_COLUMNS(ROW)                                                                         \
    enum { ROW(SAVED_COLUMN, SAVED_COLUMN) ROW##_COLUMN_COUNT };                                   \
    ROW(SAVED_PLACE, SAVED_PLACE)

SAVED_COLUMNS(NEW_CUSTOMER)
SAVED_COLUMNS(CUSTOMER_CHANGE)
SAVED_COLUMNS(NEW_PRODUCT)
SAVED_COLUMNS(PRODUCT_CHANGE)
SAVED_COLUMNS(NEW_STOCK)
SAVED_COLUMNS(STOCK_CHANGE)
SAVED_COLUMNS(NEW_ORDER)
SAVED_COLUMNS(NEW_LINE)
SAVED_COLUMNS(ORDER_CHANGE)
SAVED_COLUMNS(PAYMENT_CHANGE)
SAVED_COLUMNS(ANNOUNCEMENT)
SAVED_COLUMNS(NEW_EVENT)
SAVED_COLUMNS(NEW_RECEIPT)

/* Behind the columns of events: one number for all of them, above which seq must be. */
enum { NEW_EVENT_FLOOR = NEW_EVENT_COLUMN_COUNT };

#endif
