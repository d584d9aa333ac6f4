/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's goal, how far its views once were: when it is taken back.
 */
#include "tests/unit/projector-svc/partition_fixture.h"

/* after so many answers the group says how far the views once were */
START_TEST(a_goal_learnt_in_flight_is_taken_away_again)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    for (int i = 0; i < _i; i++) {
        answer(ERROR_NONE);
    }
    partition_note_committed(partition[0], 1);
    ck_assert_int_eq(partition_report(partition[0], -1, 0).goal, 1);
    for (int i = _i; i < 2; i++) {
        answer(ERROR_NONE);
    }
    ck_assert_int_eq(partition_report(partition[0], -1, 0).goal, 0);
    ck_assert_int_eq((int)recovered, _i); /* before it was folded, its call says so */
}
END_TEST

START_TEST(a_goal_that_is_reached_already_is_taken_back)
{
    partition_open(
        partition[0],
        &(struct partition_stand){.position = 7, .goal = 7, .identity = {.offset = ANCHOR_NONE}});
    ck_assert_uint_eq(recovered, 1);

    partition_heed_goal(partition[0], 7, 8); /* Redis lost something: what follows will end it */
    partition_heed_goal(partition[0], 7, 0);
    ck_assert_uint_eq(recovered, 1);
    partition_heed_goal(partition[0], 7, 5); /* told late, by one that was frozen */
    ck_assert_uint_eq(recovered, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition_goal");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_loop_test(courses, a_goal_learnt_in_flight_is_taken_away_again, 0, 2);
    tcase_add_test(courses, a_goal_that_is_reached_already_is_taken_back);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
