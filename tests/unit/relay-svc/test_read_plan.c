/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/read_plan.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { SHARDS_MAX = 8 };

static struct read_plan plan;

static void begin(void)
{
    plan = (struct read_plan){0};
}

/* The next trip as text: wishes are given a letter each, the answer has the shards' digits. */
static const char *next(const char *wishes, int free_readers)
{
    static const char LETTERS[READ_WISH_COUNT + 1] = ".lmag";
    static char answer[SHARDS_MAX + 1];
    enum read_wish wished[SHARDS_MAX];
    int shards[SHARDS_MAX];
    const int count = (int)strlen(wishes);
    ck_assert_int_le(count, SHARDS_MAX);
    for (int i = 0; i < count; i++) {
        wished[i] = (enum read_wish)(strchr(LETTERS, wishes[i]) - LETTERS);
    }
    const int chosen = read_plan_next(&plan, wished, count, free_readers, shards);
    for (int i = 0; i < chosen; i++) {
        answer[i] = (char)('0' + shards[i]);
    }
    answer[chosen] = '\0';
    return answer;
}

START_TEST(nothing_is_read_that_is_not_wished)
{
    ck_assert_str_eq(next("....", 2), "");
    ck_assert_str_eq(next(".l..", 2), "1");
}
END_TEST

START_TEST(those_to_look_at_all_go_at_once)
{
    ck_assert_str_eq(next("ll.lll", 4), "01345");
}
END_TEST

START_TEST(those_with_much_are_spread_over_the_free_readers)
{
    ck_assert_str_eq(next("mmmmm", 2), "012");
    ck_assert_str_eq(next("...mm", 1), "34");
    ck_assert_str_eq(next("mm", 4), "0");
    ck_assert_str_eq(next("mlml", 2), "013");
}
END_TEST

START_TEST(those_with_much_keep_step)
{
    enum read_wish wishes[] = {READ_MUCH, READ_MUCH,  READ_LOOK,
                               READ_MUCH, READ_ALONE, READ_NOTHING};
    const int64_t places[] = {100 + READ_LEAD, 101 + READ_LEAD, 900000, 100, 900000, 0};
    static const enum read_wish LEFT[] = {READ_MUCH, READ_NOTHING, READ_LOOK,
                                          READ_MUCH, READ_ALONE,   READ_NOTHING};
    enum { COUNT = sizeof places / sizeof places[0] };
    read_plan_keep_step(wishes, places, COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(wishes[i], LEFT[i]);
    }
}
END_TEST

START_TEST(who_is_under_way_is_waited_for_too)
{
    enum read_wish wishes[] = {READ_GOING, READ_MUCH};
    const int64_t places[] = {0, READ_LEAD + 1};
    read_plan_keep_step(wishes, places, 2);
    ck_assert_int_eq(wishes[0], READ_GOING);
    ck_assert_int_eq(wishes[1], READ_NOTHING);
    ck_assert_str_eq(next("gm", 1), "1");
}
END_TEST

START_TEST(nobody_waits_for_who_is_far_behind)
{
    enum read_wish wishes[] = {READ_MUCH, READ_MUCH, READ_MUCH, READ_GOING};
    const int64_t places[] = {0, 10000000, 10000001 + READ_LEAD, INT64_MIN};
    read_plan_keep_step(wishes, places, 4);
    ck_assert_int_eq(wishes[0], READ_MUCH); /* it goes, too */
    ck_assert_int_eq(wishes[1], READ_MUCH);
    ck_assert_int_eq(wishes[2], READ_NOTHING);
}
END_TEST

START_TEST(who_has_caught_up_is_waited_for)
{
    enum read_wish wishes[] = {READ_MUCH, READ_MUCH};
    const int64_t places[] = {0, READ_FAR};
    read_plan_keep_step(wishes, places, 2);
    ck_assert_int_eq(wishes[0], READ_MUCH);
    ck_assert_int_eq(wishes[1], READ_NOTHING);
}
END_TEST

START_TEST(places_that_somebody_has_written_harm_nobody)
{
    enum read_wish wishes[] = {READ_MUCH, READ_MUCH, READ_MUCH};
    const int64_t places[] = {INT64_MAX, INT64_MAX - 1, INT64_MIN};
    read_plan_keep_step(wishes, places, 3);
    ck_assert_int_eq(wishes[0], READ_MUCH);
    ck_assert_int_eq(wishes[1], READ_MUCH);
    ck_assert_int_eq(wishes[2], READ_MUCH);
}
END_TEST

START_TEST(nobody_waits_for_who_wants_nothing)
{
    enum read_wish wishes[] = {READ_NOTHING, READ_LOOK, READ_MUCH};
    const int64_t places[] = {0, 0, 900000};
    read_plan_keep_step(wishes, places, 3);
    ck_assert_int_eq(wishes[2], READ_MUCH);
}
END_TEST

START_TEST(what_failed_goes_alone_and_in_turns_with_the_others)
{
    ck_assert_str_eq(next("lalm", 1), "1");
    ck_assert_str_eq(next("lalm", 1), "023");
    ck_assert_str_eq(next("lalm", 1), "1");
}
END_TEST

START_TEST(all_that_failed_take_turns)
{
    ck_assert_str_eq(next("a.aal", 1), "2");
    ck_assert_str_eq(next("a.aal", 1), "4");
    ck_assert_str_eq(next("a.aal", 1), "3");
    ck_assert_str_eq(next("a.aal", 1), "4");
    ck_assert_str_eq(next("a.aal", 1), "0");
    ck_assert_str_eq(next("a.aal", 1), "4");
    ck_assert_str_eq(next("a.aal", 1), "2");
}
END_TEST

START_TEST(what_failed_does_not_wait_for_others_that_want_nothing)
{
    ck_assert_str_eq(next("a.a.", 1), "2");
    ck_assert_str_eq(next("a.a.", 1), "0");
    ck_assert_str_eq(next("a...", 1), "0");
    ck_assert_str_eq(next("....", 1), "");
    ck_assert(!plan.was_alone);
}
END_TEST

START_TEST(a_turn_that_nobody_took_is_not_owed)
{
    ck_assert_str_eq(next("l...", 1), "0");
    ck_assert_str_eq(next("l..a", 1), "3");
    ck_assert_str_eq(next("...l", 1), "3");
    ck_assert_str_eq(next("a..l", 1), "0");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("read_plan");
    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, nothing_is_read_that_is_not_wished);
    tcase_add_test(tests, those_to_look_at_all_go_at_once);
    tcase_add_test(tests, those_with_much_are_spread_over_the_free_readers);
    tcase_add_test(tests, those_with_much_keep_step);
    tcase_add_test(tests, nobody_waits_for_who_is_far_behind);
    tcase_add_test(tests, who_has_caught_up_is_waited_for);
    tcase_add_test(tests, places_that_somebody_has_written_harm_nobody);
    tcase_add_test(tests, who_is_under_way_is_waited_for_too);
    tcase_add_test(tests, nobody_waits_for_who_wants_nothing);
    tcase_add_test(tests, what_failed_goes_alone_and_in_turns_with_the_others);
    tcase_add_test(tests, all_that_failed_take_turns);
    tcase_add_test(tests, what_failed_does_not_wait_for_others_that_want_nothing);
    tcase_add_test(tests, a_turn_that_nobody_took_is_not_owed);
    Suite *suite = suite_create("relay-svc/core/read_plan");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
