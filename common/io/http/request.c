/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the HTTP server: routes, parameters, and what handlers may ask of them. */
#include "common/base/percent.h"
#include "common/base/utf8.h"
#include "common/io/http/internal.h"

#include <assert.h>
#include <stdlib.h>

static const char *const METHOD_NAMES[] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
};
static_assert(sizeof METHOD_NAMES / sizeof METHOD_NAMES[0] == HTTP_METHOD_COUNT,
              "every method needs a name");

enum { ALLOW_MAX = 64 };

/* --- routes ------------------------------------------------------------------ */

/* The text up to the next slash, or all of it. */
static struct strview segment_of(struct strview path)
{
    const char *slash = memchr(path.data, '/', path.len);
    return (struct strview){path.data, slash == NULL ? path.len : (size_t)(slash - path.data)};
}

static struct strview skip(struct strview path, size_t len)
{
    return (struct strview){path.data + len, path.len - len};
}

/* Compares up to the first {…}; a literal part matches byte by byte. */
static bool take_literal(struct strview *pattern, struct strview *path)
{
    const char *brace = memchr(pattern->data, '{', pattern->len);
    const size_t len = brace == NULL ? pattern->len : (size_t)(brace - pattern->data);
    if (path->len < len || memcmp(path->data, pattern->data, len) != 0) {
        return false;
    }
    *pattern = skip(*pattern, len);
    *path = skip(*path, len);
    return true;
}

/* Fills params with the raw segments that stand where the pattern has {…}. */
static bool pattern_matches(const char *text, struct http_request *request)
{
    struct strview pattern = strview_of(text);
    struct strview path = request->head.path;
    request->param_count = 0;
    while (take_literal(&pattern, &path)) {
        if (pattern.len == 0) {
            return path.len == 0;
        }
        const struct strview segment = segment_of(path);
        if (segment.len == 0 || request->param_count == HTTP_PARAMS_MAX) {
            return false;
        }
        request->params[request->param_count++] = segment;
        pattern = skip(pattern, segment_of(pattern).len);
        path = skip(path, segment.len);
    }
    return false;
}

static bool method_fits(const struct http_route *route, struct strview method)
{
    return strview_is(method, METHOD_NAMES[route->method]) ||
           (route->method == HTTP_GET && strview_is(method, METHOD_NAMES[HTTP_HEAD]));
}

static void add_allowed(struct strbuf *allow, enum http_method method)
{
    const char *name = METHOD_NAMES[method];
    if (strstr(strbuf_cstr(allow), name) == NULL) {
        strbuf_append_cstr(allow, allow->len == 0 ? "" : ", ");
        strbuf_append_cstr(allow, name);
    }
    if (method == HTTP_GET) {
        add_allowed(allow, HTTP_HEAD);
    }
}

/*
 * The route of this method and path, or NULL. allow then lists the methods the
 * path does have, and is empty when there is no such path.
 */
static const struct http_route *find_route(struct http_request *request,
                                           const struct http_table *table, struct strbuf *allow)
{
    for (const struct http_route *route = table->routes; route->pattern != NULL; route++) {
        if (!pattern_matches(route->pattern, request)) {
            continue;
        }
        if (method_fits(route, request->head.method)) {
            return route;
        }
        add_allowed(allow, route->method);
    }
    return NULL;
}

/* --- parameters ---------------------------------------------------------------- */

static bool decode(struct arena *arena, struct strview raw, struct strview *ret)
{
    size_t len = 0;
    char *text = arena_alloc(arena, raw.len + 1);
    if (text == NULL || !percent_decode(raw, text, raw.len, &len)) {
        return false;
    }
    *ret = (struct strview){.data = text, .len = len};
    return utf8_is_valid(*ret);
}

static bool decode_params(struct http_request *request)
{
    for (size_t i = 0; i < request->param_count; i++) {
        struct strview *param = &request->params[i];
        if (memchr(param->data, '%', param->len) != NULL &&
            !decode(&request->arena, *param, param)) {
            return false;
        }
    }
    return true;
}

