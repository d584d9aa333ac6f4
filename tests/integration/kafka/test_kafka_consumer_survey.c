/* SPDX-License-Identifier: Apache-2.0 */
/* What a survey tells of partitions that others hold. */
#include "tests/integration/kafka/consumer_fixture.h"
#include "tests/support/check_main.h"

START_TEST(a_survey_tells_the_ends_of_partitions_that_others_hold_and_that_kafka_is_silent)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_unassign(seen.consumer); /* as if others had them */
    kafka_consumer_survey(seen.consumer, KAFKA_SURVEY_ENDS);
    mock_run(&mock);
    ck_assert_int_eq(seen.surveyed, 2 * PARTITIONS);
    ck_assert_int_eq(seen.surveyed_ends, (int64_t)PARTITIONS * RECORDS);

    enum { LONGER_THAN_A_SURVEY_MS = 20000 };
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, LONGER_THAN_A_SURVEY_MS);
    kafka_consumer_survey(seen.consumer, KAFKA_SURVEY_ENDS);
    mock_run(&mock);
    ck_assert_int_eq(seen.surveyed, -1);
}
END_TEST

START_TEST(a_survey_has_patience_for_each_of_its_questions)
{
    enum {
        SLOW_MS = 1200
    }; /* as behind a fetch, on a slow machine; all together more than one may */
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, SLOW_MS);
    kafka_consumer_survey(seen.consumer, KAFKA_SURVEY_ENDS);
    while (seen.surveyed == 0) { /* records stop the loop, too */
        mock_run(&mock);
    }

    ck_assert_int_eq(seen.surveyed, 2 * PARTITIONS);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("common/io/kafka/kafka_consumer: survey");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests,
                   a_survey_tells_the_ends_of_partitions_that_others_hold_and_that_kafka_is_silent);
    tcase_add_test(tests, a_survey_has_patience_for_each_of_its_questions);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
