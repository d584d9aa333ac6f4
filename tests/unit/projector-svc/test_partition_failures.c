/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of a partition that fail: from where it goes on.
 */
#include "tests/unit/projector-svc/partition_fixture.h"

/* at which question it fails */
START_TEST(a_failure_closes_it_and_what_is_queued_goes_on_from_where_redis_stands)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    let_loop_turn();
    for (int i = 0; i < _i; i++) {
        answer(ERROR_NONE);
    }
    answer(ERROR_TRANSIENT);
    ck_assert_uint_eq(closed, 1);
    ck_assert_int_eq(closed_why, ERROR_TRANSIENT);
    ck_assert(partition_is_closed(partition[0]));
    const size_t before = restarts;
    open_at(0, 1); /* the answer was lost, and the first one is there */
    ck_assert_uint_eq(restarts, before);
    ck_assert_uint_eq(given_back, 1);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
}
END_TEST

START_TEST(what_was_too_much_is_halved_and_grows_again_step_by_step)
{
    open_at(0, VIEW_POSITIONS_NONE);
    for (int i = 0; i < 8; i++) {
        take(0, i);
    }
    let_loop_turn();
    answer(ERROR_EXHAUSTED);
    open_at(0, VIEW_POSITIONS_NONE);
    for (int i = 8; i < BATCH_EVENTS_MAX; i++) {
        take(0, i);
    }
    pass_batch();
    ck_assert_int_eq(position_of(0), 4);
    pass_batch();
    ck_assert_int_eq(position_of(0), 4 + 8);
    pass_batch();
    ck_assert_int_eq(position_of(0), 4 + 8 + 16);
}
END_TEST

START_TEST(parked_events_that_were_too_much_stop_no_record)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    partition_drain(partition[0], STRVIEW("o-1"));
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
    answer(ERROR_EXHAUSTED);
    open_at(0, 1);
    take(0, 1);
    pass_batch();
    ck_assert_int_eq(position_of(0), 2);
}
END_TEST

START_TEST(a_position_outside_the_queue_begins_reading_anew)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    answer(ERROR_CONFLICT);
    const size_t before = restarts;
    open_at(0, 7);
    ck_assert_uint_eq(restarts, before + 1);
    ck_assert_uint_eq(given_back, 1);
    ck_assert_int_eq(partition_reads_from(partition[0]), 6);
}
END_TEST

START_TEST(when_redis_refuses_at_once_each_is_closed_once)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        open_at(i, VIEW_POSITIONS_NONE);
        take(i, 0);
    }
    refusal = ERROR_TRANSIENT;
    let_loop_turn();
    ck_assert_uint_eq(closed, PARTITIONS);
    for (size_t i = 1; i < PARTITIONS; i++) {
        ck_assert_uint_eq(depths[i], depths[0]); /* none inside another, however many wait */
    }
    refusal = ERROR_NONE;
    open_at(5, VIEW_POSITIONS_NONE);
    let_loop_turn();
    ck_assert_uint_eq(questions, 1);
}
END_TEST

START_TEST(how_often_it_was_tried_is_told_once_by_the_batch_that_succeeds)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    answer(ERROR_TRANSIENT);
    open_at(0, VIEW_POSITIONS_NONE);
    let_loop_turn();
    answer(ERROR_NONE);
    answer(ERROR_CONFLICT);
    open_at(0, VIEW_POSITIONS_NONE);
    pass_batch();
    ck_assert_int_eq(retries_told, 2);
    take(0, 1);
    pass_batch();
    ck_assert_int_eq(retries_told, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition_failures");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_loop_test(
        courses, a_failure_closes_it_and_what_is_queued_goes_on_from_where_redis_stands, 0, 2);
    tcase_add_test(courses, what_was_too_much_is_halved_and_grows_again_step_by_step);
    tcase_add_test(courses, parked_events_that_were_too_much_stop_no_record);
    tcase_add_test(courses, a_position_outside_the_queue_begins_reading_anew);
    tcase_add_test(courses, when_redis_refuses_at_once_each_is_closed_once);
    tcase_add_test(courses, how_often_it_was_tried_is_told_once_by_the_batch_that_succeeds);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
