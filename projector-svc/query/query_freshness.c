/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the views are behind: per partition, and in one line for lists.
 *
 * Everything comes from Redis, where each partition's owner writes it, so any
 * projector can answer for all of them. An owner that has stopped reporting makes its
 * partitions older and older: silence is not freshness. A partition that nobody ever
 * reported has a lag that nobody knows: null.
 */
#include "common/base/parse.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/query.h"
#include "projector-svc/query/slots.h"

#include <stdlib.h>

/* Behind them, where all is told. */
enum { READ_FROZEN = SLOTS_COMMANDS, READ_BYTES, READ_COUNT };

/* --- the slowest */

/* What is not known is null: any number would be taken for one. */
static void put_known(struct json_writer *writer, const char *name, int64_t value, bool is_known)
{
    json_key(writer, name);
    if (is_known) {
        json_put_integer(writer, value);
    } else {
        json_put_null(writer);
    }
}

static void put_known_time(struct json_writer *writer, const char *name, int64_t at_ms,
                           bool is_known)
{
    if (is_known) {
        json_put_member_time(writer, name, at_ms);
    } else {
        json_key(writer, name);
        json_put_null(writer);
    }
}

/* Until when its views are complete: what it last reported when nothing is missing. */
static int64_t complete_until(const struct slot *slot)
{
    return slot->lag_ms == 0 ? slot->reported_at : slot->processed_at;
}

static bool is_slower(const struct slot *a, const struct slot *b)
{
    if (a->lag_ms < 0 || b->lag_ms < 0) {
        return a->lag_ms < 0 && b->lag_ms >= 0;
    }
    return a->lag_ms > b->lag_ms ||
           (a->lag_ms == b->lag_ms && complete_until(a) < complete_until(b));
}

static void put_slowest(struct json_writer *writer, const struct slot *slots, size_t count)
{
    const struct slot *slowest = count == 0 ? NULL : &slots[0];
    for (size_t i = 1; i < count; i++) {
        slowest = is_slower(&slots[i], slowest) ? &slots[i] : slowest;
    }
    const bool is_known = slowest != NULL && slowest->lag_ms >= 0;
    const int64_t until_ms = is_known ? complete_until(slowest) : 0;
    put_known_time(writer, "projected_at", until_ms, until_ms > 0);
    put_known(writer, "lag_ms", is_known ? slowest->lag_ms : 0, is_known);
}

void query_put_slowest(struct arena *arena, struct json_writer *writer,
                       const struct redisconn_reply *reply, size_t first)
{
    struct slot *slots = NULL;
    const size_t count = slots_read(arena, reply, first, &slots);
    put_slowest(writer, slots, count);
}

void query_end_list(struct query *query, const struct redisconn_reply *reply, size_t first)
{
    json_open_member_object(&query->writer, "freshness");
    query_put_slowest(query->arena, &query->writer, reply, first);
    json_close_object(&query->writer);
    query_end(query, NULL);
}

/* --- lists that one command finds */

void query_read_list(struct query *query, const struct arglist *args, query_reply_fn *callback)
{
    struct redisconn_command commands[QUERY_LIST_SLOTS + SLOTS_COMMANDS] = {query_command(args)};
    slots_ask(&commands[QUERY_LIST_SLOTS]);
    query_read(query, commands, sizeof commands / sizeof commands[0], callback);
}

void query_put_rows(struct json_writer *writer, const struct redisconn_reply *reply,
                    const char *name, query_row_fn *put_row)
{
    const struct redisconn_reply *rows = redisconn_reply_at(reply, QUERY_LIST);
    json_open_member_array(writer, name);
    for (size_t i = 1; i < redisconn_reply_count(rows); i++) {
        put_row(writer, redisconn_reply_at(rows, i));
    }
    json_close_array(writer);
}

void query_answer_page(struct query *query, const struct redisconn_reply *reply, const char *name,
                       query_row_fn *put_row)
{
    const struct redisconn_reply *rows = redisconn_reply_at(reply, QUERY_LIST);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    query_put_rows(writer, reply, name, put_row);
    json_put_member_text(writer, "next_cursor", redisconn_reply_text_at(rows, 0));
    query_end_list(query, reply, QUERY_LIST_SLOTS);
}

/* --- all of it */

static struct strview topic_of(const struct slot *slot)
{
    const char *at = memrchr(slot->name.data, '/', slot->name.len);
    const size_t len = at == NULL ? slot->name.len : (size_t)(at - slot->name.data);
    return (struct strview){.data = slot->name.data, .len = len};
}

/* "order.events/3" is told as its two parts. */

static void put_name(struct json_writer *writer, const struct slot *slot)
{
    const struct strview topic = topic_of(slot);
    int64_t number = -1;
    if (topic.len < slot->name.len) {
        const struct strview text = {.data = topic.data + topic.len + 1,
                                     .len = slot->name.len - topic.len - 1};
        number = parse_i64(text, &number) ? number : -1;
    }
    json_put_member_string(writer, "topic", topic);
    json_put_member_integer(writer, "partition", number);
}

/* Whose event came last is not everybody's to know. */
static void put_last(struct json_writer *writer, const struct slot *slot)
{
    json_put_member_text(writer, "last_event_id", slot->last_event_id);
    json_put_member_text(writer, "aggregate_id", slot->aggregate_id);
    if (slot->version > 0) {
        json_put_member_integer(writer, "version", slot->version);
    }
}

