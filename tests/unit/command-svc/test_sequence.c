/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence that went back is told once, and once more when it was mended. */
#include "command-svc/core/sequence.h"
#include "tests/support/check_main.h"

#include <string.h>

static struct sequence sequence;

static void begin(void)
{
    sequence = (struct sequence){.fault = {.kind = ERROR_NONE}};
}

static enum sequence_news compare(int64_t last, int64_t position, int64_t committed)
{
    const struct sequence_stand stand = {.last = last, .position = position, .cache = 1};
    return sequence_compare(&sequence, &stand, committed);
}

START_TEST(one_that_grows_is_no_news)
{
    ck_assert_int_eq(compare(10, 10, 7), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(compare(12, 10, 11), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
}
END_TEST

START_TEST(it_may_not_be_below_what_was_published)
{
    ck_assert_int_eq(compare(9, 10, 0), SEQUENCE_WENT_BACK);
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
}
END_TEST

START_TEST(nor_below_what_was_committed)
{
    ck_assert_int_eq(compare(9, 0, 10), SEQUENCE_WENT_BACK);
}
END_TEST

START_TEST(each_turn_is_told_once)
{
    (void)compare(9, 10, 0);
    ck_assert_int_eq(compare(9, 10, 0), SEQUENCE_NO_NEWS);
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
    ck_assert_int_eq(compare(10, 10, 0), SEQUENCE_MENDED);
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
    ck_assert_int_eq(compare(10, 10, 0), SEQUENCE_NO_NEWS);
}
END_TEST

START_TEST(nor_may_sessions_keep_numbers_for_later)
{
    const struct sequence_stand stand = {.last = 20, .position = 10, .cache = 32};
    ck_assert_int_eq(sequence_compare(&sequence, &stand, 0), SEQUENCE_KEEPS_STOCK);
    ck_assert_int_eq(sequence_compare(&sequence, &stand, 0), SEQUENCE_NO_NEWS);
    ck_assert_ptr_nonnull(strstr(sequence.fault.text, "ALTER SEQUENCE outbox_seq_seq CACHE 1"));
    ck_assert_int_eq(compare(20, 10, 0), SEQUENCE_MENDED);
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
    tcase_add_test(tcase, nor_may_sessions_keep_numbers_for_later);
    tcase_add_test(tcase, each_turn_is_told_once);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
