/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/query_api.h"

#include "common/base/embedded_text.h"
#include "common/base/must.h"
#include "common/io/http/server.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "common/run/metrics.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"
#include "projector-svc/query/asker.h"
#include "projector-svc/query/order_waits.h"
#include "projector-svc/query/query.h"
#include "projector-svc/views/view_read.h"

#include <stdlib.h>

extern const struct embedded_text PROJECTOR_OPENAPI[];

enum { READINGS_MAX = 4 };

struct query_api {
    struct query_context context;
    struct metrics *metrics;
};

/* --- one query's life */

static void link_query(struct query_context *context, struct query *query)
{
    query->next = context->live;
    query->previous = NULL;
    if (context->live != NULL) {
        context->live->previous = query;
    }
    context->live = query;
}

static void enqueue(struct query *query)
{
    struct query_context *context = query->context;
    if (context->first_queued == NULL) {
        context->first_queued = query;
    } else {
        context->last_queued->next_queued = query;
    }
    context->last_queued = query;
    query->next_queued = NULL;
    query->is_queued = true;
}

/* It is the first, but when all of them end at once. */
static void dequeue(struct query *query)
{
    struct query_context *context = query->context;
    struct query *before = NULL;
    for (struct query *at = context->first_queued; at != query; at = at->next_queued) {
        before = at;
    }
    if (before == NULL) {
        context->first_queued = query->next_queued;
    } else {
        before->next_queued = query->next_queued;
    }
    if (context->last_queued == query) {
        context->last_queued = before;
    }
    query->is_queued = false;
}

static void end_query(struct query *query)
{
    if (query->is_queued) {
        dequeue(query);
    }
    if (query->on_end != NULL) {
        query->on_end(query);
    }
    if (query->previous == NULL) {
        query->context->live = query->next;
    } else {
        query->previous->next = query->next;
    }
    if (query->next != NULL) {
        query->next->previous = query->previous;
    }
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
    link_query(context, query);
    return query;
}

/* --- reading */

static void fail_reading(struct query *query, const struct error *why)
{
    (void)activity_failed(&query->context->reading, why, loop_now_ms(), jitter_draw());
    query_unavailable(query, "the views cannot be read now");
}

static void judge_reply(struct query *query, const struct redisconn_reply *reply,
                        const struct error *failure)
{
    if (!asker_is_the_same(query)) {
        end_query(query);
        auth_refuse(query->request);
        return;
    }
    if (failure != NULL) {
        fail_reading(query, failure);
        return;
    }
    activity_succeeded_elsewhere(&query->context->reading, loop_now_ms());
    const size_t count = redisconn_reply_count(reply);
    const struct redisconn_reply *last = redisconn_reply_at(reply, count == 0 ? 0 : count - 1);
    query->views =
        redisconn_reply_integer(last, 0) == 1 ? QUERY_VIEWS_RECOVERING : QUERY_VIEWS_WHOLE;
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
    while (context->readings < READINGS_MAX && context->first_queued != NULL) {
        struct query *query = context->first_queued;
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
    static const struct strview RECOVERING[] = {{"EXISTS", 6},
                                                {KEYS_RECOVERING, sizeof KEYS_RECOVERING - 1}};
    struct error err;
    struct redisconn_command *all = arena_array(query->arena, count + 1, sizeof *all);
    if (all == NULL || !are_composed(commands, count)) {
        query_unavailable(query, "no memory for this request");
        return;
    }
    if (count > 0) {
        memcpy(all, commands, count * sizeof *all);
    }
    all[count] = (struct redisconn_command){RECOVERING, 2};
    query->on_reply = callback;
    if (view_read_make(query->arena, all, count + 1, &query->reading, &err) != ERROR_NONE) {
        query_unavailable(query, "no memory for this request");
        return;
    }
    enqueue(query);
    send_queued(query->context);
}

/* --- answering */

void query_answer(struct query *query, struct strbuf *body, const struct http_header *headers)
{
    end_query(query);
    http_respond(query->request, &(struct http_answer){
                                     .status = 200, .headers = headers, .body = strbuf_view(body)});
    strbuf_done(body);
}

void query_answer_json(struct query *query, struct json_writer *writer, struct strbuf *body,
                       const struct http_header *headers)
{
    if (!json_writer_done(writer)) {
        strbuf_done(body);
        query_refuse(query, 500, "internal", "the answer could not be put together");
        return;
    }
    query_answer(query, body, headers);
}

/* The problem's own members, and that what is not there may only not be there yet. */
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
    if (query->views == QUERY_VIEWS_RECOVERING) {
        told.put_members = put_recovering;
        told.members_user = problem;
    }
    end_query(query);
    http_problem(query->request, &told);
}

