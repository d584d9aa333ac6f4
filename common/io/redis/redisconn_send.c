/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/io/redis/redisconn_internal.h"

#include <assert.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

enum { ARGS_MAX = 1 << 20, ARGV_ON_STACK = 64 };

struct pending {
    struct redisconn *conn;
    redisconn_reply_fn *on_reply;
    void *user;
};

/* ---- going out ----------------------------------------------------------------------------- */

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
enum error_kind redisconn_submit(struct redisconn *conn, struct redisconn_command command,
                                 redisconn_hiredis_fn *callback, void *privdata, struct error *err)
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

/* ---- coming back --------------------------------------------------------------------------- */

/* Called back from here, in the middle of hiredis's replies, the caller may send, tell and leave:
 * the context stays until the loop drops it, and the reply until this returns. */
static void end_with(struct pending *pending, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ERROR) {
        pending->on_reply(pending->user, (const struct redisconn_reply *)reply, NULL);
        return;
    }
    struct error err;
    bool ends_connection;
    (void)redisconn_translate(reply, &ends_connection, &err);
    if (ends_connection) {
        redisconn_lose(pending->conn, "left Redis at", reply->str);
    }
    pending->on_reply(pending->user, NULL, &err);
}

/* hiredis may be the first to know: it ends each command before it says that it is disconnected.
 * Callers see "not ready" from here on; on_lost follows when the last one has been told. */
static void end_as_lost(struct redisconn *conn, const struct pending *pending)
{
    redisconn_lose(conn, "lost Redis at", conn->context == NULL ? NULL : conn->context->errstr);
    const struct error why = conn->life.last_error;
    pending->on_reply(pending->user, NULL, &why);
}

static void on_reply(redisAsyncContext *context, void *answer, void *privdata)
{
    struct pending *pending = privdata;
    struct redisconn *conn = pending->conn;
    (void)context;
    conn->in_flight--;
    conn->last_answer_ms = loop_now_ms();
    if (conn->is_closing) {
        free(pending);
        return;
    }
    if (answer == NULL) {
        end_as_lost(conn, pending);
    } else {
        end_with(pending, answer);
    }
    free(pending);
}

static void expect_answer(struct redisconn *conn)
{
    if (conn->in_flight++ == 0) {
        conn->last_answer_ms = loop_now_ms();
        if (!loop_timer_is_armed(conn->watchdog)) {
            loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
        }
    }
}

/* ---- what the caller sees ------------------------------------------------------------------ */

enum error_kind redisconn_refuse(const struct redisconn *conn, struct error *err)
{
    return error_set(err, ERROR_TRANSIENT, "%s", redisconn_last_error(conn));
}

enum error_kind redisconn_send(struct redisconn *conn, struct redisconn_command command,
                               redisconn_reply_fn *callback, void *user, struct error *err)
{
    if (!redisconn_is_ready(conn)) {
        return redisconn_refuse(conn, err);
    }
    struct pending *pending = malloc(sizeof *pending);
    if (pending == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "no memory for a Redis command");
    }
    *pending = (struct pending){.conn = conn, .on_reply = callback, .user = user};
    const enum error_kind kind = redisconn_submit(conn, command, on_reply, pending, err);
    if (kind != ERROR_NONE) {
        free(pending);
        return kind;
    }
    expect_answer(conn);
    return ERROR_NONE;
}

static void on_ignored(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)user;
    (void)reply;
    (void)failure;
}

void redisconn_tell(struct redisconn *conn, struct redisconn_command command)
{
    struct error ignored;
    const enum error_kind kind = redisconn_send(conn, command, on_ignored, NULL, &ignored);
    (void)kind;
}
