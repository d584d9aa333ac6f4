/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader:
 *   - accepts exactly what a second, strict reader of RFC 8259 accepts, but for its limits, which
 *     it names;
 *   - what it accepted can be written, and reading that gives the same document.
 */
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { ARENA_BYTES = 16 << 20, TEXT_BYTES = 1 << 20 };

/* ---- a second reader, by the grammar of RFC 8259 and nothing else ---- */

struct cursor {
    const char *at;
    const char *end;
    int depth;
};

static bool read_value(struct cursor *cursor);

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

static void skip_blanks(struct cursor *cursor)
{
    while (take(cursor, ' ') || take(cursor, '\t') || take(cursor, '\r') || take(cursor, '\n')) {
    }
}

static bool take_word(struct cursor *cursor, const char *word)
{
    for (; *word != '\0'; word++) {
        if (!take(cursor, *word)) {
            return false;
        }
    }
    return true;
}

static bool take_digits(struct cursor *cursor)
{
    const char *from = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    return cursor->at > from;
}

static bool read_number(struct cursor *cursor)
{
    (void)take(cursor, '-');
    if (!take(cursor, '0') && !take_digits(cursor)) {
        return false;
    }
    if (take(cursor, '.') && !take_digits(cursor)) {
        return false;
    }
    if (take(cursor, 'e') || take(cursor, 'E')) {
        (void)(take(cursor, '+') || take(cursor, '-'));
        return take_digits(cursor);
    }
    return true;
}

/* The code unit behind "\u", or -1. */
static int take_unit(struct cursor *cursor)
{
    static const char DIGITS[] = "0123456789abcdef";
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        if (cursor->at == cursor->end || *cursor->at == '\0') {
            return -1;
        }
        const char c = *cursor->at++;
        const char *digit = strchr(DIGITS, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        if (digit == NULL) {
            return -1;
        }
        unit = unit * 16 + (int)(digit - DIGITS);
    }
    return unit;
}

static bool read_escape(struct cursor *cursor)
{
    if (cursor->at == cursor->end || *cursor->at == '\0') {
        return false;
    }
    const char c = *cursor->at++;
    if (c != 'u') {
        return strchr("\"\\/bfnrt", c) != NULL;
    }
    const int unit = take_unit(cursor);
    if (unit < 0xd800 || unit > 0xdfff) {
        return unit > 0;
    }
    const int low = unit <= 0xdbff && take_word(cursor, "\\u") ? take_unit(cursor) : -1;
    return low >= 0xdc00 && low <= 0xdfff;
}

static bool read_string(struct cursor *cursor)
{
    if (!take(cursor, '"')) {
        return false;
    }
    while (cursor->at < cursor->end) {
        if (take(cursor, '"')) {
            return true;
        }
        if (take(cursor, '\\')) {
            if (!read_escape(cursor)) {
                return false;
            }
        } else if ((unsigned char)*cursor->at++ < ' ') {
            return false;
        }
    }
    return false;
}

static bool read_member(struct cursor *cursor)
{
    skip_blanks(cursor);
    if (!read_string(cursor)) {
        return false;
    }
    skip_blanks(cursor);
    return take(cursor, ':') && read_value(cursor);
}

/* Behind the opening bracket. */
static bool read_container(struct cursor *cursor, char close, bool (*read_item)(struct cursor *))
{
    if (++cursor->depth > JSON_DEPTH_MAX) {
        return false;
    }
    skip_blanks(cursor);
    if (!take(cursor, close)) {
        do {
            if (!read_item(cursor)) {
                return false;
            }
            skip_blanks(cursor);
        } while (take(cursor, ','));
        if (!take(cursor, close)) {
            return false;
        }
    }
    cursor->depth--;
    return true;
}

static bool read_value(struct cursor *cursor)
{
    skip_blanks(cursor);
    if (take(cursor, '{')) {
        return read_container(cursor, '}', read_member);
    }
    if (take(cursor, '[')) {
        return read_container(cursor, ']', read_value);
    }
    if (cursor->at == cursor->end) {
        return false;
    }
    switch (*cursor->at) {
    case '"':
        return read_string(cursor);
    case 't':
        return take_word(cursor, "true");
    case 'f':
        return take_word(cursor, "false");
    case 'n':
        return take_word(cursor, "null");
    default:
        return read_number(cursor);
    }
}

static bool is_strict_json(struct strview bytes)
{
    struct cursor cursor = {.at = bytes.data, .end = bytes.data + bytes.len};
    if (!utf8_is_valid(bytes) || !read_value(&cursor)) {
        return false;
    }
    skip_blanks(&cursor);
    return cursor.at == cursor.end;
}

/* ---- writing what was read ---- */

static void write_value(struct json_writer *writer, const struct json_value *value);

static void write_children(struct json_writer *writer, const struct json_value *value)
{
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        if (value->type == JSON_OBJECT) {
            json_key_text(writer, child->name);
        }
        write_value(writer, child);
    }
}

static void write_value(struct json_writer *writer, const struct json_value *value)
{
    switch (value->type) {
    case JSON_NULL:
    case JSON_TYPE_COUNT:
        json_put_null(writer);
        break;
    case JSON_BOOL:
        json_put_bool(writer, value->boolean);
        break;
    case JSON_INTEGER:
        json_put_integer(writer, value->integer);
        break;
    case JSON_NUMBER:
        json_put_raw(writer, value->text);
        break;
    case JSON_STRING:
        json_put_string(writer, value->text);
        break;
    case JSON_ARRAY:
        json_open_array(writer);
        write_children(writer, value);
        json_close_array(writer);
        break;
    case JSON_OBJECT:
        json_open_object(writer);
        write_children(writer, value);
        json_close_object(writer);
        break;
    }
}

static void write_document(struct strbuf *out, const struct json_value *value)
{
    struct json_writer writer;
    strbuf_init(out, TEXT_BYTES);
    json_writer_init(&writer, out);
    write_value(&writer, value);
    EXPECT(json_writer_done(&writer));
}

static void check_round_trip(const struct json_value *value, struct arena *arena)
{
    struct strbuf first;
    struct strbuf second;
    const struct json_value *again = NULL;
    struct error err;
    write_document(&first, value);
    EXPECT(json_parse(strbuf_view(&first), arena, &again, &err) == ERROR_NONE);
    write_document(&second, again);
    EXPECT(strview_equal(strbuf_view(&first), strbuf_view(&second)));
    strbuf_done(&first);
    strbuf_done(&second);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct strview bytes = fuzz_view(data, size);
    const struct json_value *value = NULL;
    struct error err = {.kind = ERROR_NONE};
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    const enum error_kind kind = json_parse(bytes, &arena, &value, &err);
    if (kind == ERROR_NONE) {
        EXPECT(is_strict_json(bytes));
        check_round_trip(value, &arena);
    } else {
        EXPECT(kind == ERROR_INVALID && value == NULL);
        EXPECT(utf8_is_valid(strview_of(err.text)));
        EXPECT(!is_strict_json(bytes) || strstr(err.text, "stands twice") != NULL ||
               strstr(err.text, "64 members") != NULL);
    }
    arena_done(&arena);
    return 0;
}
