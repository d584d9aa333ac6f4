/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/stall.h"
#include "tests/support/check_main.h"

START_TEST(work_without_progress_is_a_stall_after_ten_seconds)
{
    struct stall stall = {0};

    ck_assert(!stall_look(&stall, true, 7, 1000));
    ck_assert(!stall_look(&stall, true, 7, 10999));
    ck_assert(stall_look(&stall, true, 7, 11000));
    ck_assert(stall_look(&stall, true, 7, 60000));
}
END_TEST

START_TEST(any_progress_ends_it)
{
    struct stall stall = {0};
    (void)stall_look(&stall, true, 7, 0);
    ck_assert(stall_look(&stall, true, 7, 10000));

    ck_assert(!stall_look(&stall, true, 8, 11000));
    ck_assert(!stall_look(&stall, true, 8, 20999));
    ck_assert(stall_look(&stall, true, 8, 21000));
}
END_TEST

START_TEST(a_number_that_goes_back_is_a_change_too)
{
    struct stall stall = {0};
    (void)stall_look(&stall, true, 7, 0);

    ck_assert(!stall_look(&stall, true, 3, 10000));
}
END_TEST

START_TEST(without_work_nothing_stalls)
{
    struct stall stall = {0};

    ck_assert(!stall_look(&stall, false, 7, 0));
    ck_assert(!stall_look(&stall, false, 7, 60000));
}
END_TEST

START_TEST(the_ten_seconds_begin_with_the_work)
{
    struct stall stall = {0};
    (void)stall_look(&stall, false, 7, 0);

    ck_assert(!stall_look(&stall, true, 7, 60000));
    ck_assert(!stall_look(&stall, true, 7, 69999));
    ck_assert(stall_look(&stall, true, 7, 70000));
}
END_TEST

START_TEST(work_that_was_done_in_between_starts_over)
{
    struct stall stall = {0};
    (void)stall_look(&stall, true, 7, 0);
    (void)stall_look(&stall, false, 7, 5000);

    ck_assert(!stall_look(&stall, true, 7, 10000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/stall");
    TCase *looks = tcase_create("looks");
    tcase_add_test(looks, work_without_progress_is_a_stall_after_ten_seconds);
    tcase_add_test(looks, any_progress_ends_it);
    tcase_add_test(looks, a_number_that_goes_back_is_a_change_too);
    tcase_add_test(looks, without_work_nothing_stalls);
    tcase_add_test(looks, the_ten_seconds_begin_with_the_work);
    tcase_add_test(looks, work_that_was_done_in_between_starts_over);
    suite_add_tcase(suite, looks);
    return check_main(suite);
}
