/* SPDX-License-Identifier: Apache-2.0 */
/* Behind somebody who gives each transaction whatever session is free: nothing is left to one. */
#include "common/base/parse.h"
#include "tests/integration/pgconn/pgconn_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a pooler of one session: it promises another process than the one that serves --------------
 */

enum { MESSAGE_MAX = 4096, HEAD = 5 };

static struct sockaddr_in server;
static int listener;

/* The threads assert nothing: a test may end in the middle of a connection. */
static bool read_all(int fd, uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        const ssize_t got = read(fd, bytes + at, len - at);
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    return true;
}

/* What the server says until it is ready, but for the pid in BackendKeyData. */
static bool pass_greeting(int client, int upstream)
{
    uint8_t message[MESSAGE_MAX];
    do {
        if (!read_all(upstream, message, HEAD)) {
            return false;
        }
        const size_t len = (size_t)message[3] << 8 | message[4]; /* counts itself */
        if (len < 4 || len >= MESSAGE_MAX || !read_all(upstream, message + HEAD, len - 4)) {
            return false;
        }
        if (message[0] == 'K') {
            message[HEAD] ^= 0x40;
        }
        if (send(client, message, len + 1, MSG_NOSIGNAL) != (ssize_t)len + 1) {
            return false;
        }
    } while (message[0] != 'K');
    return true;
}

static bool pass(int from, int to)
{
    uint8_t bytes[MESSAGE_MAX];
    const ssize_t len = read(from, bytes, sizeof bytes);
    return len > 0 && send(to, bytes, (size_t)len, MSG_NOSIGNAL) == len;
}

/* What the client sends goes up from the start: the password is asked for in the greeting. */
static void *send_up(void *user)
{
    const int *ends = user;
    while (pass(ends[0], ends[1])) {
    }
    (void)shutdown(ends[1], SHUT_WR);
    return NULL;
}

static void serve(int client)
{
    pthread_t up;
    int ends[] = {client, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (connect(ends[1], (const struct sockaddr *)&server, sizeof server) == 0 &&
        pthread_create(&up, NULL, send_up, ends) == 0) {
        bool goes_on = pass_greeting(client, ends[1]);
        while (goes_on) {
            goes_on = pass(ends[1], client);
        }
        (void)shutdown(client, SHUT_RDWR);
        (void)pthread_join(up, NULL);
    }
    (void)close(client);
    (void)close(ends[1]);
}

static void *serve_all(void *user)
{
    int client;
    while ((client = accept(listener, NULL, NULL)) >= 0) {
        serve(client);
    }
    return user;
}

/* The server's URL, by way of the pooler. */
static const char *url_by_pooler(void)
{
    static char url[1024];
    const char *own = url_of_server();
    const char *host = strchr(own, '@') + 1;
    const char *port = strchr(host, ':') + 1;
    pthread_t thread;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = address;
    const char *path = strchr(port, '/');
    int64_t number;
    ck_assert(parse_i64((struct strview){.data = port, .len = (size_t)(path - port)}, &number));
    server.sin_port = htons((in_port_t)number);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve_all, NULL), 0);
    ck_assert_int_eq(pthread_detach(thread), 0);
    (void)snprintf(url, sizeof url, "%.*s127.0.0.1:%d%s?sslmode=disable&gssencmode=disable",
                   (int)(host - own), own, ntohs(address.sin_port), path);
    return url;
}

/* ---- tests --------------------------------------------------------------------------------------
 */

START_TEST(each_trip_sets_what_it_needs)
{
    const struct pgconn_options options = options_for(url_by_pooler());
    connect_with(&options);
    wait_until_ready();
    query(SHOW, "lock_timeout");
    query(ECHO, "second");
    run_trip();

    ck_assert(pgconn_has_pooler(f.conn));
    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen_count, 2);
    ck_assert_uint_eq(f.seen[0].index, 0);
    ck_assert_str_eq(f.seen[0].value, "1s");
    ck_assert_uint_eq(f.seen[1].index, 1);
    ck_assert_str_eq(f.seen[1].value, "second");
}
END_TEST

START_TEST(a_failure_counts_the_callers_statements)
{
    const struct pgconn_options options = options_for(url_by_pooler());
    connect_with(&options);
    wait_until_ready();
    query(ECHO, "first");
    query(DIVIDE, "0");
    run_trip();

    ck_assert(f.has_failed);
    ck_assert_uint_eq(f.failure.index, 1);
    ck_assert_str_eq(f.failure.sqlstate, "22012");
}
END_TEST

START_TEST(the_session_keeps_nothing)
{
    struct pgconn_options options = options_for(url_by_pooler());
    options.spans_trips = true;
    connect_with(&options);
    wait_until_ready();
    query(SHOW, "lock_timeout");
    query(SHOW, "client_connection_check_interval");
    run_trip();

    ck_assert_str_eq(f.seen[0].value, "0");
    ck_assert_str_eq(f.seen[1].value, "0");
}
END_TEST

START_TEST(a_default_that_answers_would_be_wrong_with_is_named)
{
    ck_assert_int_eq(setenv("PGOPTIONS", "-c array_nulls=off", 1), 0);
    const struct pgconn_options options = options_for(url_by_pooler());
    connect_with(&options);
    while (strstr(pgconn_last_error(f.conn), "array_nulls = 'on'") == NULL) {
        turn();
    }
    ck_assert_int_eq(f.ready, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres: pooler");
    TCase *server_case = tcase_create("pooler");
    tcase_set_timeout(server_case, 100);
    tcase_add_checked_fixture(server_case, setup_alone, teardown);
    tcase_add_test(server_case, each_trip_sets_what_it_needs);
    tcase_add_test(server_case, a_failure_counts_the_callers_statements);
    tcase_add_test(server_case, the_session_keeps_nothing);
    tcase_add_test(server_case, a_default_that_answers_would_be_wrong_with_is_named);
    suite_add_tcase(suite, server_case);
    return check_main(suite);
}
