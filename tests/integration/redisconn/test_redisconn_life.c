/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to a real Redis: which are left, which come back, and what is said meanwhile. */
#include "tests/integration/redisconn/redisconn_fixture.h"
#include "tests/support/check_main.h"

static atomic_bool name_server_answers;

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

int main(void)
{
    Suite *suite = suite_create("common/io/redis/redisconn");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, a_lost_connection_ends_what_is_in_flight_and_comes_back);
    tcase_add_test(server, a_process_that_was_stopped_hears_its_answers_before_it_gives_up);
    tcase_add_test(server, a_server_that_says_nothing_is_given_up);
    tcase_add_test(server, a_server_that_is_not_wanted_is_left_for_a_new_connection);
    tcase_add_test(server, nobody_listening_is_no_end_but_a_reason);
    tcase_add_test(server, a_wrong_password_is_a_reason);
    tcase_add_test(server, a_server_that_became_a_replica_is_left_until_it_is_the_primary);
    tcase_add_test(server, a_silent_name_server_does_not_stop_the_loop);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
