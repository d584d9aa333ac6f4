/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_columns.h - rows on their way into a set-based statement, column by column.
 *
 * Why: one statement takes a whole batch as arrays, `FROM unnest($1::uuid[], $2::int[] ...)`. Each
 * parameter is one column of the rows, built row by row here.
 *
 * Calling sequence: batch_columns_open(), then every column of each row, then
 * batch_columns_close().
 * Errors: sticky; batch_columns_close() tells.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_COLUMNS_H
#define COMMAND_SVC_BATCH_BATCH_COLUMNS_H

#include "command-svc/batch/batch_sql.h"
#include "common/io/postgres/pgarray.h"

struct batch_columns {
    struct pgarray arrays[BATCH_COLUMNS_MAX];
    size_t count;
};

void batch_columns_init(struct batch_columns *columns);
void batch_columns_done(struct batch_columns *columns);

/* Begins the columns of a statement, without rows. */
void batch_columns_open(struct batch_columns *columns, enum batch_statement statement);

/* Whether a row was added: of several columns the first one tells. */
bool batch_columns_is_empty(const struct batch_columns *columns);

/* Ends the arrays and hands them out; false when one grew too large. */
MUST_USE bool batch_columns_close(struct batch_columns *columns,
                                  struct strview ret_params[static BATCH_COLUMNS_MAX]);

/* Texts, also those of uuids and JSON, and bytes. */
void batch_columns_text(struct batch_columns *columns, size_t column, struct strview text);

/* An empty text stands for "none" in commands and for NULL in columns. */
void batch_columns_optional(struct batch_columns *columns, size_t column, struct strview text);

void batch_columns_cstr(struct batch_columns *columns, size_t column, const char *text);

/* Integers of every size, booleans, and times in milliseconds. */
void batch_columns_i64(struct batch_columns *columns, size_t column, int64_t value);

#endif
