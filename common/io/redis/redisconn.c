/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/redis/redisconn.h"

#include "common/base/backoff.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/base/percent.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/resolver.h"

#include <assert.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARGS_MAX = 1 << 20,
    USER_MAX = 128,
    PASSWORD_MAX = 512,
    HOST_MAX = 256,
    PORT_DEFAULT = 6379,
    FIRST_RETRY_MS = 50,
    LAST_RETRY_MS = 2000,
    REPLY_TIMEOUT_MS = 5000,
};

struct address {
    char user[USER_MAX];
    char password[PASSWORD_MAX];
    char host[HOST_MAX];
    int port;
    int64_t database;
};

enum conn_state { CONN_WAITING, CONN_CONNECTING, CONN_READY };

struct redisconn {
    struct loop *loop;
    struct redisconn_options options;
    struct address address;
    enum conn_state state;
    redisAsyncContext *context; /* NULL while CONN_WAITING */
    struct resolver *resolver;  /* a look-up that runs */
    struct resolver_addresses addresses;
    size_t next_address; /* of addresses; when all were tried, the name is looked up anew */
    struct loop_deferred *leave;
    bool is_left;  /* to be dropped from the loop */
    bool is_asked; /* pub/sub: the own channel was asked for again */
    int64_t ready_since_ms;
    struct loop_timer *retry;
    struct loop_timer *watchdog; /* armed while an answer is due */
    struct backoff backoff;
    size_t in_flight;
    int64_t last_answer_ms; /* or when the first of the commands in flight was sent */
    bool is_closing;
    struct error last_error;
};

struct pending {
    struct redisconn *conn;
    redisconn_reply_fn *on_reply; /* NULL: the handshake's own */
    void *user;
};

enum { STEADY_MS = 5000 }; /* ready for so long, a connection is replaced soon when it goes */

static void start_connecting(void *user);
static void on_pushed(redisAsyncContext *context, void *answer, void *privdata);
static enum error_kind submit(struct redisconn *conn, struct redisconn_command command,
                              redisCallbackFn *callback, void *privdata, struct error *err);

/* --- the url */

/* With a NUL at the end; false also when it does not fit. */
static bool decode_part(struct strview text, char *ret, size_t size)
{
    size_t len = 0;
    if (!percent_decode(text, ret, size - 1, &len)) {
        return false;
    }
    ret[len] = '\0';
    return true;
}

/* Splits text at the first (or last) such byte; before gets all of it when there is none. */
static bool split(struct strview text, char byte, struct strview *before, struct strview *after)
{
    const char *at = text.len == 0 ? NULL : memchr(text.data, byte, text.len);
    if (at == NULL) {
        *before = text;
        *after = (struct strview){.data = NULL};
        return false;
    }
    *before = (struct strview){.data = text.data, .len = (size_t)(at - text.data)};
    *after = (struct strview){.data = at + 1, .len = text.len - before->len - 1};
    return true;
}

