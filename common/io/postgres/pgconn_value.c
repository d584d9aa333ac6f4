/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgconn_internal.h"

#include <libpq-fe.h>

size_t pgconn_row_count(const struct pgconn_result *result)
{
    return (size_t)PQntuples(result->pg);
}

/* The trip fails, so that nobody goes on with a number that nobody wrote. */
static int64_t refuse_number(const struct pgconn_result *result, const char *what, size_t column)
{
    struct trip *trip = result->trip;
    if (!trip->has_failed) {
        trip->has_failed = true;
        trip->failure = (struct pgconn_failure){.index = trip->index};
        (void)error_set(&trip->failure.err, ERROR_INVALID,
                        "PostgreSQL: statement %zu: %s %zu is not an integer", trip->index, what,
                        column);
    }
    return 0;
}

int64_t pgconn_affected(const struct pgconn_result *result)
{
    /* libpq hands out a string and wants a non-const result, which it does not change. */
    PGresult *pg = (PGresult *)(uintptr_t)result->pg;
    int64_t count = 0;
    return parse_i64(strview_of(PQcmdTuples(pg)), &count) ? count
                                                          : refuse_number(result, "the count", 0);
}

struct strview pgconn_value(const struct pgconn_result *result, size_t row, size_t column)
{
    const int r = (int)row;
    const int c = (int)column;
    const size_t len = (size_t)PQgetlength(result->pg, r, c);
    if (len == 0 && PQgetisnull(result->pg, r, c) != 0) {
        return (struct strview){0};
    }
    return (struct strview){.data = PQgetvalue(result->pg, r, c), .len = len};
}

int64_t pgconn_value_i64(const struct pgconn_result *result, size_t row, size_t column)
{
    const struct strview text = pgconn_value(result, row, column);
    int64_t value = 0;
    if (text.data == NULL || parse_i64(text, &value)) {
        return value;
    }
    return refuse_number(result, "column", column);
}

/* ---- array literals ------------------------------------------------------------------------ */

void pgconn_array_open(struct strbuf *buf)
{
    strbuf_append_char(buf, '{');
}

static void separate(struct strbuf *buf)
{
    if (buf->len > 0 && buf->data[buf->len - 1] != '{') {
        strbuf_append_char(buf, ',');
    }
}

/* Piece by piece, not from mark to mark: JSON has a quote every few bytes. */
static void append_escaped(struct strbuf *buf, struct strview value)
{
    char piece[512];
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') {
            piece[len++] = '\\';
        }
        piece[len++] = value.data[i];
        if (len > sizeof piece - 2) {
            strbuf_append(buf, (struct strview){.data = piece, .len = len});
            len = 0;
        }
    }
    strbuf_append(buf, (struct strview){.data = piece, .len = len});
}

void pgconn_array_text(struct strbuf *buf, struct strview value)
{
    separate(buf);
    if (value.data == NULL) {
        strbuf_append_cstr(buf, "NULL");
        return;
    }
    strbuf_append_char(buf, '"');
    append_escaped(buf, value);
    strbuf_append_char(buf, '"');
}

void pgconn_array_i64(struct strbuf *buf, int64_t value)
{
    separate(buf);
    strbuf_append_i64(buf, value);
}

void pgconn_array_close(struct strbuf *buf)
{
    strbuf_append_char(buf, '}');
}
