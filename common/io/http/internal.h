/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the files of the HTTP server share.
 *
 * server.c holds the server and keeps deadlines, accept.c decides who gets a place,
 * connection.c holds connections and sends, intake.c receives, request.c finds handlers
 * and shows them the request, answer.c writes answers.
 */
#ifndef COMMON_IO_HTTP_INTERNAL_H
#define COMMON_IO_HTTP_INTERNAL_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/io/http/budget.h"
#include "common/io/http/chunks.h"
#include "common/io/http/guard.h"
#include "common/io/http/message.h"
#include "common/io/http/router.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum {
    HTTP_SCRATCH = 65536,
    HTTP_HEAD_READ = 16384,   /* bytes taken at once while a head is awaited */
    HTTP_PIPELINE_MAX = 4096, /* bytes read ahead while a handler has the request */
    HTTP_DRAIN_MS = 1000,     /* how long a peer may take no step while draining */
    HTTP_SWEEP_MS = 250,      /* how late a deadline may be noticed */
};

struct http_connection;

/* Connections in the order in which they came. */
struct http_list {
    struct http_connection *first;
    struct http_connection *last;
};

enum http_list_kind {
    HTTP_FRESH = 0, /* no request has come yet */
    HTTP_KNOWN,
    HTTP_LIST_COUNT
};

struct http_server {
    struct loop *loop;
    struct http_options options;
    struct http_stats stats;
    struct http_router router;
    http_check *unrouted; /* may be NULL */
    void *unrouted_user;
    int listen_fd;
    struct loop_fd *listener;
    struct loop_timer *sweep; /* deadlines, as long as there are connections */
    struct http_list lists[HTTP_LIST_COUNT];
    size_t spares; /* connections beyond max_connections */
    struct http_budget budget;
    size_t peak_bytes; /* held at most since memory was last given back */
    int64_t trimmed_ms;
    struct http_request *pending; /* with handlers */
    struct strbuf head;           /* of the answer being written */
    int64_t date_s;
    char date[HTTP_DATE_SIZE];
    bool is_draining;
    char scratch[HTTP_SCRATCH]; /* what recv() fills; nothing is kept here between turns */
};

enum connection_state {
    CONNECTION_HEAD = 0,  /* waiting for a request, or in the middle of its head */
    CONNECTION_BODY,      /* its head is read */
    CONNECTION_SKIPPING,  /* it is answered already; the rest of its body is dropped */
    CONNECTION_HANDLING,  /* its handler has it */
    CONNECTION_WRITING,   /* the answer is on its way */
    CONNECTION_LINGERING, /* answered and shut; swallows what the peer still sends */
};

/* The body that belongs to the head read last. */
struct http_incoming {
    bool is_whole;
    bool is_chunked;
    bool is_asked_for; /* the peer waits for 100 Continue before it sends */
    size_t missing;    /* of a body with a length */
    size_t len;        /* received so far, without the chunks' own bytes */
    struct http_chunks chunks;
};

struct http_connection {
    struct http_server *server;
    struct http_connection *next;
    struct http_connection *previous;
    enum http_list_kind list;
    int fd;
    struct loop_fd *watch;
    enum connection_state state;
    int64_t opened_ms;
    int64_t deadline_ms;
    struct http_incoming incoming;
    char *in; /* received and not yet consumed */
    size_t in_len;
    size_t in_cap;  /* counted among what strangers hold */
    size_t scanned; /* of in: known not to hold the end of a head */
    char *out;      /* copied, not yet taken by the kernel */
    size_t out_len;
    size_t out_sent;
    size_t out_held; /* of the budget, by out_holder */
    enum http_holder out_holder;
    struct strview tail;          /* to be sent behind out, from where it lies */
    struct http_request *request; /* being read or handled */
    bool input_ended;
    bool must_close;     /* after the answer */
    bool is_spare;       /* has a place for vital requests only */
    bool skipped_a_line; /* an empty one before the request that is awaited */
    bool is_feeding;     /* http_intake_consume() is on the stack: it frees a closed connection */
    char peer[INET6_ADDRSTRLEN];
};

struct http_request {
    struct http_server *server;
    struct http_connection *connection; /* NULL once the peer is gone */
    struct http_request *next;          /* among pending */
    struct http_request *previous;
    struct http_match match;
    void *kept;
    size_t held; /* of the budget, beside body and arena */
    size_t size; /* of this struct with its head */
    bool is_pending;
    bool is_admitted; /* a token stands behind it */
    void (*on_gone)(void *user);
    void *gone_user;
    struct arena arena;
    struct http_query query;
    char *body;
    size_t body_len; /* received so far */
    size_t body_cap; /* counted in the budget */
    struct http_head head;
    char head_bytes[];
};

/*
 * Judges the request on its head alone: route, token, form, room. False: it has been answered,
 * and the connection may be closed.
 */
bool http_request_enter(struct http_request *request);

/* Answers that what all requests hold leaves no room for this one. */
void http_request_refuse_crowd(struct http_request *request);

/* Takes it out of every list and frees it. */
void http_request_free(struct http_request *request);

/* New connections are waiting. For loop_fd_new(); user is the server. */
void http_accept(void *user, bool readable, bool writable);

void http_list_append(struct http_connection *connection, enum http_list_kind list);
void http_list_remove(struct http_connection *connection);

/*
 * Takes bytes for input that is not yet a request. Where strangers hold their share already, the
 * one that holds most is closed, unless that is this one: then false.
 */
MUST_USE bool http_take_input(struct http_connection *connection, size_t bytes);

/* How long this state may last from now on; shorter while draining. */
void http_connection_set_deadline(struct http_connection *connection, int64_t delay_ms);

void http_connection_open(struct http_server *server, int fd,
                          const struct sockaddr_storage *address);

/* Its request, when a handler has it, stays valid. */
void http_connection_close(struct http_connection *connection);

/* The last step of closing, once nothing on the stack uses it any more. */
void http_connection_free(struct http_connection *connection);

/* Watches the socket for what the connection's state needs. */
void http_connection_watch(struct http_connection *connection);

/* The socket is readable. */
void http_intake(struct http_connection *connection);

/*
 * Feeds bytes to the connection's state until they are used up or an answer is
 * awaited. A handler may answer, and thereby close, while this runs.
 */
void http_intake_consume(struct http_connection *connection, const char *bytes, size_t len);

/* The peer has stopped sending. May close the connection. */
void http_connection_end_input(struct http_connection *connection);

/* The deadline has passed. */
void http_connection_expire(struct http_connection *connection);

struct http_outgoing {
    struct strview head;
    struct strview body;
    enum http_holder holder; /* of what the kernel does not take at once */
    bool body_stays;         /* the body outlives the connection: no copy is kept */
};

/* Sends what it can and keeps the rest. */
void http_connection_write(struct http_connection *connection,
                           const struct http_outgoing *outgoing);

/* The whole answer is written: go on with the next request, or close. */
void http_connection_answered(struct http_connection *connection);

/* A problem from before there is a request to answer; the connection closes afterwards. */
void http_connection_refuse(struct http_connection *connection, const struct http_verdict *verdict);

/* Writes that problem. */
void http_connection_problem(struct http_connection *connection,
                             const struct http_verdict *verdict);

#endif
