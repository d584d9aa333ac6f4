/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/turns.h"
#include "tests/support/check_main.h"

static struct turns turns;
static struct turn turn[6];

static void forget(void)
{
    turns = (struct turns){.taken = 0};
    for (size_t i = 0; i < sizeof turn / sizeof turn[0]; i++) {
        turn[i] = (struct turn){.state = TURN_NONE};
    }
}

static bool take_first(size_t bytes)
{
    return turns_take(&turns, turns_first(&turns), bytes);
}

START_TEST(turns_are_given_in_the_order_of_asking)
{
    for (size_t i = 0; i < 3; i++) {
        turns_wait(&turns, &turn[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_eq(turns_first(&turns), &turn[i]);
        ck_assert(take_first(1));
        ck_assert_int_eq(turn[i].state, TURN_TAKEN);
    }
    ck_assert_ptr_null(turns_first(&turns));
}
END_TEST

START_TEST(so_many_have_one_and_the_next_follows_when_one_ends)
{
    for (size_t i = 0; i < TURNS_MAX + 1; i++) {
        turns_wait(&turns, &turn[i]);
    }
    for (size_t i = 0; i < TURNS_MAX; i++) {
        ck_assert(take_first(1));
    }
    ck_assert(!take_first(1));
    turns_end(&turns, &turn[2]);
    ck_assert(take_first(1));
    ck_assert_int_eq(turn[TURNS_MAX].state, TURN_TAKEN);
}
END_TEST

START_TEST(a_large_one_goes_alone_and_nobody_small_overtakes_it)
{
    turns_wait(&turns, &turn[0]);
    ck_assert(take_first(1));
    turns_wait(&turns, &turn[1]);
    turns_wait(&turns, &turn[2]);
    ck_assert(!take_first(2 * TURNS_BYTES));
    ck_assert_ptr_eq(turns_first(&turns), &turn[1]);
    turns_end(&turns, &turn[0]);
    ck_assert(take_first(2 * TURNS_BYTES));
    ck_assert(!take_first(1));
    turns_end(&turns, &turn[1]);
    ck_assert(take_first(1));
}
END_TEST

START_TEST(bytes_up_to_the_bound_are_on_their_way_at_once)
{
    turns_wait(&turns, &turn[0]);
    turns_wait(&turns, &turn[1]);
    turns_wait(&turns, &turn[2]);
    ck_assert(take_first(TURNS_BYTES / 2));
    ck_assert(take_first(TURNS_BYTES / 2));
    ck_assert(!take_first(1));
}
END_TEST

/* which of three leaves, and who is left in which order */
static const struct {
    size_t leaves;
    size_t left[2];
} LEAVING[] = {{0, {1, 2}}, {1, {0, 2}}, {2, {0, 1}}};

START_TEST(who_leaves_the_line_leaves_the_others_in_their_order)
{
    for (size_t i = 0; i < 3; i++) {
        turns_wait(&turns, &turn[i]);
    }
    turns_leave(&turns, &turn[LEAVING[_i].leaves]);
    ck_assert_int_eq(turn[LEAVING[_i].leaves].state, TURN_NONE);
    turns_wait(&turns, &turn[3]);
    ck_assert_ptr_eq(turns_first(&turns), &turn[LEAVING[_i].left[0]]);
    ck_assert(take_first(1));
    ck_assert_ptr_eq(turns_first(&turns), &turn[LEAVING[_i].left[1]]);
    ck_assert(take_first(1));
    ck_assert_ptr_eq(turns_first(&turns), &turn[3]);
    turns_leave(&turns, &turn[3]);
    ck_assert_ptr_null(turns_first(&turns));
}
END_TEST

START_TEST(who_does_not_wait_does_not_leave)
{
    turns_leave(&turns, &turn[0]);
    turns_wait(&turns, &turn[0]);
    ck_assert(take_first(1));
    turns_leave(&turns, &turn[0]);
    ck_assert_int_eq(turn[0].state, TURN_TAKEN);
    ck_assert_uint_eq(turns.taken, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/turns");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, forget, NULL);
    tcase_add_test(rules, turns_are_given_in_the_order_of_asking);
    tcase_add_test(rules, so_many_have_one_and_the_next_follows_when_one_ends);
    tcase_add_test(rules, a_large_one_goes_alone_and_nobody_small_overtakes_it);
    tcase_add_test(rules, bytes_up_to_the_bound_are_on_their_way_at_once);
    tcase_add_loop_test(rules, who_leaves_the_line_leaves_the_others_in_their_order, 0, 3);
    tcase_add_test(rules, who_does_not_wait_does_not_leave);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
