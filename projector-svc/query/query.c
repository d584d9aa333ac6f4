/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/query.h"

#include "common/base/parse.h"
#include "common/base/uuid7.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "projector-svc/query/asker.h"
#include "projector-svc/query/loss_watch.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/view_read.h"

#include <utlist.h>

enum { READINGS_MAX = 4 };

/* --- one query's life */

static void dequeue(struct query *query)
{
    DL_DELETE2(query->context->queued, query, previous_queued, next_queued);
    query->is_queued = false;
}

void query_leave(struct query *query)
{
    if (query->is_queued) {
        dequeue(query);
    }
    if (query->on_end != NULL) {
        query->on_end(query);
    }
    DL_DELETE2(query->context->live, query, previous, next);
}

struct query *query_begin(struct query_context *context, struct http_request *request,
                          enum readable readable, const char *const *parameters, size_t size)
{
    const struct principal *principal = auth_require(context->auth, request, readers_of(readable));
    if (principal == NULL || !http_request_query_only(request, parameters)) {
        return NULL;
    }
    struct arena *arena = http_request_arena(request);
    struct query *query = arena_alloc(arena, size);
    const struct strview only = arena_view(arena, asker_bound_to(principal, readable));
    if (query == NULL || only.data == NULL) {
        http_refuse(request, 503, "overloaded", "no memory for this request");
        return NULL;
    }
    query->context = context;
    query->request = request;
    query->arena = arena;
    query->readable = readable;
    query->auth_epoch = auth_epoch(context->auth);
    query->until_ms = principal->until_ms;
    query->role = asker_role(principal);
    query->only = only;
    DL_PREPEND2(context->live, query, previous, next);
    return query;
}

/* --- reading */

static void fail_reading(struct query *query, const struct error *why)
{
    (void)activity_failed(&query->context->reading, why, loop_now_ms(), jitter_draw());
    query_unavailable(query, "the views cannot be read now");
}

/* A query may wait for ten seconds, and a token that was revoked meanwhile, or has expired, must
 * not be answered even once more. Looks it up only when tokens were read again since it last did.
 */
static bool is_asked_by_the_same(struct query *query)
{
    const struct auth *auth = query->context->auth;
    if (loop_wall_ms() >= query->until_ms) {
        return false;
    }
    if (query->auth_epoch == auth_epoch(auth)) {
        return true;
    }
    const struct principal *principal = auth_of_request(auth, query->request);
    query->auth_epoch = auth_epoch(auth);
    query->until_ms = principal == NULL ? 0 : principal->until_ms;
    return principal != NULL && asker_role(principal) == query->role &&
           strview_equal(asker_bound_to(principal, query->readable), query->only);
}

int64_t query_may_wait_ms(const struct query *query, int64_t wait_ms)
{
    const int64_t now_ms = loop_wall_ms();
    if (query->until_ms <= now_ms) {
        return 0;
    }
    return wait_ms < query->until_ms - now_ms ? wait_ms : query->until_ms - now_ms;
}

static void judge_reply(struct query *query, const struct redisconn_reply *reply,
                        const struct error *failure)
{
    if (!is_asked_by_the_same(query)) {
        query_leave(query);
        auth_refuse(query->request);
        return;
    }
    if (failure != NULL) {
        fail_reading(query, failure);
        return;
    }
    activity_succeeded_elsewhere(&query->context->reading, loop_now_ms());
    query->views = loss_watch_judge(query->context->losses, reply) ? QUERY_VIEWS_RECOVERING
                                                                   : QUERY_VIEWS_WHOLE;
    query->on_reply(query, reply);
}

static void send_queued(struct query_context *context);

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct query *query = user;
    struct query_context *context = query->context; /* the query ends with its answer */
    context->readings--;
    judge_reply(query, reply, failure);
    send_queued(context);
}

/* Redis carries out in one go what stands in a connection's buffer, and a page of 200 orders takes
 * it 2 ms: with all of them sent at once, the views would not be written meanwhile. */
static void send_queued(struct query_context *context)
{
    struct error err;
    while (context->readings < READINGS_MAX && context->queued != NULL) {
        struct query *query = context->queued;
        dequeue(query);
        if (redisconn_send(context->reader, query->reading, on_reply, query, &err) == ERROR_NONE) {
            context->readings++;
        } else {
            fail_reading(query, &err);
        }
    }
}

static bool are_composed(const struct redisconn_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < commands[i].count; j++) {
            if (commands[i].args[j].data == NULL) {
                return false;
            }
        }
    }
    return true;
}

