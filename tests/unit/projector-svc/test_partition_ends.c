/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that is stopped or closed while a batch is on its way.
 */
#include "tests/unit/projector-svc/partition_fixture.h"

/* Who waits for its end, to give it back, is told: no smaller batch follows. */
START_TEST(one_that_is_stopped_while_its_batch_is_too_large_has_ended)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    let_loop_turn();
    partition_stop(partition[0]);
    answer(ERROR_EXHAUSTED);
    ck_assert(!partition_is_busy(partition[0]));
    ck_assert_uint_eq(stopped, 1);
    ck_assert_uint_eq(closed, 0);
}
END_TEST

START_TEST(a_stopped_one_ends_what_is_on_its_way_and_begins_nothing)
{
    open_at(0, VIEW_POSITIONS_NONE);
    open_at(1, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    take(0, 1);
    take(1, 0);
    partition_stop(partition[0]);
    partition_stop(partition[1]); /* it waits for its turn */
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert_uint_eq(stopped, 1);
    ck_assert_int_eq(position_of(0), 1);
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);
}
END_TEST

static void recheck(struct partition *which)
{
    partition_recheck(which);
}

static void (*const CLOSERS[])(struct partition *) = {recheck, partition_halt};
enum { CLOSER_COUNT = sizeof CLOSERS / sizeof CLOSERS[0] };

START_TEST(a_batch_on_its_way_ends_before_it_is_closed)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    CLOSERS[_i](partition[0]);
    ck_assert(partition_is_busy(partition[0]));
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert(partition_is_closed(partition[0]));
    ck_assert_uint_eq(closed, 1);
    ck_assert_int_eq(closed_why, ERROR_NONE);
    ck_assert_int_eq(position_of(0), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition_ends");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_test(courses, one_that_is_stopped_while_its_batch_is_too_large_has_ended);
    tcase_add_test(courses, a_stopped_one_ends_what_is_on_its_way_and_begins_nothing);
    tcase_add_loop_test(courses, a_batch_on_its_way_ends_before_it_is_closed, 0, CLOSER_COUNT);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
