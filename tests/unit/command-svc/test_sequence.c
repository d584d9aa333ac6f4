/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence that went back is told once, and once more when it was mended. */
#include "command-svc/core/sequence.h"
#include "tests/support/check_main.h"

static struct sequence sequence;

static void begin(void)
{
    sequence = (struct sequence){.fault = {.kind = ERROR_NONE}};
}

START_TEST(one_that_grows_is_no_news)
{
    ck_assert_int_eq(sequence_compare(&sequence, 10, 10, 7), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(sequence_compare(&sequence, 12, 10, 11), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
}
END_TEST

START_TEST(it_may_not_be_below_what_was_published)
{
    ck_assert_int_eq(sequence_compare(&sequence, 9, 10, 0), SEQUENCE_WENT_BACK);
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
}
END_TEST

START_TEST(nor_below_what_was_committed)
{
    ck_assert_int_eq(sequence_compare(&sequence, 9, 0, 10), SEQUENCE_WENT_BACK);
}
END_TEST

START_TEST(each_turn_is_told_once)
{
    (void)sequence_compare(&sequence, 9, 10, 0);
    ck_assert_int_eq(sequence_compare(&sequence, 9, 10, 0), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
    ck_assert_int_eq(sequence_compare(&sequence, 10, 10, 0), SEQUENCE_MENDED);
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
    ck_assert_int_eq(sequence_compare(&sequence, 10, 10, 0), SEQUENCE_NO_NEWS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/sequence");
    TCase *tcase = tcase_create("sequence");
    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, one_that_grows_is_no_news);
    tcase_add_test(tcase, it_may_not_be_below_what_was_published);
    tcase_add_test(tcase, nor_below_what_was_committed);
    tcase_add_test(tcase, each_turn_is_told_once);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
