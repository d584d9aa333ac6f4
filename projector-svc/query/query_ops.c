/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operations ask: which orders should have got further, and how many did in each minute.
 */
#include "common/base/parse.h"
#include "common/base/percent.h"
#include "common/contract/order_status.h"
#include "common/io/loop.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/ops_minute.h"
#include "projector-svc/query/query.h"
#include "projector-svc/views/arglist.h"

/* --- stuck orders */

/* Of a row, behind the order's id and its deadline. */
enum { ROW_ID = 0, ROW_DEADLINE, ROW_REGION, ROW_PROVIDER, ROW_STATUS, ROW_SINCE };
enum { GROUP_FIELDS = 3 };
static const char *const GROUPED_BY[GROUP_FIELDS] = {"region", "provider", "status"};

static bool is_same_group(const struct redisconn_reply *one, const struct redisconn_reply *other)
{
    for (size_t i = 0; i < GROUP_FIELDS; i++) {
        if (!strview_equal(redisconn_reply_text_at(one, ROW_REGION + i),
                           redisconn_reply_text_at(other, ROW_REGION + i))) {
            return false;
        }
    }
    return true;
}

static void put_group_members(struct json_writer *writer, const struct redisconn_reply *row)
{
    for (size_t i = 0; i < GROUP_FIELDS; i++) {
        json_put_member_text(writer, GROUPED_BY[i], redisconn_reply_text_at(row, ROW_REGION + i));
    }
}

/* The group of the first-th row, where no row before it is of that group. */
static void put_group(struct json_writer *writer, const struct redisconn_reply *rows, size_t first)
{
    const struct redisconn_reply *row = redisconn_reply_at(rows, first);
    int64_t count = 0;
    for (size_t i = 1; i < redisconn_reply_count(rows); i++) {
        const bool is_of_it = is_same_group(redisconn_reply_at(rows, i), row);
        if (is_of_it && i < first) {
            return;
        }
        count += is_of_it ? 1 : 0;
    }
    json_open_object(writer);
    put_group_members(writer, row);
    json_put_member_integer(writer, "count", count);
    json_close_object(writer);
}

static void put_stuck(struct json_writer *writer, const struct redisconn_reply *row)
{
    json_open_object(writer);
    json_put_member_string(writer, "order_id", redisconn_reply_text_at(row, ROW_ID));
    json_put_member_time(writer, "deadline", redisconn_reply_integer_at(row, ROW_DEADLINE, 0));
    put_group_members(writer, row);
    json_put_member_time(writer, "status_since", redisconn_reply_integer_at(row, ROW_SINCE, 0));
    json_close_object(writer);
}

/* The first element is the next cursor; the rows follow. */
static void on_stuck(struct query *query, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *rows = redisconn_reply_at(reply, QUERY_LIST);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    query_put_rows(writer, reply, "orders", put_stuck);
    json_open_member_array(writer, "groups");
    for (size_t i = 1; i < redisconn_reply_count(rows); i++) {
        put_group(writer, rows, i);
    }
    json_close_array(writer);
    json_put_member_text(writer, "next_cursor", redisconn_reply_text_at(rows, 0));
    query_end_list(query, reply, QUERY_LIST_SLOTS);
}

static void add_tests(struct arglist *args, const struct query *query)
{
    struct strview values[GROUP_FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < GROUP_FIELDS; i++) {
        values[i] = http_request_query(query->request, GROUPED_BY[i]);
        count += values[i].data != NULL ? 1 : 0;
    }
    arglist_add_number(args, (int64_t)count);
    for (size_t i = 0; i < GROUP_FIELDS; i++) {
        if (values[i].data != NULL) {
            arglist_add(args, STRVIEW("IS"));
            arglist_add(args, strview_of(GROUPED_BY[i]));
            arglist_add(args, values[i]);
        }
    }
}

/* By its deadline. */
static bool is_stuck_cursor(struct strview text)
{
    return text.len == 0 || query_is_place(text);
}

/* A word that is none would find nothing, as if nothing were stuck. */
static bool names_a_status(const struct query *query)
{
    const struct strview word = http_request_query(query->request, "status");
    enum order_status status;
    return word.data == NULL || (order_status_parse(word, &status) && status != ORDER_STATUS_NONE);
}

static void on_stuck_request(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {"region", "provider", "status",
                                             "cursor", "limit",    NULL};
    struct query *query = query_begin(user, request, READABLE_OPS, PARAMETERS, sizeof *query);
    int64_t limit;
    struct strview cursor;
    if (query == NULL || !query_limit(query, &limit) ||
        !query_cursor(query, is_stuck_cursor, &cursor)) {
        return;
    }
    if (!names_a_status(query)) {
        query_malformed(query, "status is that of an order: placed, confirmed or shipped");
        return;
    }
    struct arglist args = {.arena = query->arena};
    arglist_add(&args, STRVIEW("STUCK"));
    arglist_add_number(&args, limit);
    arglist_add(&args, cursor);
    arglist_add_number(&args, loop_wall_ms());
    add_tests(&args, query);
    for (size_t i = 0; i < GROUP_FIELDS; i++) {
        arglist_add(&args, strview_of(GROUPED_BY[i]));
    }
    arglist_add(&args, STRVIEW("status_since"));
    query_read_list(query, &args, on_stuck);
}

