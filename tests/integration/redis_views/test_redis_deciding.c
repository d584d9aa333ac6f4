/* SPDX-License-Identifier: Apache-2.0 */
/* What operators decide about that which stands still. */
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

/* decide FIELD MARK BEFORE NOW SLOT; "-" for an empty one. */
static const char *decide(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX] = {STRVIEW("FCALL"),
                                       STRVIEW("orderspine_decide"),
                                       STRVIEW("4"),
                                       STRVIEW("projection:frozen"),
                                       STRVIEW("projection:decided"),
                                       STRVIEW("projection:draining"),
                                       STRVIEW("projection:parked:order:-")};
    const size_t count = 7 + split(line, words + 7);
    for (size_t i = 7; i < count; i++) {
        words[i] = strview_is(words[i], "-") ? STRVIEW("") : words[i];
    }
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, count}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    return f.text;
}

START_TEST(a_decision_is_taken_about_what_was_seen_and_nothing_else)
{
    (void)redis("HSET projection:frozen order:o1 {a}");

    ck_assert_str_eq(decide("order:o1 {b} - [1] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o1 {a} [0] [1] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o2 {a} - [1] order.events/3"), "moved ");
    ck_assert_str_eq(redis("EXISTS projection:decided projection:draining"), "0 ");

    ck_assert_str_eq(decide("order:o1 {a} - [1] order.events/3"), "ok ");
    ck_assert_str_eq(redis("HGET projection:decided order:o1"), "[1] ");
    ck_assert_str_eq(redis("HGET projection:draining order:o1"), "order.events/3 ");
    ck_assert_str_eq(redis("HGET projection:frozen order:o1"), "{a} ");
    ck_assert_str_eq(decide("order:o1 {a} - [2] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o1 {a} [1] [2] order.events/3"), "ok ");
}
END_TEST

START_TEST(what_belongs_to_no_aggregate_is_dropped_at_once)
{
    (void)redis("HSET projection:frozen order:- {a} order:o1 {b}");
    (void)redis("RPUSH projection:parked:order:- one two");

    ck_assert_str_eq(decide("order:- {a} - [1] -"), "ok ");

    ck_assert_str_eq(redis("EXISTS projection:parked:order:- projection:draining"), "0 ");
    ck_assert_str_eq(redis("HGETALL projection:frozen"), "order:o1 {b} ");
    ck_assert_str_eq(redis("HGET projection:decided order:-"), "[1] ");
}
END_TEST

START_TEST(a_decision_that_cannot_be_kept_whole_is_not_taken)
{
    (void)redis("HSET projection:frozen order:o1 {a}");
    (void)redis("SET projection:draining damaged");

    (void)decide("order:o1 {a} - [1] order.events/3");

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_str_eq(redis("EXISTS projection:decided"), "0 ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/deciding");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, a_decision_is_taken_about_what_was_seen_and_nothing_else);
    tcase_add_test(server, what_belongs_to_no_aggregate_is_dropped_at_once);
    tcase_add_test(server, a_decision_that_cannot_be_kept_whole_is_not_taken);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
