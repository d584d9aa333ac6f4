/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_save.h - what a decided batch writes: which rows, into which statement.
 *
 * Reads the world's entries that have moved on since they were loaded, the
 * events and the answers, and hands out one set of columns per statement, in
 * the order in which they are to run. Statements without rows are left out.
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
    struct strview headers; /* of the same: what travels beside it */
};

/* The columns are filled; the sink closes and sends them. */
typedef void batch_save_sink(void *user, enum batch_statement statement);

/* records[i] belongs to item i. */
void batch_save(const struct batch *batch, const struct batch_record *records, int shards,
                struct batch_columns *columns, batch_save_sink *sink, void *user);

#endif
