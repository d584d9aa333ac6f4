/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json_writer.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/json_quoted.h"
#include "common/contract/json_value.h"

#include <assert.h>
#include <stdint.h>

void json_writer_init(struct json_writer *writer, struct strbuf *out)
{
    *writer = (struct json_writer){.out = out};
}

bool json_writer_done(const struct json_writer *writer)
{
    return !writer->failed && writer->depth == 0 && writer->place == JSON_BEHIND_VALUE &&
           strbuf_ok(writer->out);
}

/* ---- where one may write what -------------------------------------------------------------- */

static bool is_in_object(const struct json_writer *writer)
{
    return writer->depth > 0 && (writer->objects >> (writer->depth - 1) & 1U) != 0;
}

/* False: not here, and never again. */
static bool may(struct json_writer *writer, bool is_right)
{
    writer->failed = writer->failed || !is_right;
    return !writer->failed;
}

static bool begin_value(struct json_writer *writer)
{
    const bool is_first = writer->place == JSON_AT_BEGIN;
    const bool is_right =
        is_in_object(writer) ? writer->place == JSON_BEHIND_KEY : is_first || writer->depth > 0;
    if (!may(writer, is_right)) {
        return false;
    }
    if (writer->place == JSON_BEHIND_VALUE) {
        strbuf_append_char(writer->out, ',');
    }
    writer->place = JSON_BEHIND_VALUE;
    return true;
}

static bool begin_key(struct json_writer *writer)
{
    if (!may(writer, is_in_object(writer) && writer->place != JSON_BEHIND_KEY)) {
        return false;
    }
    if (writer->place == JSON_BEHIND_VALUE) {
        strbuf_append_char(writer->out, ',');
    }
    writer->place = JSON_BEHIND_KEY;
    return true;
}

static void open_level(struct json_writer *writer, bool is_object)
{
    if (!may(writer, writer->depth < JSON_WRITER_DEPTH_MAX) || !begin_value(writer)) {
        return;
    }
    const uint32_t bit = UINT32_C(1) << writer->depth;
    writer->objects = is_object ? writer->objects | bit : writer->objects & ~bit;
    writer->depth++;
    assert(writer->depth <= JSON_WRITER_DEPTH_MAX && is_in_object(writer) == is_object);
    writer->place = JSON_AT_BEGIN;
    strbuf_append_char(writer->out, is_object ? '{' : '[');
}

static void close_level(struct json_writer *writer, bool is_object)
{
    if (!may(writer, writer->depth > 0 && is_in_object(writer) == is_object &&
                         writer->place != JSON_BEHIND_KEY)) {
        return;
    }
    writer->depth--;
    writer->place = JSON_BEHIND_VALUE;
    strbuf_append_char(writer->out, is_object ? '}' : ']');
}

/* ---- parts --------------------------------------------------------------------------------- */

void json_open_object(struct json_writer *writer)
{
    open_level(writer, true);
}

void json_open_object_of(struct json_writer *writer, struct strview object)
{
    if (!may(writer,
             object.len >= 2 && object.data[0] == '{' && object.data[object.len - 1] == '}')) {
        return;
    }
    open_level(writer, true);
    if (object.len > 2 && !writer->failed) {
        strbuf_append(writer->out, (struct strview){object.data + 1, object.len - 2});
        writer->place = JSON_BEHIND_VALUE;
    }
}

void json_close_object(struct json_writer *writer)
{
    close_level(writer, true);
}

void json_open_array(struct json_writer *writer)
{
    open_level(writer, false);
}

void json_close_array(struct json_writer *writer)
{
    close_level(writer, false);
}

void json_key(struct json_writer *writer, const char *name)
{
    if (begin_key(writer)) {
        json_quote_simple(writer->out, strview_of(name));
        strbuf_append_char(writer->out, ':');
    }
}

void json_key_text(struct json_writer *writer, struct strview name)
{
    if (may(writer, utf8_is_valid(name)) && begin_key(writer)) {
        json_quote(writer->out, name);
        strbuf_append_char(writer->out, ':');
    }
}

