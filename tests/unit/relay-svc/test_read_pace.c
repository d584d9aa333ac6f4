/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/read_pace.h"
#include "tests/support/check_main.h"

#include <signal.h>

enum { MANY = 1 << 20, ROOM = 4000, NOW = 1000 };

static struct read_pace pace;

static void begin(void)
{
    pace = (struct read_pace){0};
    read_pace_begin(&pace);
}

static int start(void)
{
    return read_pace_start(&pace, MANY, ROOM);
}

static void take(int rows)
{
    for (int i = 0; i < rows; i++) {
        read_pace_row(&pace, 100);
    }
}

/* A trip that brings all it asked for. */
static int full_trip(void)
{
    const int asked = start();
    take(asked);
    read_pace_succeeded(&pace);
    return asked;
}

static enum read_wish wish(void)
{
    return read_pace_wish(&pace, NOW);
}

START_TEST(a_shard_that_runs_anew_wants_to_be_looked_at)
{
    ck_assert_int_eq(wish(), READ_LOOK);
    (void)start();
    ck_assert_int_eq(wish(), READ_NOTHING);
    read_pace_succeeded(&pace);
    ck_assert_int_eq(wish(), READ_NOTHING);
    read_pace_touch(&pace);
    ck_assert_int_eq(wish(), READ_LOOK);
}
END_TEST

START_TEST(it_begins_with_a_few_and_doubles)
{
    ck_assert_int_eq(full_trip(), 4);
    ck_assert_int_eq(full_trip(), 8);
    ck_assert_int_eq(full_trip(), 16);
}
END_TEST

START_TEST(it_never_asks_for_more_than_the_most)
{
    for (int i = 0; i < 20; i++) {
        ck_assert_int_le(full_trip(), 2000);
    }
    ck_assert_int_eq(full_trip(), 2000);
}
END_TEST

START_TEST(as_many_as_asked_for_mean_that_there_is_more)
{
    (void)full_trip();
    ck_assert_int_eq(wish(), READ_MUCH);
    (void)start();
    take(7);
    read_pace_succeeded(&pace);
    ck_assert_int_eq(wish(), READ_NOTHING);
}
END_TEST

START_TEST(a_bell_during_a_trip_is_heard_after_it)
{
    (void)start();
    read_pace_touch(&pace);
    ck_assert_int_eq(wish(), READ_NOTHING);
    read_pace_succeeded(&pace);
    ck_assert_int_eq(wish(), READ_LOOK);
    read_pace_touch(&pace);
    ck_assert_int_eq(wish(), READ_LOOK);
}
END_TEST

START_TEST(rows_that_came_too_early_are_read_again_a_few_at_a_time)
{
    (void)full_trip();
    (void)full_trip();
    (void)start();
    take(3);
    read_pace_hold(&pace);
    read_pace_succeeded(&pace);
    ck_assert_int_eq(wish(), READ_LOOK);
    ck_assert_int_eq(start(), 4);
}
END_TEST

START_TEST(a_trip_is_bounded_by_bytes_and_by_room)
{
    for (int i = 0; i < 8; i++) {
        (void)full_trip();
    }
    ck_assert_int_eq(read_pace_start(&pace, MANY, 5), 5);
    take(1);
    read_pace_row(&pace, 999);
    read_pace_succeeded(&pace);
    ck_assert_int_eq(read_pace_start(&pace, 10000, ROOM), 11);
}
END_TEST

START_TEST(the_largest_row_fades)
{
    (void)start();
    read_pace_row(&pace, 800);
    read_pace_succeeded(&pace);
    (void)start();
    ck_assert_uint_eq(pace.largest, 700);
}
END_TEST

START_TEST(what_failed_waits_and_goes_alone)
{
    (void)start();
    read_pace_failed(&pace, NOW + 1);
    read_pace_blame(&pace, false);
    ck_assert_int_eq(pace.trust, READ_UNREAD);
    ck_assert_int_eq(read_pace_wish(&pace, NOW), READ_NOTHING);
    ck_assert_int_eq(read_pace_wish(&pace, NOW + 1), READ_ALONE);
}
END_TEST

START_TEST(what_failed_for_another_one_does_not)
{
    (void)start();
    read_pace_failed(&pace, NOW);
    ck_assert_int_eq(wish(), READ_LOOK);
}
END_TEST

START_TEST(a_damaged_row_somewhere_makes_all_of_the_trip_suspect)
{
    (void)start();
    read_pace_failed(&pace, 0);
    read_pace_blame(&pace, true);
    ck_assert_int_eq(pace.trust, READ_SUSPECT);
    ck_assert_int_eq(wish(), READ_ALONE);
    (void)start();
    read_pace_failed(&pace, 0);
    read_pace_blame(&pace, false);
    (void)start();
    read_pace_failed(&pace, 0);
    read_pace_blame(&pace, true);
    ck_assert_int_eq(pace.trust, READ_UNREAD);
}
END_TEST

START_TEST(the_bad_row_may_be_yet_to_come)
{
    (void)start();
    read_pace_failed(&pace, 0);
    read_pace_blame(&pace, false);
    (void)full_trip();
    ck_assert_int_eq(pace.trust, READ_SUSPECT);
    ck_assert_int_eq(wish(), READ_ALONE);
    (void)start();
    read_pace_succeeded(&pace);
    ck_assert_int_eq(pace.trust, READ_SOUND);
}
END_TEST

START_TEST(who_runs_anew_has_not_failed_but_stays_suspect)
{
    (void)start();
    read_pace_failed(&pace, NOW + 5000);
    read_pace_blame(&pace, false);
    read_pace_begin(&pace);
    ck_assert_int_eq(pace.trust, READ_SUSPECT);
    ck_assert_int_eq(wish(), READ_ALONE);
    ck_assert_int_eq(start(), 4);
}
END_TEST

START_TEST(a_shard_is_in_one_trip_at_a_time)
{
    (void)start();
    (void)start();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("read_pace");
    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, a_shard_that_runs_anew_wants_to_be_looked_at);
    tcase_add_test(tests, it_begins_with_a_few_and_doubles);
    tcase_add_test(tests, it_never_asks_for_more_than_the_most);
    tcase_add_test(tests, as_many_as_asked_for_mean_that_there_is_more);
    tcase_add_test(tests, a_bell_during_a_trip_is_heard_after_it);
    tcase_add_test(tests, rows_that_came_too_early_are_read_again_a_few_at_a_time);
    tcase_add_test(tests, a_trip_is_bounded_by_bytes_and_by_room);
    tcase_add_test(tests, the_largest_row_fades);
    tcase_add_test(tests, what_failed_waits_and_goes_alone);
    tcase_add_test(tests, what_failed_for_another_one_does_not);
    tcase_add_test(tests, a_damaged_row_somewhere_makes_all_of_the_trip_suspect);
    tcase_add_test(tests, the_bad_row_may_be_yet_to_come);
    tcase_add_test(tests, who_runs_anew_has_not_failed_but_stays_suspect);
    tcase_add_test_raise_signal(tests, a_shard_is_in_one_trip_at_a_time, SIGABRT);
    Suite *suite = suite_create("relay-svc/core/read_pace");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
