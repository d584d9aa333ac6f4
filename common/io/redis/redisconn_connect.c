/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a connection is ready: its address, then AUTH, SELECT, CLIENT SETNAME, INFO and PING in
 * one go, of which each is judged as its answer comes.
 */
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn_internal.h"

#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

static void fail(struct redisconn *conn, const char *reason)
{
    redisconn_lose(conn, "cannot connect to Redis at", reason);
}

/* Where a name has several addresses, one that answered has more to say than one where nobody is.
 */
static void fail_to_reach(struct redisconn *conn, const char *reason)
{
    if (conn->has_answered) {
        reconnect_fail(&conn->life, "%s", redisconn_last_error(conn));
    } else {
        fail(conn, reason);
    }
}

/* ---- the handshake ------------------------------------------------------------------------- */

/* An answer to the handshake that still counts: not behind one that failed. */
static const redisReply *heard(struct redisconn *conn, const redisReply *reply)
{
    if (reply == NULL || conn->is_closing || !reconnect_is_trying(&conn->life)) {
        return NULL;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        redisconn_lose(conn, "gave up Redis at", reply->str);
        return NULL;
    }
    return reply;
}

static void on_step(redisAsyncContext *context, void *answer, void *privdata)
{
    (void)context;
    (void)heard(privdata, answer);
}

static void on_role(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const redisReply *reply = heard(conn, answer);
    (void)context;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
        strstr(reply->str, "role:master") == NULL) {
        redisconn_lose(conn, "gave up Redis at", "it is a replica; the primary is needed");
    }
}

static void on_pong(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    (void)context;
    if (heard(conn, answer) == NULL) {
        return;
    }
    if (conn->options.channel == NULL) {
        redisconn_begin(conn);
    } else {
        reconnect_limit(&conn->life, conn->options.reply_timeout_ms);
        redisconn_ask_for_channel(conn);
    }
}

static enum error_kind send_auth(struct redisconn *conn, struct error *err)
{
    if (conn->url.password[0] == '\0') {
        return ERROR_NONE;
    }
    struct strview args[3] = {STRVIEW("AUTH")};
    size_t count = 1;
    if (conn->url.user[0] != '\0') {
        args[count++] = strview_of(conn->url.user);
    }
    args[count++] = strview_of(conn->url.password);
    return redisconn_submit(conn, (struct redisconn_command){.args = args, .count = count}, on_step,
                            conn, err);
}

static enum error_kind send_select(struct redisconn *conn, struct error *err)
{
    if (conn->url.database == 0) {
        return ERROR_NONE;
    }
    return redisconn_submit(
        conn, REDISCONN_COMMAND(STRVIEW("SELECT"), strview_of(NUMBER_TEXT(conn->url.database))),
        on_step, conn, err);
}

static enum error_kind send_role(struct redisconn *conn, struct error *err)
{
    if (!conn->options.needs_primary) {
        return ERROR_NONE;
    }
    return redisconn_submit(conn, REDISCONN_COMMAND(STRVIEW("INFO"), STRVIEW("replication")),
                            on_role, conn, err);
}

/* A name is a courtesy: Redis's answer does not matter. */
static enum error_kind send_name(struct redisconn *conn, struct error *err)
{
    if (conn->options.client_name == NULL) {
        return ERROR_NONE;
    }
    return redisconn_submit(conn,
                            REDISCONN_COMMAND(STRVIEW("CLIENT"), STRVIEW("SETNAME"),
                                              strview_of(conn->options.client_name)),
                            NULL, NULL, err);
}

/* PING is refused while Redis loads its data, so an answer means that it serves. */
static enum error_kind send_ping(struct redisconn *conn, struct error *err)
{
    return redisconn_submit(conn, REDISCONN_COMMAND(STRVIEW("PING")), on_pong, conn, err);
}

/* ---- connecting ---------------------------------------------------------------------------- */

static void on_connected(const redisAsyncContext *context, int status)
{
    struct redisconn *conn = context->data;
    if (conn->context != context || conn->is_closing) {
        return;
    }
    if (status != REDIS_OK) { /* hiredis frees the context by itself */
        fail_to_reach(conn, context->errstr);
        conn->context = NULL;
        return;
    }
    conn->has_answered = true;
    /* A subscriber asks nothing: notice a dead peer. */
    (void)redisEnableKeepAlive(&conn->context->c);
    struct error err;
    if (conn->url.is_tls && redisconn_tls_begin(conn, &err) != ERROR_NONE) {
        fail(conn, err.text);
        return;
    }
    if (send_auth(conn, &err) != ERROR_NONE || send_select(conn, &err) != ERROR_NONE ||
        send_name(conn, &err) != ERROR_NONE || send_role(conn, &err) != ERROR_NONE ||
        send_ping(conn, &err) != ERROR_NONE) {
        fail(conn, err.text);
    }
}

static void on_disconnected(const redisAsyncContext *context, int status)
{
    struct redisconn *conn = context->data;
    if (conn->context == context) { /* hiredis frees the context by itself */
        redisconn_lose(conn, "lost Redis at",
                       redisconn_tls_reason(conn, status == REDIS_OK ? NULL : context->errstr));
        conn->context = NULL;
    }
}

static void connect_next(struct redisconn *conn)
{
    const char *address = conn->addresses.texts[conn->next_address++];
    redisAsyncContext *context = redisAsyncConnect(address, conn->url.port);
    if (context == NULL || context->err != 0) {
        fail_to_reach(conn, context == NULL ? NULL : context->errstr);
        if (context != NULL) {
            redisAsyncFree(context);
        }
        return;
    }
    context->data = conn;
    conn->context = context;
    reconnect_limit(&conn->life, conn->options.reply_timeout_ms);
    (void)redisLibeventAttach(context, loop_base(conn->loop));
    (void)redisAsyncSetConnectCallback(context, on_connected);
    (void)redisAsyncSetDisconnectCallback(context, on_disconnected);
}

static void on_looked_up(void *user, const struct resolver_addresses *found,
                         const struct error *failure)
{
    struct redisconn *conn = user;
    struct resolver *resolver = conn->resolver;
    conn->resolver = NULL;
    if (found != NULL) {
        conn->addresses = *found;
        conn->next_address = 0;
        conn->has_answered = false;
        connect_next(conn);
    } else {
        fail(conn, failure->text);
    }
    resolver_free(resolver); /* failure points into it */
}

/* One address after the other; then the name is looked up anew, as a failover may move it. */
void redisconn_on_attempt(void *user)
{
    struct redisconn *conn = user;
    if (conn->next_address > 0 && conn->next_address < conn->addresses.count) {
        connect_next(conn);
        return;
    }
    reconnect_limit(&conn->life, conn->options.reply_timeout_ms);
    conn->resolver = resolver_start(conn->loop, conn->url.host, on_looked_up, conn);
}

void redisconn_on_overdue(void *user)
{
    struct redisconn *conn = user;
    if (conn->resolver != NULL) { /* goes on: a second look-up would not be faster */
        reconnect_note(&conn->life,
                       "cannot connect to Redis at %s:%d: its name is still being "
                       "looked up",
                       conn->url.host, conn->url.port);
    } else {
        redisconn_lose(conn, "gave up Redis at",
                       redisconn_tls_reason(conn, "no connection in time"));
    }
}
