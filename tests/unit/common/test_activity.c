/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/activity.h"
#include "common/run/log.h"
#include "tests/support/check_main.h"

static const struct error REFUSED = {.kind = ERROR_INVALID, .text = "permission denied"};
static const struct error AWAY = {.kind = ERROR_TRANSIENT, .text = "no answer"};

static struct activity activity;

static void setup(void)
{
    log_setup("relay-svc", LOG_LEVEL_COUNT); /* the counts say what would be written */
    activity_init(&activity, "reading");
}

static int64_t fail_at(const struct error *err, int64_t now_ms)
{
    return activity_failed(&activity, err, now_ms, 0);
}

START_TEST(pauses_grow_from_50_ms_to_5_s)
{
    static const int64_t PAUSES[] = {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    for (size_t i = 0; i < sizeof PAUSES / sizeof PAUSES[0]; i++) {
        ck_assert_int_eq(fail_at(&AWAY, 0), PAUSES[i]);
    }
}
END_TEST

START_TEST(a_success_ends_the_failure_and_its_pauses)
{
    struct error err;
    (void)fail_at(&AWAY, 0);
    (void)fail_at(&AWAY, 0);

    activity_succeeded(&activity, 10);

    ck_assert(!activity_is_failing(&activity));
    ck_assert_int_eq(activity_probe(&activity, &err), ERROR_NONE);
    ck_assert_int_eq(fail_at(&AWAY, 20), 50);
}
END_TEST

START_TEST(the_log_hears_of_a_lasting_failure_once_a_minute)
{
    for (int64_t now_ms = 0; now_ms < 180000; now_ms += 100) {
        (void)fail_at(&AWAY, now_ms);
    }

    ck_assert_uint_eq(activity.told, 3);
    ck_assert_uint_eq(activity.failures, 1800);
}
END_TEST

START_TEST(the_log_hears_of_another_kind_of_failure_at_once)
{
    (void)fail_at(&AWAY, 0);
    (void)fail_at(&REFUSED, 100);
    (void)fail_at(&REFUSED, 200);

    ck_assert_uint_eq(activity.told, 2);
}
END_TEST

/* So many failures, each followed by a success, a hundred milliseconds apart. */
static int64_t alternate(int times, const struct error *const *kinds, size_t kind_count)
{
    int64_t now_ms = 0;
    for (int i = 0; i < times; i++, now_ms += 100) {
        (void)fail_at(kinds[(size_t)i % kind_count], now_ms);
        activity_succeeded(&activity, now_ms + 50);
    }
    return now_ms;
}

START_TEST(failures_among_successes_are_told_once_a_minute_and_are_no_recoveries)
{
    static const struct error *const ONE[] = {&AWAY};
    (void)alternate(1800, ONE, 1);

    ck_assert_uint_eq(activity.told, 3);
    ck_assert_uint_eq(activity.recovered, 0);
}
END_TEST

START_TEST(kinds_that_alternate_are_told_once_a_minute_each)
{
    static const struct error *const TWO[] = {&AWAY, &REFUSED};
    (void)alternate(1800, TWO, 2);

    ck_assert_uint_eq(activity.told, 6);
    ck_assert_uint_eq(activity.recovered, 0);
}
END_TEST

START_TEST(it_has_recovered_once_it_has_stayed_well)
{
    static const struct error *const ONE[] = {&AWAY};
    const int64_t failed_ms = alternate(10, ONE, 1) - 100;

    activity_succeeded(&activity, failed_ms + ACTIVITY_WELL_MS - 1);
    ck_assert_uint_eq(activity.recovered, 0);
    activity_succeeded(&activity, failed_ms + ACTIVITY_WELL_MS);
    activity_succeeded(&activity, failed_ms + ACTIVITY_WELL_MS + 100);

    ck_assert_uint_eq(activity.recovered, 1);
}
END_TEST

START_TEST(a_failure_after_a_recovery_is_told_at_once)
{
    (void)fail_at(&AWAY, 0);
    activity_succeeded(&activity, ACTIVITY_WELL_MS);

    (void)fail_at(&AWAY, ACTIVITY_WELL_MS + 100);

    ck_assert_uint_eq(activity.told, 2);
}
END_TEST

START_TEST(what_never_failed_does_not_recover)
{
    activity_succeeded(&activity, 0);
    activity_succeeded(&activity, ACTIVITY_WELL_MS);

    ck_assert_uint_eq(activity.recovered, 0);
}
END_TEST

START_TEST(a_probe_says_the_last_error_and_whose_it_is)
{
    struct error err;
    (void)fail_at(&AWAY, 0);
    (void)fail_at(&REFUSED, 100);

    ck_assert_int_eq(activity_probe(&activity, &err), ERROR_INVALID);
    ck_assert_str_eq(err.text, "reading: permission denied");
}
END_TEST

START_TEST(what_is_not_tried_again_has_failed_for_a_minute)
{
    struct error err;
    ck_assert(!activity_is_failing_lately(&activity, 0));
    (void)fail_at(&REFUSED, 100);

    ck_assert(activity_is_failing_lately(&activity, 100 + ACTIVITY_LATELY_MS - 1));
    ck_assert(!activity_is_failing_lately(&activity, 100 + ACTIVITY_LATELY_MS));
    ck_assert_int_eq(activity_probe_lately(&activity, 100 + ACTIVITY_LATELY_MS - 1, &err),
                     ERROR_INVALID);
    ck_assert_str_eq(err.text, "reading: permission denied");
    ck_assert_int_eq(activity_probe_lately(&activity, 100 + ACTIVITY_LATELY_MS, &err), ERROR_NONE);
    ck_assert(activity_is_failing(&activity));
}
END_TEST

START_TEST(a_success_elsewhere_is_none_within_a_minute_of_the_failure)
{
    static const struct error WRONG_TYPE = {.kind = ERROR_INVALID, .text = "WRONGTYPE"};
    struct error err;
    (void)fail_at(&WRONG_TYPE, 100);

    activity_succeeded_elsewhere(&activity, 100 + ACTIVITY_LATELY_MS - 1);
    ck_assert_int_eq(activity_probe_lately(&activity, 100 + ACTIVITY_LATELY_MS - 1, &err),
                     ERROR_INVALID);
    ck_assert_str_eq(err.text, "reading: WRONGTYPE");
    ck_assert_uint_eq(activity.recovered, 0);

    (void)fail_at(&WRONG_TYPE, 5000);
    activity_succeeded_elsewhere(&activity, 100 + ACTIVITY_LATELY_MS);
    ck_assert(activity_is_failing(&activity));

    activity_succeeded_elsewhere(&activity, 5000 + ACTIVITY_LATELY_MS);
    ck_assert(!activity_is_failing(&activity));
    ck_assert_int_eq(activity_probe_lately(&activity, 5000 + ACTIVITY_LATELY_MS, &err), ERROR_NONE);
    ck_assert_uint_eq(activity.recovered, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/activity");
    TCase *attempts = tcase_create("attempts");
    tcase_add_checked_fixture(attempts, setup, NULL);
    tcase_add_test(attempts, pauses_grow_from_50_ms_to_5_s);
    tcase_add_test(attempts, a_success_ends_the_failure_and_its_pauses);
    tcase_add_test(attempts, the_log_hears_of_a_lasting_failure_once_a_minute);
    tcase_add_test(attempts, the_log_hears_of_another_kind_of_failure_at_once);
    tcase_add_test(attempts, failures_among_successes_are_told_once_a_minute_and_are_no_recoveries);
    tcase_add_test(attempts, kinds_that_alternate_are_told_once_a_minute_each);
    tcase_add_test(attempts, it_has_recovered_once_it_has_stayed_well);
    tcase_add_test(attempts, a_failure_after_a_recovery_is_told_at_once);
    tcase_add_test(attempts, what_never_failed_does_not_recover);
    tcase_add_test(attempts, a_probe_says_the_last_error_and_whose_it_is);
    tcase_add_test(attempts, what_is_not_tried_again_has_failed_for_a_minute);
    tcase_add_test(attempts, a_success_elsewhere_is_none_within_a_minute_of_the_failure);
    suite_add_tcase(suite, attempts);
    return check_main(suite);
}
