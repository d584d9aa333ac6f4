/* SPDX-License-Identifier: Apache-2.0 */
/* What requests hold: one sum, of which strangers have a share. */
#include "common/io/http/budget.h"
#include "tests/support/check_main.h"

static struct http_budget budget;

static void setup(void)
{
    http_budget_init(&budget, 1000);
}

START_TEST(known_holders_may_take_all_of_it_and_no_more)
{
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 999));
    ck_assert(!http_budget_take(&budget, HTTP_HOLDER_KNOWN, 2));
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 1));
    ck_assert(!http_budget_take(&budget, HTTP_HOLDER_KNOWN, 1));
}
END_TEST

START_TEST(strangers_end_at_a_quarter_and_leave_the_rest)
{
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_STRANGER, 250));
    ck_assert(!http_budget_take(&budget, HTTP_HOLDER_STRANGER, 1));

    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 750));
}
END_TEST

START_TEST(strangers_get_nothing_once_all_is_taken)
{
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 1000));

    ck_assert(!http_budget_take(&budget, HTTP_HOLDER_STRANGER, 1));
    ck_assert_uint_eq(budget.strangers_room, 250);
}
END_TEST

START_TEST(what_is_given_back_can_be_taken_again)
{
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_STRANGER, 250));
    ck_assert(!http_budget_take(&budget, HTTP_HOLDER_STRANGER, 100));
    http_budget_give(&budget, HTTP_HOLDER_STRANGER, 250);

    ck_assert(http_budget_take(&budget, HTTP_HOLDER_STRANGER, 250));
    ck_assert_uint_eq(budget.room, 750);
}
END_TEST

START_TEST(what_exists_already_takes_what_is_left)
{
    ck_assert_uint_eq(http_budget_take_some(&budget, HTTP_HOLDER_KNOWN, 600), 600);
    ck_assert_uint_eq(http_budget_take_some(&budget, HTTP_HOLDER_KNOWN, 600), 400);
    ck_assert_uint_eq(http_budget_take_some(&budget, HTTP_HOLDER_KNOWN, 600), 0);
    ck_assert_uint_eq(http_budget_take_some(&budget, HTTP_HOLDER_STRANGER, 1), 0);
}
END_TEST

/* 1 has most, 2 little, 3 is not there yet. */
START_TEST(the_last_quarter_is_for_those_who_hold_little)
{
    struct shares parties = {.count = 0};
    shares_enter(&parties, 1)->amount = 700;
    shares_enter(&parties, 2)->amount = 50;
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 750));
    ck_assert(http_budget_is_open(&budget, &parties, 1));

    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 1));
    ck_assert(!http_budget_is_open(&budget, &parties, 1));
    ck_assert(http_budget_is_open(&budget, &parties, 2));
    ck_assert(http_budget_is_open(&budget, &parties, 3));
    shares_done(&parties);
}
END_TEST

START_TEST(one_alone_leaves_something_for_another)
{
    struct shares parties = {.count = 0};
    struct share *share = shares_enter(&parties, 1);
    ck_assert(http_budget_take(&budget, HTTP_HOLDER_KNOWN, 800));
    share->amount = 499;
    ck_assert(http_budget_is_open(&budget, &parties, 1));
    share->amount = 500;
    ck_assert(!http_budget_is_open(&budget, &parties, 1));
    shares_done(&parties);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_budget");
    TCase *sums = tcase_create("sums");
    tcase_add_checked_fixture(sums, setup, NULL);
    tcase_add_test(sums, known_holders_may_take_all_of_it_and_no_more);
    tcase_add_test(sums, strangers_end_at_a_quarter_and_leave_the_rest);
    tcase_add_test(sums, strangers_get_nothing_once_all_is_taken);
    tcase_add_test(sums, what_is_given_back_can_be_taken_again);
    tcase_add_test(sums, what_exists_already_takes_what_is_left);
    tcase_add_test(sums, the_last_quarter_is_for_those_who_hold_little);
    tcase_add_test(sums, one_alone_leaves_something_for_another);
    suite_add_tcase(suite, sums);
    return check_main(suite);
}
