/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_internal.h - what the files of the HTTP server share.
 *
 * http.c listens and keeps deadlines, http_connection.c holds connections and
 * sends, http_intake.c receives, http_request.c finds handlers and shows them
 * the request, http_answer.c writes answers.
 */
#ifndef COMMON_IO_HTTP_INTERNAL_H
#define COMMON_IO_HTTP_INTERNAL_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/io/http.h"
#include "common/io/http_guard.h"
#include "common/io/loop.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum {
    HTTP_PARAMS_MAX = 4,
    HTTP_QUERY_MAX = 32,
    HTTP_TABLES_MAX = 8,
    HTTP_SCRATCH = 65536,
    HTTP_PIPELINE_MAX = 16384, /* bytes read ahead while an answer is pending */
    HTTP_SWEEP_MS = 250,       /* how late a deadline may be noticed */
};

struct http_table {
    const struct http_route *routes;
    void *user;
};

struct http_server {
    struct loop *loop;
    struct http_options options;
    struct http_stats stats;
    struct http_table tables[HTTP_TABLES_MAX];
    size_t table_count;
    int listen_fd;
    struct loop_fd *listener;
    struct loop_timer *sweep; /* deadlines, as long as there are connections */
    struct http_connection *connections;
    struct http_request *pending; /* with handlers */
    struct strbuf head;           /* of the answer being written */
    int64_t date_s;
    char date[32];
    bool is_draining;
    char scratch[HTTP_SCRATCH]; /* what recv() fills; nothing is kept here between turns */
};

enum connection_state {
    CONNECTION_HEAD = 0,  /* waiting for a request, or in the middle of its head */
    CONNECTION_BODY,      /* its head is read */
    CONNECTION_HANDLING,  /* its handler has it */
    CONNECTION_WRITING,   /* the answer is on its way */
    CONNECTION_LINGERING, /* answered and shut; swallows what the peer still sends */
};

struct http_connection {
    struct http_server *server;
    struct http_connection *next;
    struct http_connection *previous;
    int fd;
    struct loop_fd *watch;
    enum connection_state state;
    int64_t deadline_ms;
    char *in; /* received and not yet consumed */
    size_t in_len;
    size_t in_cap;
    size_t scanned; /* of in: known not to hold the end of a head */
    char *out;      /* not yet taken by the kernel */
    size_t out_len;
    size_t out_sent;
    struct http_request *request; /* being read or handled */
    bool input_ended;
    bool must_close; /* after the answer */
    bool is_feeding; /* http_intake_consume() is on the stack: it frees a closed connection */
    char peer[INET6_ADDRSTRLEN];
};

struct http_request {
    struct http_server *server;         /* NULL once that is gone */
    struct http_connection *connection; /* NULL once the peer is gone */
    struct http_request *next;          /* among pending */
    struct http_request *previous;
    const struct http_route *route;
    bool is_pending;
    enum http_method method;
    void (*on_gone)(void *user);
    void *gone_user;
    struct arena arena;
    struct strview params[HTTP_PARAMS_MAX];
    size_t param_count;
    struct http_field *query;
    size_t query_count;
    char *body;
    size_t body_len; /* received so far */
    size_t body_cap;
    struct http_head head;
    char head_bytes[];
};

/* Finds the handler and calls it, or answers why not. */
void http_dispatch(struct http_request *request);

/* Takes it out of every list and frees it. */
void http_request_free(struct http_request *request);

void http_connection_open(struct http_server *server, int fd,
                          const struct sockaddr_storage *address);

/* Its request, when a handler has it, stays valid. */
void http_connection_close(struct http_connection *connection);

/* The last step of closing, once nothing on the stack uses it any more. */
void http_connection_free(struct http_connection *connection);

void http_connection_set_deadline(struct http_connection *connection, int64_t delay_ms);

/* Watches the socket for what the connection's state needs. */
void http_connection_watch(struct http_connection *connection);

/* The socket is readable. */
void http_intake(struct http_connection *connection);

/*
 * Feeds bytes to the connection's state until they are used up or an answer is
 * awaited. A handler may answer, and thereby close, while this runs.
 */
void http_intake_consume(struct http_connection *connection, const char *bytes, size_t len);

/* The deadline has passed. */
void http_connection_expire(struct http_connection *connection);

/* Sends what it can of two pieces at once and keeps the rest. */
void http_connection_write(struct http_connection *connection, struct strview first,
                           struct strview second);

/* The whole answer is written: go on with the next request, or close. */
void http_connection_answered(struct http_connection *connection);

/* A problem from before there is a request to answer; the connection closes afterwards. */
void http_connection_refuse(struct http_connection *connection, const struct http_verdict *verdict);

/* Writes that problem. */
void http_connection_problem(struct http_connection *connection,
                             const struct http_verdict *verdict);

#endif
