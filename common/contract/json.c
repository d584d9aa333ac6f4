/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json.h"

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

/* ---- what yajl would let through ----------------------------------------------------------- */

/* The code unit of a \uXXXX that starts at text[at], or -1 when none stands there. */
static int unicode_escape(struct strview text, size_t at)
{
    if (text.len - at < 6 || text.data[at] != '\\' || text.data[at + 1] != 'u') {
        return -1;
    }
    int unit = 0;
    for (size_t i = at + 2; i < at + 6; i++) {
        const int digit = parse_hex_digit(text.data[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high_surrogate(int unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The length of the escape at text[at], or 0 with what is wrong with it. */
static size_t escape_len(struct strview text, size_t at, const char **ret_problem)
{
    const int unit = unicode_escape(text, at);
    if (unit < 0) {
        return 2; /* the escaped character may itself be a backslash */
    }
    if (is_high_surrogate(unit) && is_low_surrogate(unicode_escape(text, at + 6))) {
        return 12;
    }
    if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
        *ret_problem = "a lone surrogate";
        return 0;
    }
    if (unit == 0) {
        *ret_problem = "an escaped NUL";
        return 0;
    }
    return 6;
}

static bool has_any(struct strview text, char c)
{
    return memchr(text.data, c, text.len) != NULL;
}

/* Every escape starts with a backslash and backslashes are legal only in strings, so the bytes
 * can be scanned without knowing where strings begin; yajl refuses strays outside of them. Two
 * control characters it takes for blanks; the others it refuses wherever they stand. */
static const char *forbidden_text(struct strview text)
{
    const char *problem = NULL;
    size_t at = 0;
    if (!has_any(text, '\\') && !has_any(text, '\v') && !has_any(text, '\f')) {
        return NULL; /* as in nearly all documents */
    }
    while (at < text.len) {
        const char c = text.data[at];
        if (c == '\v' || c == '\f') {
            return "a control character";
        }
        const size_t len = c == '\\' ? escape_len(text, at, &problem) : 1;
        if (len == 0) {
            return problem;
        }
        at += len;
    }
    return NULL;
}

/* ---- reader -------------------------------------------------------------------------------- */

struct reader {
    struct strview bytes; /* the document */
    struct arena *arena;
    struct json_value *root;
    struct json_value *open[JSON_DEPTH_MAX]; /* containers not yet closed */
    struct json_value *last[JSON_DEPTH_MAX]; /* their newest child */
    size_t depth;
    struct strview name; /* of the next member */
    enum error_kind kind;
    const char *problem; /* NULL: yajl's own message tells */
};

enum { CANCEL = 0, GO_ON = 1 };

static int refuse(struct reader *reader, enum error_kind kind, const char *problem)
{
    reader->kind = kind;
    reader->problem = problem;
    return CANCEL;
}

static bool has_member(const struct json_value *object, struct strview name)
{
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        if (strview_equal(member->name, name)) {
            return true;
        }
    }
    return false;
}

static void append_child(struct reader *reader, struct json_value *value)
{
    struct json_value *parent = reader->open[reader->depth - 1];
    struct json_value **last = &reader->last[reader->depth - 1];
    if (*last == NULL) {
        parent->first = value;
    } else {
        (*last)->next = value;
    }
    *last = value;
    parent->count++;
    if (parent->type == JSON_OBJECT) {
        value->name = reader->name;
    }
}

static struct json_value *add_value(struct reader *reader, enum json_type type)
{
    struct json_value *value = arena_alloc(reader->arena, sizeof *value);
    if (value == NULL) {
        (void)refuse(reader, ERROR_EXHAUSTED, "the document needs too much memory");
        return NULL;
    }
    value->type = type;
    if (reader->depth == 0) {
        reader->root = value;
    } else {
        append_child(reader, value);
    }
    return value;
}

/* yajl hands out what stands in the document as it stands there; what it had to decode, and a
 * number that ends the document, lie in buffers of its own. */
static bool is_in_document(const struct reader *reader, const void *bytes)
{
    const uintptr_t first = (uintptr_t)reader->bytes.data;
    return (uintptr_t)bytes - first < reader->bytes.len;
}

static bool keep_text(struct reader *reader, const void *bytes, size_t len, struct strview *ret)
{
    const struct strview text = {bytes, len};
    const struct strview kept =
        is_in_document(reader, bytes) ? text : arena_view(reader->arena, text);
    if (kept.data == NULL) {
        (void)refuse(reader, ERROR_EXHAUSTED, "the document needs too much memory");
        return false;
    }
    *ret = kept;
    return true;
}

static int on_null(void *ctx)
{
    return add_value(ctx, JSON_NULL) == NULL ? CANCEL : GO_ON;
}

static int on_boolean(void *ctx, int boolean)
{
    struct json_value *value = add_value(ctx, JSON_BOOL);
    if (value == NULL) {
        return CANCEL;
    }
    value->boolean = boolean != 0;
    return GO_ON;
}

static int on_number(void *ctx, const char *digits, size_t len)
{
    struct json_value *value = add_value(ctx, JSON_NUMBER);
    if (value == NULL || !keep_text(ctx, digits, len, &value->text)) {
        return CANCEL;
    }
    if (parse_i64(value->text, &value->integer)) {
        value->type = JSON_INTEGER;
    }
    return GO_ON;
}

static int on_string(void *ctx, const unsigned char *bytes, size_t len)
{
    struct json_value *value = add_value(ctx, JSON_STRING);
    return value != NULL && keep_text(ctx, bytes, len, &value->text) ? GO_ON : CANCEL;
}

static int open_container(struct reader *reader, enum json_type type)
{
    if (reader->depth == JSON_DEPTH_MAX) {
        return refuse(reader, ERROR_INVALID, "nested deeper than 16 levels");
    }
    struct json_value *value = add_value(reader, type);
    if (value == NULL) {
        return CANCEL;
    }
    reader->open[reader->depth] = value;
    reader->last[reader->depth] = NULL;
    reader->depth++;
    return GO_ON;
}

static int on_open_object(void *ctx)
{
    return open_container(ctx, JSON_OBJECT);
}

static int on_open_array(void *ctx)
{
    return open_container(ctx, JSON_ARRAY);
}

static int on_close(void *ctx)
{
    struct reader *reader = ctx;
    reader->depth--;
    return GO_ON;
}

static int on_key(void *ctx, const unsigned char *bytes, size_t len)
{
    struct reader *reader = ctx;
    const struct json_value *object = reader->open[reader->depth - 1];
    if (object->count == JSON_MEMBERS_MAX) {
        return refuse(reader, ERROR_INVALID, "an object with more than 64 members");
    }
    if (!keep_text(reader, bytes, len, &reader->name)) {
        return CANCEL;
    }
    if (has_member(object, reader->name)) {
        return refuse(reader, ERROR_INVALID, "a member that stands twice in its object");
    }
    return GO_ON;
}

static const yajl_callbacks CALLBACKS = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

DEFINE_CLEANUP(yajl_handle, yajl_free)

/* The whole document; *ret_at is where the parser came to a halt. The line feed at the end is what
 * makes a string that was left open behind the document a fault: yajl takes its end for the end. */
static bool feed(yajl_handle parser, struct strview bytes, size_t *ret_at)
{
    *ret_at = bytes.len;
    if (yajl_parse(parser, (const unsigned char *)bytes.data, bytes.len) != yajl_status_ok) {
        *ret_at = yajl_get_bytes_consumed(parser);
        return false;
    }
    return yajl_parse(parser, (const unsigned char *)"\n", 1) == yajl_status_ok &&
           yajl_complete_parse(parser) == yajl_status_ok;
}

static enum error_kind run_parser(struct reader *reader, struct strview bytes, struct error *err)
{
    CLEANUP(cleanup_yajl_free) yajl_handle parser = yajl_alloc(&CALLBACKS, NULL, reader);
    if (parser == NULL) { /* a hundred bytes, see common/base/must.h */
        abort();
    }
    (void)yajl_config(parser, yajl_dont_validate_strings, 1); /* checked already, and strictly */
    size_t at = 0;
    if (feed(parser, bytes, &at)) {
        return ERROR_NONE;
    }
    if (reader->problem != NULL) {
        return error_set(err, reader->kind, "%s, near byte %zu", reader->problem, at);
    }
    return error_set(err, ERROR_INVALID, "not JSON, near byte %zu", at);
}

static bool is_blank(struct strview bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        const char c = bytes.data[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            return false;
        }
    }
    return true;
}

enum error_kind json_parse(struct strview bytes, struct arena *arena,
                           const struct json_value **ret_value, struct error *err)
{
    if (is_blank(bytes)) {
        return error_set(err, ERROR_INVALID, "empty where JSON is expected");
    }
    if (bytes.len >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        return error_set(err, ERROR_INVALID, "begins with a byte order mark");
    }
    if (!utf8_is_valid(bytes)) {
        return error_set(err, ERROR_INVALID, "not valid UTF-8, or contains a NUL byte");
    }
    const char *problem = forbidden_text(bytes);
    if (problem != NULL) {
        return error_set(err, ERROR_INVALID, "contains %s", problem);
    }
    struct reader reader = {.bytes = bytes, .arena = arena};
    const enum error_kind kind = run_parser(&reader, bytes, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret_value = reader.root;
    return ERROR_NONE;
}
