/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_load.h - what a batch loads: which ids are asked for, and where the rows go.
 *
 * Asks for what the world's entries want, one set of columns per statement, in the order in which
 * they are to run: stock rows last, as they may be locked and other lanes wait for them. Statements
 * without ids are left out.
 *
 * Ownership: rows are copied into the batch's arena; results live only as long as their callback.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_LOAD_H
#define COMMAND_SVC_BATCH_BATCH_LOAD_H

#include "command-svc/batch/batch_columns.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/core/batch.h"
#include "common/contract/shard.h"

/* What the batch stands on, read under the locks. */
struct ground {
    int64_t now_ms; /* the database's clock; epoch milliseconds */
    int64_t shards;
    int64_t installed_ms; /* when the database was made: another time, another database */
    int64_t position;     /* greatest seq the relay has published of the batch's shards */
};

/* How aggregates' rows are read that commands want to change. */
enum row_reading {
    ROWS_UNLOCKED = 0,
    ROWS_LOCKED_FREE /* leaves rows out that somebody has */
};

struct batch_load {
    struct batch *batch;
    enum stock_reading stock;
    enum row_reading rows;
    bool is_corrupt; /* loaded rows did not make sense, or memory ran out under them */
    size_t at;
    struct ground ground;
    bool has_shard[SHARDS_MAX];
};

/* Fills the columns of the next statement; false when there is none. */
MUST_USE bool batch_load_next(struct batch_load *load, struct batch_columns *columns,
                              enum batch_statement *ret_statement);

/* Takes what that statement returned. */
void batch_load_read(struct batch_load *load, enum batch_statement statement,
                     const struct pgconn_result *result);

#endif
