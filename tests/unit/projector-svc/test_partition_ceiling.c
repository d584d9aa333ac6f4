/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that may go so far and no farther, as others are still behind.
 */
#include "tests/unit/projector-svc/partition_fixture.h"

enum { MANY = 400 }; /* queued, more than is kept beyond a ceiling */

START_TEST(nothing_from_the_ceiling_on_is_taken_until_it_is_raised)
{
    open_at(0, VIEW_POSITIONS_NONE);
    partition_set_ceiling(partition[0], 2);
    for (int64_t offset = 0; offset < 4; offset++) {
        take(0, offset);
    }
    ck_assert(!partition_is_at_ceiling(partition[0]));
    pass_batch();
    ck_assert_int_eq(position_of(0), 2);
    ck_assert(partition_is_at_ceiling(partition[0]));
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);

    partition_set_ceiling(partition[0], 3);
    ck_assert(!partition_is_at_ceiling(partition[0]));
    pass_batch();
    ck_assert_int_eq(position_of(0), 3);
    ck_assert_uint_eq(given_back, 3);
}
END_TEST

START_TEST(a_ceiling_lowered_while_a_turn_is_waited_for_ends_the_waiting)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    partition_set_ceiling(partition[0], 0);
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);
    partition_set_ceiling(partition[0], 1);
    pass_batch();
    ck_assert_int_eq(position_of(0), 1);
}
END_TEST

START_TEST(a_quiet_one_takes_nothing_before_it_was_told_how_far)
{
    context.is_quiet = true;
    partition_free(partition[0]);
    partition[0] = partition_new(&context, &(struct partition_name){.topic = "order.events"});
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);
    partition_set_ceiling(partition[0], 1);
    pass_batch();
    ck_assert_int_eq(position_of(0), 1);
}
END_TEST

START_TEST(a_partition_without_a_position_may_be_where_it_is_to_be)
{
    open_at(0, VIEW_POSITIONS_NONE);
    partition_set_ceiling(partition[0], 0);
    ck_assert(partition_is_at_ceiling(partition[0]));
    take(0, 0);
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);
    ck_assert(partition_is_at_ceiling(partition[0]));
}
END_TEST

START_TEST(what_is_left_out_beyond_is_read_again_when_there_is_room)
{
    open_at(0, VIEW_POSITIONS_NONE);
    restarts = 0;
    partition_set_ceiling(partition[0], 1);
    for (int64_t offset = 0; offset < MANY; offset++) {
        take(0, offset);
    }
    const struct intake_place full = partition_place(partition[0]);
    ck_assert(full.is_at_end);
    ck_assert(!full.is_working);
    ck_assert_uint_gt(given_back, 0);
    const int64_t kept = MANY - (int64_t)given_back;
    pass_batch(); /* the first one */
    ck_assert_int_eq(position_of(0), 1);

    partition_set_ceiling(partition[0], MANY);
    ck_assert_uint_eq(restarts, 0); /* first what was kept */
    while (position_of(0) < kept) {
        pass_batch();
    }
    ck_assert_int_eq(position_of(0), kept);
    ck_assert(!partition_is_at_ceiling(partition[0]));
    ck_assert_uint_eq(restarts, 1);
    ck_assert_int_eq(partition_reads_from(partition[0]), kept);

    partition_restarted(partition[0]);
    take(0, kept);
    pass_batch();
    ck_assert_int_eq(position_of(0), kept + 1);
}
END_TEST

START_TEST(who_waits_at_the_ceiling_is_not_stuck)
{
    open_at(0, VIEW_POSITIONS_NONE);
    partition_set_ceiling(partition[0], 0);
    take(0, 0);
    partition_look(partition[0], 5, true, 1000);
    partition_look(partition[0], 5, true, 1000000);
    ck_assert(!partition_report(partition[0], 5, 0).is_stuck);
    ck_assert_uint_eq(closed, 0);
}
END_TEST

START_TEST(kafka_ends_below_the_ceiling_where_all_was_read_and_its_end_is_less)
{
    int64_t ceiling = 0;
    open_at(0, VIEW_POSITIONS_NONE);
    partition_set_ceiling(partition[0], 7);
    ck_assert(!partition_ends_below(partition[0], 5, &ceiling)); /* more is on its way, perhaps */
    partition_at_end(partition[0], 5);
    ck_assert(partition_ends_below(partition[0], 5, &ceiling));
    ck_assert_int_eq(ceiling, 7);
    ck_assert(!partition_ends_below(partition[0], 7, &ceiling));
    take(0, 0);
    ck_assert(!partition_ends_below(partition[0], 5, &ceiling));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition_ceiling");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_test(courses, nothing_from_the_ceiling_on_is_taken_until_it_is_raised);
    tcase_add_test(courses, a_quiet_one_takes_nothing_before_it_was_told_how_far);
    tcase_add_test(courses, a_ceiling_lowered_while_a_turn_is_waited_for_ends_the_waiting);
    tcase_add_test(courses, a_partition_without_a_position_may_be_where_it_is_to_be);
    tcase_add_test(courses, what_is_left_out_beyond_is_read_again_when_there_is_room);
    tcase_add_test(courses, who_waits_at_the_ceiling_is_not_stuck);
    tcase_add_test(courses, kafka_ends_below_the_ceiling_where_all_was_read_and_its_end_is_less);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
