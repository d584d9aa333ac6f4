/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/backoff.h"
#include "tests/support/check_main.h"

START_TEST(delays_double_up_to_the_cap)
{
    static const int64_t WHOLE[] = {100, 200, 400, 800, 1000, 1000, 1000};
    struct backoff backoff = {.first_ms = 100, .cap_ms = 1000};

    for (size_t i = 0; i < sizeof WHOLE / sizeof WHOLE[0]; i++) {
        ck_assert_int_eq(backoff_next_ms(&backoff, 0), WHOLE[i]);
    }
}
END_TEST

START_TEST(jitter_stays_between_half_and_whole)
{
    int64_t shortest = INT64_MAX;
    int64_t longest = 0;
    for (uint64_t random = 0; random < 5000; random++) {
        struct backoff backoff = {.first_ms = 100, .cap_ms = 1000, .attempts = 9};
        const int64_t delay = backoff_next_ms(&backoff, random * 0x9e3779b97f4a7c15);
        shortest = delay < shortest ? delay : shortest;
        longest = delay > longest ? delay : longest;
    }

    ck_assert_int_ge(shortest, 500);
    ck_assert_int_lt(shortest, 520);
    ck_assert_int_le(longest, 1000);
    ck_assert_int_gt(longest, 980);
}
END_TEST

START_TEST(a_success_starts_over)
{
    struct backoff backoff = {.first_ms = 100, .cap_ms = 1000};
    (void)backoff_next_ms(&backoff, 0);
    (void)backoff_next_ms(&backoff, 0);

    backoff_reset(&backoff);

    ck_assert_int_eq(backoff_next_ms(&backoff, 0), 100);
}
END_TEST

START_TEST(many_failures_do_not_overflow)
{
    struct backoff backoff = {.first_ms = 1, .cap_ms = 60000, .attempts = UINT32_MAX - 1};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_le(backoff_next_ms(&backoff, UINT64_MAX), 60000);
    }
    struct backoff tiny = {.first_ms = 1, .cap_ms = 1};
    ck_assert_int_eq(backoff_next_ms(&tiny, UINT64_MAX), 1);
}
END_TEST

START_TEST(very_many_failures_keep_the_longest_delay)
{
    struct backoff backoff = {.first_ms = 100, .cap_ms = 1000, .attempts = UINT32_MAX};
    ck_assert_int_eq(backoff_next_ms(&backoff, 0), 1000);
    ck_assert_int_eq(backoff_next_ms(&backoff, 0), 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/backoff");
    TCase *delays = tcase_create("delays");
    tcase_add_test(delays, delays_double_up_to_the_cap);
    tcase_add_test(delays, jitter_stays_between_half_and_whole);
    tcase_add_test(delays, a_success_starts_over);
    tcase_add_test(delays, many_failures_do_not_overflow);
    tcase_add_test(delays, very_many_failures_keep_the_longest_delay);
    suite_add_tcase(suite, delays);
    return check_main(suite);
}
