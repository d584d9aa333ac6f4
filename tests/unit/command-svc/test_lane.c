/* SPDX-License-Identifier: Apache-2.0 */
/* When a lane says that it does not get on. */
#include "command-svc/batch/lane_internal.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { NOW = 100000, SECOND = 1000 };

static struct lane *lane;
static struct error err;

static void open_lane(void)
{
    lane = calloc(1, sizeof *lane);
    ck_assert_ptr_nonnull(lane);
    activity_init(&lane->work, "lane 0");
}

static void close_lane(void)
{
    free(lane);
}

static void fail_at(int64_t now_ms)
{
    const struct error why = {.kind = ERROR_TRANSIENT, .text = "disk full"};
    (void)activity_failed(&lane->work, &why, now_ms, 0);
}

START_TEST(one_failure_is_none_to_speak_of)
{
    fail_at(NOW);
    ck_assert_int_eq(lane_work(lane, NOW + SECOND - 1, &err), ERROR_NONE);
}
END_TEST

START_TEST(failing_for_a_second_is_told_with_its_cause)
{
    fail_at(NOW);
    fail_at(NOW + SECOND);
    ck_assert_int_eq(lane_work(lane, NOW + SECOND, &err), ERROR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(err.text, "disk full"));
}
END_TEST

START_TEST(what_no_attempt_has_followed_for_a_while_is_old_news)
{
    fail_at(NOW);
    fail_at(NOW + SECOND);
    ck_assert_int_eq(lane_work(lane, NOW + 10 * SECOND, &err), ERROR_NONE);
}
END_TEST

START_TEST(a_commit_takes_it_back)
{
    fail_at(NOW);
    fail_at(NOW + SECOND);
    activity_succeeded(&lane->work, NOW + SECOND);
    ck_assert_int_eq(lane_work(lane, NOW + SECOND, &err), ERROR_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/lane");
    TCase *tcase = tcase_create("lane");
    tcase_add_checked_fixture(tcase, open_lane, close_lane);
    tcase_add_test(tcase, one_failure_is_none_to_speak_of);
    tcase_add_test(tcase, failing_for_a_second_is_told_with_its_cause);
    tcase_add_test(tcase, what_no_attempt_has_followed_for_a_while_is_old_news);
    tcase_add_test(tcase, a_commit_takes_it_back);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
