/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Redis adapter against a real server: order, error words, what survives a lost connection, and
 * subscriptions.
 */
#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "tests/support/check_main.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, SEEN_MAX = 16 };

struct fixture {
    struct loop *loop;
    struct redisconn *conn;
    struct redisconn *other; /* publishes, kills */
    struct loop_timer *limit;
    int ready;
    int lost;
    int replies;
    enum error_kind kinds[SEEN_MAX]; /* of failures; NONE for replies */
    char texts[SEEN_MAX][128];
    int subscribed;
    int messages;
    char message[64];
};

static struct fixture f;
static atomic_bool name_server_answers;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

static void on_ready(void *user)
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

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
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

static const char *test_url(void)
{
    const char *url = getenv("TEST_REDIS_URL");
    ck_assert_msg(url != NULL, "TEST_REDIS_URL is not set; run me by tests/support/servers");
    return url;
}

static struct redisconn *connect_to(const char *url, const char *channel, bool needs_primary)
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

static struct redisconn *connect_usual(const char *url, const char *channel)
{
    return connect_to(url, channel, channel == NULL);
}

static void on_turn(void *user)
{
    (void)user;
    loop_stop(f.loop);
}

/* Serves what is due for ten milliseconds. */
static void turn(void)
{
    struct loop_timer *timer = loop_timer_new(f.loop, on_turn, NULL);
    loop_timer_start(timer, 10);
    loop_run(f.loop);
    loop_timer_free(timer);
}

static void setup(void)
{
    struct error err;
    f = (struct fixture){0};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
    f.conn = connect_usual(test_url(), NULL);
    f.other = connect_usual(test_url(), NULL);
}

static void teardown(void)
{
    redisconn_free(f.conn);
    redisconn_free(f.other);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

enum { WORDS_MAX = 8 };

/* Sends words separated by blanks. */
static void send_words(struct redisconn *conn, const char *line)
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

static void await_replies(int count)
{
    while (f.replies < count) {
        loop_run(f.loop);
    }
}

START_TEST(replies_come_in_the_order_of_the_commands)
{
    send_words(f.conn, "SET redisconn:a 1");
    send_words(f.conn, "ECHO two");
    send_words(f.conn, "GET redisconn:a");
    ck_assert_uint_eq(redisconn_in_flight(f.conn), 3);
    ck_assert_int_eq(f.replies, 0); /* never from inside */
    await_replies(3);

    ck_assert_str_eq(f.texts[0], "OK");
    ck_assert_str_eq(f.texts[1], "two");
    ck_assert_str_eq(f.texts[2], "1");
    ck_assert_uint_eq(redisconn_in_flight(f.conn), 0);
}
END_TEST

START_TEST(bytes_of_any_kind_arrive_unchanged)
{
    static const char BYTES[] = "a\r\n$3\r\n\0\xff b";
    const struct strview args[] = {STRVIEW("ECHO"), {BYTES, sizeof BYTES - 1}};
    struct error err;

    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){args, 2}, on_reply, NULL, &err),
        ERROR_NONE);
    await_replies(1);

    ck_assert_int_eq(memcmp(f.texts[0], BYTES, strlen(BYTES)), 0);
}
END_TEST

static const struct {
    const char *command;
    enum error_kind kind;
} ERRORS[] = {
    {"NOSUCHCOMMAND", ERROR_INVALID},
    {"FCALL redisconn_no_such 0", ERROR_NOT_FOUND},
    {"EVAL redis.call('NOSUCHCOMMAND') 0", ERROR_NOT_FOUND}, /* a function of an earlier version */
    {"LPUSH redisconn:string x", ERROR_INVALID},             /* wrong type */
};

START_TEST(error_words_become_kinds)
{
    send_words(f.conn, "SET redisconn:string x");
    send_words(f.conn, ERRORS[_i].command);
    await_replies(2);

    ck_assert_msg(f.kinds[1] == ERRORS[_i].kind, "%s: %s", ERRORS[_i].command, f.texts[1]);
}
END_TEST

START_TEST(a_lost_connection_ends_what_is_in_flight_and_comes_back)
{
    send_words(f.conn, "BLPOP redisconn:nothing 0");
    send_words(f.other, "CLIENT KILL TYPE normal SKIPME yes");
    while (f.lost == 0 || f.replies < 2) {
        loop_run(f.loop);
    }
    ck_assert(f.kinds[0] == ERROR_TRANSIENT || f.kinds[1] == ERROR_TRANSIENT);
    while (!redisconn_is_ready(f.conn)) {
        loop_run(f.loop);
    }
    f.replies = 0;
    send_words(f.conn, "ECHO again");
    await_replies(1);
    ck_assert_str_eq(f.texts[0], "again");
}
END_TEST

