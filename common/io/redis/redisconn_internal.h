/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redisconn_internal.h - what the parts of the Redis connection share; for
 * common/io/redis/redisconn*.c.
 *
 *     redisconn.c          its life: how it begins, is watched, is lost and ends
 *     redisconn_state.c    how it is; beneath all others
 *     redisconn_connect.c  finding the server, connecting, the handshake
 *     redisconn_tls.c      what of that is TLS's; redisconn_no_tls.c where hiredis has none
 *     redisconn_send.c     commands, and how each of them ends
 *     redisconn_listen.c   pub/sub
 *     redisconn_reply.c    what a reply holds, and what Redis's error words mean
 *
 * Who may be called back from where: hiredis calls back from the loop only, in the middle of its
 * replies or, with a NULL reply for each command, while it frees a context. So a part that finds
 * the connection bad says redisconn_lose(), and the loop frees the context when hiredis is out of
 * it. Until then replies go on coming.
 */
#ifndef COMMON_IO_REDIS_REDISCONN_INTERNAL_H
#define COMMON_IO_REDIS_REDISCONN_INTERNAL_H

#include "common/io/reconnect.h"
#include "common/io/redis/redisconn.h"
#include "common/io/redis/redisurl.h"
#include "common/io/resolver.h"

struct redisAsyncContext; /* hiredis's */
struct redisReply;
struct ssl_st; /* OpenSSL's */

struct redisconn {
    struct loop *loop;
    struct redisconn_options options;
    struct redisurl url;
    struct reconnect life;
    struct redisAsyncContext *context; /* NULL: nothing is connected, or being so */
    struct ssl_st *tls;                /* the session's, by rediss:// */
    struct resolver *resolver;         /* a look-up that runs */
    struct resolver_addresses addresses;
    size_t next_address;         /* of addresses; when all were tried, the name is looked up anew */
    struct loop_timer *watchdog; /* armed while an answer is due */
    size_t in_flight;
    int64_t last_answer_ms; /* or when the first of the commands in flight was sent */
    int64_t overdue_ms;     /* last_answer_ms when answers were first found overdue */
    bool is_asked;          /* pub/sub: the own channel was asked for again */
    bool has_answered;      /* one of the addresses, since the name was looked up */
    bool is_closing;
};

typedef void redisconn_hiredis_fn(struct redisAsyncContext *context, void *answer, void *privdata);

/* ---- redisconn_state.c */

/* "what host:port: reason"; NULL or "" when the peer has just closed. */
void redisconn_lose(struct redisconn *conn, const char *what, const char *reason);
void redisconn_begin(struct redisconn *conn);

/* ---- redisconn_connect.c: struct reconnect_options */

void redisconn_on_attempt(void *user);
void redisconn_on_overdue(void *user);

/* ---- redisconn_tls.c */

/* Whether rediss:// is possible here, and its CA file can be read. */
enum error_kind redisconn_tls_check(const struct redisurl *url, struct error *err);
/* On a connection just made: all that is sent and read from now on goes through TLS. */
enum error_kind redisconn_tls_begin(struct redisconn *conn, struct error *err);
void redisconn_tls_end(struct redisconn *conn);
/* Why the connection failed, if it was for TLS. */
const char *redisconn_tls_reason(const struct redisconn *conn, const char *otherwise);

/* ---- redisconn_send.c */

/* Straight to hiredis. callback may be NULL. */
MUST_USE enum error_kind redisconn_submit(struct redisconn *conn, struct redisconn_command command,
                                          redisconn_hiredis_fn *callback, void *privdata,
                                          struct error *err);

/* With what redisconn_send() answers while not ready. */
enum error_kind redisconn_refuse(const struct redisconn *conn, struct error *err);

/* ---- redisconn_listen.c */

/* The end of a listener's handshake, and how it finds out that nobody is there any more. */
void redisconn_ask_for_channel(struct redisconn *conn);

/* ---- redisconn_reply.c */

/* Of an error reply. ret_ends_connection: this server is not the one to write to any more. */
enum error_kind redisconn_translate(const struct redisReply *reply, bool *ret_ends_connection,
                                    struct error *err);

#endif
