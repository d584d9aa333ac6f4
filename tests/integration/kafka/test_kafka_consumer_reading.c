/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer reads from where it is told, each record once. */
#include "tests/integration/kafka/consumer_fixture.h"
#include "tests/support/check_main.h"

static void start(int partition, int64_t offset, int64_t expected)
{
    const struct kafka_position from = {0, partition, offset};
    struct error err;
    seen.next[partition] = expected;
    ck_assert_int_eq(kafka_consumer_start(seen.consumer, &from, &err), ERROR_NONE);
}

START_TEST(alone_it_reads_from_where_it_is_told_to_the_end)
{
    open_consumer(NULL);
    start(0, kafka_offset_tail(3), RECORDS - 3);
    start(1, KAFKA_OFFSET_BEGINNING, 0);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, RECORDS + 3);
    ck_assert_int_eq(kafka_consumer_end_offset(seen.consumer, 0, 1), RECORDS);
    ck_assert_int_eq(kafka_consumer_first_offset(seen.consumer, 0, 1), 0);
}
END_TEST

START_TEST(after_a_stop_it_begins_elsewhere)
{
    open_consumer(NULL);
    start(0, 5, 5);
    seen.wanted = 200;
    mock_run(&mock);
    kafka_consumer_stop(seen.consumer, 0, 0);
    seen.wanted = 0;
    seen.records = 0;
    seen.ends = PARTITIONS - 1;
    start(0, RECORDS - 7, RECORDS - 7);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, 7);
}
END_TEST

START_TEST(a_member_begins_at_the_caller_s_positions)
{
    open_consumer("readers");
    seen.begin = 1500;
    seen.wanted = PARTITIONS * (RECORDS - 1500);
    mock_run(&mock);

    ck_assert_int_eq(seen.assigned, 2 * PARTITIONS);
    ck_assert_int_eq(seen.records, seen.wanted);
}
END_TEST

START_TEST(pausing_skips_and_repeats_nothing)
{
    open_consumer("readers");
    seen.pauses = 150;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
}
END_TEST

START_TEST(a_position_outside_the_log_is_reported)
{
    open_consumer("readers");
    seen.begin = RECORDS + 1000;
    mock_run(&mock);

    ck_assert_int_eq(seen.partition_error, ERROR_NOT_FOUND);
}
END_TEST

START_TEST(what_was_paused_flows_after_the_next_assignment)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    for (int partition = 0; partition < PARTITIONS; partition++) {
        kafka_consumer_pause(seen.consumer, 0, partition);
    }

    begin_all_at(0);
    seen.records = 0;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
}
END_TEST

START_TEST(after_a_position_outside_the_log_another_one_is_read)
{
    open_consumer("readers");
    seen.begin = RECORDS + 1000;
    mock_run(&mock);
    ck_assert_int_eq(seen.partition_error, ERROR_NOT_FOUND);

    /* The other partition's error may come behind the next assignment: then once more. */
    seen.wanted = PARTITIONS * 5;
    for (int begun = 0; begun < PARTITIONS && seen.records < seen.wanted; begun++) {
        seen.records = 0;
        begin_all_at(RECORDS - 5);
        mock_run(&mock);
    }

    ck_assert_int_eq(seen.records, PARTITIONS * 5);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("common/io/kafka/kafka_consumer: reading");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, alone_it_reads_from_where_it_is_told_to_the_end);
    tcase_add_test(tests, after_a_stop_it_begins_elsewhere);
    tcase_add_test(tests, a_member_begins_at_the_caller_s_positions);
    tcase_add_test(tests, pausing_skips_and_repeats_nothing);
    tcase_add_test(tests, a_position_outside_the_log_is_reported);
    tcase_add_test(tests, what_was_paused_flows_after_the_next_assignment);
    tcase_add_test(tests, after_a_position_outside_the_log_another_one_is_read);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
