/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers may ask of a request, and the answers that are the same for many. */
#include "common/contract/json_writer.h"
#include "common/io/http/exchange_internal.h"

enum { JSON_MAX = 4 << 20 };

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

struct strview http_request_lone_header(const struct http_request *request, const char *name)
{
    return http_head_lone_field(&request->head, name);
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

void http_respond_json(struct http_request *request, int status, http_members *put_members,
                       const void *user)
{
    struct strbuf body = STRBUF(JSON_MAX);
    struct json_writer writer = JSON_WRITER(&body);
    json_open_object(&writer);
    put_members(&writer, user);
    json_close_object(&writer);
    if (json_writer_done(&writer)) {
        strbuf_append_char(&body, '\n');
        http_respond(request, &(struct http_answer){.status = status, .body = strbuf_view(&body)});
    } else {
        http_refuse(request, 500, "internal", "the answer could not be put together");
    }
    strbuf_done(&body);
}

void http_send_document(struct http_request *request, void *user)
{
    if (http_request_query_only(request, NULL)) {
        http_respond(request, &(struct http_answer){
                                  .status = 200, .body = strview_of(user), .body_stays = true});
    }
}
