/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/headers.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"

#include <strings.h>

enum { VERSION_DIGITS_MAX = 18 }; /* of an If-Match; any such number is an int64_t */

/* The text up to the separator, without blanks around it. */
static struct strview take_until(struct strview *rest, char separator)
{
    return strview_trim(strview_take(rest, separator));
}

static bool is_word(struct strview text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

/* JSON has one encoding, so the parameter says nothing; clients write it in both ways. */
static bool is_utf8(struct strview charset)
{
    return is_word(charset, "utf-8") || is_word(charset, "\"utf-8\"") || is_word(charset, "utf8") ||
           is_word(charset, "\"utf8\"");
}

bool headers_is_json(struct strview content_type)
{
    struct strview rest = content_type;
    if (!is_word(take_until(&rest, ';'), "application/json")) {
        return false;
    }
    while (rest.len > 0) {
        struct strview value = take_until(&rest, ';');
        const struct strview name = take_until(&value, '=');
        if (is_word(name, "charset") && !is_utf8(value)) {
            return false;
        }
    }
    return true;
}

/* ---- Idempotency-Key ----------------------------------------------------------------------- */

/* The text between the quotes of an sf-string, escapes undone; false when it is none. */
static bool unquote(struct strview value, char *key, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 1; i < value.len; i++) {
        char c = value.data[i];
        if (c == '"') {
            *ret_len = len;
            return i + 1 == value.len;
        }
        if (c == '\\') {
            c = ++i < value.len ? value.data[i] : '\0';
            if (c != '"' && c != '\\') {
                return false;
            }
        }
        if (len == IDEMPOTENCY_KEY_MAX) {
            return false;
        }
        key[len++] = c;
    }
    return false; /* no closing quote */
}

bool headers_read_key(struct strview value, char *key, size_t *ret_len)
{
    size_t len = value.len;
    if (len == 0) {
        return false;
    }
    if (value.data[0] == '"') {
        if (!unquote(value, key, &len)) {
            return false;
        }
    } else if (len <= IDEMPOTENCY_KEY_MAX) {
        memcpy(key, value.data, len);
    }
    if (len == 0 || len > IDEMPOTENCY_KEY_MAX ||
        !strview_has_only((struct strview){key, len}, ascii_is_visible)) {
        return false;
    }
    *ret_len = len;
    return true;
}

/* ---- If-Match, traceparent ----------------------------------------------------------------- */

bool headers_read_version(struct strview value, int64_t *ret_version)
{
    int64_t version;
    if (value.len < 4 || value.len > 3 + VERSION_DIGITS_MAX || memcmp(value.data, "\"v", 2) != 0 ||
        value.data[value.len - 1] != '"' ||
        !parse_i64((struct strview){value.data + 2, value.len - 3}, &version) || version < 1) {
        return false;
    }
    *ret_version = version;
    return true;
}

/* An id of zeros means "none". */
static bool is_trace_id(struct strview text, size_t len)
{
    static const char ZEROS[] = "00000000000000000000000000000000";
    return text.len == len && strview_has_only(text, ascii_is_hex) &&
           memcmp(text.data, ZEROS, len) != 0;
}

bool headers_is_traceparent(struct strview value)
{
    struct strview rest = value;
    return value.len == TRACEPARENT_LEN && strview_is(take_until(&rest, '-'), "00") &&
           is_trace_id(take_until(&rest, '-'), 32) && is_trace_id(take_until(&rest, '-'), 16) &&
           rest.len == 2 && strview_has_only(rest, ascii_is_hex);
}
