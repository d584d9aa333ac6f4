/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a partition takes of the records that are there to be read, batch by batch.
 */
#include "projector-svc/consume/queue.h"
#include "tests/unit/projector-svc/partition_fixture.h"

START_TEST(a_batch_begins_in_the_next_turn_and_moves_the_position)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    ck_assert_uint_eq(questions, 0);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
    take(0, 2); /* waits for the next batch */
    answer(ERROR_NONE);
    ck_assert_int_eq(question[0].asked, ASKED_SAVE);
    ck_assert_int_eq(question[0].from, VIEW_POSITIONS_NONE);
    ck_assert_int_eq(question[0].to, 2);
    ck_assert_uint_eq(given_back, 0);
    answer(ERROR_NONE);
    ck_assert_uint_eq(given_back, 2);
    ck_assert_int_eq(position_of(0), 2);
    ck_assert_uint_eq(questions, 0);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
}
END_TEST

START_TEST(what_it_holds_where_its_end_is_and_that_there_is_room_again_is_told)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    struct intake_place place = partition_place(partition[0]);
    ck_assert(place.is_open && place.is_working && !place.is_at_end);
    ck_assert_uint_ge(place.bytes, 2 * QUEUE_RECORD_OVERHEAD);
    partition_at_end(partition[0], 2);
    partition_note_paused(partition[0], true);
    place = partition_place(partition[0]);
    ck_assert(!place.is_open && place.is_at_end);
    take(0, 2);
    ck_assert(!partition_place(partition[0]).is_at_end);
    room_told = 0;
    let_loop_turn();
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert_uint_eq(room_told, 1);
    ck_assert_uint_eq(partition_place(partition[0]).bytes, 0);
    partition_restarted(partition[0]);
    ck_assert(partition_place(partition[0]).is_open);
    partition_close(partition[0]);
    ck_assert(!partition_place(partition[0]).is_working);
}
END_TEST

/* It has no leader, say: what it would bring is not waited for. */
START_TEST(who_is_read_and_brings_nothing_counts_as_at_its_end_until_a_record_comes)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_look(partition[0], -1, false, 1);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_look(partition[0], -1, false, LATER_MS);
    ck_assert(partition_place(partition[0]).is_at_end);
    partition_restarted(partition[0]);
    ck_assert(partition_place(partition[0]).is_at_end);
    take(0, 0);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_look(partition[0], -1, false, 2 * LATER_MS);
    partition_look(partition[0], -1, false, 3 * LATER_MS);
    ck_assert(!partition_place(partition[0]).is_at_end); /* its own queue waits, not Kafka */
}
END_TEST

START_TEST(who_is_paused_or_has_more_to_come_is_not_silent)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_note_paused(partition[0], true);
    partition_look(partition[0], -1, false, 1);
    partition_look(partition[0], -1, false, LATER_MS);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_note_paused(partition[0], false);
    partition_look(partition[0], -1, false, LATER_MS + 1);
    ck_assert(!partition_place(partition[0]).is_at_end);
}
END_TEST

/* Nothing of it is taken, so it would never be full. */
START_TEST(who_lies_outside_the_log_counts_as_at_its_end)
{
    open_at(0, VIEW_POSITIONS_NONE);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition[0]->source.is_out_of_range = true;
    ck_assert(partition_place(partition[0]).is_at_end);
}
END_TEST

/* Others are read meanwhile: that is no standstill. */
START_TEST(who_waits_to_be_read_again_is_not_stuck)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_note_paused(partition[0], true);
    partition_look(partition[0], 5, true, 1);
    partition_look(partition[0], 5, true, LATER_MS);
    ck_assert(!partition_report(partition[0], 5, LATER_MS).is_stuck);
    partition_note_paused(partition[0], false);
    partition_look(partition[0], 5, true, 2 * LATER_MS);
    partition_look(partition[0], 5, true, 3 * LATER_MS);
    ck_assert(partition_report(partition[0], 5, 3 * LATER_MS).is_stuck);
}
END_TEST

START_TEST(only_so_many_are_on_their_way_and_the_next_one_follows)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        open_at(i, VIEW_POSITIONS_NONE);
        take(i, 0);
    }
    let_loop_turn();
    ck_assert_uint_eq(questions, TURNS_MAX);
    for (int i = 0; i < TURNS_MAX; i++) {
        answer(ERROR_NONE);
    }
    answer(ERROR_NONE); /* the first one's save */
    ck_assert_uint_eq(questions, TURNS_MAX - 1);
    let_loop_turn();
    ck_assert_uint_eq(questions, TURNS_MAX);
    ck_assert(partition_is_busy(partition[TURNS_MAX]));
    ck_assert(!partition_is_busy(partition[0]));
}
END_TEST

/* Whose parked events come first: the others of its batch may have more than one batch loads. */
START_TEST(the_drained_one_is_the_first_of_its_batch)
{
    const struct batch *batch = &partition[0]->course.batch;
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    take(0, 1);
    partition_drain(partition[0], STRVIEW("PEN"));

    let_loop_turn();

    ck_assert_uint_eq(batch->aggregate_count, 2);
    ck_assert(batch->aggregates[0]->is_drained);
    ck_assert(strview_is(batch->aggregates[0]->id, "PEN"));
    ck_assert(!batch->aggregates[1]->is_drained);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_test(courses, a_batch_begins_in_the_next_turn_and_moves_the_position);
    tcase_add_test(courses, what_it_holds_where_its_end_is_and_that_there_is_room_again_is_told);
    tcase_add_test(courses,
                   who_is_read_and_brings_nothing_counts_as_at_its_end_until_a_record_comes);
    tcase_add_test(courses, who_is_paused_or_has_more_to_come_is_not_silent);
    tcase_add_test(courses, who_lies_outside_the_log_counts_as_at_its_end);
    tcase_add_test(courses, who_waits_to_be_read_again_is_not_stuck);
    tcase_add_test(courses, only_so_many_are_on_their_way_and_the_next_one_follows);
    tcase_add_test(courses, the_drained_one_is_the_first_of_its_batch);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