static bool has_query(const struct http_request *request, struct strview name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strview_equal(request->query[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool decode_pair(struct http_request *request, struct strview pair)
{
    struct http_field field = {0};
    struct strview value = pair;
    const struct strview name = strview_take(&value, '=');
    if (request->query_count == HTTP_QUERY_MAX || name.len == 0 ||
        !decode(&request->arena, name, &field.name) ||
        !decode(&request->arena, value, &field.value) || has_query(request, field.name)) {
        return false;
    }
    request->query[request->query_count++] = field;
    return true;
}

static bool decode_query(struct http_request *request)
{
    struct strview rest = request->head.query;
    if (rest.len == 0) {
        return true;
    }
    request->query = arena_array(&request->arena, HTTP_QUERY_MAX, sizeof *request->query);
    if (request->query == NULL) {
        return false;
    }
    while (rest.len > 0) {
        if (!decode_pair(request, strview_take(&rest, '&'))) {
            return false;
        }
    }
    return true;
}

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
                                                 .members = STRVIEW("\"reason\":\"memory\"")});
}

static bool refuse_unrouted(struct http_request *request, struct strbuf *allow)
{
    const struct http_server *server = request->server;
    if (server->unrouted != NULL && !server->unrouted(request, server->unrouted_user)) {
        return false;
    }
    if (allow->len == 0) {
        return refuse(request, 404, "not-found", "there is nothing at this path");
    }
    const struct http_header headers[] = {{"Allow", strbuf_cstr(allow)}, {NULL, NULL}};
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = 405,
                                                 .slug = "method-not-allowed",
                                                 .detail = "this path does not take this method",
                                                 .headers = headers});
    return false;
}

typedef bool step_fn(struct http_request *request);

static bool find_handler(struct http_request *request)
{
    const struct http_server *server = request->server;
    bool goes_on = true;
    struct strbuf allow;
    strbuf_init(&allow, ALLOW_MAX);
    for (size_t i = 0; i < server->table_count && request->route == NULL; i++) {
        request->route = find_route(request, &server->tables[i], &allow);
        request->route_user = server->tables[i].user;
    }
    if (request->route == NULL) {
        goes_on = refuse_unrouted(request, &allow);
    }
    strbuf_done(&allow);
    return goes_on;
}

static bool fits_its_place(struct http_request *request)
{
    if (!request->connection->is_spare || request->route->is_vital) {
        return true;
    }
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = 503,
                                                 .slug = "overloaded",
                                                 .detail = "too many connections are open",
                                                 .members = STRVIEW("\"reason\":\"connections\"")});
    return false;
}

static bool find_room(struct http_request *request)
{
    struct http_budget *budget = &request->server->budget;
    if (http_budget_take(budget, HTTP_HOLDER_KNOWN, request->size)) {
        request->held = request->size;
        request->arena.pool = &budget->room;
    } else if (!request->route->is_vital) {
        http_request_refuse_crowd(request);
        return false;
    }
    return true;
}

static bool read_parameters(struct http_request *request)
{
    const bool is_head = strview_is(request->head.method, METHOD_NAMES[HTTP_HEAD]);
    request->method = is_head ? HTTP_HEAD : request->route->method;
    if (decode_params(request) && decode_query(request)) {
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
    const struct http_route *route = request->route;
    return route->on_head == NULL || route->on_head(request, request->route_user);
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
    return request->method;
}

int http_request_tag(const struct http_request *request)
{
    return request->route->tag;
}

const char *http_request_route(const struct http_request *request)
{
    return request->route->pattern;
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
    return index < request->param_count ? request->params[index] : (struct strview){0};
}

struct strview http_request_query(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strview_is(request->query[i].name, name)) {
            return request->query[i].value;
        }
    }
    return (struct strview){0};
}

static bool is_among(struct strview name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strview_is(name, *names)) {
            return true;
        }
    }
    return false;
}

bool http_request_query_only(struct http_request *request, const char *const *names)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (!is_among(request->query[i].name, names)) {
            http_refuse(request, 400, "malformed-request", "unknown query parameter");
            return false;
        }
    }
    return true;
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