void json_put_string(struct json_writer *writer, struct strview text)
{
    const bool needs_no_care = json_is_simple(text);
    const bool is_valid = needs_no_care || utf8_is_valid(text);
    if (!may(writer, is_valid || writer->mends) || !begin_value(writer)) {
        return;
    }
    if (needs_no_care) {
        json_quote_simple(writer->out, text);
    } else if (is_valid) {
        json_quote(writer->out, text);
    } else {
        json_quote_mended(writer->out, text);
    }
}

void json_put_integer(struct json_writer *writer, int64_t value)
{
    if (begin_value(writer)) {
        strbuf_append_i64(writer->out, value);
    }
}

void json_put_raw(struct json_writer *writer, struct strview json)
{
    if (may(writer, json.len > 0) && begin_value(writer)) {
        strbuf_append(writer->out, json);
    }
}

void json_put_bool(struct json_writer *writer, bool value)
{
    json_put_raw(writer, value ? STRVIEW("true") : STRVIEW("false"));
}

void json_put_null(struct json_writer *writer)
{
    json_put_raw(writer, STRVIEW("null"));
}

/* ---- what was read ------------------------------------------------------------------------- */

static void put_array(struct json_writer *writer, const struct json_value *array)
{
    json_open_array(writer);
    for (const struct json_value *item = array->first; item != NULL; item = item->next) {
        json_put_value(writer, item);
    }
    json_close_array(writer);
}

static void put_object(struct json_writer *writer, const struct json_value *object)
{
    json_open_object(writer);
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        json_key_text(writer, member->name);
        json_put_value(writer, member);
    }
    json_close_object(writer);
}

static void put_null(struct json_writer *writer, const struct json_value *value)
{
    (void)value;
    json_put_null(writer);
}

static void put_bool(struct json_writer *writer, const struct json_value *value)
{
    json_put_bool(writer, value->boolean);
}

static void put_integer(struct json_writer *writer, const struct json_value *value)
{
    json_put_integer(writer, value->integer);
}

static void put_number(struct json_writer *writer, const struct json_value *value)
{
    json_put_raw(writer, value->text);
}

static void put_string(struct json_writer *writer, const struct json_value *value)
{
    json_put_string(writer, value->text);
}

/* Recursion ends at JSON_DEPTH_MAX: deeper documents are not read. */
void json_put_value(struct json_writer *writer, const struct json_value *value)
{
    typedef void put_fn(struct json_writer * writer, const struct json_value *value);
#define PUT_ROW(TYPE, type, name) [JSON_##TYPE] = put_##type,
    static put_fn *const PUT[] = {JSON_TYPES(PUT_ROW)};
    PUT[value->type](writer, value);
}

void json_open_member_object(struct json_writer *writer, const char *name)
{
    json_key(writer, name);
    json_open_object(writer);
}

void json_open_member_array(struct json_writer *writer, const char *name)
{
    json_key(writer, name);
    json_open_array(writer);
}

void json_put_member_string(struct json_writer *writer, const char *name, struct strview text)
{
    json_key(writer, name);
    json_put_string(writer, text);
}

void json_put_member_text(struct json_writer *writer, const char *name, struct strview text)
{
    if (text.len > 0) {
        json_put_member_string(writer, name, text);
    }
}

void json_put_member_integer(struct json_writer *writer, const char *name, int64_t value)
{
    json_key(writer, name);
    json_put_integer(writer, value);
}

void json_put_member_nonzero(struct json_writer *writer, const char *name, int64_t value)
{
    if (value != 0) {
        json_put_member_integer(writer, name, value);
    }
}

void json_put_member_bool(struct json_writer *writer, const char *name, bool value)
{
    json_key(writer, name);
    json_put_bool(writer, value);
}

void json_put_member_time(struct json_writer *writer, const char *name, int64_t epoch_ms)
{
    char text[TIME_TEXT_LEN + 1];
    if (!time_has_text(epoch_ms)) {
        json_key(writer, name);
        json_put_null(writer);
        return;
    }
    format_time_ms(epoch_ms, text);
    json_put_member_string(writer, name, strview_of(text));
}

void json_put_kept_time(struct json_writer *writer, const char *name, int64_t epoch_ms)
{
    if (writer->times == JSON_TIMES_TEXT && time_has_text(epoch_ms)) {
        json_put_member_time(writer, name, epoch_ms);
    } else {
        json_put_member_integer(writer, name, epoch_ms);
    }
}