static bool parse_number(struct strview text, int64_t max, int64_t *ret)
{
    int64_t value;
    if (!parse_i64(text, &value) || value < 0 || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static bool parse_credentials(struct strview text, struct address *ret)
{
    struct strview user;
    struct strview password;
    (void)split(text, ':', &user, &password);
    return decode_part(user, ret->user, sizeof ret->user) &&
           decode_part(password, ret->password, sizeof ret->password);
}

/* Texts name the host: what is none may be a part of a password. */
static const char HOST_BYTES[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";

static bool parse_host_port(struct strview text, struct address *ret)
{
    struct strview host;
    struct strview port;
    if (text.len > 0 && text.data[0] == '[') {
        const struct strview inside = {.data = text.data + 1, .len = text.len - 1};
        struct strview rest;
        if (!split(inside, ']', &host, &rest) || (rest.len > 0 && rest.data[0] != ':')) {
            return false;
        }
        port = rest.len == 0 ? rest : (struct strview){.data = rest.data + 1, .len = rest.len - 1};
    } else {
        (void)split(text, ':', &host, &port);
    }
    int64_t number = PORT_DEFAULT;
    if (port.len > 0 && !parse_number(port, UINT16_MAX, &number)) {
        return false;
    }
    ret->port = (int)number;
    return host.len > 0 && decode_part(host, ret->host, sizeof ret->host) &&
           ret->host[strspn(ret->host, HOST_BYTES)] == '\0';
}

static bool parse_url(struct strview url, struct address *ret)
{
    const struct strview scheme = STRVIEW("redis://");
    if (url.len < scheme.len || memcmp(url.data, scheme.data, scheme.len) != 0) {
        return false;
    }
    struct strview rest = {.data = url.data + scheme.len, .len = url.len - scheme.len};
    struct strview authority;
    struct strview database;
    (void)split(rest, '/', &authority, &database);
    if (database.len > 0 && !parse_number(database, INT32_MAX, &ret->database)) {
        return false;
    }
    struct strview credentials;
    struct strview host_port;
    if (!split(authority, '@', &credentials, &host_port)) {
        return parse_host_port(authority, ret);
    }
    return parse_credentials(credentials, ret) && parse_host_port(host_port, ret);
}

static enum error_kind read_url(const char *url, struct address *ret, struct error *err)
{
    struct address address = {.port = PORT_DEFAULT};
    if (url == NULL || !parse_url(strview_of(url), &address)) {
        /* The url itself may hold a password: it is not repeated. */
        return error_set(err, ERROR_INVALID,
                         "the Redis url is not redis://[user[:password]@]host[:port][/database]");
    }
    *ret = address;
    return ERROR_NONE;
}

enum error_kind redisconn_check_url(const char *url, struct error *err)
{
    struct address address;
    return read_url(url, &address, err);
}

/* --- errors */

/* Redis's error words. What is not listed is a fault in our commands or rights, which no
 * retry can cure. Some say that this server is not the one to write to any more. */
static const struct {
    const char *prefix;
    enum error_kind kind;
    bool ends_connection;
} ERROR_WORDS[] = {
    {"LOADING", ERROR_TRANSIENT, false},
    {"BUSY", ERROR_TRANSIENT, false},
    {"OOM", ERROR_TRANSIENT, false},
    {"MISCONF", ERROR_TRANSIENT, false},
    {"READONLY", ERROR_TRANSIENT, true},
    {"MASTERDOWN", ERROR_TRANSIENT, true},
    {"NOREPLICAS", ERROR_TRANSIENT, true},
    {"CLUSTERDOWN", ERROR_TRANSIENT, false},
    {"TRYAGAIN", ERROR_TRANSIENT, false},
    {"ERR Function not found", ERROR_NOT_FOUND, false},
    {"ERR max number of clients", ERROR_TRANSIENT, false},
};

static enum error_kind translate(const redisReply *reply, bool *ret_ends_connection,
                                 struct error *err)
{
    enum error_kind kind = ERROR_INVALID;
    *ret_ends_connection = false;
    for (size_t i = 0; i < sizeof ERROR_WORDS / sizeof ERROR_WORDS[0]; i++) {
        const size_t len = strlen(ERROR_WORDS[i].prefix);
        if (reply->len >= len && memcmp(reply->str, ERROR_WORDS[i].prefix, len) == 0) {
            kind = ERROR_WORDS[i].kind;
            *ret_ends_connection = ERROR_WORDS[i].ends_connection;
            break;
        }
    }
    return error_set(err, kind, "Redis: %s", reply->str);
}

/* --- losing and getting the connection */

static void retry_later(struct redisconn *conn)
{
    if (!loop_timer_is_armed(conn->retry)) {
        loop_timer_start(conn->retry, backoff_next_ms(&conn->backoff, jitter_draw()));
    }
}

/* The context is gone, or about to be. May be called more than once for it. */
static void become_lost(struct redisconn *conn)
{
    const bool was_ready = conn->state == CONN_READY;
    conn->state = CONN_WAITING;
    conn->context = NULL;
    conn->is_left = false;
    if (conn->is_closing) {
        return;
    }
    if (was_ready && loop_now_ms() - conn->ready_since_ms >= STEADY_MS) {
        backoff_reset(&conn->backoff);
    }
    loop_timer_stop(conn->watchdog);
    retry_later(conn);
    if (was_ready && conn->options.on_lost != NULL) {
        conn->options.on_lost(conn->options.user, &conn->last_error);
    }
}

static void remember(struct redisconn *conn, const char *what, const char *reason)
{
    (void)error_set(&conn->last_error, ERROR_TRANSIENT, "%s %s:%d: %s", what, conn->address.host,
                    conn->address.port, reason == NULL || *reason == '\0' ? "closed" : reason);
}

static void on_disconnected(const redisAsyncContext *context, int status)
{
    struct redisconn *conn = context->data;
    if (conn->context != context) {
        return;
    }
    if (status != REDIS_OK) {
        remember(conn, "lost Redis at", context->errstr);
    }
    become_lost(conn);
}

/* hiredis then ends every command in flight with a NULL reply, which leads to on_reply below. */
static void discard(struct redisconn *conn)
{
    redisAsyncContext *context = conn->context;
    redisAsyncFree(context);
    if (conn->context == context) { /* it was never connected: no callback said so */
        become_lost(conn);
    }
}

static void drop(struct redisconn *conn, const char *reason)
{
    remember(conn, "gave up Redis at", reason);
    discard(conn);
}

void redisconn_leave(struct redisconn *conn, const char *why)
{
    if (conn->state == CONN_READY) {
        drop(conn, why);
    }
}

/* A listener asks nothing, so a server that says nothing would go unnoticed: it asks for its own
 * channel again now and then, which changes nothing and is answered. (A PING is not: hiredis 0.14
 * does not know it there.) */
static void ask_for_channel(struct redisconn *conn)
{
    struct error ignored; /* without an answer the watchdog ends it */
    const struct strview args[] = {STRVIEW("SUBSCRIBE"), strview_of(conn->options.channel)};
    conn->is_asked = true;
    conn->last_answer_ms = loop_now_ms();
    loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
    (void)submit(conn, (struct redisconn_command){.args = args, .count = 2}, on_pushed, conn,
                 &ignored);
}

static void on_watchdog(void *user)
{
    struct redisconn *conn = user;
    const int64_t timeout = conn->options.reply_timeout_ms;
    const int64_t waited = loop_now_ms() - conn->last_answer_ms;
    if (conn->state == CONN_READY && conn->options.channel != NULL && !conn->is_asked) {
        ask_for_channel(conn);
        return;
    }
    if (conn->state == CONN_READY && conn->in_flight == 0 && !conn->is_asked) {
        return;
    }
    if (waited < timeout) {
        loop_timer_start(conn->watchdog, timeout - waited);
        return;
    }
    drop(conn, conn->state == CONN_READY ? "no answer in time" : "no connection in time");
}

static void become_ready(struct redisconn *conn)
{
    conn->state = CONN_READY;
    conn->ready_since_ms = loop_now_ms();
    conn->next_address = 0;
    conn->last_error = (struct error){.kind = ERROR_NONE};
    if (conn->options.on_ready != NULL) {
        conn->options.on_ready(conn->options.user);
    }
}

/* Drops the connection from the loop: hiredis is in the middle of its replies. */
static void leave(struct redisconn *conn, const char *reason)
{
    if (conn->state == CONN_READY && !conn->is_left) {
        conn->is_left = true;
        remember(conn, "left Redis at", reason);
        loop_deferred_schedule(conn->leave);
    }
}

static void on_leave(void *user)
{
    struct redisconn *conn = user;
    if (conn->is_left && conn->context != NULL) {
        discard(conn);
    }
}

/* --- commands */

static void expect_answer(struct redisconn *conn)
{
    if (conn->in_flight++ == 0) {
        conn->last_answer_ms = loop_now_ms();
        if (!loop_timer_is_armed(conn->watchdog)) {
            loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
        }
    }
}

static void end_with(struct pending *pending, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        struct error err;
        bool ends_connection;
        (void)translate(reply, &ends_connection, &err);
        if (ends_connection) {
            leave(pending->conn, reply->str);
        }
        pending->on_reply(pending->user, NULL, &err);
        return;
    }
    pending->on_reply(pending->user, (const struct redisconn_reply *)reply, NULL);
}

static void end_as_lost(struct redisconn *conn, struct pending *pending)
{
    if (conn->state == CONN_READY && conn->last_error.kind == ERROR_NONE) {
        remember(conn, "lost Redis at", conn->context == NULL ? NULL : conn->context->errstr);
    }
    /* Callers see "not ready" from here on; on_lost follows when the last one has been told. */
    const struct error why = conn->last_error;
    const enum conn_state state = conn->state;
    conn->state = CONN_WAITING;
    pending->on_reply(pending->user, NULL, &why);
    conn->state = state;
}

static void on_reply(redisAsyncContext *context, void *answer, void *privdata)
{
    struct pending *pending = privdata;
    struct redisconn *conn = pending->conn;
    const redisReply *reply = answer;
    (void)context;
    conn->in_flight--;
    conn->last_answer_ms = loop_now_ms();
    if (conn->is_closing) {
        free(pending);
        return;
    }
    if (reply == NULL) {
        end_as_lost(conn, pending);
    } else {
        end_with(pending, reply);
    }
    free(pending);
}

enum { ARGV_ON_STACK = 64 };

struct argv {
    const char *small_data[ARGV_ON_STACK];
    size_t small_len[ARGV_ON_STACK];
    const char **data;
    size_t *len;
};

static bool argv_fill(struct argv *argv, struct redisconn_command command)
{
    argv->data = argv->small_data;
    argv->len = argv->small_len;
    if (command.count > ARGV_ON_STACK) {
        argv->data = calloc(command.count, sizeof *argv->data);
        argv->len = calloc(command.count, sizeof *argv->len);
        if (argv->data == NULL || argv->len == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < command.count; i++) {
        argv->data[i] = command.args[i].data == NULL ? "" : command.args[i].data;
        argv->len[i] = command.args[i].len;
    }
    return true;
}

static void argv_done(struct argv *argv)
{
    if (argv->data != argv->small_data) {
        free(argv->data);
        free(argv->len);
    }
}

/* hiredis copies the arguments into its output buffer; they leave with this turn of the loop. */
static enum error_kind submit(struct redisconn *conn, struct redisconn_command command,
                              redisCallbackFn *callback, void *privdata, struct error *err)
{
    assert(command.count > 0 && command.count <= ARGS_MAX);
    struct argv argv;
    int status = REDIS_ERR;
    if (argv_fill(&argv, command)) {
        status = redisAsyncCommandArgv(conn->context, callback, privdata, (int)command.count,
                                       argv.data, argv.len);
    }
    argv_done(&argv);
    return status == REDIS_OK ? ERROR_NONE
                              : error_set(err, ERROR_TRANSIENT, "Redis takes no more commands");
}

static enum error_kind refuse(const struct redisconn *conn, struct error *err)
{
    return error_set(err, ERROR_TRANSIENT, "%s", redisconn_last_error(conn));
}

enum error_kind redisconn_send(struct redisconn *conn, struct redisconn_command command,
                               redisconn_reply_fn *callback, void *user, struct error *err)
{
    if (!redisconn_is_ready(conn)) {
        return refuse(conn, err);
    }
    struct pending *pending = malloc(sizeof *pending);
    if (pending == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "no memory for a Redis command");
    }
    *pending = (struct pending){.conn = conn, .on_reply = callback, .user = user};
    const enum error_kind kind = submit(conn, command, on_reply, pending, err);
    if (kind != ERROR_NONE) {
        free(pending);
        return kind;
    }
    expect_answer(conn);
    return ERROR_NONE;
}

static void forget_reply(void *user, const struct redisconn_reply *reply,
                         const struct error *failure)
{
    (void)user;
    (void)reply;
    (void)failure;
}

void redisconn_tell(struct redisconn *conn, struct redisconn_command command)
{
    struct error ignored;
    const enum error_kind kind = redisconn_send(conn, command, forget_reply, NULL, &ignored);
    (void)kind;
}

/* --- pub/sub */

/* hiredis hands over ["subscribe", channel, count], ["message", channel, payload] and so on. */
static void on_pushed(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const struct redisconn_reply *reply = answer;
    (void)context;
    if (reply == NULL || conn->is_closing) {
        return; /* on_disconnected follows */
    }
    const struct strview what = redisconn_reply_text(redisconn_reply_at(reply, 0));
    const struct strview channel = redisconn_reply_text(redisconn_reply_at(reply, 1));
    if (strview_is(what, "message")) {
        conn->options.on_message(conn->options.user, channel,
                                 redisconn_reply_text(redisconn_reply_at(reply, 2)));
    } else if (strview_is(what, "subscribe")) {
        if (strview_is(channel, conn->options.channel)) {
            conn->is_asked = false;
            loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
            if (conn->state == CONN_READY) {
                return; /* it had been asked for again */
            }
            become_ready(conn);
        }
        conn->options.on_subscribed(conn->options.user, channel);
    }
}

enum error_kind redisconn_subscribe(struct redisconn *conn, struct strview channel,
                                    struct error *err)
{
    if (!redisconn_is_ready(conn)) {
        return refuse(conn, err);
    }
    const struct strview args[] = {STRVIEW("SUBSCRIBE"), channel};
    return submit(conn, (struct redisconn_command){.args = args, .count = 2}, on_pushed, conn, err);
}

void redisconn_unsubscribe(struct redisconn *conn, struct strview channel)
{
    if (conn->state != CONN_READY) {
        return;
    }
    struct error ignored; /* the connection is going, and its subscriptions with it */
    const struct strview args[] = {STRVIEW("UNSUBSCRIBE"), channel};
    (void)submit(conn, (struct redisconn_command){.args = args, .count = 2}, NULL, NULL, &ignored);
}

/* --- the handshake */

static void on_handshake_step(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const redisReply *reply = answer;
    if (reply == NULL || conn->is_closing || conn->context != context ||
        reply->type != REDIS_REPLY_ERROR) {
        return;
    }
    drop(conn, reply->str);
}

static void on_handshake_end(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const redisReply *reply = answer;
    if (reply == NULL || conn->is_closing || conn->context != context) {
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        drop(conn, reply->str);
        return;
    }
    if (conn->options.channel == NULL) {
        become_ready(conn);
        return;
    }
    ask_for_channel(conn);
}

static enum error_kind send_auth(struct redisconn *conn, struct error *err)
{
    if (conn->address.password[0] == '\0') {
        return ERROR_NONE;
    }
    struct strview args[3] = {STRVIEW("AUTH")};
    size_t count = 1;
    if (conn->address.user[0] != '\0') {
        args[count++] = strview_of(conn->address.user);
    }
    args[count++] = strview_of(conn->address.password);
    return submit(conn, (struct redisconn_command){.args = args, .count = count}, on_handshake_step,
                  conn, err);
}

static enum error_kind send_select(struct redisconn *conn, struct error *err)
{
    if (conn->address.database == 0) {
        return ERROR_NONE;
    }
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)conn->address.database);
    const struct strview args[] = {STRVIEW("SELECT"), strview_of(number)};
    return submit(conn, (struct redisconn_command){.args = args, .count = 2}, on_handshake_step,
                  conn, err);
}

