/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/recovery.h"
#include "tests/support/check_main.h"

static const struct {
    int64_t seen;
    int64_t committed;
    int64_t position;
    int64_t goal; /* as Redis has it */
    int64_t new_goal;
    int64_t news;
} FINDINGS[] = {
    {0, 0, 0, 0, 0, 0},    /* a new one */
    {10, 10, 10, 0, 0, 0}, /* nothing lost */
    {10, 8, 10, 0, 0, 0},  /* a commit is behind by nature */
    {10, 8, 4, 0, 10, 10}, /* what we saw ourselves */
    {0, 8, 4, 0, 8, 8},    /* what the group had committed */
    {0, 0, 4, 9, 9, 0},    /* told by another one: no news to Redis */
    {10, 8, 4, 10, 10, 0}, /* the same again */
    {10, 8, 4, 20, 20, 0}, /* another one had come farther */
    {0, 12, 4, 9, 12, 12}, /* or not as far */
    {10, 0, 20, 15, 0, 0}, /* reached meanwhile */
};
enum { FINDING_COUNT = sizeof FINDINGS / sizeof FINDINGS[0] };

START_TEST(the_farthest_that_anybody_knows_is_the_goal)
{
    struct recovery recovery = {.committed = FINDINGS[_i].committed};
    ck_assert_int_eq(
        recovery_find(&recovery, FINDINGS[_i].seen, FINDINGS[_i].position, FINDINGS[_i].goal),
        FINDINGS[_i].news);
    ck_assert_int_eq(recovery.goal, FINDINGS[_i].new_goal);
}
END_TEST

START_TEST(it_is_reached_at_the_goal_and_not_without_one)
{
    struct recovery recovery = {.goal = 10};
    ck_assert(!recovery_is_reached(&recovery, 9));
    ck_assert(recovery_is_reached(&recovery, 10));
    recovery.goal = 0;
    ck_assert(!recovery_is_reached(&recovery, 10));
}
END_TEST

START_TEST(a_goal_that_is_reached_and_still_told_is_left_over)
{
    struct recovery recovery = {.goal = 0};
    ck_assert(recovery_is_left_over(&recovery, 10, 10));
    ck_assert(recovery_is_left_over(&recovery, 10, -1));
    ck_assert(!recovery_is_left_over(&recovery, 9, 10));
    ck_assert(!recovery_is_left_over(&recovery, 10, 0)); /* none is told */
    recovery.goal = 12;
    ck_assert(!recovery_is_left_over(&recovery, 10, 10)); /* a batch will end it */
}
END_TEST

START_TEST(what_was_lost_and_is_there_again_is_said_once)
{
    struct recovery recovery = {.committed = 7, .opened = 0};
    ck_assert(!recovery_is_over_already(&recovery, 6));
    ck_assert(recovery_is_over_already(&recovery, 7));
    ck_assert(!recovery_is_over_already(&recovery, 8));
}
END_TEST

START_TEST(who_began_where_the_group_was_has_lost_nothing)
{
    struct recovery recovery = {.committed = 7, .opened = 7};
    ck_assert(!recovery_is_over_already(&recovery, 9));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/recovery");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, the_farthest_that_anybody_knows_is_the_goal, 0, FINDING_COUNT);
    tcase_add_test(rules, it_is_reached_at_the_goal_and_not_without_one);
    tcase_add_test(rules, a_goal_that_is_reached_and_still_told_is_left_over);
    tcase_add_test(rules, what_was_lost_and_is_there_again_is_said_once);
    tcase_add_test(rules, who_began_where_the_group_was_has_lost_nothing);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
