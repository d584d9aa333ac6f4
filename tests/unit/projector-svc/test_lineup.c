/* SPDX-License-Identifier: Apache-2.0 */
/* Which events may be applied, which wait. */
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/lineup_fixture.h"

#include <string.h>

static const struct {
    const char *history;
    const char *applied;
    enum lineup_state state;
    size_t parked;
    size_t duplicates;
} HISTORIES[] = {
    {"123", "123", LINEUP_FLOWING, 0, 0},
    {"1123", "123", LINEUP_FLOWING, 0, 1},
    {"12312", "123", LINEUP_FLOWING, 0, 2},
    {"2", "", LINEUP_GAP, 1, 0},
    {"13", "1", LINEUP_GAP, 1, 0},
    {"132", "123", LINEUP_FLOWING, 0, 0},
    {"1432", "1234", LINEUP_FLOWING, 0, 0},
    {"1342", "1234", LINEUP_FLOWING, 0, 0},
    {"1352", "123", LINEUP_GAP, 1, 0},
    {"13323", "123", LINEUP_FLOWING, 0, 2},   /* the parked copy and the late one */
    {"12!3", "1", LINEUP_UNREADABLE, 2, 0},   /* poison: it and what is behind it wait */
    {"12!32", "123", LINEUP_FLOWING, 0, 1},   /* a readable copy of it frees them */
    {"13!2", "12", LINEUP_UNREADABLE, 1, 0},  /* it was behind a gap */
    {"1?23", "1", LINEUP_UNIDENTIFIED, 3, 0}, /* only a person can tell what that was */
    {"121x", "12", LINEUP_FORKED, 1, 0},      /* two histories */
    {"122x3", "12", LINEUP_FORKED, 2, 0},     /* nothing goes on behind it */
    {"122x1", "12", LINEUP_FORKED, 1, 1},     /* but what is known stays known */
    {"133x2", "123", LINEUP_FORKED, 1, 0},    /* found out when the gap closes */
};

START_TEST(a_history_is_applied_in_order_or_waits)
{
    begin(0, LINEUP_FLOWING);
    offer(HISTORIES[_i].history);

    ck_assert_msg(strcmp(applied, HISTORIES[_i].applied) == 0, "%s: applied %s, not %s",
                  HISTORIES[_i].history, applied, HISTORIES[_i].applied);
    ck_assert_msg(lineup.state == HISTORIES[_i].state, "%s: state %s", HISTORIES[_i].history,
                  lineup_state_name(lineup.state));
    ck_assert_uint_eq(lineup.parked_count, HISTORIES[_i].parked);
    ck_assert_uint_eq(lineup.duplicates, HISTORIES[_i].duplicates);
    ck_assert_uint_eq(lineup.applied, strlen(HISTORIES[_i].applied));
}
END_TEST

START_TEST(an_event_that_makes_no_sense_waits_like_an_unreadable_one)
{
    begin(0, LINEUP_FLOWING);
    struct lineup_item item = item_of("1");
    item.event = &arena;

    lineup_offer(&lineup, &item);

    ck_assert_int_eq(lineup.version, 0);
    ck_assert_int_eq(lineup.state, LINEUP_UNREADABLE);
    ck_assert(!lineup.parked[0].is_readable);
}
END_TEST

START_TEST(an_unreadable_next_event_changes_the_reason_of_a_gap)
{
    begin(2, LINEUP_GAP);

    offer("3!");

    ck_assert_int_eq(lineup.state, LINEUP_UNREADABLE);
}
END_TEST

START_TEST(an_unknown_reason_is_the_strictest)
{
    ck_assert_int_eq(lineup_state_of_name(STRVIEW("gap")), LINEUP_GAP);
    ck_assert_int_eq(lineup_state_of_name(STRVIEW("unidentified")), LINEUP_UNIDENTIFIED);
    ck_assert_int_eq(lineup_state_of_name(STRVIEW("flowing")), LINEUP_FORKED);
    ck_assert_int_eq(lineup_state_of_name(STRVIEW("")), LINEUP_FORKED);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
    memset(applied, 0, sizeof applied);
    arena_init(&arena, 64);
    lineup_init(&lineup, &arena, &CALLBACKS, 0, LINEUP_FLOWING);

    offer("2");

    ck_assert(lineup.failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/lineup");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, a_history_is_applied_in_order_or_waits, 0,
                        sizeof HISTORIES / sizeof HISTORIES[0]);
    tcase_add_test(rules, an_event_that_makes_no_sense_waits_like_an_unreadable_one);
    tcase_add_test(rules, an_unreadable_next_event_changes_the_reason_of_a_gap);
    tcase_add_test(rules, an_unknown_reason_is_the_strictest);
    tcase_add_test(rules, a_full_arena_is_said);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
