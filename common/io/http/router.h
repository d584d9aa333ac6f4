/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.h - which route a method and a path name, and the parameters in path and query.
 *
 * Why tables that are searched, and no tree: a service has some twenty routes, and a static
 * table can be read. A pattern's literal parts match byte by byte, "{…}" takes one segment that
 * is not empty; nothing is normalised, so "//" and "/../" name nothing.
 *
 * Pure: no handler is called here. What is found are views into path and query until they are
 * decoded, afterwards into the arena; tables and their users are borrowed for good.
 */
#ifndef COMMON_IO_HTTP_ROUTER_H
#define COMMON_IO_HTTP_ROUTER_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct http_field;
struct http_request;
struct strbuf;

enum { HTTP_PARAMS_MAX = 4, HTTP_QUERY_MAX = 32, HTTP_TABLES_MAX = 12 };

#define HTTP_METHODS(X)    X(GET) X(HEAD) X(POST) X(PUT) X(DELETE)
#define HTTP_METHOD_(name) HTTP_##name,
enum http_method { HTTP_METHODS(HTTP_METHOD_) HTTP_METHOD_COUNT };
#undef HTTP_METHOD_

typedef void http_handler(struct http_request *request, void *user);

/* True: go on. False: it has answered. */
typedef bool http_check(struct http_request *request, void *user);

/* One row of a static table, ended by a row without a pattern. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows read best in this order */
struct http_route {
    enum http_method method; /* a GET route answers HEAD too */
    const char *pattern;     /* "/v1/orders/{id}/ship": {…} takes one non-empty segment */
    http_handler *handler;
    int tag; /* whatever the handler wants to know about the route, see http_request_tag() */
    http_check *on_head; /* asked before the body is taken, with the handler's user; may be NULL */
    bool is_vital; /* small, answered at once, for everybody: also when all is full (health) */
};

struct http_table {
    const struct http_route *routes;
    void *user;
};

/* All zero: without a table. */
struct http_router {
    struct http_table tables[HTTP_TABLES_MAX];
    size_t count;
};

/* What a method and a path name. */
struct http_match {
    const struct http_route *route; /* NULL: nothing */
    void *user;                     /* the table's */
    enum http_method method;        /* as asked: HEAD where a GET route answers it */
    unsigned allowed; /* without a route: a bit for each method the path does have; 0: no path */
    struct strview params[HTTP_PARAMS_MAX]; /* what stands where the pattern has {…} */
    size_t param_count;
};

struct http_query {
    struct http_field *fields; /* decoded */
    size_t count;
};

/* A table too many is a mistake of ours: it aborts at the first start. */
void http_router_add(struct http_router *router, const struct http_route *routes, void *user);

/* The first route that fits, in the order in which the tables came. */
void http_router_find(const struct http_router *router, struct strview method, struct strview path,
                      struct http_match *ret_match);

/* Appends "GET, HEAD" for those bits. */
void http_router_list_methods(unsigned methods, struct strbuf *out);

/*
 * Both are false for what is badly encoded, no UTF-8 or does not fit into the arena; a query
 * also with a parameter without a name, with one twice or with more than HTTP_QUERY_MAX.
 */
MUST_USE bool http_match_decode(struct http_match *match, struct arena *arena);
MUST_USE bool http_query_read(struct strview text, struct arena *arena,
                              struct http_query *ret_query);

/* data is NULL when there is none of that name. */
struct strview http_query_value(const struct http_query *query, const char *name);

/* Whether all names are among those given (NULL-ended). */
bool http_query_has_only(const struct http_query *query, const char *const *names);

#endif
