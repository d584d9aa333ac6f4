/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - an HTTP/1.1 server on the loop: routes, limits, deadlines, problems.
 *
 * Why not evhttp's server: it caps no connections, knows no absolute deadline for
 * a slow sender, does not see a peer leave while an answer is pending, calls
 * nobody before a body has come and parses what it should refuse (bare LF, folded lines, NUL, two
 * lengths), and there is no clean place to stand before it: behind a filter its answers stick in
 * the filter, and closing loses the unsent part (tried with 2.1.12). Requests here are read once,
 * by http_guard. The client side does use evhttp (client.h). Public TLS belongs to a proxy in
 * front.
 *
 * Calling sequence: http_server_new, http_server_route (tables), then
 * http_server_listen; http_server_drain when stopping; http_server_free.
 *
 * What the head can decide is decided on the head: route, token, form and room, before a
 * byte of the body is taken and before 100 Continue. When such a refusal was sent, the rest
 * of the body is read and dropped, and the connection goes on; where the peer still waits
 * for 100 Continue it is closed instead.
 *
 * Places: beyond max_connections the oldest connection that has not sent a request is
 * closed, or else the one longest between requests: without a token at once, with one after ten
 * seconds; where there is none, spare_connections more are taken for vital routes only.
 *
 * Memory: max_total_bytes bounds everything requests hold together; input that is not yet
 * a request and unread answers of requests without a token may take a quarter of it.
 */
#ifndef COMMON_IO_HTTP_SERVER_H
#define COMMON_IO_HTTP_SERVER_H

#include "common/base/error.h"
#include "common/io/http/crowd.h"
#include "common/io/http/message.h"
#include "common/io/http/options.h"
#include "common/io/http/router.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;
struct loop;

/* Limits that suit JSON commands; address and port still have to be set. */
extern const struct http_options HTTP_DEFAULTS;

MUST_USE struct http_server *http_server_new(struct loop *loop, const struct http_options *options);

/* Adds a static table; user is given to each of its handlers. May be called several times. */
void http_server_route(struct http_server *server, const struct http_route *routes, void *user);

/* Binds and listens. Fails with ERROR_FATAL, naming address and port. */
MUST_USE enum error_kind http_server_listen(struct http_server *server, struct error *err);

uint16_t http_server_port(const struct http_server *server);
const struct http_stats *http_server_stats(const struct http_server *server);

/* Now: connections that stand there. */
size_t http_server_standing(const struct http_server *server, enum http_standing standing);

/* Now: of all that max_total_bytes bounds. */
size_t http_server_held_bytes(const struct http_server *server);

/* Asked before a request is answered with 404 or 405: whoever may not know that gets 401. */
void http_server_on_unrouted(struct http_server *server, http_check *check, void *user);

/* Members that each problem has behind its own, also one of which no handler knows. None by itself
 * may have them. */
void http_server_put_in_problems(struct http_server *server, http_members *put_members,
                                 const void *user);

/*
 * Accepts nobody new, closes idle connections and each other one after its answer. Nobody is
 * waited for who takes or sends nothing for a second.
 */
void http_server_drain(struct http_server *server);
bool http_server_is_drained(const struct http_server *server);

/* Closes everything and frees requests that are still with handlers: those must be gone. */
void http_server_free(struct http_server *server);

#endif
