/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - the server and a request, as the files of the HTTP server know them.
 *
 * Who calls whom, and never back: server.c and accept.c call connection.c, which owns, steps and
 * frees connections; that calls exchange.c (one request and its answer), which calls handlers,
 * router.c, message.c and line.c. An answer reaches its connection as bytes on the line and as a
 * wake-up, so no handler runs inside another one and none frees a connection.
 */
#ifndef COMMON_IO_HTTP_INTERNAL_H
#define COMMON_IO_HTTP_INTERNAL_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/io/http/budget.h"
#include "common/io/http/cors.h"
#include "common/io/http/crowd.h"
#include "common/io/http/guard.h"
#include "common/io/http/line.h"
#include "common/io/http/message.h"
#include "common/io/http/options.h"
#include "common/io/http/pause.h"
#include "common/io/http/router.h"
#include "common/io/loop.h"

enum {
    HTTP_SCRATCH = 65536,
    HTTP_SWEEP_MS = 250, /* how late a deadline may be noticed */
};

struct http_server {
    struct loop *loop;
    struct http_options options;
    struct http_stats stats;
    struct http_router router;
    struct http_cors cors;
    http_check *unrouted; /* may be NULL */
    void *unrouted_user;
    http_members *put_members; /* of each problem; may be NULL */
    const void *members_user;
    int listen_fd;
    struct loop_fd *listener; /* NULL: takes nobody new */
    struct loop_timer *sweep; /* deadlines, as long as there are connections */
    struct http_crowd crowd;
    size_t spares; /* connections beyond max_connections */
    struct http_budget budget;
    struct shares parties; /* who holds how much of it, as far as that is told */
    size_t peak_bytes;     /* held at most since memory was last given back */
    int64_t trimmed_ms;
    struct http_request *pending; /* with handlers */
    struct strbuf head;           /* of the answer being written */
    struct strbuf more;           /* lines of it for pages of other origins */
    struct http_pause pause;      /* for those who are refused for now */
    int64_t date_s;
    char date[HTTP_DATE_SIZE];
    bool is_draining;
    char scratch[HTTP_SCRATCH]; /* what recv() fills; nothing is kept here between turns */
};

enum exchange_state {
    EXCHANGE_READING = 0, /* its connection alone knows it, and its route's on_head */
    EXCHANGE_PENDING,     /* a handler has it: it stays valid until that has answered */
    EXCHANGE_ANSWERED,    /* only its connection knows it any more */
};

struct http_request {
    struct http_server *server;
    struct http_line *line;               /* NULL once the peer is gone */
    struct http_request *next, *previous; /* among pending */
    enum exchange_state state;
    enum http_holder holder; /* known, once a token stands behind it */
    struct http_match match;
    struct http_query query;
    void *kept;
    size_t held;         /* of the budget, beside body and arena */
    struct share *share; /* whose all that is; NULL: nobody was named */
    size_t size;         /* of this struct with its head */
    void (*on_gone)(void *user);
    void *gone_user;
    struct arena arena;
    char *body;
    size_t body_len; /* received so far */
    size_t body_cap; /* counted in the budget */
    struct http_head head;
    char head_bytes[];
};

#endif
