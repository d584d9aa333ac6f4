/* SPDX-License-Identifier: Apache-2.0 */
/* Totals: exact, and never past their maximum. */
#include "command-svc/core/money.h"
#include "tests/support/check_main.h"

START_TEST(a_line_adds_quantity_times_price)
{
    int64_t total = 100;

    ck_assert(money_add_line(&total, 3, 250));

    ck_assert_int_eq(total, 850);
}
END_TEST

START_TEST(a_free_line_is_legal)
{
    int64_t total = 100;

    ck_assert(money_add_line(&total, 1000000, 0));

    ck_assert_int_eq(total, 100);
}
END_TEST

START_TEST(the_maximum_itself_is_legal)
{
    int64_t total = MONEY_MAX_MINOR - 1;

    ck_assert(money_add_line(&total, 1, 1));

    ck_assert_int_eq(total, MONEY_MAX_MINOR);
}
END_TEST

START_TEST(past_the_maximum_the_total_stays_as_it_was)
{
    int64_t total = MONEY_MAX_MINOR;

    ck_assert(!money_add_line(&total, 1, 1));

    ck_assert_int_eq(total, MONEY_MAX_MINOR);
}
END_TEST

START_TEST(overflow_is_no_way_around_the_maximum)
{
    int64_t total = 0;

    ck_assert(!money_add_line(&total, INT64_MAX, 2));
    total = 1;
    ck_assert(!money_add_line(&total, INT64_MAX, 1));
    total = 0;
    ck_assert(!money_add_line(&total, 1000000, MONEY_MAX_MINOR * 10));

    ck_assert_int_eq(total, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/money");
    TCase *totals = tcase_create("totals");
    tcase_add_test(totals, a_line_adds_quantity_times_price);
    tcase_add_test(totals, a_free_line_is_legal);
    tcase_add_test(totals, the_maximum_itself_is_legal);
    tcase_add_test(totals, past_the_maximum_the_total_stays_as_it_was);
    tcase_add_test(totals, overflow_is_no_way_around_the_maximum);
    suite_add_tcase(suite, totals);
    return check_main(suite);
}
