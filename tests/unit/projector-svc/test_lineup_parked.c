/* SPDX-License-Identifier: Apache-2.0 */
/* How parked events are gone through, portion by portion. */
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/lineup_fixture.h"

START_TEST(the_parked_are_loaded_only_for_the_event_they_wait_for)
{
    const struct lineup_item next = item_of("3");
    const struct lineup_item later = item_of("5");
    const struct lineup_item unreadable = item_of("3!");

    begin(2, LINEUP_GAP);
    ck_assert(lineup_needs_parked(&lineup, &next, 1));
    ck_assert(!lineup_needs_parked(&lineup, &later, 1));
    ck_assert(!lineup_needs_parked(&lineup, &unreadable, 1));

    begin(2, LINEUP_FORKED);
    ck_assert(!lineup_needs_parked(&lineup, &next, 1));

    begin(2, LINEUP_FLOWING);
    ck_assert(!lineup_needs_parked(&lineup, &next, 1));

    begin(2, LINEUP_DRAINING);
    ck_assert(lineup_needs_parked(&lineup, NULL, 0));
}
END_TEST

START_TEST(parked_ones_from_before_are_applied_after_the_missing_one)
{
    begin(2, LINEUP_GAP);
    struct lineup_item stored = item_of("4");
    stored.is_stored = true;
    lineup_add_stored(&lineup, &stored);
    lineup_parked_known(&lineup, lineup.parked_count);

    offer("35");

    ck_assert_str_eq(applied, "345");
    ck_assert_int_eq(lineup.state, LINEUP_FLOWING);
    ck_assert(lineup.has_shrunk);
}
END_TEST

START_TEST(a_frozen_aggregate_stays_frozen_while_its_parked_are_not_loaded)
{
    begin(2, LINEUP_GAP);

    offer("5");

    ck_assert_int_eq(lineup.state, LINEUP_GAP);
    ck_assert_uint_eq(lineup.parked_count, 1);
    ck_assert(!lineup.has_shrunk);
}
END_TEST

START_TEST(a_pass_that_freed_something_is_followed_by_another)
{
    begin(1, LINEUP_DRAINING);
    lineup_resume(&lineup, 1, LINEUP_PASS_NOTHING);
    add_stored("2");
    lineup_parked_known(&lineup, 3);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "2");
    ck_assert_int_eq(lineup.state, LINEUP_DRAINING);
    ck_assert_uint_eq(lineup.portion.pass_left, 2);
}
END_TEST

START_TEST(a_pass_that_freed_nothing_is_the_last)
{
    begin(1, LINEUP_DRAINING);
    lineup_resume(&lineup, 1, LINEUP_PASS_NOTHING);
    add_stored("4");
    lineup_parked_known(&lineup, 3);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "");
    ck_assert_int_eq(lineup.state, LINEUP_GAP);
}
END_TEST

/* Behind the next version wait more than one batch loads: another program may read it. */
START_TEST(a_pass_that_met_what_cannot_be_read_says_so_at_its_end)
{
    begin(1, LINEUP_UNREADABLE);
    add_stored("2!");
    lineup_parked_known(&lineup, 2);
    lineup_finish(&lineup);
    ck_assert_int_eq(lineup.state, LINEUP_DRAINING);
    const struct lineup_portion first = lineup.portion;

    begin(1, LINEUP_DRAINING);
    lineup_resume(&lineup, first.pass_left, first.pass);
    add_stored("3");
    lineup_parked_known(&lineup, 2);
    lineup_finish(&lineup);

    ck_assert_int_eq(lineup.state, LINEUP_UNREADABLE);
}
END_TEST

START_TEST(what_only_a_person_can_end_is_left_as_it_is)
{
    begin(1, LINEUP_FORKED);
    add_stored("2");
    lineup_parked_known(&lineup, 1);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "");
    ck_assert_int_eq(lineup.state, LINEUP_FORKED);
}
END_TEST

START_TEST(what_was_not_looked_at_waits_on)
{
    begin(1, LINEUP_DRAINING);
    lineup_resume(&lineup, 0, LINEUP_PASS_NOTHING);
    lineup_parked_known(&lineup, 3);

    lineup_finish(&lineup);

    ck_assert_int_eq(lineup.state, LINEUP_GAP);
}
END_TEST

/* More wait then than were loaded. */
START_TEST(what_comes_while_others_are_drained_waits_behind_them)
{
    begin(1, LINEUP_DRAINING);
    lineup_resume(&lineup, 3, LINEUP_PASS_NOTHING);
    add_stored("5");
    lineup_parked_known(&lineup, 3);
    offer("78");

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "");
    ck_assert_int_eq(lineup.state, LINEUP_DRAINING);
    ck_assert_uint_eq(lineup.parked_count, 3);
    ck_assert_uint_eq(lineup.portion.pass_left, 2);
}
END_TEST

/* As where the others of a batch take all that it may load. */
START_TEST(what_comes_while_none_of_the_parked_was_loaded_waits_behind_them)
{
    begin(1, LINEUP_GAP);
    lineup_parked_known(&lineup, 3);
    offer("279");

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "2");
    ck_assert_int_eq(lineup.state, LINEUP_DRAINING);
    ck_assert_uint_eq(lineup.parked_count, 2);
    ck_assert_uint_eq(lineup.portion.pass_left, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/lineup_parked");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, the_parked_are_loaded_only_for_the_event_they_wait_for);
    tcase_add_test(rules, parked_ones_from_before_are_applied_after_the_missing_one);
    tcase_add_test(rules, a_frozen_aggregate_stays_frozen_while_its_parked_are_not_loaded);
    tcase_add_test(rules, a_pass_that_freed_something_is_followed_by_another);
    tcase_add_test(rules, a_pass_that_freed_nothing_is_the_last);
    tcase_add_test(rules, a_pass_that_met_what_cannot_be_read_says_so_at_its_end);
    tcase_add_test(rules, what_only_a_person_can_end_is_left_as_it_is);
    tcase_add_test(rules, what_was_not_looked_at_waits_on);
    tcase_add_test(rules, what_comes_while_others_are_drained_waits_behind_them);
    tcase_add_test(rules, what_comes_while_none_of_the_parked_was_loaded_waits_behind_them);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
