/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/budget_share.h"
#include "tests/support/check_main.h"

enum { BUDGET = 1200, SHARDS = 12 };

START_TEST(a_shard_gets_its_part_and_no_more)
{
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 0, 0), 100);
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 40, 40), 60);
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 100, 100), 0);
    ck_assert_uint_eq(budget_share_left(BUDGET, 1, 700, 700), 500);
}
END_TEST

START_TEST(what_eleven_hold_for_ever_leaves_the_twelfth_its_part)
{
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 1100, 0), 100);
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 1150, 50), 50);
}
END_TEST

START_TEST(one_large_row_always_goes_while_the_budget_lasts)
{
    ck_assert_uint_gt(budget_share_left(BUDGET, 5000, 0, 0), 0);
    ck_assert_uint_eq(budget_share_left(BUDGET, 5000, 7, 7), 0);
    ck_assert_uint_eq(budget_share_left(BUDGET, SHARDS, 1300, 0), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share");
    tcase_add_test(tests, a_shard_gets_its_part_and_no_more);
    tcase_add_test(tests, what_eleven_hold_for_ever_leaves_the_twelfth_its_part);
    tcase_add_test(tests, one_large_row_always_goes_while_the_budget_lasts);
    Suite *suite = suite_create("relay-svc/core/budget_share");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
