/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - one keep-alive connection to an HTTP server, one request at a time.
 *
 * Why so small: our programs are servers; the replay tool and the tests need a
 * client that posts JSON over a set number of connections. Who wants N requests
 * in flight makes N clients.
 *
 * Errors: a request that gets no answer calls back with status 0 and a text; the
 * next one connects anew. Nothing is ever repeated here: the caller knows
 * whether that is safe.
 * Ownership: request bytes are copied; the answer lives for the callback only.
 */
#ifndef COMMON_IO_HTTP_CLIENT_H
#define COMMON_IO_HTTP_CLIENT_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/http/message.h"
#include "common/io/http/router.h"

#include <stdbool.h>
#include <stdint.h>

struct http_client;
struct loop;

struct http_client_answer {
    int status;          /* 0: none came, see failure */
    const char *failure; /* NULL with an answer */
    struct strview body;
    const void *headers_; /* see http_client_header() */
};

typedef void http_client_callback(const struct http_client_answer *answer, void *user);

struct http_client_request {
    enum http_method method;
    const char *path;
    const struct http_header *headers; /* beside Host, Connection, Content-Length; may be NULL */
    struct strview body;
};

/* Connects at the first request. host may be a numeric address or "localhost". */
MUST_USE enum error_kind http_client_new(struct loop *loop, const char *host, uint16_t port,
                                         int64_t timeout_ms, struct http_client **ret_client,
                                         struct error *err);

/* A request in flight is dropped without a callback. */
void http_client_free(struct http_client *client);

/*
 * Fails with ERROR_CONFLICT while busy. The callback may send the next request; where a
 * connection is refused at once it may run before this returns.
 */
MUST_USE enum error_kind http_client_send(struct http_client *client,
                                          const struct http_client_request *request,
                                          http_client_callback *callback, void *user,
                                          struct error *err);

/* data is NULL when absent. */
struct strview http_client_header(const struct http_client_answer *answer, const char *name);

/* Splits "http://host:port" (nothing behind it but a slash). Fails with ERROR_INVALID. */
MUST_USE enum error_kind http_client_parse_url(const char *url, char *host, size_t host_size,
                                               uint16_t *ret_port, struct error *err);

#endif
