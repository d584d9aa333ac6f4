/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/portions.h"
#include "tests/support/check_main.h"

enum { MOST = 64 };

START_TEST(from_every_power_of_two_the_next_portion_has_something_in_it)
{
    for (size_t count = 1; count <= MOST; count *= 2) {
        const size_t less = portions_next(count, MOST, true);
        const size_t more = portions_next(count, MOST, false);
        ck_assert_uint_ge(less, 1);
        ck_assert_uint_le(less, count);
        ck_assert(less < count || count == 1);
        ck_assert_uint_eq(more, count == MOST ? MOST : count * 2);
    }
    ck_assert_uint_eq(portions_next(MOST, MOST, true), MOST / 4);
}
END_TEST

static void take(struct log_portion *portion, size_t count, bool keeps)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert(log_portion_takes(portion, portion->next_offset, 10));
        portion->kept += keeps ? 1 : 0;
    }
}

START_TEST(what_comes_behind_a_full_portion_is_the_next_one_s)
{
    struct log_portion portion = {.end = LOG_KEPT_MAX + 3};
    log_portion_begin(&portion);
    take(&portion, LOG_KEPT_MAX, true);

    ck_assert(log_portion_is_full(&portion));
    ck_assert(!log_portion_takes(&portion, LOG_KEPT_MAX, 10));
    ck_assert(!log_portion_takes(&portion, LOG_KEPT_MAX + 2, 10));
    log_portion_ends(&portion);
    ck_assert(!portion.is_at_end);

    log_portion_begin(&portion);
    ck_assert_int_eq(portion.next_offset, LOG_KEPT_MAX);
    take(&portion, 3, true);
    ck_assert(portion.is_at_end);
}
END_TEST

START_TEST(records_that_are_not_kept_fill_a_portion_by_their_number_and_by_their_bytes)
{
    struct log_portion many = {.end = INT64_MAX};
    take(&many, LOG_SEEN_MAX - 1, false);
    ck_assert(!log_portion_is_full(&many));
    take(&many, 1, false);
    ck_assert(log_portion_is_full(&many));

    struct log_portion large = {.end = INT64_MAX};
    ck_assert(log_portion_takes(&large, 0, LOG_BYTES_MAX));
    ck_assert(log_portion_is_full(&large));
    log_portion_begin(&large);
    ck_assert(!log_portion_is_full(&large));
}
END_TEST

START_TEST(a_record_comes_once_and_the_end_is_where_it_was_found)
{
    struct log_portion portion = {.next_offset = 5, .end = 8};
    ck_assert(!log_portion_takes(&portion, 4, 1));
    ck_assert(log_portion_takes(&portion, 5, 1));
    ck_assert(!portion.is_at_end);
    ck_assert(!log_portion_takes(&portion, 8, 1)); /* it came since, and none before it is left */
    ck_assert(portion.is_at_end);
    ck_assert_int_eq(portion.next_offset, 6);

    struct log_portion ended = {.next_offset = 5, .end = 8};
    log_portion_ends(&ended);
    ck_assert(ended.is_at_end);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/portions");
    TCase *tests = tcase_create("portions");
    tcase_add_test(tests, from_every_power_of_two_the_next_portion_has_something_in_it);
    tcase_add_test(tests, what_comes_behind_a_full_portion_is_the_next_one_s);
    tcase_add_test(tests,
                   records_that_are_not_kept_fill_a_portion_by_their_number_and_by_their_bytes);
    tcase_add_test(tests, a_record_comes_once_and_the_end_is_where_it_was_found);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
