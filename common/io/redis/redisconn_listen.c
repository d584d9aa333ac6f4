/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/io/redis/redisconn_internal.h"

/* hiredis hands over ["subscribe", channel, count], ["message", channel, payload] and so on. */
static void on_subscribed(struct redisconn *conn, struct strview channel)
{
    if (strview_is(channel, conn->options.channel)) {
        conn->is_asked = false;
        loop_timer_start(conn->watchdog, conn->options.reply_timeout_ms);
        if (!reconnect_is_trying(&conn->life)) {
            return; /* it had been asked for again */
        }
        redisconn_begin(conn);
    }
    conn->options.on_subscribed(conn->options.user, channel);
}

static void on_pushed(struct redisAsyncContext *context, void *answer, void *privdata)
{
    struct redisconn *conn = privdata;
    const struct redisconn_reply *reply = answer;
    (void)context;
    if (reply == NULL || conn->is_closing) {
        return; /* the connection's end is told */
    }
    const struct strview what = redisconn_reply_text_at(reply, 0);
    const struct strview channel = redisconn_reply_text_at(reply, 1);
    if (strview_is(what, "message")) {
        conn->options.on_message(conn->options.user, channel, redisconn_reply_text_at(reply, 2));
    } else if (strview_is(what, "subscribe")) {
        on_subscribed(conn, channel);
    }
}

static enum error_kind subscribe(struct redisconn *conn, struct strview channel, struct error *err)
{
    return redisconn_submit(conn, REDISCONN_COMMAND(STRVIEW("SUBSCRIBE"), channel), on_pushed, conn,
                            err);
}

/* A listener asks nothing, so a server that says nothing would go unnoticed: it asks for its own
 * channel again now and then, which changes nothing and is answered. (A PING is not: hiredis 0.14
 * does not know it there.) */
void redisconn_ask_for_channel(struct redisconn *conn)
{
    struct error ignored; /* without an answer the watchdog ends it, or the attempt's limit */
    conn->is_asked = true;
    conn->last_answer_ms = loop_now_ms();
    (void)!subscribe(conn, strview_of(conn->options.channel), &ignored);
}

enum error_kind redisconn_subscribe(struct redisconn *conn, struct strview channel,
                                    struct error *err)
{
    return redisconn_is_ready(conn) ? subscribe(conn, channel, err) : redisconn_refuse(conn, err);
}

void redisconn_unsubscribe(struct redisconn *conn, struct strview channel)
{
    if (!redisconn_is_ready(conn)) {
        return;
    }
    struct error ignored; /* the connection is going, and its subscriptions with it */
    (void)!redisconn_submit(conn, REDISCONN_COMMAND(STRVIEW("UNSUBSCRIBE"), channel), NULL, NULL,
                            &ignored);
}
