/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - the connections of the HTTP server: the only place that makes, runs, closes and
 * frees them.
 *
 * Why one owner: a peer's bytes, an answer, a deadline and a stop may each end a connection, from
 * four directions; whoever of them finds out only writes it down, the steps (steps.h) decide, and
 * one place acts.
 *
 * Ownership: open makes it; it is freed in a turn of its own after it was closed, or by
 * http_connection_free() when the server ends.
 */
#ifndef COMMON_IO_HTTP_CONNECTION_H
#define COMMON_IO_HTTP_CONNECTION_H

#include <sys/socket.h>

struct http_connection;
struct http_server;

/* Takes fd. */
void http_connection_open(struct http_server *server, int fd,
                          const struct sockaddr_storage *address);

/*
 * Gives back place, socket and buffers at once. Its request, when a handler has it, stays valid.
 * Not from inside a route's on_head.
 */
void http_connection_close(struct http_connection *connection);

/* Ends it where its state has lasted too long: with 408 where a request has begun. */
void http_connection_check_deadline(struct http_connection *connection);

/* The server is stopping: closes it where it is idle; else its peer must take a step soon. */
void http_connection_drain(struct http_connection *connection);

/* Of a closed one: at once, without waiting for its turn. */
void http_connection_free(struct http_connection *connection);

#endif
