/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the HTTP server: routes, parameters, and what handlers may ask of them. */
#include "common/io/http/internal.h"

#include <stdlib.h>

enum { ALLOW_MAX = 64 };

/* --- what the head decides ------------------------------------------------------- */

/* Returns false, so that a step can end with it. */
static bool refuse(struct http_request *request, int status, const char *slug, const char *detail)
{
    request->server->stats.refused++;
    http_refuse(request, status, slug, detail);
    return false;
}

void http_request_refuse_crowd(struct http_request *request)
{
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = 503,
                                                 .slug = "overloaded",
                                                 .detail = "too many requests are waiting",
                                                 .put_members = http_problem_put_reason,
                                                 .members_user = "memory"});
}

static bool refuse_method(struct http_request *request)
{
    struct strbuf allow;
    strbuf_init(&allow, ALLOW_MAX);
    http_router_list_methods(request->match.allowed, &allow);
    const struct http_header headers[] = {{"Allow", strbuf_cstr(&allow)}, {NULL, NULL}};
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = 405,
                                                 .slug = "method-not-allowed",
                                                 .detail = "this path does not take this method",
                                                 .headers = headers});
    strbuf_done(&allow);
    return false;
}

typedef bool step_fn(struct http_request *request);

static bool find_handler(struct http_request *request)
{
    const struct http_server *server = request->server;
    http_router_find(&server->router, request->head.method, request->head.path, &request->match);
    if (request->match.route != NULL) {
        return true;
    }
    if (server->unrouted != NULL && !server->unrouted(request, server->unrouted_user)) {
        return false;
    }
    return request->match.allowed != 0
               ? refuse_method(request)
               : refuse(request, 404, "not-found", "there is nothing at this path");
}

static bool fits_its_place(struct http_request *request)
{
    if (!request->connection->is_spare || request->match.route->is_vital) {
        return true;
    }
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = 503,
                                                 .slug = "overloaded",
                                                 .detail = "too many connections are open",
                                                 .put_members = http_problem_put_reason,
                                                 .members_user = "connections"});
    return false;
}

static bool find_room(struct http_request *request)
{
    struct http_budget *budget = &request->server->budget;
    if (http_budget_take(budget, HTTP_HOLDER_KNOWN, request->size)) {
        request->held = request->size;
        request->arena.pool = &budget->room;
    } else if (!request->match.route->is_vital) {
        http_request_refuse_crowd(request);
        return false;
    }
    return true;
}

static bool read_parameters(struct http_request *request)
{
    if (http_match_decode(&request->match, &request->arena) &&
        http_query_read(request->head.query, &request->arena, &request->query)) {
        return true;
    }
    if (http_request_is_crowded(request)) {
        http_request_refuse_crowd(request);
        return false;
    }
    return refuse(request, 400, "malformed-request",
                  "path or query is badly encoded, or has a parameter twice");
}

static bool ask_handler(struct http_request *request)
{
    const struct http_route *route = request->match.route;
    return route->on_head == NULL || route->on_head(request, request->match.user);
}

bool http_request_check_form(struct http_request *request)
{
    if (request->head.lacks_length) {
        return refuse(request, 411, "length-required",
                      "send a body, with Content-Length or in chunks");
    }
    if (request->head.is_encoded) {
        return refuse(request, 415, "unsupported-media-type",
                      "send the body as it is, without a Content-Encoding");
    }
    return true;
}

bool http_request_enter(struct http_request *request)
{
    static step_fn *const STEPS[] = {find_handler,    fits_its_place, find_room,
                                     read_parameters, ask_handler,    http_request_check_form};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if (!STEPS[i](request)) {
            return false;
        }
    }
    return true;
}

static void leave_pending(struct http_request *request)
{
    struct http_server *server = request->server;
    server->stats.requests_pending--;
    if (request->previous != NULL) {
        request->previous->next = request->next;
    } else {
        server->pending = request->next;
    }
    if (request->next != NULL) {
        request->next->previous = request->previous;
    }
}

void http_request_free(struct http_request *request)
{
    struct http_server *server = request->server;
    server->stats.body_bytes -= request->body_len;
    if (request->is_pending) {
        leave_pending(request);
    }
    if (request->connection != NULL) {
        request->connection->request = NULL;
    }
    arena_done(&request->arena);
    http_budget_give(&server->budget, HTTP_HOLDER_KNOWN, request->held + request->body_cap);
    free(request->body);
    free(request);
}

/* --- what handlers ask ----------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request)
{
    return request->match.method;
}

int http_request_tag(const struct http_request *request)
{
    return request->match.route->tag;
}

const char *http_request_route(const struct http_request *request)
{
    return request->match.route->pattern;
}

struct strview http_request_path(const struct http_request *request)
{
    return request->head.path;
}

struct strview http_request_body(const struct http_request *request)
{
    return (struct strview){.data = request->body, .len = request->body_len};
}

const char *http_request_peer(const struct http_request *request)
{
    return request->connection == NULL ? "" : request->connection->peer;
}

struct strview http_request_param(const struct http_request *request, size_t index)
{
    const struct http_match *match = &request->match;
    return index < match->param_count ? match->params[index] : (struct strview){0};
}

struct strview http_request_query(const struct http_request *request, const char *name)
{
    return http_query_value(&request->query, name);
}

bool http_request_query_only(struct http_request *request, const char *const *names)
{
    if (http_query_has_only(&request->query, names)) {
        return true;
    }
    http_refuse(request, 400, "malformed-request", "unknown query parameter");
    return false;
}

struct strview http_request_header(const struct http_request *request, const char *name)
{
    return http_head_field(&request->head, name);
}

struct arena *http_request_arena(struct http_request *request)
{
    return &request->arena;
}

bool http_request_is_crowded(const struct http_request *request)
{
    return arena_is_crowded(&request->arena);
}

void http_request_keep(struct http_request *request, void *kept)
{
    request->kept = kept;
}

void *http_request_kept(const struct http_request *request)
{
    return request->kept;
}

void http_request_admit(struct http_request *request)
{
    request->is_admitted = true;
}

bool http_request_is_gone(const struct http_request *request)
{
    return request->connection == NULL;
}

void http_request_on_gone(struct http_request *request, void (*callback)(void *user), void *user)
{
    const struct http_connection *connection = request->connection;
    if (callback != NULL && (connection == NULL || connection->input_ended)) {
        callback(user);
        return;
    }
    request->on_gone = callback;
    request->gone_user = user;
}
