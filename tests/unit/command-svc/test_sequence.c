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

static bool compare_stock(int64_t last, int64_t position, int64_t committed, int64_t cache)
{
    const struct sequence_stand stand = {.last = last, .position = position, .cache = cache};
    return sequence_compare(&sequence, &stand, committed);
}

static bool compare(int64_t last, int64_t position, int64_t committed)
{
    return compare_stock(last, position, committed, 1);
}

START_TEST(one_that_grows_is_no_news)
{
    ck_assert(!compare(10, 10, 7));
    ck_assert(!compare(12, 10, 11));
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
}
END_TEST

START_TEST(it_may_not_be_below_what_was_published)
{
    ck_assert(compare(9, 10, 0));
    ck_assert_int_eq(sequence.state, SEQUENCE_WENT_BACK);
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
}
END_TEST

START_TEST(nor_below_what_was_committed)
{
    ck_assert(compare(9, 0, 10));
    ck_assert_int_eq(sequence.state, SEQUENCE_WENT_BACK);
}
END_TEST

START_TEST(nor_may_sessions_keep_numbers_for_later)
{
    ck_assert(compare_stock(20, 10, 0, 32));
    ck_assert_int_eq(sequence.state, SEQUENCE_KEEPS_STOCK);
    ck_assert_ptr_nonnull(strstr(sequence.fault.text, "ALTER SEQUENCE outbox_seq_seq CACHE 1"));
}
END_TEST

START_TEST(each_turn_is_told_once)
{
    (void)compare(9, 10, 0);
    ck_assert(!compare(9, 10, 0));
    ck_assert_int_eq(sequence.fault.kind, ERROR_CONFLICT);
    ck_assert(compare(10, 10, 0));
    ck_assert_int_eq(sequence.state, SEQUENCE_SOUND);
    ck_assert_int_eq(sequence.fault.kind, ERROR_NONE);
    ck_assert(!compare(10, 10, 0));
}
END_TEST

START_TEST(another_fault_in_place_of_one_is_a_turn)
{
    (void)compare_stock(9, 10, 0, 32);
    ck_assert_int_eq(sequence.state, SEQUENCE_WENT_BACK);
    ck_assert(compare_stock(10, 10, 0, 32));
    ck_assert_int_eq(sequence.state, SEQUENCE_KEEPS_STOCK);
    ck_assert(!compare_stock(11, 10, 0, 32));
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
    tcase_add_test(tcase, another_fault_in_place_of_one_is_a_turn);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
