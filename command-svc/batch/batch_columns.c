/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_columns.h"

#include <assert.h>

enum { COLUMN_BYTES_MAX = 32 << 20 }; /* far above what a batch's lines can need */

void batch_columns_init(struct batch_columns *columns)
{
    columns->count = 0;
    for (size_t i = 0; i < BATCH_COLUMNS_MAX; i++) {
        pgarray_init(&columns->arrays[i], COLUMN_BYTES_MAX);
    }
}

void batch_columns_done(struct batch_columns *columns)
{
    for (size_t i = 0; i < BATCH_COLUMNS_MAX; i++) {
        pgarray_done(&columns->arrays[i]);
    }
}

void batch_columns_open(struct batch_columns *columns, enum batch_statement statement)
{
    const struct batch_columns_form *form = &BATCH_COLUMNS[statement];
    assert(form->count > 0 && form->count <= BATCH_COLUMNS_MAX);
    columns->count = form->count;
    for (size_t i = 0; i < form->count; i++) {
        pgarray_open(&columns->arrays[i], form->types[i]);
    }
}

bool batch_columns_is_empty(const struct batch_columns *columns)
{
    return columns->arrays[0].count == 0;
}

bool batch_columns_close(struct batch_columns *columns,
                         struct strview ret_params[static BATCH_COLUMNS_MAX])
{
    bool ok = true;
    for (size_t i = 0; i < columns->count; i++) {
        ret_params[i] = pgarray_close(&columns->arrays[i]);
        ok = ok && ret_params[i].data != NULL;
    }
    return ok;
}

void batch_columns_text(struct batch_columns *columns, size_t column, struct strview text)
{
    pgarray_put(&columns->arrays[column], text.data == NULL ? STRVIEW("") : text);
}

void batch_columns_optional(struct batch_columns *columns, size_t column, struct strview text)
{
    pgarray_put(&columns->arrays[column], text.len == 0 ? (struct strview){0} : text);
}

void batch_columns_cstr(struct batch_columns *columns, size_t column, const char *text)
{
    batch_columns_text(columns, column, strview_of(text));
}

void batch_columns_i64(struct batch_columns *columns, size_t column, int64_t value)
{
    pgarray_put_i64(&columns->arrays[column], value);
}