/* --- minutes */

struct minutes_query {
    struct query query; /* first */
    int64_t first_ms;   /* of the first one that is read */
    int64_t end_ms;     /* of the last one that was asked for */
};

static struct minutes_query *own(struct query *query)
{
    return (struct minutes_query *)(void *)query;
}

/* A part of a field, as it was before it was encoded. */
static void put_part(struct json_writer *writer, struct arena *arena, const char *name,
                     struct strview coded)
{
    char *text = arena_alloc(arena, coded.len + 1);
    size_t len;
    if (text == NULL || !percent_decode(coded, text, coded.len + 1, &len)) {
        json_put_member_string(writer, name, coded);
    } else {
        json_put_member_string(writer, name, (struct strview){.data = text, .len = len});
    }
}

static void put_transitions(struct json_writer *writer, struct arena *arena,
                            const struct redisconn_reply *hash)
{
    json_open_member_array(writer, "transitions");
    for (size_t i = 0; i + 1 < redisconn_reply_count(hash); i += 2) {
        struct strview field = redisconn_reply_text_at(hash, i);
        json_open_object(writer);
        put_part(writer, arena, "region", strview_take(&field, ':'));
        put_part(writer, arena, "provider", strview_take(&field, ':'));
        json_put_member_string(writer, "status", field);
        json_put_member_integer(writer, "count", redisconn_reply_integer_at(hash, i + 1, 0));
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* As many of the minutes as were read; those in which nothing happened are not told. */
static void put_minutes(struct json_writer *writer, const struct minutes_query *asked,
                        const struct redisconn_reply *hashes)
{
    json_open_member_array(writer, "minutes");
    for (size_t i = 0; i < redisconn_reply_count(hashes); i++) {
        const struct redisconn_reply *hash = redisconn_reply_at(hashes, i);
        if (redisconn_reply_count(hash) > 0) {
            json_open_object(writer);
            json_put_member_time(writer, "at", asked->first_ms + (int64_t)i * OPS_MINUTE_MS);
            put_transitions(writer, asked->query.arena, hash);
            json_close_object(writer);
        }
    }
    json_close_array(writer);
}

static void on_minutes(struct query *query, const struct redisconn_reply *reply)
{
    const struct minutes_query *asked = own(query);
    const struct redisconn_reply *hashes = redisconn_reply_at(reply, QUERY_LIST);
    const int64_t next_ms =
        asked->first_ms + (int64_t)redisconn_reply_count(hashes) * OPS_MINUTE_MS;
    char next[TIME_TEXT_LEN + 1];
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    put_minutes(writer, asked, hashes);
    if (next_ms < asked->end_ms) {
        format_time_ms(next_ms, next);
        json_put_member_string(writer, "next_cursor", strview_of(next));
    }
    query_end_list(query, reply, QUERY_LIST_SLOTS);
}

static bool read_time(struct query *query, const char *name, int64_t *ret)
{
    const struct strview text = http_request_query(query->request, name);
    if (text.data == NULL || (parse_rfc3339_ms(text, ret) && *ret >= 0)) {
        return true;
    }
    query_malformed(query, "from, to and cursor are times such as 2026-01-02T03:04:05Z");
    return false;
}

static void read_minutes(struct minutes_query *asked, int64_t limit)
{
    struct arena *arena = asked->query.arena;
    struct arglist args = {.arena = arena};
    arglist_add(&args, STRVIEW("HASHES"));
    for (int64_t i = 0; i < limit; i++) {
        const int64_t at_ms = asked->first_ms + i * OPS_MINUTE_MS;
        if (at_ms >= asked->end_ms) {
            break;
        }
        const struct strview name = ops_minute_name(arena, at_ms);
        arglist_add(&args, name.data == NULL ? name : keys_ops_minute(arena, KEYS_ALL, name));
    }
    query_read_list(&asked->query, &args, on_minutes);
}

static void on_minutes_request(struct http_request *request, void *user)
{
    enum { HOUR_MS = 3600 * 1000 };
    static const char *const PARAMETERS[] = {"from", "to", "cursor", "limit", NULL};
    struct query *query =
        query_begin(user, request, READABLE_OPS, PARAMETERS, sizeof(struct minutes_query));
    int64_t limit;
    if (query == NULL || !query_limit(query, &limit)) {
        return;
    }
    struct minutes_query *asked = own(query);
    asked->end_ms = loop_wall_ms();
    if (!read_time(query, "to", &asked->end_ms)) {
        return;
    }
    asked->first_ms = asked->end_ms - HOUR_MS;
    if (read_time(query, "from", &asked->first_ms) &&
        read_time(query, "cursor", &asked->first_ms)) {
        asked->first_ms -= asked->first_ms % OPS_MINUTE_MS;
        read_minutes(asked, limit);
    }
}

const struct http_route QUERY_OPS_ROUTES[] = {
    {HTTP_GET, "/v1/ops/stuck", on_stuck_request, .tag = 0},
    {HTTP_GET, "/v1/ops/minutes", on_minutes_request, .tag = 0},
    {.pattern = NULL},
};
