/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/intake.h"
#include "tests/support/check_main.h"

enum { COUNT = 8, KIB = 1 << 10, RECORD_BATCH = INTAKE_UNIT + 100 * KIB };

static struct intake intake;
static struct intake_place places[COUNT];

/* All are read and work, none is known to be at its end. */
static void begin(void)
{
    intake = (struct intake){.next = 0};
    for (size_t i = 0; i < COUNT; i++) {
        places[i] = (struct intake_place){.is_open = true, .is_working = true};
    }
}

static void decide(bool may_close)
{
    intake_decide(&intake, places, COUNT, may_close);
}

static void hold(size_t bytes)
{
    for (size_t i = 0; i < COUNT; i++) {
        places[i].bytes = bytes;
    }
}

/* One letter each: o is read, - is paused. */
static const char *reading(void)
{
    static char text[COUNT + 1];
    for (size_t i = 0; i < COUNT; i++) {
        text[i] = places[i].is_open ? 'o' : '-';
    }
    return text;
}

static void pause_all(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        places[i].is_open = false;
    }
}

START_TEST(all_are_read_while_little_is_held)
{
    hold(INTAKE_LOW / COUNT);
    decide(true);
    ck_assert_str_eq(reading(), "oooooooo");
}
END_TEST

START_TEST(who_has_a_batch_of_records_is_paused_when_nothing_waits_to_be_handed_out)
{
    places[2].bytes = RECORD_BATCH;
    decide(false);
    ck_assert_str_eq(reading(), "oooooooo");
    decide(true);
    ck_assert_str_eq(reading(), "oo-ooooo");
}
END_TEST

START_TEST(when_much_is_held_only_those_at_their_end_are_read)
{
    hold(INTAKE_MOST / COUNT);
    places[3].is_at_end = places[6].is_at_end = true;
    decide(true);
    ck_assert_str_eq(reading(), "---o--o-");
}
END_TEST

START_TEST(far_too_much_is_not_waited_for)
{
    hold(INTAKE_FLOOD / COUNT - 1);
    decide(false);
    ck_assert_str_eq(reading(), "oooooooo");
    hold(INTAKE_FLOOD / COUNT);
    decide(false);
    ck_assert_str_eq(reading(), "--------");
}
END_TEST

START_TEST(nobody_goes_on_before_little_is_held)
{
    pause_all();
    hold(INTAKE_LOW / COUNT + 1);
    decide(true);
    ck_assert_str_eq(reading(), "--------");
}
END_TEST

START_TEST(as_many_go_on_as_have_room_for_a_batch_each_and_all_get_their_turn)
{
    const size_t room = (INTAKE_MOST - INTAKE_LOW) / INTAKE_UNIT;
    char read[COUNT + 1] = "--------";
    ck_assert_uint_ge(room, 1);
    hold(INTAKE_LOW / COUNT);
    for (size_t round = 0; round < COUNT / room; round++) {
        pause_all();
        decide(true);
        size_t count = 0;
        for (size_t i = 0; i < COUNT; i++) {
            if (places[i].is_open) {
                count++;
                ck_assert_msg(read[i] == '-', "%zu twice before all", i);
                read[i] = 'o';
            }
        }
        ck_assert_uint_eq(count, room);
    }
    ck_assert_str_eq(read, "oooooooo");
}
END_TEST

START_TEST(who_has_enough_queued_waits_for_the_next_time)
{
    pause_all();
    places[0].bytes = INTAKE_UNIT;
    decide(true);
    ck_assert(!places[0].is_open);
    ck_assert(places[1].is_open);
}
END_TEST

START_TEST(those_at_their_end_go_on_and_take_no_room)
{
    pause_all();
    hold(INTAKE_LOW / COUNT);
    places[0].is_at_end = places[7].is_at_end = true;
    decide(true);
    ck_assert(places[0].is_open && places[7].is_open);
    ck_assert(places[1].is_open);
}
END_TEST

START_TEST(who_is_alone_behind_may_hold_all_of_it)
{
    for (size_t i = 1; i < COUNT; i++) {
        places[i].is_at_end = true;
    }
    places[0].bytes = INTAKE_MOST - 1;
    decide(true);
    ck_assert_str_eq(reading(), "oooooooo");
    places[0].bytes++;
    decide(true);
    ck_assert_str_eq(reading(), "-ooooooo");
    places[0].bytes = INTAKE_MOST / 2 + 1;
    decide(false);
    ck_assert_str_eq(reading(), "-ooooooo");
    places[0].bytes--; /* half of its share */
    decide(false);
    ck_assert_str_eq(reading(), "oooooooo");
}
END_TEST

START_TEST(one_at_its_end_that_holds_much_is_paused_too)
{
    hold(0);
    places[4].is_at_end = true;
    places[4].bytes = RECORD_BATCH;
    decide(true);
    ck_assert_str_eq(reading(), "oooo-ooo");
}
END_TEST

/* Redis refuses them: their records stay. */
START_TEST(those_that_stand_do_not_keep_the_others_from_going_on)
{
    pause_all();
    for (size_t i = 0; i < COUNT - 2; i++) {
        places[i].bytes = RECORD_BATCH;
        places[i].is_working = false;
    }
    decide(true);
    ck_assert_str_eq(reading(), "------oo");
}
END_TEST

/* Redis is away. */
START_TEST(where_nobody_works_all_of_it_counts)
{
    hold(INTAKE_MOST / COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        places[i].is_working = false;
    }
    decide(true);
    ck_assert_str_eq(reading(), "--------");
    decide(false);
    ck_assert_str_eq(reading(), "--------");
}
END_TEST

START_TEST(no_partition_is_nothing_to_decide)
{
    intake_decide(&intake, places, 0, true);
    ck_assert_uint_eq(intake.next, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/intake");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, begin, NULL);
    tcase_add_test(rules, all_are_read_while_little_is_held);
    tcase_add_test(rules, who_has_a_batch_of_records_is_paused_when_nothing_waits_to_be_handed_out);
    tcase_add_test(rules, when_much_is_held_only_those_at_their_end_are_read);
    tcase_add_test(rules, far_too_much_is_not_waited_for);
    tcase_add_test(rules, nobody_goes_on_before_little_is_held);
    tcase_add_test(rules, as_many_go_on_as_have_room_for_a_batch_each_and_all_get_their_turn);
    tcase_add_test(rules, who_has_enough_queued_waits_for_the_next_time);
    tcase_add_test(rules, those_at_their_end_go_on_and_take_no_room);
    tcase_add_test(rules, who_is_alone_behind_may_hold_all_of_it);
    tcase_add_test(rules, one_at_its_end_that_holds_much_is_paused_too);
    tcase_add_test(rules, those_that_stand_do_not_keep_the_others_from_going_on);
    tcase_add_test(rules, where_nobody_works_all_of_it_counts);
    tcase_add_test(rules, no_partition_is_nothing_to_decide);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
