/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/exchange.h"

#include "common/io/http/exchange_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

enum {
    ALLOW_MAX = 64,
    BODY_FIRST = 4096, /* a longer body grows as it comes: a length alone costs nothing */
};

static const struct http_verdict NO_MEMORY = {503, "overloaded", HTTP_CROWDED};

/* --- its beginning --------------------------------------------------------------- */

struct http_request *http_exchange_new(struct http_server *server, struct http_line *line,
                                       struct strview head, struct http_verdict *ret_refusal)
{
    struct http_request *request = malloc(sizeof *request + head.len);
    if (request == NULL) {
        *ret_refusal = NO_MEMORY;
        return NULL;
    }
    /* Not the table of fields: http_guard_read() fills what counts of it. */
    memset(request, 0, offsetof(struct http_request, head));
    memcpy(request->head_bytes, head.data, head.len);
    const struct http_verdict verdict =
        http_guard_read((struct strview){request->head_bytes, head.len},
                        server->options.max_body_bytes, &request->head);
    if (verdict.status != 0) {
        *ret_refusal = verdict;
        free(request);
        return NULL;
    }
    request->server = server;
    request->line = line;
    request->holder = HTTP_HOLDER_STRANGER;
    request->size = sizeof *request + head.len;
    arena_init(&request->arena, server->options.max_arena_bytes);
    http_body_expect(&line->body, &request->head);
    line->closes =
        request->head.wants_close || server->is_draining || line->place == HTTP_PLACE_SPARE;
    return request;
}

/* --- what the head decides ------------------------------------------------------- */

/* Each goes on with true; false: it has answered. */
typedef bool step_fn(struct http_request *request);

/* What a browser asks before it asks: without a token and about no path, so it tells nothing. */
static bool answer_preflight(struct http_request *request)
{
    const bool is_one = http_cors_is_preflight(&request->server->cors, &request->head);
    if (is_one) {
        http_respond(request, &(struct http_answer){.status = 204, .headers = HTTP_CORS_PREFLIGHT});
    }
    return !is_one;
}

static bool refuse(struct http_request *request, const struct http_problem *problem)
{
    request->server->stats.refused++;
    http_problem(request, problem);
    return false;
}

static bool refuse_method(struct http_request *request)
{
    struct strbuf allow = STRBUF(ALLOW_MAX);
    http_router_list_methods(request->match.allowed, &allow);
    const struct http_header headers[] = {{"Allow", strbuf_cstr(&allow)}, {NULL, NULL}};
    (void)refuse(request, &(struct http_problem){.status = 405,
                                                 .slug = "method-not-allowed",
                                                 .detail = "this path does not take this method",
                                                 .headers = headers});
    strbuf_done(&allow);
    return false;
}

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
               : refuse(request, &(struct http_problem){.status = 404,
                                                        .slug = "not-found",
                                                        .detail = "there is nothing at this path"});
}

static bool fits_its_place(struct http_request *request)
{
    if (request->line->place == HTTP_PLACE_ORDINARY || request->match.route->is_vital) {
        return true;
    }
    return refuse(request, &(struct http_problem){.status = 503,
                                                  .slug = "overloaded",
                                                  .detail = "too many connections are open",
                                                  .put_members = http_problem_put_reason,
                                                  .members_user = "connections"});
}

static bool find_room(struct http_request *request)
{
    struct http_budget *budget = &request->server->budget;
    if (http_budget_take(budget, HTTP_HOLDER_KNOWN, request->size)) {
        request->held = request->size;
        request->arena.pool = &budget->room;
        return true;
    }
    return request->match.route->is_vital || http_exchange_refuse_crowd(request);
}

static bool read_parameters(struct http_request *request)
{
    if (http_match_decode(&request->match, &request->arena) &&
        http_query_read(request->head.query, &request->arena, &request->query)) {
        return true;
    }
    return http_request_is_crowded(request)
               ? http_exchange_refuse_crowd(request)
               : refuse(request, &(struct http_problem){.status = 400,
                                                        .slug = "malformed-request",
                                                        .detail = "path or query is badly encoded, "
                                                                  "or has a parameter twice"});
}

static bool ask_handler(struct http_request *request)
{
    const struct http_route *route = request->match.route;
    return route->on_head == NULL || route->on_head(request, request->match.user);
}

bool http_request_check_form(struct http_request *request)
{
    if (request->head.lacks_length) {
        return refuse(request, &(struct http_problem){
                                   .status = 411,
                                   .slug = "length-required",
                                   .detail = "send a body, with Content-Length or in chunks"});
    }
    if (request->head.is_encoded) {
        return refuse(request, &(struct http_problem){
                                   .status = 415,
                                   .slug = "unsupported-media-type",
                                   .detail = "send the body as it is, without a Content-Encoding"});
    }
    return true;
}

