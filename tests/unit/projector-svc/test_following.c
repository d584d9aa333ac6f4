/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/following.h"
#include "tests/support/check_main.h"

enum { START = 1000000, NOW = START + 60000, LONG_AGO = NOW - 10000, LATELY = NOW - 9999 };

/* Ten records in Kafka, seven applied here. */
static const struct following BEHIND = {
    .end = 10, .position = 7, .reported_at = LONG_AGO, .told_end = 7, .told_lag_ms = 0};

START_TEST(what_nobody_reports_for_ten_seconds_and_has_more_records_is_missed)
{
    ck_assert_int_eq(following_missed(&BEHIND, START, NOW), 3);
}
END_TEST

START_TEST(what_was_never_reported_is_missed_from_its_beginning)
{
    const struct following other_redis = {.end = 10, .told_end = -1, .told_lag_ms = -1};
    ck_assert_int_eq(following_missed(&other_redis, START, NOW), 10);
}
END_TEST

START_TEST(what_is_reported_or_our_own_is_not)
{
    struct following reported = BEHIND;
    struct following own = BEHIND;
    reported.reported_at = LATELY;
    own.is_own = true;
    ck_assert(following_is_reported(&reported, NOW));
    ck_assert_int_eq(following_missed(&reported, START, NOW), 0);
    ck_assert(following_is_reported(&own, NOW));
    ck_assert_int_eq(following_missed(&own, START, NOW), 0);
    ck_assert(!following_is_reported(&BEHIND, NOW));
}
END_TEST

START_TEST(a_report_without_an_end_is_none)
{
    struct following nothing = BEHIND;
    nothing.reported_at = LATELY;
    nothing.told_end = -1;
    ck_assert(!following_is_reported(&nothing, NOW));
    ck_assert_int_eq(following_missed(&nothing, START, NOW), 3);
}
END_TEST

START_TEST(who_may_just_be_coming_is_waited_for)
{
    ck_assert_int_eq(following_missed(&BEHIND, NOW - 9999, NOW), 0);
    ck_assert_int_eq(following_missed(&BEHIND, NOW - 10000, NOW), 3);
}
END_TEST

START_TEST(without_more_records_nothing_is_missed)
{
    struct following done = BEHIND;
    done.position = 10;
    ck_assert_int_eq(following_missed(&done, START, NOW), 0);
    done.end = -1; /* not known */
    ck_assert_int_eq(following_missed(&done, START, NOW), 0);
}
END_TEST

START_TEST(markers_behind_the_last_event_are_not_missed)
{
    struct following marked = BEHIND;
    marked.told_end = 10;
    ck_assert_int_eq(following_missed(&marked, START, NOW), 0);
    marked.told_lag_ms = 1; /* its owner knew that events are among them */
    ck_assert_int_eq(following_missed(&marked, START, NOW), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/following");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, what_nobody_reports_for_ten_seconds_and_has_more_records_is_missed);
    tcase_add_test(rules, what_was_never_reported_is_missed_from_its_beginning);
    tcase_add_test(rules, what_is_reported_or_our_own_is_not);
    tcase_add_test(rules, a_report_without_an_end_is_none);
    tcase_add_test(rules, who_may_just_be_coming_is_waited_for);
    tcase_add_test(rules, without_more_records_nothing_is_missed);
    tcase_add_test(rules, markers_behind_the_last_event_are_not_missed);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
