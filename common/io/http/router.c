/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/router.h"

#include "common/base/arena.h"
#include "common/base/percent.h"
#include "common/base/strbuf.h"
#include "common/base/utf8.h"
#include "common/io/http/guard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define METHOD_NAME(name) #name,
static const char *const METHOD_NAMES[] = {HTTP_METHODS(METHOD_NAME)};
#undef METHOD_NAME

void http_router_add(struct http_router *router, const struct http_route *routes, void *user)
{
    if (router->count == HTTP_TABLES_MAX) {
        abort();
    }
    router->tables[router->count++] = (struct http_table){.routes = routes, .user = user};
}

/* --- patterns ------------------------------------------------------------------ */

/* The text up to the next slash, or all of it. */
static struct strview segment_of(struct strview path)
{
    const char *slash = path.len == 0 ? NULL : memchr(path.data, '/', path.len);
    return (struct strview){path.data, slash == NULL ? path.len : (size_t)(slash - path.data)};
}

/* Compares up to the first {…}; a literal part matches byte by byte. */
static bool take_literal(struct strview *pattern, struct strview *path)
{
    const char *brace = memchr(pattern->data, '{', pattern->len);
    const size_t len = brace == NULL ? pattern->len : (size_t)(brace - pattern->data);
    if (path->len < len || memcmp(path->data, pattern->data, len) != 0) {
        return false;
    }
    *pattern = strview_skip(*pattern, len);
    *path = strview_skip(*path, len);
    return true;
}

/* Fills the match's parameters with the raw segments that stand where the pattern has {…}. */
static bool pattern_matches(const char *text, struct strview path, struct http_match *match)
{
    struct strview pattern = strview_of(text);
    match->param_count = 0;
    while (take_literal(&pattern, &path)) {
        if (pattern.len == 0) {
            return path.len == 0;
        }
        const struct strview segment = segment_of(path);
        if (segment.len == 0 || match->param_count == HTTP_PARAMS_MAX) {
            return false;
        }
        match->params[match->param_count++] = segment;
        pattern = strview_skip(pattern, segment_of(pattern).len);
        path = strview_skip(path, segment.len);
    }
    return false;
}

/* --- methods ------------------------------------------------------------------- */

/* The methods that a route of this one answers, as bits. */
static unsigned answered_by(enum http_method method)
{
    return 1U << method | (method == HTTP_GET ? 1U << HTTP_HEAD : 0U);
}

/* HTTP_METHOD_COUNT for one that no route can have. */
static enum http_method method_of(struct strview name)
{
    int method = 0;
    while (method < HTTP_METHOD_COUNT && !strview_is(name, METHOD_NAMES[method])) {
        method++;
    }
    return (enum http_method)method;
}

void http_router_list_methods(unsigned methods, struct strbuf *out)
{
    assert(methods < 1U << HTTP_METHOD_COUNT);
    const char *between = "";
    for (int method = 0; method < HTTP_METHOD_COUNT; method++) {
        if ((methods & 1U << method) != 0) {
            strbuf_append_cstr(out, between);
            strbuf_append_cstr(out, METHOD_NAMES[method]);
            between = ", ";
        }
    }
}

static bool find_in(const struct http_table *table, struct strview path, struct http_match *match)
{
    for (const struct http_route *route = table->routes; route->pattern != NULL; route++) {
        if (!pattern_matches(route->pattern, path, match)) {
            continue;
        }
        const unsigned answered = answered_by(route->method);
        if ((answered & 1U << match->method) != 0) {
            match->route = route;
            match->user = table->user;
            match->allowed = 0;
            return true;
        }
        match->allowed |= answered;
    }
    return false;
}

void http_router_find(const struct http_router *router, struct strview method, struct strview path,
                      struct http_match *ret_match)
{
    ret_match->route = NULL;
    ret_match->user = NULL;
    ret_match->method = method_of(method);
    ret_match->allowed = 0;
    for (size_t i = 0; i < router->count; i++) {
        if (find_in(&router->tables[i], path, ret_match)) {
            return;
        }
    }
    ret_match->param_count = 0;
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

bool http_match_decode(struct http_match *match, struct arena *arena)
{
    for (size_t i = 0; i < match->param_count; i++) {
        struct strview *param = &match->params[i];
        if (memchr(param->data, '%', param->len) != NULL && !decode(arena, *param, param)) {
            return false;
        }
    }
    return true;
}

static bool has_name(const struct http_query *query, struct strview name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strview_equal(query->fields[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool take_pair(struct http_query *query, struct strview pair, struct arena *arena)
{
    struct http_field field = {0};
    struct strview value = pair;
    const struct strview name = strview_take(&value, '=');
    if (query->count == HTTP_QUERY_MAX || name.len == 0 || !decode(arena, name, &field.name) ||
        !decode(arena, value, &field.value) || has_name(query, field.name)) {
        return false;
    }
    query->fields[query->count++] = field;
    return true;
}

bool http_query_read(struct strview text, struct arena *arena, struct http_query *ret_query)
{
    struct http_query query = {0};
    if (text.len > 0) {
        query.fields = arena_array(arena, HTTP_QUERY_MAX, sizeof *query.fields);
        if (query.fields == NULL) {
            return false;
        }
    }
    while (text.len > 0) {
        if (!take_pair(&query, strview_take(&text, '&'), arena)) {
            return false;
        }
    }
    *ret_query = query;
    return true;
}

struct strview http_query_value(const struct http_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strview_is(query->fields[i].name, name)) {
            return query->fields[i].value;
        }
    }
    return (struct strview){0};
}

static bool is_among(struct strview name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strview_is(name, *names)) {
            return true;
        }
    }
    return false;
}

bool http_query_has_only(const struct http_query *query, const char *const *names)
{
    for (size_t i = 0; i < query->count; i++) {
        if (!is_among(query->fields[i].name, names)) {
            return false;
        }
    }
    return true;
}