START_TEST(a_server_that_is_not_wanted_is_left_for_a_new_connection)
{
    send_words(f.conn, "BLPOP redisconn:nothing 0");

    redisconn_leave(f.conn, "it is a replica");
    ck_assert(!redisconn_is_ready(f.conn));
    ck_assert_int_eq(f.replies, 0); /* never from inside */
    ck_assert_int_eq(f.lost, 0);
    while (f.lost == 0 || f.replies < 1) {
        loop_run(f.loop);
    }
    ck_assert_int_eq(f.kinds[0], ERROR_TRANSIENT);
    while (!redisconn_is_ready(f.conn)) {
        loop_run(f.loop);
    }
    f.replies = 0;
    send_words(f.conn, "ECHO again");
    await_replies(1);

    ck_assert_str_eq(f.texts[0], "again");
}
END_TEST

START_TEST(a_process_that_was_stopped_hears_its_answers_before_it_gives_up)
{
    enum { BEYOND_THE_TIMEOUT_US = 1000 * 1000 };
    send_words(f.conn, "ECHO late"); /* goes out with the next turn of the loop */
    (void)usleep(BEYOND_THE_TIMEOUT_US);

    await_replies(1);

    ck_assert_int_eq(f.kinds[0], ERROR_NONE);
    ck_assert_str_eq(f.texts[0], "late");
    ck_assert_int_eq(f.lost, 0);
}
END_TEST

START_TEST(a_server_that_says_nothing_is_given_up)
{
    send_words(f.conn, "BLPOP redisconn:nothing 0");

    await_replies(1);

    ck_assert_int_eq(f.kinds[0], ERROR_TRANSIENT);
    ck_assert(!redisconn_is_ready(f.conn));
    ck_assert_ptr_nonnull(strstr(redisconn_last_error(f.conn), "no answer in time"));
}
END_TEST

START_TEST(nobody_listening_is_no_end_but_a_reason)
{
    struct error err;
    struct redisconn *conn = NULL;
    const struct redisconn_options options = {.url = "redis://127.0.0.1:1"};
    const struct strview ping = STRVIEW("PING");

    ck_assert_int_eq(redisconn_new(f.loop, &options, &conn, &err), ERROR_NONE);
    send_words(f.other, "BLPOP redisconn:nothing 0.2"); /* meanwhile it tries */
    await_replies(1);

    ck_assert_int_eq(
        redisconn_send(conn, (struct redisconn_command){&ping, 1}, on_reply, NULL, &err),
        ERROR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(err.text, "refused"));
    redisconn_free(conn);
}
END_TEST

START_TEST(a_wrong_password_is_a_reason)
{
    struct error err;
    struct redisconn *conn = NULL;
    char url[256];
    (void)snprintf(url, sizeof url, "redis://nobody:wrong@%s", strchr(test_url(), '@') + 1);
    const struct redisconn_options options = {.url = url};

    ck_assert_int_eq(redisconn_new(f.loop, &options, &conn, &err), ERROR_NONE);
    send_words(f.other, "BLPOP redisconn:nothing 0.2");
    await_replies(1);

    ck_assert(!redisconn_is_ready(conn));
    ck_assert_ptr_nonnull(strstr(redisconn_last_error(conn), "WRONGPASS"));
    redisconn_free(conn);
}
END_TEST

static void await_messages(int count)
{
    while (f.messages < count) {
        loop_run(f.loop);
    }
}

START_TEST(a_confirmed_subscription_misses_nothing)
{
    struct error err;
    struct redisconn *listener = connect_usual(test_url(), "orders:-");

    for (int round = 1; round <= 3; round++) { /* the last one leaves, the next one comes */
        const int before = f.subscribed;
        ck_assert_int_eq(redisconn_subscribe(listener, STRVIEW("orders:x"), &err), ERROR_NONE);
        while (f.subscribed == before) {
            loop_run(f.loop);
        }
        send_words(f.other, "PUBLISH orders:x news");
        await_messages(round);
        redisconn_unsubscribe(listener, STRVIEW("orders:x"));
    }

    ck_assert_str_eq(f.message, "orders:x=news");
    redisconn_free(listener);
}
END_TEST