static void on_role(redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const redisReply *reply = answer;
    on_handshake_step(context, answer, privdata);
    if (reply != NULL && !conn->is_closing && conn->context == context &&
        reply->type == REDIS_REPLY_STRING && strstr(reply->str, "role:master") == NULL) {
        drop(conn, "it is a replica; the primary is needed");
    }
}

static enum error_kind send_role(struct redisconn *conn, struct error *err)
{
    if (!conn->options.needs_primary) {
        return ERROR_NONE;
    }
    const struct strview args[] = {STRVIEW("INFO"), STRVIEW("replication")};
    return submit(conn, (struct redisconn_command){.args = args, .count = 2}, on_role, conn, err);
}

/* A name is a courtesy: Redis's answer does not matter. */
static enum error_kind send_name(struct redisconn *conn, struct error *err)
{
    if (conn->options.client_name == NULL) {
        return ERROR_NONE;
    }
    const struct strview args[] = {STRVIEW("CLIENT"), STRVIEW("SETNAME"),
                                   strview_of(conn->options.client_name)};
    return submit(conn, (struct redisconn_command){.args = args, .count = 3}, NULL, NULL, err);
}

/* PING is refused while Redis loads its data, so an answer means that it serves. */
static enum error_kind send_ping(struct redisconn *conn, struct error *err)
{
    const struct strview ping = STRVIEW("PING");
    return submit(conn, (struct redisconn_command){.args = &ping, .count = 1}, on_handshake_end,
                  conn, err);
}

