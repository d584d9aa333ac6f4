/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_trouble.h - why a batch failed, as far as it decides what to do about it.
 *
 * Why a table of SQLSTATE and statement: the same class means different things in different
 * statements. Only classes 22 and 23 are one command's data; whatever is not known is
 * taken for passing, as a wrong 500 is final and a wrong repetition is not.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_TROUBLE_H
#define COMMAND_SVC_BATCH_BATCH_TROUBLE_H

#include "command-svc/batch/batch_sql.h"

/*
 * DATA:          one command's data, or the memory they need together: part them
 * PASSING:       the same batch may succeed later
 * SHARD_HELD:    the lock that was queued for was not got in time
 * STOCK_HELD:    a row of stock was not got in time
 * ROW_HELD:      an aggregate's row was not got in time
 * STOCK_MOVED:   a level of stock does not allow any more what was decided on it
 * NO_PARTITION:  the outbox has no partition for the next rows
 * SEQ_WENT_BACK: numbers were drawn that were drawn before
 *
 * Each with its word in the metric.
 */
#define BATCH_TROUBLES(X)                                                                          \
    X(DATA, "data")                                                                                \
    X(PASSING, "passing")                                                                          \
    X(SHARD_HELD, "shard-held")                                                                    \
    X(STOCK_HELD, "stock-held")                                                                    \
    X(ROW_HELD, "row-held")                                                                        \
    X(STOCK_MOVED, "stock")                                                                        \
    X(NO_PARTITION, "no-partition")                                                                \
    X(SEQ_WENT_BACK, "sequence")

#define BATCH_TROUBLE_ENTRY(NAME, word) BATCH_##NAME,
enum batch_trouble { BATCH_TROUBLES(BATCH_TROUBLE_ENTRY) BATCH_TROUBLE_COUNT };

/* statement: the one that failed; BATCH_STATEMENT_COUNT when none did, as the connection was
 * lost. */
enum batch_trouble batch_trouble_of(enum batch_statement statement,
                                    const struct pgconn_failure *failure);

/* Where a guarded update missed a row, its table; else NULL. */
const char *batch_trouble_guarded_table(enum batch_statement statement,
                                        const struct pgconn_failure *failure);

#endif