START_TEST(a_listener_that_lost_its_connection_comes_back)
{
    struct redisconn *listener = connect_usual(test_url(), "orders:-");
    const int ready = f.ready;

    send_words(f.other, "CLIENT KILL TYPE pubsub");
    while (f.ready == ready) {
        loop_run(f.loop);
    }
    send_words(f.other, "PUBLISH orders:- back");
    await_messages(1);

    ck_assert_str_eq(f.message, "orders:-=back");
    redisconn_free(listener);
}
END_TEST

/* As a demoted primary: the address may lead to another server, or this one may be promoted. */
START_TEST(a_server_that_became_a_replica_is_left_until_it_is_the_primary)
{
    struct redisconn *observer = connect_to(test_url(), NULL, false);
    send_words(observer, "REPLICAOF 127.0.0.1 1");
    await_replies(1);
    send_words(f.conn, "SET test:redisconn:x 1");
    await_replies(2);
    ck_assert_int_eq(f.kinds[1], ERROR_TRANSIENT);
    ck_assert(!redisconn_is_ready(f.conn));
    while (strstr(redisconn_last_error(f.conn), "is a replica") == NULL) {
        turn();
    }
    send_words(observer, "REPLICAOF NO ONE");
    await_replies(3);
    while (!redisconn_is_ready(f.conn)) {
        turn();
    }
    ck_assert_int_eq(f.lost, 1);
    redisconn_free(observer);
}
END_TEST

/* Stands for the name server: slow.test is not answered until it may be. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *,
                               struct addrinfo **);
    getaddrinfo_fn *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    (void)memcpy(&real, &symbol, sizeof real);
    const bool is_name =
        name != NULL && strcmp(name, "slow.test") == 0 && (hints->ai_flags & AI_NUMERICHOST) == 0;
    while (is_name && !atomic_load(&name_server_answers)) {
        (void)usleep(1000);
    }
    return real(is_name ? "127.0.0.1" : name, service, hints, ret);
}

START_TEST(a_silent_name_server_does_not_stop_the_loop)
{
    char url[512];
    const char *own = test_url();
    const char *host = strstr(own, "127.0.0.1");
    ck_assert_ptr_nonnull(host);
    (void)snprintf(url, sizeof url, "%.*sslow.test%s", (int)(host - own), own,
                   host + strlen("127.0.0.1"));
    const struct redisconn_options options = {.url = url, .on_ready = on_ready};
    struct redisconn *conn = NULL;
    struct error err;
    ck_assert_int_eq(redisconn_new(f.loop, &options, &conn, &err), ERROR_NONE);
    for (int i = 0; i < 20; i++) {
        turn();
    }
    ck_assert(!redisconn_is_ready(conn));

    atomic_store(&name_server_answers, true);
    while (!redisconn_is_ready(conn)) {
        turn();
    }
    redisconn_free(conn);
}
END_TEST

START_TEST(a_listener_notices_that_nobody_answers)
{
    struct redisconn *listener = connect_usual(test_url(), "orders:-");
    const int subscribed = f.subscribed;
    send_words(f.other, "CLIENT PAUSE 2000 ALL");
    await_replies(1);
    while (f.lost == 0) {
        loop_run(f.loop);
    }
    const int before = f.ready;
    while (f.ready == before) {
        loop_run(f.loop);
    }
    ck_assert_int_ge(f.subscribed, subscribed);
    redisconn_free(listener);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/redis/redisconn");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, replies_come_in_the_order_of_the_commands);
    tcase_add_test(server, bytes_of_any_kind_arrive_unchanged);
    tcase_add_loop_test(server, error_words_become_kinds, 0, sizeof ERRORS / sizeof ERRORS[0]);
    tcase_add_test(server, a_lost_connection_ends_what_is_in_flight_and_comes_back);
    tcase_add_test(server, a_process_that_was_stopped_hears_its_answers_before_it_gives_up);
    tcase_add_test(server, a_server_that_says_nothing_is_given_up);
    tcase_add_test(server, a_server_that_is_not_wanted_is_left_for_a_new_connection);
    tcase_add_test(server, nobody_listening_is_no_end_but_a_reason);
    tcase_add_test(server, a_wrong_password_is_a_reason);
    tcase_add_test(server, a_confirmed_subscription_misses_nothing);
    tcase_add_test(server, a_server_that_became_a_replica_is_left_until_it_is_the_primary);
    tcase_add_test(server, a_silent_name_server_does_not_stop_the_loop);
    tcase_add_test(server, a_listener_notices_that_nobody_answers);
    tcase_add_test(server, a_listener_that_lost_its_connection_comes_back);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
