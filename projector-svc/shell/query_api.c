/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/shell/query_api.h"

#include "common/base/embedded_text.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "common/run/metrics.h"
#include "projector-svc/shell/order_waits.h"
#include "projector-svc/shell/projector_metrics.h"
#include "projector-svc/shell/query.h"
#include "projector-svc/shell/view_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct embedded_text PROJECTOR_OPENAPI[];

static const struct http_header NO_STORE[] = {{"Cache-Control", "no-store"}, {NULL, NULL}};

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

static void end_query(struct query *query)
{
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
                          const char *const *parameters, size_t size)
{
    const unsigned everybody = ROLE_BIT(ROLE_COUNT) - 1;
    const struct principal *principal = auth_require(context->auth, request, everybody);
    if (principal == NULL || !http_request_query_only(request, parameters)) {
        return NULL;
    }
    struct arena *arena = http_request_arena(request);
    struct query *query = arena_alloc(arena, size);
    const char *subject = arena_copy(arena, strview_of(principal->subject));
    if (query == NULL || subject == NULL) {
        http_refuse(request, 503, "overloaded", "no memory for this request");
        return NULL;
    }
    query->context = context;
    query->request = request;
    query->arena = arena;
    query->is_customer = principal->role == ROLE_CUSTOMER && !principal->is_anyone;
    query->subject = strview_of(subject);
    link_query(context, query);
    return query;
}

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct query *query = user;
    if (failure != NULL) {
        query_unavailable(query, failure->text);
        return;
    }
    query->on_reply(query, reply);
}

void query_read(struct query *query, const struct redisconn_command *commands, size_t count,
                query_reply_fn *callback)
{
    struct error err;
    query->on_reply = callback;
    if (view_read(query->context->reader, query->arena, commands, count, on_reply, query, &err) !=
        ERROR_NONE) {
        query_unavailable(query, err.text);
    }
}

void query_answer(struct query *query, struct strbuf *body, const struct http_header *headers)
{
    end_query(query);
    http_respond(query->request,
                 &(struct http_answer){.status = 200,
                                       .headers = headers == NULL ? NO_STORE : headers,
                                       .body = strbuf_view(body)});
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

void query_problem(struct query *query, const struct http_problem *problem)
{
    end_query(query);
    http_problem(query->request, problem);
}

void query_refuse(struct query *query, int status, const char *slug, const char *detail)
{
    query_problem(query, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

void query_unavailable(struct query *query, const char *reason)
{
    query_refuse(query, 503, "dependency-unavailable", reason);
}

void query_not_found(struct query *query)
{
    query_refuse(query, 404, "not-found", "there is nothing under this address for you");
}

/* --- parameters */

bool query_limit(struct query *query, int64_t *ret_limit)
{
    const struct strview text = http_request_query(query->request, "limit");
    int64_t limit = QUERY_LIMIT_DEFAULT;
    if (text.data != NULL && (!parse_i64(text, &limit) || limit < 1 || limit > QUERY_LIMIT_MAX)) {
        query_refuse(query, 400, "malformed-request", "limit is a number from 1 to 200");
        return false;
    }
    *ret_limit = limit;
    return true;
}

/* --- the description of it all, for everybody */

static void on_openapi(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {NULL};
    (void)user;
    if (http_request_query_only(request, PARAMETERS)) {
        http_respond(request, &(struct http_answer){.status = 200,
                                                    .body = strview_of(PROJECTOR_OPENAPI[0].text)});
    }
}

static const struct http_route OPEN_ROUTES[] = {
    {HTTP_GET, "/openapi.json", on_openapi, 0},
    {HTTP_GET, NULL, NULL, 0},
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
    struct query_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for the HTTP interface");
    }
    api->metrics = options->metrics;
    api->context = (struct query_context){.loop = loop, .auth = options->auth};
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

enum error_kind query_api_probe(void *user, struct error *err)
{
    const struct query_api *api = user;
    if (!redisconn_is_ready(api->context.reader)) {
        return error_set(err, ERROR_TRANSIENT, "queries: %s",
                         redisconn_last_error(api->context.reader));
    }
    return ERROR_NONE;
}