static void on_connected(const redisAsyncContext *context, int status)
{
    struct redisconn *conn = context->data;
    if (conn->context != context || conn->is_closing) {
        return;
    }
    if (status != REDIS_OK) { /* hiredis frees the context by itself */
        remember(conn, "cannot connect to Redis at", context->errstr);
        become_lost(conn);
        return;
    }
    (void)redisEnableKeepAlive(
        &conn->context->c); /* a subscriber asks nothing: notice a dead peer */
    struct error err;
    if (send_auth(conn, &err) != ERROR_NONE || send_select(conn, &err) != ERROR_NONE ||
        send_name(conn, &err) != ERROR_NONE || send_role(conn, &err) != ERROR_NONE ||
        send_ping(conn, &err) != ERROR_NONE) {
        conn->last_error = err; /* the watchdog ends it */
    }
}

static void connect_next(struct redisconn *conn)
{
    const char *address = conn->addresses.texts[conn->next_address++];
    redisAsyncContext *context = redisAsyncConnect(address, conn->address.port);
    if (context == NULL || context->err != 0) {
        remember(conn, "cannot connect to Redis at", context == NULL ? NULL : context->errstr);
        if (context != NULL) {
            redisAsyncFree(context);
        }
        retry_later(conn);
        return;
    }
    context->data = conn;
    conn->context = context;
    conn->state = CONN_CONNECTING;
    conn->last_answer_ms = loop_now_ms();
    loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
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
    loop_timer_stop(conn->retry);
    if (found != NULL) {
        conn->addresses = *found;
        conn->next_address = 0;
        connect_next(conn);
    } else {
        remember(conn, "cannot connect to Redis at", failure->text);
        retry_later(conn);
    }
    resolver_free(resolver);
}

