/* SPDX-License-Identifier: Apache-2.0 */
/* Commands, replies and subscriptions over a connection to a real Redis. */
#include "tests/integration/redisconn/redisconn_fixture.h"
#include "tests/support/check_main.h"

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
    tcase_add_test(server, a_confirmed_subscription_misses_nothing);
    tcase_add_test(server, a_listener_notices_that_nobody_answers);
    tcase_add_test(server, a_listener_that_lost_its_connection_comes_back);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
