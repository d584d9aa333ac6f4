/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal prices to pence: half a penny goes up, and nothing passes through a double.
 */
#include "tests/support/check_main.h"
#include "tests/support/replay/price.h"

static const struct {
    const char *text;
    bool is_positive;
    int64_t minor;
} GOOD[] = {
    {"0", false, 0},
    {"0.00", false, 0},
    {"0.000", false, 0},
    {"-1.50", false, 0},
    {"-0", false, 0},
    {"7", true, 700},
    {"007", true, 700},
    {"2.5", true, 250},
    {"3.39", true, 339},
    {"0.001", true, 0}, /* positive, and rounds to nothing */
    {"0.004", true, 0},
    {"0.005", true, 1},
    {"0.0049999999999999999999", true, 0},
    {"1.005", true, 101}, /* 1.00499999999999989… as a double */
    {"2.675", true, 268}, /* 2.67499999999999982… as a double */
    {"0.995", true, 100},
    {"9.999", true, 1000},
    {"1.0049", true, 100},
    {"13541.33", true, 1354133},
    {"92233720368547758.07", true, INT64_MAX},
};

START_TEST(a_decimal_price_becomes_pence_rounded_half_up)
{
    struct price price = {.is_positive = !GOOD[_i].is_positive, .minor = -1};

    ck_assert(price_parse(strview_of(GOOD[_i].text), &price));

    ck_assert_int_eq(price.minor, GOOD[_i].minor);
    ck_assert_int_eq(price.is_positive, GOOD[_i].is_positive);
}
END_TEST

static const char *const BAD[] = {
    "",
    "-",
    ".",
    ".5",
    "1.",
    "1.2.3",
    "1,50",
    " 1",
    "1 ",
    "+1",
    "1e2",
    "--1",
    "0x1",
    "£1",
    "1.-5",
    "1.5-",
    "NaN",
    "92233720368547758.08",
    "92233720368547758.075",
    "99999999999999999999",
};

START_TEST(what_is_no_decimal_number_is_refused)
{
    struct price price = {.is_positive = true, .minor = -77};

    ck_assert(!price_parse(strview_of(BAD[_i]), &price));

    ck_assert_int_eq(price.minor, -77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/price");
    TCase *parsing = tcase_create("parsing");
    tcase_add_loop_test(parsing, a_decimal_price_becomes_pence_rounded_half_up, 0,
                        (int)(sizeof GOOD / sizeof GOOD[0]));
    tcase_add_loop_test(parsing, what_is_no_decimal_number_is_refused, 0,
                        (int)(sizeof BAD / sizeof BAD[0]));
    suite_add_tcase(suite, parsing);
    return check_main(suite);
}
