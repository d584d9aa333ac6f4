/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include "common/base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_ROW(KIND, name) [ERROR_##KIND] = (name),
static const char *const KIND_NAMES[] = {ERROR_KINDS(NAME_ROW)};

/* Texts go into one log line, one JSON member and one Redis field, and may quote an outsider or
 * be cut in the middle of a character. */
void error_clean_text(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' ')) {
        text[--len] = '\0'; /* texts of libraries end in line breaks */
    }
    size_t at = utf8_valid_head((struct strview){.data = text, .len = len});
    while (at < len) {
        text[at++] = '?';
        at += utf8_valid_head((struct strview){.data = text + at, .len = len - at});
    }
    for (at = 0; at < len; at++) {
        const unsigned char byte = (unsigned char)text[at];
        if (byte < ' ' || byte == 0x7f) {
            text[at] = byte == '\n' || byte == '\t' ? ' ' : '?';
        }
    }
}

#undef error_set /* the analyzer's */
enum error_kind error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char text[ERROR_TEXT_MAX]; /* fmt's arguments may point into err->text */
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    error_clean_text(text);
    err->kind = kind;
    memcpy(err->text, text, sizeof text);
    return kind;
}

enum error_kind error_context(struct error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char context[ERROR_TEXT_MAX];
    (void)vsnprintf(context, sizeof context, fmt, args);
    va_end(args);

    char joined[2 * ERROR_TEXT_MAX + 2];
    (void)snprintf(joined, sizeof joined, "%s: %s", context, err->text);
    joined[ERROR_TEXT_MAX - 1] = '\0';
    error_clean_text(joined);
    memcpy(err->text, joined, ERROR_TEXT_MAX);
    return err->kind;
}

const char *error_kind_name(enum error_kind kind)
{
    assert(kind < ERROR_KIND_COUNT);
    return KIND_NAMES[kind];
}