/* One address after the other; then the name is looked up anew, as a failover may move it. */
static void start_connecting(void *user)
{
    struct redisconn *conn = user;
    if (conn->resolver != NULL) { /* waited for; the timer came from a pause before */
        remember(conn, "cannot connect to Redis at", "its name is still being looked up");
        return;
    }
    if (conn->next_address > 0 && conn->next_address < conn->addresses.count) {
        connect_next(conn);
        return;
    }
    conn->resolver = resolver_start(conn->loop, conn->address.host, on_looked_up, conn);
    loop_timer_start(conn->retry, conn->options.reply_timeout_ms);
}

enum error_kind redisconn_new(struct loop *loop, const struct redisconn_options *options,
                              struct redisconn **ret_conn, struct error *err)
{
    assert(options->channel == NULL ||
           (options->on_message != NULL && options->on_subscribed != NULL));
    struct redisconn *conn = must_allocate(1, sizeof *conn);
    conn->loop = loop;
    conn->options = *options;
    if (conn->options.reply_timeout_ms == 0) {
        conn->options.reply_timeout_ms = REPLY_TIMEOUT_MS;
    }
    if (read_url(options->url, &conn->address, err) != ERROR_NONE) {
        free(conn);
        return err->kind = ERROR_FATAL;
    }
    conn->backoff = (struct backoff){.first_ms = FIRST_RETRY_MS, .cap_ms = LAST_RETRY_MS};
    remember(conn, "not connected to Redis at", "connecting");
    conn->retry = loop_timer_new(loop, start_connecting, conn);
    conn->watchdog = loop_timer_new(loop, on_watchdog, conn);
    conn->leave = loop_deferred_new(loop, on_leave, conn);
    loop_timer_start(conn->retry, 0);
    *ret_conn = conn;
    return ERROR_NONE;
}

