/* SPDX-License-Identifier: Apache-2.0 */
/* How a member leaves its group. */
#include "tests/integration/kafka/consumer_fixture.h"
#include "tests/support/check_main.h"

#include <dlfcn.h>
#include <string.h>

START_TEST(who_left_the_group_comes_back_and_learns_what_was_committed)
{
    struct error err;
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_commit(seen.consumer, &(struct kafka_position){0, 1, 77}, 1);

    ck_assert_int_eq(kafka_consumer_leave(seen.consumer, &err), ERROR_NONE);
    seen.wanted = -1;
    mock_run(&mock);
    ck_assert_int_eq(seen.assigned, 0);
    ck_assert_int_eq(kafka_consumer_join(seen.consumer, &err), ERROR_NONE);
    seen.records = 0;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);
    kafka_consumer_ask_committed(seen.consumer, (struct kafka_position[]){{0, 0, 0}, {0, 1, 0}}, 2);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
    ck_assert_int_eq(seen.committed, 77);
}
END_TEST

/* Records that were on their way stop the loop, too. */
static void run_until_closed(void)
{
    while (!seen.is_closed) {
        mock_run(&mock);
    }
}

START_TEST(a_member_leaves_without_waiting)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_commit(seen.consumer, &(struct kafka_position){0, 0, 1}, 1);
    kafka_consumer_close(seen.consumer);
    run_until_closed();
}
END_TEST

static bool is_dead;

/* Stands for librdkafka's, which refuses to close what has met a fatal error. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its own is not ours */
rd_kafka_error_t *rd_kafka_consumer_close_queue(rd_kafka_t *rk, rd_kafka_queue_t *queue)
{
    typedef rd_kafka_error_t *close_fn(rd_kafka_t *, rd_kafka_queue_t *);
    close_fn *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, "rd_kafka_consumer_close_queue");
    (void)memcpy(&real, &symbol, sizeof real);
    return is_dead ? rd_kafka_error_new(RD_KAFKA_RESP_ERR__FATAL, "dead") : real(rk, queue);
}

START_TEST(a_member_that_met_a_fatal_error_is_closed_from_the_loop)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    is_dead = true;
    kafka_consumer_close(seen.consumer);
    ck_assert(!seen.is_closed); /* never from inside */
    run_until_closed();
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("common/io/kafka/kafka_consumer: leaving");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, who_left_the_group_comes_back_and_learns_what_was_committed);
    tcase_add_test(tests, a_member_leaves_without_waiting);
    tcase_add_test(tests, a_member_that_met_a_fatal_error_is_closed_from_the_loop);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
