/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/incoming.h"

#include "common/base/checked.h"
#include "common/base/id_form.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/event_member.h"
#include "common/contract/json.h"
#include "common/io/kafka/kafka_consumer.h"

static void spoil(struct incoming *incoming, struct arena *arena, const char *why)
{
    incoming->kind = incoming->kind == INCOMING_FOREIGN ? INCOMING_FOREIGN : INCOMING_UNREADABLE;
    incoming->why = arena_copy(arena, strview_of(why));
    if (incoming->why == NULL) {
        incoming->why = "no memory to say why";
    }
}

/* Headers and payload name the same event, or neither is believed. */
static void compare_envelope(struct incoming *incoming, const struct envelope *envelope,
                             struct arena *arena)
{
    if (incoming->version == 0 && checked_is_modest(envelope->version)) {
        incoming->version = envelope->version;
    }
    if (envelope->version != incoming->version || envelope->version <= 0 ||
        !strview_equal(envelope->aggregate_id, incoming->aggregate_id)) {
        spoil(incoming, arena, "the payload's id or version differs from the record's");
        return;
    }
    incoming->at_ms = envelope->occurred_at_ms;
    incoming->kind = INCOMING_EVENT;
}

static enum error_kind interpret(struct incoming *incoming, struct arena *arena, struct error *err)
{
    if (incoming->kind == INCOMING_FOREIGN) {
        spoil(incoming, arena, "it is foreign: without an event id, and not from our ce_source");
        return ERROR_NONE;
    }
    if (strview_is(incoming->aggregate_id, INCOMING_NO_ID)) {
        spoil(incoming, arena, "the record has no usable key");
        return ERROR_NONE;
    }
    if (incoming->event_id.len == 0) {
        spoil(incoming, arena, "the record has no event id");
        return ERROR_NONE;
    }
    if (incoming->value_len > INCOMING_VALUE_MAX) {
        spoil(incoming, arena, "the payload is larger than any event of ours");
        return ERROR_NONE;
    }
    if (strview_is(incoming->event_type, INCOMING_SKIPPED)) {
        if (incoming->version > 0) {
            incoming->kind = INCOMING_SKIP;
        } else {
            spoil(incoming, arena, "the record skips an event and does not say which version");
        }
        return ERROR_NONE;
    }
    const enum error_kind kind = event_decode(incoming->aggregate, incoming->event_type,
                                              incoming->value, arena, &incoming->event, err);
    if (kind == ERROR_EXHAUSTED) {
        return kind;
    }
    if (kind != ERROR_NONE) {
        spoil(incoming, arena, err->text);
        return ERROR_NONE;
    }
    compare_envelope(incoming, event_envelope(&incoming->event), arena);
    return ERROR_NONE;
}

/* A stranger's, near the end of 64 bits, is none: such a number is not read back where it was kept.
 */
static int64_t parse_version(struct strview text)
{
    int64_t version;
    const bool is_one = parse_i64(text, &version) && version > 0 && checked_is_modest(version);
    return is_one ? version : 0;
}

/* When the event says nothing about its time: its header, else the record. */
static int64_t fallback_time(const struct incoming *incoming)
{
    int64_t at_ms;
    return parse_time_ms(incoming->time, &at_ms) ? at_ms : incoming->timestamp_ms;
}

/* One that is longer than any of ours is a stranger's: it is kept wherever the record is. */
static struct strview text_header(const struct kafka_record *record, const char *name)
{
    const struct strview value = kafka_record_header(record, name);
    const bool is_text =
        value.data != NULL && value.len <= INCOMING_HEADER_MAX && utf8_is_valid(value);
    return is_text ? value : STRVIEW("");
}

static struct strview id_header(const struct kafka_record *record, const char *name)
{
    const struct strview value = text_header(record, name);
    return id_form_fits(value) ? value : STRVIEW("");
}

struct strview incoming_event_id(const struct kafka_record *record)
{
    const struct strview ce_id = id_header(record, TOPICS_HEADER_CE_ID);
    return ce_id.len > 0 ? ce_id : id_header(record, TOPICS_HEADER_ID);
}

/* Whatever else it carries, its key must not freeze an aggregate of ours. */
static void judge_origin(struct incoming *incoming, const struct kafka_record *record)
{
    if (incoming->event_id.len == 0 &&
        !strview_is(kafka_record_header(record, TOPICS_HEADER_CE_SOURCE), TOPICS_CE_SOURCE)) {
        incoming->kind = INCOMING_FOREIGN;
        incoming->aggregate_id = STRVIEW(INCOMING_NO_ID);
        incoming->version = 0;
    }
}

enum error_kind incoming_of_record(const struct kafka_record *record, const char *topic,
                                   enum aggregate_type aggregate, struct arena *arena,
                                   struct incoming **ret, struct error *err)
{
    struct incoming *incoming = arena_alloc(arena, sizeof *incoming);
    if (incoming == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory");
    }
    *incoming = (struct incoming){
        .aggregate = aggregate,
        /* What stands in Redis keys is of the id alphabet, whoever produced the record. */
        .aggregate_id = id_form_fits(record->key) ? record->key : STRVIEW(INCOMING_NO_ID),
        .version = parse_version(text_header(record, TOPICS_HEADER_CE_VERSION)),
        .event_id = incoming_event_id(record),
        .event_type = text_header(record, TOPICS_HEADER_CE_TYPE),
        .topic = strview_of(topic),
        .partition = record->partition,
        .offset = record->offset,
        .timestamp_ms = checked_is_modest(record->timestamp_ms) ? record->timestamp_ms : -1,
        .time = text_header(record, TOPICS_HEADER_CE_TIME),
        .correlation_id = text_header(record, TOPICS_HEADER_CE_CORRELATION_ID),
        .causation_id = text_header(record, TOPICS_HEADER_CE_CAUSATION_ID),
        .traceparent = text_header(record, TOPICS_HEADER_TRACEPARENT),
        .value = record->value,
        .value_len = record->value.len,
    };
    judge_origin(incoming, record);
    incoming->at_ms = fallback_time(incoming);
    const enum error_kind kind = interpret(incoming, arena, err);
    if (kind == ERROR_NONE) {
        *ret = incoming;
    }
    return kind;
}

