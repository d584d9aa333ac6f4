/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_save.h - what a decided batch writes: which rows, into which statement.
 *
 * Reads the world's entries that have moved on since they were loaded, the
 * events and the answers, and fills one set of columns per statement, in the
 * order in which they are to run. Statements without rows are left out.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_SAVE_H
#define COMMAND_SVC_BATCH_BATCH_SAVE_H

#include "command-svc/batch/answer.h"
#include "command-svc/batch/batch_columns.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/core/batch.h"

enum { EVENT_BYTES_MAX = 512 << 10 };

/* What a receipt and an outbox row say, ready to be stored; one per item of the batch. */
struct batch_record {
    struct answer answer;
    struct strview payload; /* of the accepted command's event, else empty */
};

/* On the way through the statements. Begins zeroed but for what is borrowed. */
struct batch_save {
    const struct batch *batch;
    const struct batch_record *records; /* records[i] belongs to item i */
    int shards;
    int64_t floor; /* seq must be above it */
    size_t at;
};

/* Fills the columns of the next statement; false when there is none. */
MUST_USE bool batch_save_next(struct batch_save *save, struct batch_columns *columns,
                              enum batch_statement *ret_statement);

#endif