void query_refuse(struct query *query, int status, const char *slug, const char *detail)
{
    query_problem(query, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
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

/* --- the description of it all, for everybody */

static void on_openapi(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {NULL};
    (void)user;
    if (http_request_query_only(request, PARAMETERS)) {
        http_respond(request, &(struct http_answer){.status = 200,
                                                    .body = strview_of(PROJECTOR_OPENAPI[0].text),
                                                    .body_stays = true});
    }
}

static const struct http_route OPEN_ROUTES[] = {
    {HTTP_GET, "/openapi.json", on_openapi, .tag = 0},
    {.pattern = NULL},
};

/* --- the whole */

static void on_scrape(void *user)
{
    const struct query_api *api = user;
    metrics_set(api->metrics, METRIC_WAITERS, 0, (double)order_waits_count(api->context.waits));
}

enum error_kind query_api_new(struct loop *loop, const struct query_api_options *options,
                              struct query_api **ret_api, struct error *err)
{
    struct query_api *api = must_allocate(1, sizeof *api);
    api->metrics = options->metrics;
    api->context = (struct query_context){.loop = loop,
                                          .auth = options->auth,
                                          .recent_cap = options->recent_cap,
                                          .reading = ACTIVITY("reading views")};
    const struct redisconn_options reader = {.url = options->redis_url,
                                             .client_name = "orderspine-queries"};
    enum error_kind kind = redisconn_new(loop, &reader, &api->context.reader, err);
    if (kind == ERROR_NONE) {
        kind = order_waits_new(loop, options->redis_url, options->max_waiters, &api->context.waits,
                               err);
    }
    if (kind != ERROR_NONE) {
        query_api_free(api);
        return kind;
    }
    metrics_on_scrape(api->metrics, on_scrape, api);
    *ret_api = api;
    return ERROR_NONE;
}

void query_api_serve(struct query_api *api, struct http_server *server)
{
    http_server_route(server, QUERY_ORDER_ROUTES, &api->context);
    http_server_route(server, QUERY_LIST_ROUTES, &api->context);
    http_server_route(server, QUERY_PARTY_ROUTES, &api->context);
    http_server_route(server, QUERY_FRESHNESS_ROUTES, &api->context);
    http_server_route(server, OPEN_ROUTES, NULL);
}

void query_api_drain(struct query_api *api)
{
    api->context.is_draining = true;
    query_orders_drain(&api->context);
}

void query_api_free(struct query_api *api)
{
    if (api == NULL) {
        return;
    }
    redisconn_free(api->context.reader); /* first: no read ends after this */
    while (api->context.live != NULL) {
        query_unavailable(api->context.live, "shutting down");
    }
    order_waits_free(api->context.waits);
    free(api);
}

/* Whether a key is well again only the next query for it tells, and there may be none. */
enum error_kind query_api_probe_reading(void *user, struct error *err)
{
    const struct query_api *api = user;
    return activity_probe_lately(&api->context.reading, loop_now_ms(), err);
}

enum error_kind query_api_probe(void *user, struct error *err)
{
    const struct query_api *api = user;
    if (!redisconn_is_ready(api->context.reader)) {
        return error_set(err, ERROR_TRANSIENT, "queries: %s",
                         redisconn_last_error(api->context.reader));
    }
    return ERROR_NONE;
}
