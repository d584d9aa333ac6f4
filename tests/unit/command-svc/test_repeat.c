/* SPDX-License-Identifier: Apache-2.0 */
/* How large the next batch may be, and how soon it comes, after one that failed. */
#include "command-svc/core/batch.h"
#include "command-svc/core/repeat.h"
#include "tests/support/check_main.h"

static struct repeat repeat;

static void begin(void)
{
    repeat_init(&repeat);
}

START_TEST(the_first_failure_in_passing_comes_again_whole_and_soon)
{
    ck_assert_int_eq(repeat_after_passing(&repeat, 100), REPEAT_SOON);
    ck_assert_uint_eq(repeat.most, BATCH_COMMANDS_MAX);
}
END_TEST

START_TEST(from_the_second_on_it_is_halved)
{
    (void)repeat_after_passing(&repeat, 100);
    ck_assert_int_eq(repeat_after_passing(&repeat, 100), REPEAT_SOON);
    ck_assert_uint_eq(repeat.most, 50);
    (void)repeat_after_passing(&repeat, 3);
    ck_assert_uint_eq(repeat.most, 2);
}
END_TEST

START_TEST(bad_data_is_halved_at_once_until_it_stands_alone)
{
    repeat_after_bad_data(&repeat, 5);
    ck_assert_uint_eq(repeat.most, 3);
    repeat_after_bad_data(&repeat, 3);
    repeat_after_bad_data(&repeat, 2);
    ck_assert_uint_eq(repeat.most, 1);
}
END_TEST

START_TEST(one_that_fails_alone_does_not_make_the_others_wait)
{
    for (int i = 0; i < REPEAT_ALONE_MAX; i++) {
        ck_assert_int_eq(repeat_after_passing(&repeat, 1), REPEAT_AT_ONCE);
    }
    ck_assert_int_eq(repeat_after_passing(&repeat, 1), REPEAT_LATER);
    ck_assert_int_eq(repeat_after_passing(&repeat, 2), REPEAT_LATER);
}
END_TEST

START_TEST(a_commit_doubles_the_size_up_to_the_most_and_forgets_the_failures)
{
    repeat_after_bad_data(&repeat, BATCH_COMMANDS_MAX);
    (void)repeat_after_passing(&repeat, 1);
    repeat_after_commit(&repeat);
    ck_assert_uint_eq(repeat.most, BATCH_COMMANDS_MAX);
    ck_assert_int_eq(repeat.fails, 0);
    repeat_after_bad_data(&repeat, 4);
    repeat_after_commit(&repeat);
    ck_assert_uint_eq(repeat.most, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/repeat");
    TCase *tcase = tcase_create("repeat");
    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, the_first_failure_in_passing_comes_again_whole_and_soon);
    tcase_add_test(tcase, from_the_second_on_it_is_halved);
    tcase_add_test(tcase, bad_data_is_halved_at_once_until_it_stands_alone);
    tcase_add_test(tcase, one_that_fails_alone_does_not_make_the_others_wait);
    tcase_add_test(tcase, a_commit_doubles_the_size_up_to_the_most_and_forgets_the_failures);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
