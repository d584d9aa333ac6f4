/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/checked.h"
#include "tests/support/check_main.h"

typedef bool operation(int64_t a, int64_t b, int64_t *ret);

enum { UNTOUCHED = -77 };

static const struct {
    operation *run;
    int64_t a;
    int64_t b;
    bool fits;
    int64_t result;
} CASES[] = {
    {checked_add_i64, 2, 3, true, 5},
    {checked_add_i64, INT64_MAX, 0, true, INT64_MAX},
    {checked_add_i64, INT64_MAX, 1, false, 0},
    {checked_add_i64, INT64_MIN, -1, false, 0},
    {checked_sub_i64, 2, 3, true, -1},
    {checked_sub_i64, INT64_MIN, 1, false, 0},
    {checked_sub_i64, 0, INT64_MIN, false, 0},
    {checked_mul_i64, -4, 5, true, -20},
    {checked_mul_i64, INT64_MAX, 1, true, INT64_MAX},
    {checked_mul_i64, INT64_MAX / 2 + 1, 2, false, 0},
    {checked_mul_i64, INT64_MIN, -1, false, 0},
    {checked_mul_i64, 0, INT64_MIN, true, 0},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(a_result_that_does_not_fit_is_reported)
{
    int64_t result = UNTOUCHED;

    ck_assert_int_eq(CASES[_i].run(CASES[_i].a, CASES[_i].b, &result), CASES[_i].fits);

    ck_assert_int_eq(result, CASES[_i].fits ? CASES[_i].result : UNTOUCHED);
}
END_TEST

START_TEST(sizes_are_unsigned)
{
    size_t result = 9;
    ck_assert(!checked_add_size(SIZE_MAX, 1, &result));
    ck_assert(!checked_mul_size(SIZE_MAX / 2 + 1, 2, &result));
    ck_assert_uint_eq(result, 9);
    ck_assert(checked_add_size(SIZE_MAX - 1, 1, &result));
    ck_assert_uint_eq(result, SIZE_MAX);
}
END_TEST

START_TEST(the_result_may_be_an_operand)
{
    int64_t sum = 40;
    ck_assert(checked_add_i64(sum, 2, &sum));
    ck_assert_int_eq(sum, 42);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/checked");
    TCase *edges = tcase_create("edges");
    tcase_add_loop_test(edges, a_result_that_does_not_fit_is_reported, 0, CASE_COUNT);
    tcase_add_test(edges, sizes_are_unsigned);
    tcase_add_test(edges, the_result_may_be_an_operand);
    suite_add_tcase(suite, edges);
    return check_main(suite);
}
