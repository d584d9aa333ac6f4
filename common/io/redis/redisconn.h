/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redisconn.h - one Redis connection on the loop: pipelined commands, or pub/sub.
 *
 * Why it reconnects by itself: Redis going away for a while is ordinary. The
 * connection comes back with capped backoff and jitter, authenticates, selects
 * its database and says so through on_ready. A command that was in flight ends
 * with ERROR_TRANSIENT, and whether it was carried out is then unknown: the
 * caller finds out from its own data.
 *
 * Why commands are lists of views: they go out by length, so no byte of an id or a
 * payload can end a command early or begin another one.
 *
 * Why pub/sub has a connection of its own: a subscribed connection answers
 * nothing else. It keeps one channel for as long as it lives, because hiredis 0.14
 * confuses replies when the last subscription goes while the next one comes.
 *
 * Ownership: arguments are copied when sent. A reply is borrowed for its
 * callback. Threads: the loop's. Errors: Redis's error words are translated
 * here and nowhere else: what passes by itself (LOADING, OOM, READONLY, a lost connection ...) is
 * ERROR_TRANSIENT, a function that is not loaded, or in a version that cannot do what it is asked,
 * ERROR_NOT_FOUND, the rest ERROR_INVALID.
 *
 * Why nothing waits without end: a name is looked up off the loop, connecting, every command and,
 * now and then, a listener's own channel must be answered within reply_timeout_ms. A server that
 * says it is not the one to write to any more (READONLY, NOREPLICAS, MASTERDOWN) is left, its name
 * asked for anew.
 */
#ifndef COMMON_IO_REDIS_REDISCONN_H
#define COMMON_IO_REDIS_REDISCONN_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct redisconn;
struct redisconn_reply;

/* Exactly one of reply and failure is NULL. */
typedef void redisconn_reply_fn(void *user, const struct redisconn_reply *reply,
                                const struct error *failure);

struct redisconn_options {
    const char *url;              /* redisurl.h */
    const char *client_name;      /* seen in CLIENT LIST; may be NULL */
    int64_t reply_timeout_ms;     /* without any answer for so long: connect anew; 0: 5 s */
    bool needs_primary;           /* a replica is refused when connecting */
    const char *channel;          /* not NULL: a pub/sub connection, always listening to this one */
    void (*on_ready)(void *user); /* may be NULL */
    void (*on_lost)(void *user, const struct error *why); /* after a ready; may be NULL */
    void (*on_subscribed)(void *user,
                          struct strview channel); /* what is published from now on comes */
    void (*on_message)(void *user, struct strview channel, struct strview payload);
    void *user;
};

/* For checking settings: the url's form, and for rediss:// whether TLS is to be had and its CA file
 * can be read. */
MUST_USE enum error_kind redisconn_check_url(const char *url, struct error *err);

/* Starts connecting; fails only on a url that redisconn_check_url() refuses (ERROR_FATAL). */
MUST_USE enum error_kind redisconn_new(struct loop *loop, const struct redisconn_options *options,
                                       struct redisconn **ret_conn, struct error *err);

/* Closes at once; commands in flight get no outcome. Not from a callback of its own. Accepts
 * NULL. */
void redisconn_free(struct redisconn *conn);

/* This server is not the one that is wanted. Not ready from here on; from the loop come the
 * outcomes of what is in flight, on_lost and a new connection, as the address may lead elsewhere
 * now. */
void redisconn_leave(struct redisconn *conn, const char *why);

/* False while connecting; commands are then refused with ERROR_TRANSIENT. */
bool redisconn_is_ready(const struct redisconn *conn);

/* The reason while not ready, "" otherwise. */
const char *redisconn_last_error(const struct redisconn *conn);

/* An attempt to connect has failed; the next one comes by itself. */
bool redisconn_has_failed(const struct redisconn *conn);

/* Commands whose outcome is still to come. */
size_t redisconn_in_flight(const struct redisconn *conn);

struct redisconn_command {
    const struct strview *args; /* the command's name first */
    size_t count;
};

/* Of these arguments, in the block that asks: it is gone with it. */
#define REDISCONN_COMMAND(...)                                                                     \
    ((struct redisconn_command){.args = (const struct strview[]){__VA_ARGS__},                     \
                                .count = sizeof((const struct strview[]){__VA_ARGS__}) /           \
                                         sizeof(struct strview)})

/* Queues one command; on_reply is called once, never from inside. */
MUST_USE enum error_kind redisconn_send(struct redisconn *conn, struct redisconn_command command,
                                        redisconn_reply_fn *on_reply, void *user,
                                        struct error *err);

/* Sends a command whose outcome does not matter; while not ready it is dropped. */
void redisconn_tell(struct redisconn *conn, struct redisconn_command command);

/* Pub/sub connections: on_subscribed follows. Subscriptions end with the connection: ask again in
 * on_ready. */
MUST_USE enum error_kind redisconn_subscribe(struct redisconn *conn, struct strview channel,
                                             struct error *err);
void redisconn_unsubscribe(struct redisconn *conn, struct strview channel);

/* --- replies ----------------------------------------------------------------- */

/* A NULL reply counts as nil. */
bool redisconn_reply_is_nil(const struct redisconn_reply *reply);

/* A string or status; data is NULL for anything else. */
struct strview redisconn_reply_text(const struct redisconn_reply *reply);

/* An integer, or text that is one; fallback for anything else, and for one that cannot be added up
 * (checked_is_modest()). */
int64_t redisconn_reply_integer(const struct redisconn_reply *reply, int64_t fallback);

/* Elements of an array; 0 for anything else. */
size_t redisconn_reply_count(const struct redisconn_reply *reply);

/* NULL past the last. */
const struct redisconn_reply *redisconn_reply_at(const struct redisconn_reply *reply, size_t index);

/* What that one holds. */
static inline struct strview redisconn_reply_text_at(const struct redisconn_reply *reply,
                                                     size_t index)
{
    return redisconn_reply_text(redisconn_reply_at(reply, index));
}

static inline int64_t redisconn_reply_integer_at(const struct redisconn_reply *reply, size_t index,
                                                 int64_t fallback)
{
    return redisconn_reply_integer(redisconn_reply_at(reply, index), fallback);
}

/* The value behind a name in a list of names and values, as of HGETALL; NULL: it is not there. */
const struct redisconn_reply *redisconn_reply_field(const struct redisconn_reply *reply,
                                                    struct strview name);

#endif
