/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that no Redis gives, from a server that is played: what cannot be read, is longer than a
 * reply can be, or lists deeper than they are read. Each ends its command, and the connection comes
 * back.
 */
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "tests/support/check_main.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, DEPTH = 20, INPUT_MAX = 256 };

#define FIVE(text) text text text text text

static const char NESTED[] = FIVE("*1\r\n") FIVE("*1\r\n") FIVE("*1\r\n") FIVE("*1\r\n") ":7\r\n";

/* --- the server: PING is answered as it should be, the first ECHO of all as the test says */

static int listener;
static int port;
static pthread_t server;
static const char *_Atomic odd_answer;
static atomic_bool was_odd;

static void answer(int client, const char *told)
{
    (void)send(client, told, strlen(told),
               MSG_NOSIGNAL); /* who does not get it reaches its limit */
}

static void serve_client(int client)
{
    char input[INPUT_MAX] = "";
    size_t len = 0;
    ssize_t came;
    while ((came = recv(client, input + len, sizeof input - 1 - len, 0)) > 0) {
        len += (size_t)came;
        input[len] = '\0';
        if (strstr(input, "PING\r\n") != NULL) {
            answer(client, "+PONG\r\n");
            len = 0;
        } else if (strstr(input, "ECHO\r\n$1\r\nx\r\n") != NULL) {
            answer(client, atomic_exchange(&was_odd, true) ? "$1\r\nx\r\n" : odd_answer);
            len = 0;
        }
    }
    (void)close(client);
}

static void *serve(void *user)
{
    int client;
    while ((client = accept(listener, NULL, NULL)) >= 0) {
        serve_client(client);
    }
    return user;
}

/* --- the client */

static struct loop *loop;
static struct loop_timer *limit;
static struct redisconn *conn;
static bool is_answered;
static enum error_kind kind;
static char text[ERROR_TEXT_MAX];
static int depth;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

static void on_ready(void *user)
{
    (void)user;
    loop_stop(loop);
}

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)user;
    is_answered = true;
    kind = failure == NULL ? ERROR_NONE : failure->kind;
    for (depth = 0; redisconn_reply_count(reply) == 1; depth++) {
        reply = redisconn_reply_at(reply, 0);
    }
    const struct strview told =
        failure == NULL ? redisconn_reply_text(reply) : strview_of(failure->text);
    (void)snprintf(text, sizeof text, "%.*s", STRVIEW_ARG(told));
    loop_stop(loop);
}

static void ask(void)
{
    const struct strview echo[] = {STRVIEW("ECHO"), STRVIEW("x")};
    struct error err;
    is_answered = false;
    while (!redisconn_is_ready(conn)) {
        loop_run(loop);
    }
    ck_assert_int_eq(
        redisconn_send(conn, (struct redisconn_command){echo, 2}, on_reply, NULL, &err),
        ERROR_NONE);
    while (!is_answered) {
        loop_run(loop);
    }
}

static void open_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&server, NULL, serve, NULL), 0);
}

static void set_up(void)
{
    char url[64];
    struct error err;
    atomic_store(&was_odd, false);
    open_server();
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", port);
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    limit = loop_timer_new(loop, on_limit, NULL);
    loop_timer_start(limit, LIMIT_MS);
    const struct redisconn_options options = {
        .url = url, .reply_timeout_ms = LIMIT_MS, .on_ready = on_ready};
    ck_assert_int_eq(redisconn_new(loop, &options, &conn, &err), ERROR_NONE);
}

static void tear_down(void)
{
    redisconn_free(conn);
    loop_timer_free(limit);
    loop_free(loop);
    (void)shutdown(listener, SHUT_RDWR); /* ends accept() */
    (void)pthread_join(server, NULL);
    (void)close(listener);
}

static const char *const ODD[] = {
    "nonsense\r\n", "$-2\r\n",          "$99999999999999999999\r\n",
    "*-2\r\n",      "*99999999999\r\n", "*99999999999999999999\r\n",
    ":seven\r\n",
};

START_TEST(an_answer_that_cannot_be_read_ends_the_connection_and_the_next_one_serves)
{
    odd_answer = ODD[_i];
    ask();
    ck_assert_int_eq(kind, ERROR_TRANSIENT);
    ck_assert_msg(strstr(text, "lost Redis at 127.0.0.1") != NULL, "%s", text);
    ask();
    ck_assert_int_eq(kind, ERROR_NONE);
    ck_assert_str_eq(text, "x");
}
END_TEST

/* hiredis before 1.0 reads seven levels. */
START_TEST(lists_in_lists_are_read_or_end_the_connection)
{
    odd_answer = NESTED;
    ask();
    ck_assert(kind == ERROR_NONE ? depth == DEPTH : kind == ERROR_TRANSIENT);
    ask();
    ck_assert_int_eq(kind, ERROR_NONE);
    ck_assert_str_eq(text, "x");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/redis/redisconn_reply");
    TCase *answers = tcase_create("answers");
    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_set_timeout(answers, 90);
    tcase_add_loop_test(answers,
                        an_answer_that_cannot_be_read_ends_the_connection_and_the_next_one_serves,
                        0, sizeof ODD / sizeof ODD[0]);
    tcase_add_test(answers, lists_in_lists_are_read_or_end_the_connection);
    suite_add_tcase(suite, answers);
    return check_main(suite);
}