/* What is ours, but of a kind that is not known yet, a later version of this program may read. */
static bool is_hopeless(const struct incoming *incoming)
{
    return incoming->kind == INCOMING_FOREIGN || incoming->event_id.len == 0 ||
           strview_is(incoming->aggregate_id, INCOMING_NO_ID) ||
           incoming->value_len > INCOMING_VALUE_MAX;
}

static struct strview value_to_keep(const struct incoming *incoming)
{
    struct strview value = incoming->value;
    if (value.len > INCOMING_KEPT_MAX && is_hopeless(incoming)) {
        value.len = INCOMING_KEPT_MAX;
    }
    return value;
}

#define HEADER(name, form, field) MEMBER_NAMED(name, form, struct incoming, field)
static const struct event_member PARKED_HEADERS[] = {
    HEADER("ce_id", MEMBER_OPTIONAL_TEXT, event_id),
    HEADER("ce_type", MEMBER_OPTIONAL_TEXT, event_type),
    HEADER("ce_aggregateversion", MEMBER_NUMBER, version),
    HEADER("ce_time", MEMBER_OPTIONAL_TEXT, time),
    HEADER("ce_correlationid", MEMBER_OPTIONAL_TEXT, correlation_id),
    HEADER("ce_causationid", MEMBER_OPTIONAL_TEXT, causation_id),
    HEADER("traceparent", MEMBER_OPTIONAL_TEXT, traceparent),
    HEADER("topic", MEMBER_OPTIONAL_TEXT, topic),
    MEMBERS_END,
};

bool incoming_park(const struct incoming *incoming, struct strbuf *out)
{
    if (incoming->parked_form.len > 0) {
        strbuf_append(out, incoming->parked_form);
        return strbuf_ok(out);
    }
    const struct strview kept = value_to_keep(incoming);
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    event_members_put(&writer, PARKED_HEADERS, incoming);
    json_put_member_integer(&writer, "partition", incoming->partition);
    json_put_member_integer(&writer, "offset", incoming->offset);
    json_put_member_integer(&writer, "timestamp", incoming->timestamp_ms);
    if (incoming->kind == INCOMING_FOREIGN) {
        json_put_member_integer(&writer, "foreign", 1);
    }
    if (kept.len < incoming->value_len) {
        json_put_member_integer(&writer, "value_bytes", (int64_t)incoming->value_len);
    }
    if (incoming->why != NULL) {
        json_put_member_text(&writer, "why", strview_of(incoming->why));
    }
    json_close_object(&writer);
    if (!json_writer_done(&writer)) {
        return false;
    }
    strbuf_append_char(out, '\n');
    strbuf_append(out, kept);
    return strbuf_ok(out);
}

static struct strview first_line(struct strview form, struct strview *ret_rest)
{
    const char *end = form.len == 0 ? NULL : memchr(form.data, '\n', form.len);
    const size_t len = end == NULL ? form.len : (size_t)(end - form.data);
    const size_t skip = end == NULL ? len : len + 1;
    *ret_rest = (struct strview){.data = form.data + skip, .len = form.len - skip};
    return (struct strview){.data = form.data, .len = len};
}

static void read_parked_headers(struct incoming *incoming, const struct json_value *headers)
{
    struct event_reader reader = {.is_lenient = true};
    event_members_read(&reader, headers, PARKED_HEADERS, incoming);
    incoming->partition = (int32_t)json_integer(headers, "partition", -1);
    incoming->offset = json_integer(headers, "offset", -1);
    incoming->timestamp_ms = json_integer(headers, "timestamp", -1);
    incoming->value_len =
        (size_t)json_integer(headers, "value_bytes", (int64_t)incoming->value.len);
    if (json_integer(headers, "foreign", 0) != 0) {
        incoming->kind = INCOMING_FOREIGN;
    }
}

enum error_kind incoming_of_parked(struct strview form, enum aggregate_type aggregate,
                                   struct strview aggregate_id, struct arena *arena,
                                   struct incoming **ret, struct error *err)
{
    struct incoming *incoming = arena_alloc(arena, sizeof *incoming);
    if (incoming == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory");
    }
    *incoming = (struct incoming){
        .aggregate = aggregate, .aggregate_id = aggregate_id, .parked_form = form};
    const struct json_value *headers = NULL;
    const struct strview line = first_line(form, &incoming->value);
    enum error_kind kind = json_parse(line, arena, &headers, err);
    if (kind == ERROR_NONE) {
        read_parked_headers(incoming, headers);
        incoming->at_ms = fallback_time(incoming);
        kind = interpret(incoming, arena, err);
    } else if (kind != ERROR_EXHAUSTED) {
        spoil(incoming, arena, "the parked form is damaged");
        kind = ERROR_NONE;
    }
    if (kind == ERROR_NONE) {
        *ret = incoming;
    }
    return kind;
}