bool http_exchange_judge(struct http_request *request)
{
    static step_fn *const STEPS[] = {
        answer_preflight, find_handler, fits_its_place,         find_room,
        read_parameters,  ask_handler,  http_request_check_form};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if (!STEPS[i](request)) {
            assert(request->state == EXCHANGE_ANSWERED);
            return false;
        }
    }
    assert(request->state == EXCHANGE_READING);
    return true;
}

/* --- its body -------------------------------------------------------------------- */

static bool grow_body(struct http_request *request, size_t need)
{
    struct http_budget *budget = &request->server->budget;
    const size_t most = request->head.is_chunked ? request->server->options.max_body_bytes
                                                 : request->head.content_length;
    assert(need <= most);
    if (need <= request->body_cap) {
        return true;
    }
    size_t cap = request->body_cap == 0 ? BODY_FIRST : request->body_cap * 2;
    cap = cap < need ? need : cap;
    cap = cap > most ? most : cap;
    if (!http_budget_take(budget, HTTP_HOLDER_KNOWN, cap - request->body_cap)) {
        return false;
    }
    char *grown = realloc(request->body, cap);
    if (grown == NULL) {
        http_budget_give(budget, HTTP_HOLDER_KNOWN, cap - request->body_cap);
        return false;
    }
    if (request->share != NULL) {
        request->share->amount += cap - request->body_cap;
    }
    request->body = grown;
    request->body_cap = cap;
    return true;
}

bool http_exchange_take(struct http_request *request, struct strview piece)
{
    assert(request->state == EXCHANGE_READING);
    if (!http_exchange_is_within_share(request)) {
        return false;
    }
    if (!grow_body(request, request->body_len + piece.len)) {
        return http_exchange_refuse_crowd(request);
    }
    memcpy(request->body + request->body_len, piece.data, piece.len);
    request->body_len += piece.len;
    request->server->stats.body_bytes += piece.len;
    return true;
}

/* --- with its handler ------------------------------------------------------------ */

static void enter_pending(struct http_request *request)
{
    struct http_server *server = request->server;
    request->state = EXCHANGE_PENDING;
    DL_PREPEND2(server->pending, request, previous, next);
    server->stats.requests++;
    server->stats.requests_pending++;
}

static void leave_pending(struct http_request *request)
{
    struct http_server *server = request->server;
    server->stats.requests_pending--;
    DL_DELETE2(server->pending, request, previous, next);
}

void http_exchange_handle(struct http_request *request)
{
    assert(request->state == EXCHANGE_READING && request->line->body.state == HTTP_BODY_WHOLE);
    if (!http_exchange_is_within_share(request)) {
        return;
    }
    enter_pending(request);
    request->match.route->handler(request, request->match.user);
}

void http_exchange_end_input(struct http_request *request)
{
    if (request->on_gone != NULL) {
        void (*callback)(void *user) = request->on_gone;
        request->on_gone = NULL;
        callback(request->gone_user);
    }
}

/* --- its end --------------------------------------------------------------------- */

/* Gives back what it holds. */
static void release(struct http_request *request)
{
    struct http_server *server = request->server;
    if (request->state == EXCHANGE_PENDING) {
        leave_pending(request);
    }
    assert(server->stats.body_bytes >= request->body_len);
    server->stats.body_bytes -= request->body_len;
    arena_done(&request->arena);
    http_budget_give(&server->budget, HTTP_HOLDER_KNOWN, request->held + request->body_cap);
    http_exchange_leave_share(request);
    free(request->body);
    request->body = NULL;
    request->body_len = request->body_cap = request->held = 0;
    request->on_gone = NULL; /* until its connection's turn the peer may still leave */
    request->state = EXCHANGE_ANSWERED;
}

void http_exchange_part(struct http_request *request)
{
    request->line = NULL;
    if (request->state == EXCHANGE_PENDING) {
        http_exchange_end_input(request); /* which may answer it, and so free it */
        return;
    }
    if (request->state == EXCHANGE_READING) {
        release(request);
    }
    free(request);
}

void http_exchange_free_pending(struct http_server *server)
{
    while (server->pending != NULL) {
        struct http_request *request = server->pending;
        release(request);
        if (request->line == NULL) {
            free(request);
        }
    }
}

/* --- the answer ------------------------------------------------------------------ */

/*
 * Called from anywhere: inside the handler that was just handed the request, inside another
 * request's, from an adapter's callback. So it only sends, gives back what the request held and
 * asks for the connection's turn; the connection frees what is left of the request then. Without
 * a connection nobody else knows it.
 */
void http_respond(struct http_request *request, const struct http_answer *answer)
{
    assert(request->state != EXCHANGE_ANSWERED); /* exactly once */
    struct http_line *line = request->line;
    if (line != NULL) {
        http_exchange_say(request->server, line, answer, request);
        loop_deferred_schedule(line->wake);
    }
    release(request); /* not before: the body may be the request's own */
    if (line == NULL) {
        free(request);
    }
}
