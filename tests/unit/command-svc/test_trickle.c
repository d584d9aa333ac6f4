/* SPDX-License-Identifier: Apache-2.0 */
/* A flood becomes ten a second, and what is left out is counted. */
#include "command-svc/core/trickle.h"
#include "tests/support/check_main.h"

START_TEST(ten_a_second_pass_and_the_others_are_counted)
{
    struct trickle trickle = {.held = 0};
    uint64_t held = 99;
    for (int i = 0; i < 10; i++) {
        ck_assert(trickle_passes(&trickle, 5000 + i, &held));
        ck_assert_uint_eq(held, 0);
    }
    for (int i = 0; i < 7; i++) {
        ck_assert(!trickle_passes(&trickle, 5999, &held));
    }

    ck_assert(trickle_passes(&trickle, 6000, &held));

    ck_assert_uint_eq(held, 7);
    ck_assert(trickle_passes(&trickle, 6000, &held));
    ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(a_window_begins_with_its_first)
{
    struct trickle trickle = {.held = 0};
    uint64_t held;
    ck_assert(trickle_passes(&trickle, 900, &held));
    for (int i = 0; i < 9; i++) {
        ck_assert(trickle_passes(&trickle, 1899, &held));
    }
    ck_assert(!trickle_passes(&trickle, 1899, &held));
    ck_assert(trickle_passes(&trickle, 1900, &held));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/trickle");
    TCase *tcase = tcase_create("trickle");
    tcase_add_test(tcase, ten_a_second_pass_and_the_others_are_counted);
    tcase_add_test(tcase, a_window_begins_with_its_first);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
