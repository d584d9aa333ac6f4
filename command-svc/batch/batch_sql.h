/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_sql.h - the statements that load and save a batch; the only SQL of the daily work.
 *
 * Why set-based: one statement per table and batch, fed by arrays, costs the
 * same for one command as for hundreds.
 *
 * Why guarded updates divide by zero: COMMIT is already on its way in the
 * pipeline, so a row that is not at the version it was loaded at must fail
 * inside PostgreSQL to take the whole batch with it. So must a level of stock that
 * no longer allows what was decided on it (core/stock.h).
 */
#ifndef COMMAND_SVC_BATCH_BATCH_SQL_H
#define COMMAND_SVC_BATCH_BATCH_SQL_H

#include "common/io/postgres/pgarray.h"
#include "common/io/postgres/pgconn.h"

enum batch_statement {
    BEGIN_BATCH,
    SET_FOR_BATCH, /* what BATCH_SETUP_SQL sets, behind a pooler */
    ROLLBACK_BATCH,
    COMMIT_BATCH,
    WAIT_SHORTLY,
    TRY_SHARDS,
    QUEUE_FOR_SHARD,
    READ_GROUND,
    LOAD_RECEIPTS,
    LOCK_FREE_ORDERS,
    LOAD_ORDERS,
    LOAD_CLAIMS,
    LOCK_FREE_CUSTOMERS,
    LOAD_CUSTOMERS,
    LOCK_FREE_PRODUCTS,
    LOCK_FREE_LEVELS,
    LOAD_PRODUCTS,
    LOAD_LEVELS,
    LOAD_STOCK,
    LOCK_STOCK,
    LOCK_FREE_STOCK,
    INSERT_CUSTOMERS,
    UPDATE_CUSTOMERS,
    INSERT_PRODUCTS,
    UPDATE_PRODUCTS,
    INSERT_STOCK,
    INSERT_ORDERS,
    INSERT_LINES,
    UPDATE_ORDERS,
    UPDATE_PAYMENTS,
    SAVE_ANNOUNCEMENTS,
    INSERT_OUTBOX,
    INSERT_RECEIPTS,
    UPDATE_STOCK,
    BATCH_STATEMENT_COUNT
};

extern const struct pgconn_statement BATCH_STATEMENTS[BATCH_STATEMENT_COUNT];

enum { BATCH_COLUMNS_MAX = 12 };

/* The arrays that are a statement's parameters; count 0: it has none. */
struct batch_columns_form {
    size_t count;
    enum pgarray_type types[BATCH_COLUMNS_MAX];
};

extern const struct batch_columns_form BATCH_COLUMNS[BATCH_STATEMENT_COUNT];

/* What each of the lanes' sessions is set to. */
extern const char BATCH_SETUP_SQL[];

#endif
