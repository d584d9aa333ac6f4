/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - an HTTP/1.1 server on the loop: routes, limits, deadlines, problems.
 *
 * Why not evhttp's server: it caps no connections, knows no absolute deadline for
 * a slow sender, does not see a peer leave while an answer is pending and
 * parses what it should refuse (bare LF, folded lines, NUL, two lengths), and
 * there is no clean place to stand before it: behind a filter its answers stick
 * in the filter, and closing loses the unsent part (tried with 2.1.12). Requests
 * here are read once, by http_guard. The client side does use evhttp
 * (http_client.h). Public TLS belongs to a proxy in front.
 *
 * Calling sequence: http_server_new, http_server_route (tables), then
 * http_server_listen; http_server_drain when stopping; http_server_free.
 *
 * Handlers answer now or later, but exactly once, with http_respond() or
 * http_problem(); after that the request is gone. When the peer leaves first the
 * request stays valid, and answering it only frees it.
 *
 * Ownership: views from a request (path, header, body, parameters) and its arena
 * live until it is answered. Header and answer bytes given to http_respond() are copied.
 */
#ifndef COMMON_IO_HTTP_H
#define COMMON_IO_HTTP_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct http_request;
struct http_server;
struct loop;
struct strbuf;

enum http_method { HTTP_GET = 0, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_METHOD_COUNT };

typedef void http_handler(struct http_request *request, void *user);

/* One row of a static table, ended by a row without a pattern. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows read best in this order */
struct http_route {
    enum http_method method; /* a GET route answers HEAD too */
    const char *pattern;     /* "/v1/orders/{id}/ship": {…} takes one non-empty segment */
    http_handler *handler;
    int tag; /* whatever the handler wants to know about the route, see http_request_tag() */
};

struct http_options {
    const char *address; /* numeric IPv4 or IPv6 */
    uint16_t port;       /* 0: any free one, see http_server_port() */
    size_t max_connections;
    size_t max_head_bytes;   /* request line and headers: 431 beyond */
    size_t max_body_bytes;   /* one body: 413 beyond */
    size_t max_total_bytes;  /* bodies received and not yet answered: 503 beyond */
    size_t max_arena_bytes;  /* what one request's arena may grow to */
    int64_t head_timeout_ms; /* from the first byte of a request to its blank line: 408 */
    int64_t body_timeout_ms; /* from there to the last byte of the body: 408 */
    int64_t idle_timeout_ms; /* between requests, and for a reader that takes no bytes */
};

/* Limits that suit JSON commands; address and port still have to be set. */
extern const struct http_options HTTP_DEFAULTS;

/* What a server has seen, for metrics; counts since start unless said otherwise. */
struct http_stats {
    size_t connections;      /* now */
    size_t requests_pending; /* now: handed to handlers and not yet answered */
    size_t body_bytes;       /* now: held for them */
    uint64_t accepted;       /* connections */
    uint64_t requests;
    uint64_t refused;    /* by guard, limits or deadlines, before a handler */
    uint64_t answers[6]; /* by status / 100 */
};

MUST_USE enum error_kind http_server_new(struct loop *loop, const struct http_options *options,
                                         struct http_server **ret_server, struct error *err);

/* Adds a static table; user is given to each of its handlers. May be called several times. */
void http_server_route(struct http_server *server, const struct http_route *routes, void *user);

/* Binds and listens. Fails with ERROR_FATAL, naming address and port. */
MUST_USE enum error_kind http_server_listen(struct http_server *server, struct error *err);

uint16_t http_server_port(const struct http_server *server);
const struct http_stats *http_server_stats(const struct http_server *server);

/* Accepts nobody new, closes idle connections and each other one after its answer. */
void http_server_drain(struct http_server *server);
bool http_server_is_drained(const struct http_server *server);

/* Closes everything. Requests still with handlers stay valid until answered. */
void http_server_free(struct http_server *server);

/* --- the request ----------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request);
int http_request_tag(const struct http_request *request);
const char *http_request_route(const struct http_request *request);   /* the pattern */
struct strview http_request_path(const struct http_request *request); /* as sent, no query */
struct strview http_request_body(const struct http_request *request);
const char *http_request_peer(const struct http_request *request); /* numeric address */

/* The index-th {…} of the pattern, percent-decoded. */
struct strview http_request_param(const struct http_request *request, size_t index);

/* A query parameter, decoded; data is NULL when absent. Doubles were refused with 400. */
struct strview http_request_query(const struct http_request *request, const char *name);

/*
 * Names of the query must be among the names given (NULL-ended): otherwise
 * answers 400 itself and returns false.
 */
MUST_USE bool http_request_query_only(struct http_request *request, const char *const *names);

/* A header's value without blanks around it; data is NULL when absent. Case does not count. */
struct strview http_request_header(const struct http_request *request, const char *name);

/* Made at first use; freed with the request. */
struct arena *http_request_arena(struct http_request *request);

bool http_request_is_gone(const struct http_request *request);

/* Calls back once if the connection ends before the answer; NULL takes it back. */
void http_request_on_gone(struct http_request *request, void (*callback)(void *user), void *user);

/* --- the answer ------------------------------------------------------------ */

struct http_header {
    const char *name; /* NULL ends a list */
    const char *value;
};

struct http_answer {
    int status;
    const char *content_type;          /* NULL: application/json when there is a body */
    const struct http_header *headers; /* may be NULL; ended by a NULL name */
    struct strview body;
};

void http_respond(struct http_request *request, const struct http_answer *answer);

struct http_problem {
    int status;
    const char *slug;                  /* type becomes urn:problem:<slug> */
    const char *detail;                /* one sentence, or NULL */
    struct strview members;            /* more members as JSON: "sku":"A1","available":0 */
    const struct http_header *headers; /* may be NULL */
};

/* Answers with application/problem+json. 429 and 503 get Retry-After: 1 unless headers say. */
void http_problem(struct http_request *request, const struct http_problem *problem);

/* Appends the problem's body, for answers that are kept before they are sent. */
void http_problem_write(const struct http_problem *problem, struct strbuf *out);

/* The usual case: no members, no headers. */
void http_refuse(struct http_request *request, int status, const char *slug, const char *detail);

/* The standard reason phrase; "Unknown" for codes we never send. */
const char *http_reason(int status);

#endif
