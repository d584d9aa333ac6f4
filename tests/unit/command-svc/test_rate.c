/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of a principal's bucket, taken and filled in again. */
#include "command-svc/core/rate.h"
#include "tests/support/check_main.h"

enum { QUOTA = 10, WINDOW_MS = 5000, TOKEN_US = 500000, START_US = 1000000, ALICE = 7, BOB = 8 };

static struct rate rate;

static void open_rate(void)
{
    rate_init(&rate, QUOTA, WINDOW_MS);
}

static void close_rate(void)
{
    rate_done(&rate);
}

static void spend_all(uint64_t who)
{
    for (int i = 0; i < QUOTA; i++) {
        ck_assert(rate_ask(&rate, who, START_US).is_allowed);
    }
}

START_TEST(a_full_bucket_has_the_whole_quota_at_once)
{
    for (int i = 0; i < QUOTA; i++) {
        const struct rate_state state = rate_ask(&rate, ALICE, START_US);
        ck_assert(state.is_allowed);
        ck_assert_int_eq(state.remaining, QUOTA - 1 - i);
        ck_assert_int_eq(state.reset_s, i / 2 + 1); /* half a second for each */
    }
    const struct rate_state none = rate_ask(&rate, ALICE, START_US);
    ck_assert(!none.is_allowed);
    ck_assert_int_eq(none.remaining, 0);
    ck_assert_int_eq(none.reset_s, 1);
}
END_TEST

START_TEST(a_token_comes_after_its_part_of_the_window)
{
    spend_all(ALICE);
    ck_assert(!rate_ask(&rate, ALICE, START_US + TOKEN_US - 1).is_allowed);
    ck_assert(rate_ask(&rate, ALICE, START_US + TOKEN_US).is_allowed);
    ck_assert(!rate_ask(&rate, ALICE, START_US + TOKEN_US).is_allowed);
}
END_TEST

START_TEST(a_refusal_costs_nothing)
{
    spend_all(ALICE);
    for (int i = 0; i < 100; i++) {
        ck_assert(!rate_ask(&rate, ALICE, START_US).is_allowed);
    }
    ck_assert(rate_ask(&rate, ALICE, START_US + TOKEN_US).is_allowed);
}
END_TEST

START_TEST(no_bucket_holds_more_than_the_quota)
{
    spend_all(ALICE);
    const int64_t later_us = START_US + 100 * (int64_t)WINDOW_MS * 1000;
    ck_assert_int_eq(rate_ask(&rate, ALICE, later_us).remaining, QUOTA - 1);
}
END_TEST

START_TEST(each_principal_has_its_own)
{
    spend_all(ALICE);
    ck_assert(rate_ask(&rate, BOB, START_US).is_allowed);
    ck_assert(!rate_ask(&rate, ALICE, START_US).is_allowed);
}
END_TEST

START_TEST(of_too_many_the_one_nearest_to_full_is_given_up)
{
    spend_all(ALICE);
    for (uint64_t i = 1; i <= 3 * RATE_WAYS; i++) { /* all in one set */
        ck_assert(rate_ask(&rate, ALICE + i * RATE_SETS, START_US).is_allowed);
    }
    ck_assert(!rate_ask(&rate, ALICE, START_US).is_allowed);
}
END_TEST

START_TEST(more_than_a_second_is_told_in_seconds)
{
    struct rate slow;
    rate_init(&slow, 1, 90000);
    ck_assert_int_eq(rate_ask(&slow, ALICE, START_US).reset_s, 90);
    ck_assert_int_eq(rate_ask(&slow, ALICE, START_US + 1).reset_s, 90);
    rate_done(&slow);
}
END_TEST

/* 700,000 a second: a token is no whole number of microseconds. */
START_TEST(no_quota_is_passed_for_want_of_whole_units)
{
    enum { MUCH = 700000 };
    struct rate fast;
    rate_init(&fast, MUCH, 1000);
    int64_t count = 1;
    ck_assert_int_eq(rate_ask(&fast, ALICE, START_US).remaining, MUCH - 1);
    while (count <= MUCH && rate_ask(&fast, ALICE, START_US).is_allowed) {
        count++;
    }
    ck_assert_int_eq(count, MUCH);
    for (int64_t us = 1; us <= 1000; us++) {
        while (rate_ask(&fast, ALICE, START_US + us).is_allowed) {
            count++;
        }
    }
    ck_assert_int_le(count, MUCH + MUCH / 1000);
    ck_assert_int_ge(count, MUCH + MUCH / 1000 - MUCH / 100000);
    rate_done(&fast);
}
END_TEST

START_TEST(a_window_is_told_in_whole_seconds_and_never_as_shorter)
{
    struct rate odd;
    rate_init(&odd, QUOTA, 1500);
    ck_assert_int_eq(rate_window_s(&odd), 2);
    ck_assert_int_eq(rate_window_s(&rate), 5);
    rate_done(&odd);
}
END_TEST

START_TEST(without_a_quota_there_is_no_limit)
{
    struct rate off;
    rate_init(&off, 0, WINDOW_MS);
    ck_assert(!rate_is_limited(&off) && rate_is_limited(&rate));
    rate_done(&off);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/rate");
    TCase *tcase = tcase_create("rate");
    tcase_add_checked_fixture(tcase, open_rate, close_rate);
    tcase_add_test(tcase, a_full_bucket_has_the_whole_quota_at_once);
    tcase_add_test(tcase, a_token_comes_after_its_part_of_the_window);
    tcase_add_test(tcase, a_refusal_costs_nothing);
    tcase_add_test(tcase, no_bucket_holds_more_than_the_quota);
    tcase_add_test(tcase, each_principal_has_its_own);
    tcase_add_test(tcase, of_too_many_the_one_nearest_to_full_is_given_up);
    tcase_add_test(tcase, more_than_a_second_is_told_in_seconds);
    tcase_add_test(tcase, no_quota_is_passed_for_want_of_whole_units);
    tcase_add_test(tcase, a_window_is_told_in_whole_seconds_and_never_as_shorter);
    tcase_add_test(tcase, without_a_quota_there_is_no_limit);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
