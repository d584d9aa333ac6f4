/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers may ask of a request. */
#include "common/io/http/exchange_internal.h"

enum http_method http_request_method(const struct http_request *request)
{
    return request->match.method;
}

int http_request_tag(const struct http_request *request)
{
    return request->match.route->tag;
}

struct strview http_request_path(const struct http_request *request)
{
    return request->head.path;
}

struct strview http_request_body(const struct http_request *request)
{
    return (struct strview){.data = request->body, .len = request->body_len};
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
    request->holder = HTTP_HOLDER_KNOWN;
}

void http_request_on_gone(struct http_request *request, void (*callback)(void *user), void *user)
{
    const struct http_line *line = request->line;
    if (callback != NULL && (line == NULL || line->state != HTTP_LINE_OPEN)) {
        callback(user);
        return;
    }
    request->on_gone = callback;
    request->gone_user = user;
}
