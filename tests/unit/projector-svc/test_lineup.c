/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which events may be applied, which wait. Histories are written as one letter per event:
 * the version's digit, '!' behind it when the event cannot be read, 'x' behind it when it carries
 * another id than the one of that version; '?' is a record without version. What was
 * applied is written the same way.
 */
#include "projector-svc/core/lineup.h"
#include "tests/support/check_main.h"

static struct arena arena;
static char applied[32];
static struct lineup lineup;

static bool apply(void *user, struct lineup_item *item)
{
    (void)user;
    const size_t len = strlen(applied);
    applied[len] = (char)('0' + item->version);
    return item->event != lineup.arena; /* see an_event_that_makes_no_sense */
}

static struct strview id_of(void *user, int64_t version)
{
    static char id[2];
    (void)user;
    id[0] = (char)('0' + version);
    return (struct strview){.data = id, .len = 1};
}

static const struct lineup_callbacks CALLBACKS = {.apply = apply, .id_of = id_of};

static void begin(int64_t version, enum lineup_state state)
{
    memset(applied, 0, sizeof applied);
    arena_done(&arena);
    arena_init(&arena, 1 << 16);
    lineup_init(&lineup, &arena, &CALLBACKS, version, state);
}

/* Ids are the version's digit, or the version's digit and x. */
static struct lineup_item item_of(const char *text)
{
    struct lineup_item item = {.version = text[0] - '0', .is_readable = true};
    item.event_id = (struct strview){.data = text, .len = text[1] == 'x' ? 2 : 1};
    if (text[0] == '?') {
        item.version = 0;
        item.is_readable = false;
    }
    item.is_readable = item.is_readable && text[1] != '!';
    return item;
}

static void offer(const char *history)
{
    for (const char *at = history; *at != '\0'; at++) {
        if (*at == '!' || *at == 'x') {
            continue;
        }
        const struct lineup_item item = item_of(at);
        lineup_offer(&lineup, &item);
    }
}

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

static void add_stored(const char *history)
{
    for (const char *at = history; *at != '\0'; at += at[1] == '!' ? 2 : 1) {
        struct lineup_item stored = item_of(at);
        stored.is_stored = true;
        lineup_add_stored(&lineup, &stored);
    }
}

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
    Suite *suite = suite_create("projector-svc/core/lineup");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, a_history_is_applied_in_order_or_waits, 0,
                        sizeof HISTORIES / sizeof HISTORIES[0]);
    tcase_add_test(rules, an_event_that_makes_no_sense_waits_like_an_unreadable_one);
    tcase_add_test(rules, the_parked_are_loaded_only_for_the_event_they_wait_for);
    tcase_add_test(rules, parked_ones_from_before_are_applied_after_the_missing_one);
    tcase_add_test(rules, a_frozen_aggregate_stays_frozen_while_its_parked_are_not_loaded);
    tcase_add_test(rules, an_unreadable_next_event_changes_the_reason_of_a_gap);
    tcase_add_test(rules, an_unknown_reason_is_the_strictest);
    tcase_add_test(rules, a_full_arena_is_said);
    tcase_add_test(rules, a_pass_that_freed_something_is_followed_by_another);
    tcase_add_test(rules, a_pass_that_freed_nothing_is_the_last);
    tcase_add_test(rules, a_pass_that_met_what_cannot_be_read_says_so_at_its_end);
    tcase_add_test(rules, what_only_a_person_can_end_is_left_as_it_is);
    tcase_add_test(rules, what_was_not_looked_at_waits_on);
    tcase_add_test(rules, what_comes_while_others_are_drained_waits_behind_them);
    tcase_add_test(rules, what_comes_while_none_of_the_parked_was_loaded_waits_behind_them);
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
