/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/csv.h"

#include <stdbool.h>

void csv_init(struct csv_reader *reader, char *text, size_t len)
{
    *reader = (struct csv_reader){.next_line = 1};
    reader->at = text;
    reader->end = text + len;
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static struct strview read_plain(struct csv_reader *reader)
{
    char *start = reader->at;
    while (reader->at < reader->end && *reader->at != ',' && !is_line_end(*reader->at)) {
        reader->at++;
    }
    return (struct strview){.data = start, .len = (size_t)(reader->at - start)};
}

/* Stands on the opening quote; leaves the reader behind the closing one. */
static enum error_kind read_quoted(struct csv_reader *reader, struct strview *ret_field,
                                   struct error *err)
{
    char *start = ++reader->at;
    char *to = start;
    while (reader->at < reader->end) {
        const char c = *reader->at++;
        if (c == '"') {
            if (reader->at == reader->end || *reader->at != '"') {
                *ret_field = (struct strview){.data = start, .len = (size_t)(to - start)};
                return ERROR_NONE;
            }
            reader->at++;
        }
        reader->next_line += c == '\n';
        *to++ = c;
    }
    return error_set(err, ERROR_INVALID, "line %zu: a quote has no partner", reader->line);
}

static enum error_kind read_field(struct csv_reader *reader, struct strview *ret_field,
                                  struct error *err)
{
    if (reader->at == reader->end || *reader->at != '"') {
        *ret_field = read_plain(reader);
        return ERROR_NONE;
    }
    struct strview field;
    const enum error_kind kind = read_quoted(reader, &field, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (reader->at < reader->end && *reader->at != ',' && !is_line_end(*reader->at)) {
        return error_set(err, ERROR_INVALID, "line %zu: text behind a closing quote", reader->line);
    }
    *ret_field = field;
    return ERROR_NONE;
}

/* Passes over any number of line ends. */
static void skip_line_ends(struct csv_reader *reader)
{
    while (reader->at < reader->end && is_line_end(*reader->at)) {
        reader->next_line += *reader->at == '\n';
        reader->at++;
    }
}

enum error_kind csv_next(struct csv_reader *reader, struct strview *fields, size_t max,
                         size_t *ret_count, struct error *err)
{
    size_t count = 0;
    skip_line_ends(reader);
    reader->line = reader->next_line;
    if (reader->at == reader->end) {
        *ret_count = 0;
        return ERROR_NONE;
    }
    for (;;) {
        if (count == max) {
            return error_set(err, ERROR_INVALID, "line %zu: more than %zu fields", reader->line,
                             max);
        }
        const enum error_kind kind = read_field(reader, &fields[count], err);
        if (kind != ERROR_NONE) {
            return kind;
        }
        count++;
        if (reader->at == reader->end || *reader->at != ',') {
            *ret_count = count;
            return ERROR_NONE;
        }
        reader->at++;
    }
}
