/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/redis/redisconn.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn_internal.h"

#include <assert.h>
#include <hiredis/async.h>
#include <stdlib.h>

enum { REPLY_TIMEOUT_MS = 5000, MOMENT_MS = 250 };

void redisconn_leave(struct redisconn *conn, const char *why)
{
    if (redisconn_is_ready(conn)) {
        redisconn_lose(conn, "gave up Redis at", why);
    }
}

/*
 * Every command in flight ends in here, by a NULL reply: the loop calls it, when hiredis is out of
 * its own callbacks. Those who are told are called from the middle of redisAsyncFree(), with the
 * connection as it will be for them: not ready, and without a context. What they send is refused,
 * that it is lost they may say again, and only to free it is forbidden them. True: the name has
 * another address.
 */
static bool on_drop(void *user)
{
    struct redisconn *conn = user;
    redisAsyncContext *context = TAKE_PTR(conn->context);
    loop_timer_stop(conn->watchdog);
    conn->is_asked = false;
    if (context != NULL) {
        redisAsyncFree(context);
    }
    redisconn_tls_end(conn);
    return conn->next_address > 0 && conn->next_address < conn->addresses.count;
}

/* A process that was stopped finds its timers due before it has sent what it was about to send,
 * or heard what has come meanwhile: what is overdue gets a moment more. */
static bool is_overdue_anew(struct redisconn *conn)
{
    const bool is_anew = conn->overdue_ms != conn->last_answer_ms;
    conn->overdue_ms = conn->last_answer_ms;
    return is_anew;
}

static void on_watchdog(void *user)
{
    struct redisconn *conn = user;
    const int64_t timeout = conn->options.reply_timeout_ms;
    const int64_t waited = loop_now_ms() - conn->last_answer_ms;
    if (!redisconn_is_ready(conn)) {
        return; /* lost in this very turn of the loop */
    }
    if (conn->options.channel != NULL && !conn->is_asked) {
        redisconn_ask_for_channel(conn);
        loop_timer_start(conn->watchdog, timeout);
    } else if (conn->in_flight == 0 && !conn->is_asked) {
        return;
    } else if (waited < timeout) {
        loop_timer_start(conn->watchdog, timeout - waited);
    } else if (is_overdue_anew(conn)) {
        loop_timer_start(conn->watchdog, MOMENT_MS);
    } else {
        redisconn_lose(conn, "gave up Redis at", "no answer in time");
    }
}

static void begin_life(struct redisconn *conn)
{
    const struct reconnect_options life = {
        .on_attempt = redisconn_on_attempt,
        .on_overdue = redisconn_on_overdue,
        .on_drop = on_drop,
        .user = conn,
        .on_ready = conn->options.on_ready,
        .on_lost = conn->options.on_lost,
        .listener = conn->options.user,
    };
    reconnect_init(&conn->life, conn->loop, &life);
    reconnect_note(&conn->life, "not connected to Redis at %s:%d: connecting", conn->url.host,
                   conn->url.port);
}

static enum error_kind read_url(const char *text, struct redisurl *ret_url, struct error *err)
{
    const enum error_kind kind = redisurl_read(text, ret_url, err);
    return kind == ERROR_NONE && ret_url->is_tls ? redisconn_tls_check(ret_url, err) : kind;
}

enum error_kind redisconn_check_url(const char *url, struct error *err)
{
    struct redisurl ignored;
    return read_url(url, &ignored, err);
}

enum error_kind redisconn_new(struct loop *loop, const struct redisconn_options *options,
                              struct redisconn **ret_conn, struct error *err)
{
    assert(options->channel == NULL ||
           (options->on_message != NULL && options->on_subscribed != NULL));
    struct redisurl url;
    if (read_url(options->url, &url, err) != ERROR_NONE) {
        return err->kind = ERROR_FATAL;
    }
    struct redisconn *conn = must_allocate(1, sizeof *conn);
    conn->loop = loop;
    conn->options = *options;
    conn->url = url;
    if (conn->options.reply_timeout_ms == 0) {
        conn->options.reply_timeout_ms = REPLY_TIMEOUT_MS;
    }
    conn->watchdog = loop_timer_new(loop, on_watchdog, conn);
    begin_life(conn);
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
    redisconn_tls_end(conn);
    reconnect_done(&conn->life);
    loop_timer_free(conn->watchdog);
    resolver_free(conn->resolver);
    free(conn);
}

size_t redisconn_in_flight(const struct redisconn *conn)
{
    return conn->in_flight;
}
