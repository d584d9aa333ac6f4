/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_reading.c - what our JSON reader makes of documents, for compare_json.
 *
 * Reads documents from standard input, each behind its length (four bytes, the lowest first), and
 * prints a line each: "refused", or its values in a form without blanks, escapes or choices.
 */
#include "common/contract/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_MAX = 1 << 20, ARENA_BYTES = 64 << 20 };

static void print_hex(struct strview text)
{
    for (size_t i = 0; i < text.len; i++) {
        (void)printf("%02x", (unsigned)(unsigned char)text.data[i]);
    }
}

static void print_value(const struct json_value *value)
{
    static const char MARKS[] = {
        [JSON_NULL] = 'n',   [JSON_BOOL] = 'b',  [JSON_INTEGER] = 'i', [JSON_NUMBER] = 'd',
        [JSON_STRING] = 's', [JSON_ARRAY] = '[', [JSON_OBJECT] = '{',
    };
    (void)putchar(MARKS[value->type]);
    if (value->type == JSON_BOOL) {
        (void)putchar(value->boolean ? '1' : '0');
    } else if (value->type == JSON_INTEGER) {
        (void)printf("%lld", (long long)value->integer);
    } else if (value->type == JSON_NUMBER) {
        (void)printf("%.*s", STRVIEW_ARG(value->text));
    } else if (value->type == JSON_STRING) {
        print_hex(value->text);
    }
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        if (value->type == JSON_OBJECT) {
            print_hex(child->name);
            (void)putchar(':');
        }
        print_value(child);
        (void)putchar(',');
    }
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
        (void)putchar(value->type == JSON_ARRAY ? ']' : '}');
    }
}

/* False at the end of the input. */
static bool read_document(char *bytes, struct strview *ret)
{
    unsigned char length[4];
    if (fread(length, 1, sizeof length, stdin) != sizeof length) {
        return false;
    }
    const size_t len = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16;
    if (length[3] != 0 || len > DOCUMENT_MAX || fread(bytes, 1, len, stdin) != len) {
        abort();
    }
    *ret = (struct strview){.data = bytes, .len = len};
    return true;
}

int main(void)
{
    static char bytes[DOCUMENT_MAX];
    struct arena arena;
    struct strview document;
    arena_init(&arena, ARENA_BYTES);
    while (read_document(bytes, &document)) {
        const struct json_value *value = NULL;
        struct error err;
        arena_reset(&arena);
        if (json_parse(document, &arena, &value, &err) == ERROR_NONE) {
            print_value(value);
        } else {
            (void)printf("refused");
        }
        (void)putchar('\n');
    }
    arena_done(&arena);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
