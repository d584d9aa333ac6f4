/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands still, for operators: listed and shown.
 *
 * Why values are not shown: they hold names and addresses, which are not an operator's to read.
 */
#include "common/base/id_form.h"
#include "common/base/parse.h"
#include "common/run/auth.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/dead_letter.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/told_times.h"

#define PORTION     "100"
#define SHOWN       "50"     /* records */
#define SHOWN_BYTES "262144" /* of them */

/* --- all of them */

/* A row: name, mark, how many records wait, bytes of what was decided. */
static void put_row(struct json_writer *writer, const struct redisconn_reply *row,
                    struct arena *arena)
{
    enum { FIELD = 0, MARK, PARKED, DECIDED };
    struct strview id = redisconn_reply_text_at(row, FIELD);
    const struct strview type = strview_take(&id, ':');
    const struct mark_frozen mark =
        mark_json_read_frozen(redisconn_reply_text_at(row, MARK), arena);
    json_open_object(writer);
    json_put_member_string(writer, "type", type);
    json_put_member_string(writer, "id", id);
    json_put_member_string(writer, "state", strview_of(lineup_state_name(mark.reason)));
    json_put_member_integer(writer, "waits_for", mark.waits_for);
    json_put_member_time(writer, "since", mark.since_ms);
    json_put_member_integer(writer, "parked", redisconn_reply_integer_at(row, PARKED, 0));
    json_put_member_bool(writer, "decided", redisconn_reply_integer_at(row, DECIDED, 0) > 0);
    json_close_object(writer);
}

static void on_listed(struct query *query, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *portion = redisconn_reply_at(reply, 0);
    const struct strview cursor = redisconn_reply_text_at(portion, 0);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    json_open_member_array(writer, "dead_letters");
    for (size_t i = 1; i < redisconn_reply_count(portion); i++) {
        put_row(writer, redisconn_reply_at(portion, i), query->arena);
    }
    json_close_array(writer);
    if (!strview_is(cursor, "0")) {
        json_put_member_text(writer, "next_cursor", cursor);
    }
    query_end(query, NULL);
}

static void on_list(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {"cursor", NULL};
    struct query *query =
        query_begin(user, request, READABLE_DEAD_LETTERS, PARAMETERS, sizeof *query);
    if (query == NULL) {
        return;
    }
    struct strview cursor = http_request_query(request, "cursor");
    int64_t number = 0;
    if (cursor.data == NULL) {
        cursor = STRVIEW("0");
    } else if (!parse_i64(cursor, &number) || number < 0) {
        query_malformed(query, "cursor is not one of an answer's");
        return;
    }
    query_read(query, &REDISCONN_COMMAND(STRVIEW("FROZEN"), cursor, STRVIEW(PORTION)), 1,
               on_listed);
}

/* --- one of them */

struct dead_letter *dead_letter_begin(struct http_request *request, struct query_context *context)
{
    static const char *const PARAMETERS[] = {NULL};
    struct query *query = query_begin(context, request, READABLE_DEAD_LETTERS, PARAMETERS,
                                      sizeof(struct dead_letter));
    if (query == NULL) {
        return NULL;
    }
    struct dead_letter *asked = dead_letter_of(query);
    asked->id = http_request_param(request, 1);
    if (!aggregate_from_name(http_request_param(request, 0), &asked->type) ||
        (!id_form_fits(asked->id) && !strview_is(asked->id, INCOMING_NO_ID))) {
        query_not_found(query);
        return NULL;
    }
    asked->field = keys_frozen_field(query->arena, asked->type, asked->id);
    return asked;
}

void dead_letter_read(struct dead_letter *asked, query_reply_fn *callback)
{
    struct arena *arena = asked->query.arena;
    const int32_t partition = keys_partition_of(asked->id);
    struct redisconn_command commands[DEAD_LETTER_READS] = {
        [DEAD_LETTER_MARK] = REDISCONN_COMMAND(
            STRVIEW("HGET"), keys_named(arena, partition, KEYS_FROZEN), asked->field),
        [DEAD_LETTER_DECIDED] = REDISCONN_COMMAND(
            STRVIEW("HGET"), keys_named(arena, partition, KEYS_DECIDED), asked->field),
        [DEAD_LETTER_RECORDS] = REDISCONN_COMMAND(
            STRVIEW("HEADS"), STRVIEW(SHOWN_BYTES),
            keys_parked(arena, partition, asked->type, asked->id), STRVIEW(SHOWN))};
    slots_ask(&commands[DEAD_LETTER_SLOTS]);
    query_read(&asked->query, commands, DEAD_LETTER_READS, callback);
}

