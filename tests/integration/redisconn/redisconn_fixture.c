/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/redisconn/redisconn_fixture.h"

#include <check.h>

struct fixture f;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

void on_ready(void *user)
{
    (void)user;
    f.ready++;
    loop_stop(f.loop);
}

static void on_lost(void *user, const struct error *why)
{
    (void)user;
    ck_assert_int_eq(why->kind, ERROR_TRANSIENT);
    f.lost++;
    loop_stop(f.loop);
}

void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)user;
    ck_assert_int_lt(f.replies, SEEN_MAX);
    ck_assert((reply == NULL) != (failure == NULL));
    f.kinds[f.replies] = failure == NULL ? ERROR_NONE : failure->kind;
    const struct strview text =
        failure == NULL ? redisconn_reply_text(reply) : strview_of(failure->text);
    (void)snprintf(f.texts[f.replies], sizeof f.texts[0], "%.*s", STRVIEW_ARG(text));
    f.replies++;
    loop_stop(f.loop);
}

static void on_subscribed(void *user, struct strview channel)
{
    (void)user;
    (void)channel;
    f.subscribed++;
    loop_stop(f.loop);
}

static void on_message(void *user, struct strview channel, struct strview payload)
{
    (void)user;
    f.messages++;
    (void)snprintf(f.message, sizeof f.message, "%.*s=%.*s", STRVIEW_ARG(channel),
                   STRVIEW_ARG(payload));
    loop_stop(f.loop);
}

const char *test_url(void)
{
    const char *url = getenv("TEST_REDIS_URL");
    ck_assert_msg(url != NULL, "TEST_REDIS_URL is not set; run me by tests/support/servers");
    return url;
}

struct redisconn *connect_to(const char *url, const char *channel, bool needs_primary)
{
    const struct redisconn_options options = {
        .url = url,
        .needs_primary = needs_primary,
        .client_name = "test_redisconn",
        .reply_timeout_ms = 500,
        .channel = channel,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .on_subscribed = on_subscribed,
        .on_message = on_message,
    };
    struct redisconn *conn = NULL;
    struct error err;
    const int before = f.ready;
    ck_assert_int_eq(redisconn_new(f.loop, &options, &conn, &err), ERROR_NONE);
    ck_assert(!redisconn_is_ready(conn));
    while (f.ready == before) {
        loop_run(f.loop);
    }
    return conn;
}

struct redisconn *connect_usual(const char *url, const char *channel)
{
    return connect_to(url, channel, channel == NULL);
}

void setup(void)
{
    struct error err;
    f = (struct fixture){0};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
    f.conn = connect_usual(test_url(), NULL);
    f.other = connect_usual(test_url(), NULL);
}

void teardown(void)
{
    redisconn_free(f.conn);
    redisconn_free(f.other);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

enum { WORDS_MAX = 8 };

void send_words(struct redisconn *conn, const char *line)
{
    struct strview words[WORDS_MAX];
    size_t count = 0;
    struct error err;
    for (const char *at = line; at != NULL; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        words[count++] = (struct strview){.data = at, .len = strcspn(at, " ")};
    }
    ck_assert_int_eq(
        redisconn_send(conn, (struct redisconn_command){words, count}, on_reply, NULL, &err),
        ERROR_NONE);
}

void await_replies(int count)
{
    while (f.replies < count) {
        loop_run(f.loop);
    }
}