void redisconn_free(struct redisconn *conn)
{
    if (conn == NULL) {
        return;
    }
    conn->is_closing = true;
    if (conn->context != NULL) {
        redisAsyncFree(conn->context);
    }
    loop_timer_free(conn->retry);
    loop_timer_free(conn->watchdog);
    loop_deferred_free(conn->leave);
    resolver_free(conn->resolver);
    free(conn);
}

bool redisconn_is_ready(const struct redisconn *conn)
{
    return conn->state == CONN_READY && !conn->is_left;
}

const char *redisconn_last_error(const struct redisconn *conn)
{
    return redisconn_is_ready(conn) ? "" : conn->last_error.text;
}

size_t redisconn_in_flight(const struct redisconn *conn)
{
    return conn->in_flight;
}

/* --- replies */

static const redisReply *raw(const struct redisconn_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

bool redisconn_reply_is_nil(const struct redisconn_reply *reply)
{
    return reply == NULL || raw(reply)->type == REDIS_REPLY_NIL;
}

struct strview redisconn_reply_text(const struct redisconn_reply *reply)
{
    if (reply == NULL ||
        (raw(reply)->type != REDIS_REPLY_STRING && raw(reply)->type != REDIS_REPLY_STATUS)) {
        return (struct strview){.data = NULL};
    }
    return (struct strview){.data = raw(reply)->str, .len = (size_t)raw(reply)->len};
}

int64_t redisconn_reply_integer(const struct redisconn_reply *reply, int64_t fallback)
{
    if (reply != NULL && raw(reply)->type == REDIS_REPLY_INTEGER) {
        return raw(reply)->integer;
    }
    int64_t value;
    return parse_i64(redisconn_reply_text(reply), &value) ? value : fallback;
}

size_t redisconn_reply_count(const struct redisconn_reply *reply)
{
    return reply != NULL && raw(reply)->type == REDIS_REPLY_ARRAY ? raw(reply)->elements : 0;
}

const struct redisconn_reply *redisconn_reply_at(const struct redisconn_reply *reply, size_t index)
{
    if (index >= redisconn_reply_count(reply)) {
        return NULL;
    }
    return (const struct redisconn_reply *)raw(reply)->element[index];
}