void query_read(struct query *query, const struct redisconn_command *commands, size_t count,
                query_reply_fn *callback)
{
    const size_t all_count = count + LOSS_WATCH_COMMANDS;
    struct error err;
    struct redisconn_command *all = arena_array(query->arena, all_count, sizeof *all);
    if (all == NULL || !are_composed(commands, count)) {
        query_unavailable(query, "no memory for this request");
        return;
    }
    if (count > 0) {
        memcpy(all, commands, count * sizeof *all);
    }
    loss_watch_ask(&all[count]);
    query->on_reply = callback;
    if (view_read_make(query->arena, all, all_count, &query->reading, &err) != ERROR_NONE) {
        query_unavailable(query, "no memory for this request");
        return;
    }
    DL_APPEND2(query->context->queued, query, previous_queued, next_queued);
    query->is_queued = true;
    send_queued(query->context);
}

/* --- answering */

struct json_writer *query_write(struct query *query)
{
    strbuf_init(&query->body, QUERY_BODY_MAX);
    json_writer_init(&query->writer, &query->body);
    query->writer.mends = true; /* one damaged value must not take a whole list */
    return &query->writer;
}

void query_answer(struct query *query, const struct http_header *headers)
{
    struct strbuf body = query->body; /* the query is gone with its answer */
    if (json_writer_done(&query->writer)) {
        query_leave(query);
        http_respond(
            query->request,
            &(struct http_answer){.status = 200, .headers = headers, .body = strbuf_view(&body)});
    } else {
        query_refuse(query, 500, "internal", "the answer could not be put together");
    }
    strbuf_done(&body);
}

void query_answer_unmodified(struct query *query, const struct http_header *headers)
{
    query_leave(query);
    http_respond(query->request, &(struct http_answer){.status = 304, .headers = headers});
}

/* The problem's own members, and that what is not there may only not be there yet. While it is so
 * still, query_api.c says it in every problem. */
static void put_recovering(struct json_writer *writer, const void *user)
{
    const struct http_problem *problem = user;
    if (problem->put_members != NULL) {
        problem->put_members(writer, problem->members_user);
    }
    json_put_member_bool(writer, "recovering", true);
}

void query_problem(struct query *query, const struct http_problem *problem)
{
    struct http_problem told = *problem;
    if (query->views == QUERY_VIEWS_RECOVERING && !loss_watch_is_told(query->context->losses)) {
        told.put_members = put_recovering;
        told.members_user = problem;
    }
    query_leave(query);
    http_problem(query->request, &told);
}

void query_refuse(struct query *query, int status, const char *slug, const char *detail)
{
    query_problem(query, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

void query_malformed(struct query *query, const char *detail)
{
    query_refuse(query, 400, "malformed-request", detail);
}

void query_unavailable(struct query *query, const char *reason)
{
    query_refuse(query, 503, "dependency-unavailable", reason);
}

/* While Redis is being filled again, what is not there may only not be there yet. */
static void answer_not_found(struct query *query, const struct redisconn_reply *reply)
{
    (void)reply;
    query_refuse(query, 404, "not-found",
                 query->views == QUERY_VIEWS_RECOVERING
                     ? "it is not there, or not there again yet"
                     : "there is nothing under this address for you");
}

void query_not_found(struct query *query)
{
    if (query->views != QUERY_VIEWS_UNREAD) {
        answer_not_found(query, NULL);
    } else {
        query_read(query, NULL, 0, answer_not_found);
    }
}

void query_put_recovering(const struct query *query, struct json_writer *writer)
{
    if (query->views == QUERY_VIEWS_RECOVERING) {
        json_put_member_bool(writer, "recovering", true);
    }
}

void query_end(struct query *query, const struct http_header *headers)
{
    query_put_recovering(query, &query->writer);
    json_close_object(&query->writer);
    query_answer(query, headers);
}

/* --- parameters that several queries take */

bool query_limit(struct query *query, int64_t *ret_limit)
{
    const struct strview text = http_request_query(query->request, "limit");
    int64_t limit = QUERY_LIMIT_DEFAULT;
    if (text.data != NULL && (!parse_i64(text, &limit) || limit < 1 || limit > QUERY_LIMIT_MAX)) {
        query_malformed(query, "limit is a number from 1 to 200");
        return false;
    }
    *ret_limit = limit;
    return true;
}

bool query_cursor(struct query *query, bool (*is_one)(struct strview text), struct strview *ret)
{
    const struct strview text = http_request_query(query->request, "cursor");
    if (text.data != NULL && !is_one(text)) {
        query_malformed(query, "cursor is not one that was handed out");
        return false;
    }
    *ret = text.data == NULL ? STRVIEW("") : text;
    return true;
}

bool query_is_place(struct strview text)
{
    struct uuid id;
    int64_t at_ms;
    return parse_i64(strview_take(&text, '_'), &at_ms) && uuid_parse(text, &id);
}

struct redisconn_command query_command(const struct arglist *args)
{
    static const struct strview NOTHING[] = {{NULL, 0}};
    return args->failed ? (struct redisconn_command){NOTHING, 1}
                        : (struct redisconn_command){args->args, args->count};
}
