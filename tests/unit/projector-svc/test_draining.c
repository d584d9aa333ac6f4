/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/draining.h"
#include "tests/support/check_main.h"

#include <stdio.h>

static struct draining draining;

static void forget(void)
{
    draining = (struct draining){.count = 0};
}

START_TEST(who_is_still_drained_goes_behind_the_others)
{
    ck_assert_uint_eq(draining_first(&draining).len, 0);
    draining_note(&draining, STRVIEW("a"), true);
    draining_note(&draining, STRVIEW("b"), true);
    ck_assert(strview_is(draining_first(&draining), "a"));
    draining_note(&draining, STRVIEW("a"), true);
    ck_assert(strview_is(draining_first(&draining), "b"));
    draining_note(&draining, STRVIEW("b"), false);
    ck_assert(strview_is(draining_first(&draining), "a"));
    ck_assert(!draining_has(&draining, STRVIEW("b")));
}
END_TEST

START_TEST(what_is_not_there_cannot_end)
{
    draining_note(&draining, STRVIEW("a"), false);
    ck_assert_uint_eq(draining.count, 0);
}
END_TEST

START_TEST(what_has_no_place_is_forgotten)
{
    char id[] = "a";
    for (int i = 0; i <= DRAINING_MAX; i++) {
        id[0] = (char)('a' + i);
        draining_note(&draining, strview_of(id), true);
    }
    ck_assert_uint_eq(draining.count, DRAINING_MAX);
    ck_assert(!draining_has(&draining, strview_of(id)));
}
END_TEST

START_TEST(an_id_too_long_to_be_one_is_forgotten)
{
    char id[ID_FORM_MAX + 2];
    (void)snprintf(id, sizeof id, "%0*d", ID_FORM_MAX + 1, 0);
    draining_note(&draining, strview_of(id), true);
    ck_assert_uint_eq(draining.count, 0);
}
END_TEST

/* A person lists aggregates, too. */
START_TEST(what_cannot_be_an_id_is_not_drained)
{
    static const char *const NONE[] = {"", "-", "a b", "{a}", "\xff"};
    draining_note(&draining, strview_of(NONE[_i]), true);
    ck_assert_uint_eq(draining.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/draining");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, forget, NULL);
    tcase_add_test(rules, who_is_still_drained_goes_behind_the_others);
    tcase_add_test(rules, what_is_not_there_cannot_end);
    tcase_add_test(rules, what_has_no_place_is_forgotten);
    tcase_add_test(rules, an_id_too_long_to_be_one_is_forgotten);
    tcase_add_loop_test(rules, what_cannot_be_an_id_is_not_drained, 0, 5);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
