/* SPDX-License-Identifier: Apache-2.0 */
/* What operators decide about events that wait. */
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/lineup_fixture.h"

static void add_dropped(const char *text)
{
    struct lineup_item stored = item_of(text);
    stored.is_stored = true;
    stored.is_dropped = true;
    lineup_add_stored(&lineup, &stored);
}

START_TEST(what_a_person_has_dropped_ends_a_fork)
{
    begin(2, LINEUP_FORKED);
    lineup_release(&lineup);
    add_dropped("1x");
    add_stored("34");
    add_dropped("?");
    lineup_parked_known(&lineup, 4);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "34");
    ck_assert_int_eq(lineup.state, LINEUP_FLOWING);
    ck_assert_uint_eq(lineup.dropped, 2);
    ck_assert(lineup.has_shrunk);
}
END_TEST

START_TEST(what_was_decided_about_one_record_says_nothing_about_the_next)
{
    begin(2, LINEUP_FORKED);
    lineup_release(&lineup);
    add_dropped("1x");
    add_stored("3?4");
    lineup_parked_known(&lineup, 4);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "");
    ck_assert_int_eq(lineup.state, LINEUP_UNIDENTIFIED);
    ck_assert_uint_eq(lineup.parked_count, 3);
}
END_TEST

START_TEST(a_dropped_record_that_comes_next_is_applied)
{
    begin(2, LINEUP_FORKED);
    lineup_release(&lineup);
    add_dropped("3");
    lineup_parked_known(&lineup, 1);

    lineup_finish(&lineup);

    ck_assert_str_eq(applied, "3");
    ck_assert_int_eq(lineup.state, LINEUP_FLOWING);
}
END_TEST

START_TEST(a_dropped_record_is_not_parked_first)
{
    begin(2, LINEUP_FLOWING);
    struct lineup_item item = item_of("1x");
    item.is_dropped = true;

    lineup_offer(&lineup, &item);

    ck_assert_int_eq(lineup.state, LINEUP_FLOWING);
    ck_assert_uint_eq(lineup.dropped, 1);
}
END_TEST

START_TEST(only_what_a_person_ends_needs_to_be_released)
{
    begin(2, LINEUP_UNREADABLE);
    lineup_release(&lineup);
    ck_assert_int_eq(lineup.state, LINEUP_UNREADABLE);
}
END_TEST

/* What is stored at version 2, the version that is skipped, what is applied then. */
static const struct {
    enum lineup_state state;
    const char *stored;
    const char *skip;
    const char *applied;
    enum lineup_state after;
} SKIPS[] = {
    {LINEUP_GAP, "45", "3", "345", LINEUP_FLOWING},
    {LINEUP_GAP, "5", "3", "3", LINEUP_GAP},
    {LINEUP_UNREADABLE, "3!4", "3", "34", LINEUP_FLOWING},
    {LINEUP_GAP, "45", "4", "", LINEUP_GAP},              /* it is another that is missing */
    {LINEUP_UNREADABLE, "34", "3", "34", LINEUP_FLOWING}, /* it can be read by now */
    {LINEUP_FORKED, "4", "3", "", LINEUP_FORKED},         /* nobody has ended that */
    {LINEUP_GAP, "4?", "3", "", LINEUP_UNIDENTIFIED},     /* seen only now */
};

START_TEST(a_skipped_version_is_passed_over)
{
    begin(2, SKIPS[_i].state);
    add_stored(SKIPS[_i].stored);
    lineup_parked_known(&lineup, lineup.parked_count);
    const struct lineup_item skip = item_of(SKIPS[_i].skip);

    lineup_skip(&lineup, &skip);
    lineup_finish(&lineup);

    ck_assert_str_eq(applied, SKIPS[_i].applied);
    ck_assert_msg(lineup.state == SKIPS[_i].after, "%s", lineup_state_name(lineup.state));
}
END_TEST

START_TEST(nothing_is_skipped_before_what_is_parked_is_known)
{
    begin(2, LINEUP_GAP);
    const struct lineup_item skip = item_of("3");

    lineup_skip(&lineup, &skip);

    ck_assert_int_eq(lineup.version, 2);
    ck_assert_uint_eq(lineup.parked_count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/lineup_decided");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, what_a_person_has_dropped_ends_a_fork);
    tcase_add_test(rules, what_was_decided_about_one_record_says_nothing_about_the_next);
    tcase_add_test(rules, a_dropped_record_that_comes_next_is_applied);
    tcase_add_test(rules, a_dropped_record_is_not_parked_first);
    tcase_add_test(rules, only_what_a_person_ends_needs_to_be_released);
    tcase_add_loop_test(rules, a_skipped_version_is_passed_over, 0, sizeof SKIPS / sizeof SKIPS[0]);
    tcase_add_test(rules, nothing_is_skipped_before_what_is_parked_is_known);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