struct mark_frozen dead_letter_mark(const struct redisconn_reply *reply, struct arena *arena)
{
    const struct redisconn_reply *mark = redisconn_reply_at(reply, DEAD_LETTER_MARK);
    return redisconn_reply_is_nil(mark) ? (struct mark_frozen){.reason = LINEUP_FLOWING}
                                        : mark_json_read_frozen(redisconn_reply_text(mark), arena);
}

/* The answer of HEADS to the one list: its length, then the first ones. */
static const struct redisconn_reply *heads_of(const struct redisconn_reply *reply)
{
    return redisconn_reply_at(redisconn_reply_at(reply, DEAD_LETTER_RECORDS), 0);
}

size_t dead_letter_records(const struct redisconn_reply *reply)
{
    const size_t count = redisconn_reply_count(heads_of(reply));
    return count == 0 ? 0 : count - 1;
}

/* The first line of its parked form. */
const struct json_value *dead_letter_record(const struct redisconn_reply *reply, size_t index,
                                            struct arena *arena)
{
    struct strview rest = redisconn_reply_text_at(heads_of(reply), index + 1);
    const struct json_value *record = NULL;
    struct error ignored;
    return json_parse(strview_take(&rest, '\n'), arena, &record, &ignored) == ERROR_NONE ? record
                                                                                         : NULL;
}

/* As it is kept, but for its time; one that Kafka did not tell is none. */
static void put_record(struct json_writer *writer, const struct json_value *record)
{
    const struct json_value *member = record->type == JSON_OBJECT ? record->first : NULL;
    json_open_object(writer);
    for (; member != NULL; member = member->next) {
        if (!strview_is(member->name, "timestamp")) {
            json_key_text(writer, member->name);
            json_put_value(writer, member);
        } else if (member->integer >= 0) {
            json_put_member_time(writer, "timestamp", member->integer);
        }
    }
    json_close_object(writer);
}

static void put_records(struct json_writer *writer, const struct redisconn_reply *reply,
                        struct arena *arena)
{
    const struct redisconn_reply *heads = heads_of(reply);
    json_put_member_integer(writer, "parked", redisconn_reply_integer_at(heads, 0, 0));
    json_open_member_array(writer, "records");
    for (size_t i = 0; i < dead_letter_records(reply); i++) {
        const struct json_value *record = dead_letter_record(reply, i, arena);
        if (record != NULL) {
            put_record(writer, record);
        }
    }
    json_close_array(writer);
}

static void put_decisions(struct json_writer *writer, struct strview text, struct arena *arena)
{
    const struct json_value *decisions = NULL;
    struct error ignored;
    const struct strview list = told_times_in(text, arena);
    if (list.len > 0 && json_parse(list, arena, &decisions, &ignored) == ERROR_NONE) {
        json_key(writer, "decisions");
        json_put_value(writer, decisions);
    }
}

static void on_shown(struct query *query, const struct redisconn_reply *reply)
{
    const struct dead_letter *asked = dead_letter_of(query);
    const struct strview decided = redisconn_reply_text_at(reply, DEAD_LETTER_DECIDED);
    const struct mark_frozen mark = dead_letter_mark(reply, query->arena);
    if (mark.reason == LINEUP_FLOWING && decided.len == 0) {
        query_not_found(query);
        return;
    }
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    json_put_member_string(writer, "type", strview_of(aggregate_name(asked->type)));
    json_put_member_string(writer, "id", asked->id);
    json_put_member_string(writer, "state", strview_of(lineup_state_name(mark.reason)));
    json_put_member_nonzero(writer, "waits_for", mark.waits_for);
    if (mark.since_ms != 0) {
        json_put_member_time(writer, "since", mark.since_ms);
    }
    json_put_member_text(writer, "reader", mark.reader);
    put_records(writer, reply, query->arena);
    put_decisions(writer, decided, query->arena);
    query_end(query, NULL);
}

static void on_show(struct http_request *request, void *user)
{
    struct dead_letter *asked = dead_letter_begin(request, user);
    if (asked != NULL) {
        dead_letter_read(asked, on_shown);
    }
}

/* --- the routes */

static bool on_head(struct http_request *request, void *user)
{
    const struct query_context *context = user;
    return auth_require(context->auth, request, readers_of(READABLE_DEAD_LETTERS)) != NULL;
}

#define PATH "/v1/ops/dead-letters"
const struct http_route QUERY_DEAD_LETTER_ROUTES[] = {
    {HTTP_GET, PATH, on_list, .tag = 0},
    {HTTP_GET, PATH "/{type}/{id}", on_show, .tag = 0},
    {HTTP_POST, PATH "/{type}/{id}/retry", dead_letter_on_decide, DECISION_RETRY,
     .on_head = on_head},
    {HTTP_POST, PATH "/{type}/{id}/skip", dead_letter_on_decide, DECISION_SKIP, .on_head = on_head},
    {.pattern = NULL},
};
