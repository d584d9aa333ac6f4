/* SPDX-License-Identifier: Apache-2.0 */
/* How many orders entered a status in each minute. */
#include "projector-svc/core/ops_minute.h"
#include "tests/unit/projector-svc/view_diff_fixture.h"

static const struct ops_transition SHIPPED = {.at_ms = 61000,
                                              .region = {"Kent & co", 9},
                                              .provider = {"demo", 4},
                                              .status = ORDER_STATUS_SHIPPED};

START_TEST(transitions_are_counted_in_their_minute)
{
    struct ops_transition other = SHIPPED;
    other.status = ORDER_STATUS_PLACED;
    begin();

    ops_minute_count(&SHIPPED, 61000, &set);
    ops_minute_count(&other, 61000, &set);
    ops_minute_count(&SHIPPED, 61000, &set);

    ck_assert_str_eq(written(), "COUNT ops:minute:197001010001 Kent%20%26%20co:demo:shipped 2"
                                " Kent%20%26%20co:demo:placed 1\n"
                                "EXPIREAT ops:minute:197001010001 172920\n");
}
END_TEST

START_TEST(what_would_have_expired_is_not_counted)
{
    begin();
    ops_minute_count(&SHIPPED, 172920000, &set);
    ck_assert_str_eq(written(), "");
    begin();
    ops_minute_count(&SHIPPED, 172919999, &set);
    ck_assert_str_ne(written(), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/ops_minute");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, transitions_are_counted_in_their_minute);
    tcase_add_test(rules, what_would_have_expired_is_not_counted);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