static void put_slot(struct json_writer *writer, const struct slot *slot, bool has_ids)
{
    json_open_object(writer);
    put_name(writer, slot);
    json_put_member_integer(writer, "position", slot->position);
    put_known(writer, "end_offset", slot->end_offset, slot->end_offset >= 0);
    put_known(writer, "lag_events", slot->lag_events, slot->end_offset >= 0);
    put_known(writer, "lag_ms", slot->lag_ms, slot->lag_ms >= 0);
    if (has_ids) {
        put_last(writer, slot);
    }
    if (slot->processed_at > 0) {
        json_put_member_time(writer, "processed_at", slot->processed_at);
    }
    put_known_time(writer, "reported_at", slot->reported_at, slot->reported_at > 0);
    json_close_object(writer);
}

static void put_counters(struct json_writer *writer, const struct redisconn_reply *status)
{
    static const char *const COUNTERS[] = {"applied", "duplicates", "gaps",   "forks",
                                           "parked",  "dead",       "retries"};
    for (size_t i = 0; i < sizeof COUNTERS / sizeof COUNTERS[0]; i++) {
        json_put_member_integer(
            writer, COUNTERS[i],
            redisconn_reply_integer(redisconn_reply_field(status, strview_of(COUNTERS[i])), 0));
    }
}

/* Redis has them in no order, people look for one: by topic, then by number. */
static int by_name(const void *left, const void *right)
{
    const struct slot *a = left;
    const struct slot *b = right;
    const struct strview topic = topic_of(a);
    const size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
    if (strview_equal(topic, topic_of(b)) && a->name.len != b->name.len) {
        return a->name.len < b->name.len ? -1 : 1;
    }
    return memcmp(a->name.data, b->name.data, shorter);
}

/* A topic is told once, by its first slot, and only when nobody reports any of it. */
static bool tells_not_followed(const struct slot *slots, size_t count, size_t index)
{
    const struct strview topic = topic_of(&slots[index]);
    for (size_t i = 0; i < count; i++) {
        if (strview_equal(topic_of(&slots[i]), topic) && (slots[i].is_reported || i < index)) {
            return false;
        }
    }
    return true;
}

static void put_not_followed(struct json_writer *writer, const struct slot *slots, size_t count)
{
    bool is_open = false;
    for (size_t i = 0; i < count; i++) {
        if (slots[i].is_reported || !tells_not_followed(slots, count, i)) {
            continue;
        }
        if (!is_open) {
            json_open_member_array(writer, "not_followed");
            is_open = true;
        }
        json_put_string(writer, topic_of(&slots[i]));
    }
    if (is_open) {
        json_close_array(writer);
    }
}

/* Who is not, for him nobody asks: it is the dearest part of the question. */
static bool is_told_bytes(const struct query *query)
{
    return readers_may_read(query->role, READABLE_FRESHNESS_IDS);
}

/* Of one order, by those that were looked at; nothing where Redis does not tell. */
static void put_order_bytes(struct json_writer *writer, const struct redisconn_reply *sums)
{
    static const char *const PARTS[] = {"hash", "details", "timeline", "shared"};
    const int64_t orders = redisconn_reply_integer_at(sums, 0, 0);
    int64_t total = 0;
    if (orders <= 0) {
        return;
    }
    json_open_member_object(writer, "order_bytes");
    json_put_member_integer(writer, "orders", orders);
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        const int64_t part = redisconn_reply_integer_at(sums, i + 1, 0) / orders;
        json_put_member_integer(writer, PARTS[i], part);
        total += part;
    }
    json_put_member_integer(writer, "total", total);
    json_close_object(writer);
}

static void on_freshness(struct query *query, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *status = redisconn_reply_at(reply, SLOTS_STATUS);
    struct slot *slots = NULL;
    const size_t count = slots_read(query->arena, reply, 0, &slots);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    json_put_member_text(
        writer, "generation",
        redisconn_reply_text(redisconn_reply_field(status, STRVIEW("generation"))));
    json_put_member_bool(writer, "recovering", query->views == QUERY_VIEWS_RECOVERING);
    put_slowest(writer, slots, count);
    put_counters(writer, status);
    json_put_member_integer(writer, "dead_letters",
                            redisconn_reply_integer_at(reply, READ_FROZEN, 0));
    if (is_told_bytes(query)) {
        put_order_bytes(writer, redisconn_reply_at(reply, READ_BYTES));
    }
    put_not_followed(writer, slots, count);
    if (count > 0) {
        qsort(slots, count, sizeof *slots, by_name);
    }
    json_open_member_array(writer, "partitions");
    for (size_t i = 0; i < count; i++) {
        put_slot(writer, &slots[i], readers_may_read(query->role, READABLE_FRESHNESS_IDS));
    }
    json_close_array(writer);
    json_close_object(writer);
    query_answer(query, NULL);
}

static void on_request(struct http_request *request, void *user)
{
    struct query *query = query_begin(user, request, READABLE_FRESHNESS, NULL, sizeof *query);
    if (query == NULL) {
        return;
    }
    struct redisconn_command commands[READ_COUNT] = {
        [READ_FROZEN] = REDISCONN_COMMAND(STRVIEW("HLEN"), STRVIEW(KEYS_FROZEN)),
        [READ_BYTES] = REDISCONN_COMMAND(STRVIEW("BYTES"), STRVIEW("10"))};
    slots_ask(commands);
    query_read(query, commands, is_told_bytes(query) ? READ_COUNT : READ_BYTES, on_freshness);
}

const struct http_route QUERY_FRESHNESS_ROUTES[] = {
    {HTTP_GET, "/v1/freshness", on_request, .tag = 0},
    {.pattern = NULL},
};
