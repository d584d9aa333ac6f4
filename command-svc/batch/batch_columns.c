/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_columns.h"

#include "common/io/postgres/pgconn.h"

#include <assert.h>

enum {
    COLUMN_BYTES_MAX = 32 << 20, /* far above what a batch's lines can need */
    HEX_BYTES_MAX = 64,
};

void batch_columns_init(struct batch_columns *columns)
{
    columns->count = 0;
    for (size_t i = 0; i < BATCH_COLUMNS_MAX; i++) {
        strbuf_init(&columns->texts[i], COLUMN_BYTES_MAX);
    }
}

void batch_columns_done(struct batch_columns *columns)
{
    for (size_t i = 0; i < BATCH_COLUMNS_MAX; i++) {
        strbuf_done(&columns->texts[i]);
    }
}

void batch_columns_open(struct batch_columns *columns, size_t count)
{
    assert(count <= BATCH_COLUMNS_MAX);
    columns->count = count;
    for (size_t i = 0; i < count; i++) {
        strbuf_reset(&columns->texts[i]);
        pgconn_array_open(&columns->texts[i]);
    }
}

bool batch_columns_is_empty(const struct batch_columns *columns)
{
    return columns->texts[0].len == 1; /* the opening brace */
}

bool batch_columns_close(struct batch_columns *columns,
                         const char *ret_params[static BATCH_COLUMNS_MAX])
{
    bool ok = true;
    for (size_t i = 0; i < columns->count; i++) {
        pgconn_array_close(&columns->texts[i]);
        ret_params[i] = strbuf_cstr(&columns->texts[i]);
        ok = ok && strbuf_ok(&columns->texts[i]);
    }
    return ok;
}

void batch_columns_text(struct batch_columns *columns, size_t column, struct strview text)
{
    pgconn_array_text(&columns->texts[column], text.data == NULL ? STRVIEW("") : text);
}

void batch_columns_optional(struct batch_columns *columns, size_t column, struct strview text)
{
    pgconn_array_text(&columns->texts[column], text.len == 0 ? (struct strview){0} : text);
}

void batch_columns_cstr(struct batch_columns *columns, size_t column, const char *text)
{
    pgconn_array_text(&columns->texts[column], strview_of(text));
}

void batch_columns_bool(struct batch_columns *columns, size_t column, bool value)
{
    batch_columns_cstr(columns, column, value ? "t" : "f");
}

void batch_columns_i64(struct batch_columns *columns, size_t column, int64_t value)
{
    pgconn_array_i64(&columns->texts[column], value);
}

void batch_columns_hex(struct batch_columns *columns, size_t column, const uint8_t *bytes,
                       size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    char hex[2 * HEX_BYTES_MAX];
    assert(bytes != NULL && len <= HEX_BYTES_MAX);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    batch_columns_text(columns, column, (struct strview){.data = hex, .len = 2 * len});
}
