/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/frozen_tally.h"
#include "tests/support/check_main.h"

static struct frozen_tally tally;
static struct error err;

static void forget(void)
{
    tally = (struct frozen_tally){.whole.state = LINEUP_FLOWING};
}

START_TEST(nothing_is_said_before_a_pass_is_whole)
{
    frozen_tally_add(&tally, AGGREGATE_ORDER, STRVIEW("o-1"), LINEUP_GAP, 2);
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_NONE);
    frozen_tally_end(&tally);
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "1 gap; one is order o-1, which waits for version 2;"));
    frozen_tally_end(&tally); /* an empty one */
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_NONE);
}
END_TEST

START_TEST(all_are_counted_and_the_worst_is_named)
{
    frozen_tally_add(&tally, AGGREGATE_PRODUCT, STRVIEW("p-1"), LINEUP_UNREADABLE, 3);
    frozen_tally_add(&tally, AGGREGATE_CUSTOMER, STRVIEW("c-1"), LINEUP_FORKED, 7);
    frozen_tally_add(&tally, AGGREGATE_ORDER, STRVIEW("o-1"), LINEUP_GAP, 2);
    frozen_tally_add(&tally, AGGREGATE_ORDER, STRVIEW("o-2"), LINEUP_GAP, 2);
    frozen_tally_end(&tally);
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "2 gap, 1 unreadable, 1 forked"));
    ck_assert_ptr_nonnull(strstr(err.text, "one is customer *, which waits for version 7"));
    ck_assert_uint_eq(tally.whole.of[LINEUP_GAP], 2);
}
END_TEST

START_TEST(what_is_being_freed_is_counted_and_not_complained_of)
{
    frozen_tally_add(&tally, AGGREGATE_ORDER, STRVIEW("o-1"), LINEUP_DRAINING, 2);
    frozen_tally_end(&tally);
    ck_assert_uint_eq(tally.whole.of[LINEUP_DRAINING], 1);
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_NONE);
}
END_TEST

START_TEST(what_belongs_to_no_aggregate_does_not_count)
{
    frozen_tally_add(&tally, AGGREGATE_ORDER, STRVIEW("-"), LINEUP_UNIDENTIFIED, 1);
    frozen_tally_end(&tally);
    ck_assert_uint_eq(tally.whole.of[LINEUP_UNIDENTIFIED], 0);
    ck_assert_int_eq(frozen_tally_tell(&tally, &err), ERROR_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/frozen_tally");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, forget, NULL);
    tcase_add_test(rules, nothing_is_said_before_a_pass_is_whole);
    tcase_add_test(rules, all_are_counted_and_the_worst_is_named);
    tcase_add_test(rules, what_is_being_freed_is_counted_and_not_complained_of);
    tcase_add_test(rules, what_belongs_to_no_aggregate_does_not_count);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
