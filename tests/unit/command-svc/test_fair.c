/* SPDX-License-Identifier: Apache-2.0 */
/* Whose command is next: nobody who sends little waits for those who send much. */
#include "command-svc/core/fair.h"
#include "tests/support/check_main.h"

enum { HEAVY = 1, LIGHT = 2, THIRD = 3, COST = 100 };

static struct fair fair;

static void open_fair(void)
{
    fair = (struct fair){.now = 0};
}

static void close_fair(void)
{
    shares_done(&fair.shares);
}

static uint64_t join(uint64_t who, enum command_kind kind)
{
    uint64_t turn;
    (void)fair_join(&fair, who, kind, COST, &turn);
    return turn;
}

START_TEST(turns_of_one_principal_are_its_cost_apart)
{
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), 0);
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), COST);
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), 2 * COST);
}
END_TEST

START_TEST(who_comes_later_with_little_is_behind_one_of_each_other)
{
    for (int i = 0; i < 400; i++) {
        (void)join(HEAVY, COMMAND_PLACE_ORDER);
    }
    fair_take(&fair, 10 * COST);
    ck_assert_uint_eq(join(LIGHT, COMMAND_PLACE_ORDER), 10 * COST);
    ck_assert_uint_eq(join(LIGHT, COMMAND_PLACE_ORDER), 11 * COST);
    ck_assert_uint_eq(join(THIRD, COMMAND_PLACE_ORDER), 10 * COST);
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), 400 * COST);
}
END_TEST

START_TEST(nobody_saves_turns_up)
{
    uint64_t turn;
    struct share *share = fair_join(&fair, LIGHT, COMMAND_PLACE_ORDER, COST, &turn);
    fair_leave(&fair, share, COMMAND_PLACE_ORDER, COST, turn);
    fair_take(&fair, 50 * COST);
    fair_take(&fair, 20 * COST); /* came back, and was taken again */
    ck_assert_uint_eq(join(LIGHT, COMMAND_PLACE_ORDER), 50 * COST);
}
END_TEST

START_TEST(what_ended_before_its_turn_is_not_counted)
{
    enum { ENDED = 400 };
    struct share *shares[ENDED];
    uint64_t turns[ENDED];
    (void)join(HEAVY, COMMAND_PLACE_ORDER); /* keeps its share, and is taken */
    fair_take(&fair, 0);
    for (int i = 0; i < ENDED; i++) {
        shares[i] = fair_join(&fair, HEAVY, i % 2 == 0 ? COMMAND_PLACE_ORDER : COMMAND_CANCEL_ORDER,
                              COST, &turns[i]);
    }
    for (int i = 0; i < ENDED; i++) {
        fair_leave(&fair, shares[i], i % 2 == 0 ? COMMAND_PLACE_ORDER : COMMAND_CANCEL_ORDER, COST,
                   turns[i]);
    }
    ck_assert_uint_le(join(HEAVY, COMMAND_PLACE_ORDER), COST);
    ck_assert_uint_le(join(HEAVY, COMMAND_CANCEL_ORDER), COST);
}
END_TEST

START_TEST(what_ends_while_others_get_on_takes_its_cost_along)
{
    enum { WAITING = 4 };
    struct share *shares[WAITING];
    uint64_t turns[WAITING];
    for (int i = 0; i < WAITING; i++) {
        shares[i] = fair_join(&fair, HEAVY, COMMAND_PLACE_ORDER, COST, &turns[i]);
    }
    for (int i = 1; i < WAITING; i++) { /* the first is in hand, and comes to no end */
        fair_leave(&fair, shares[i], COMMAND_PLACE_ORDER, COST, turns[i]);
        fair_take(&fair, turns[i]); /* another's */
    }
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), turns[WAITING - 1]);
}
END_TEST

START_TEST(what_was_taken_stays_counted)
{
    uint64_t turn;
    (void)join(HEAVY, COMMAND_PLACE_ORDER);
    struct share *share = fair_join(&fair, HEAVY, COMMAND_PLACE_ORDER, COST, &turn);
    fair_take(&fair, turn);
    fair_leave(&fair, share, COMMAND_PLACE_ORDER, COST, turn);
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), 2 * COST);
}
END_TEST

START_TEST(what_exists_does_not_wait_behind_new_orders)
{
    for (int i = 0; i < 10; i++) {
        (void)join(HEAVY, COMMAND_PLACE_ORDER);
    }
    ck_assert_uint_eq(join(HEAVY, COMMAND_CANCEL_ORDER), 0);
    ck_assert_uint_eq(join(HEAVY, COMMAND_CAPTURE_PAYMENT), COST / FAIR_FOLLOW_UP_PART);
    ck_assert_uint_eq(join(HEAVY, COMMAND_PLACE_ORDER), 10 * COST);
}
END_TEST

START_TEST(cost_is_that_of_a_batch)
{
    const struct command order = {.kind = COMMAND_PLACE_ORDER, .place_order.line_count = 500};
    const struct command note = {.kind = COMMAND_ADD_NOTE};
    ck_assert_uint_eq(fair_cost(&note, 0), FAIR_COMMAND_COST);
    ck_assert_uint_eq(fair_cost(&note, 4096), FAIR_COMMAND_COST + 16);
    ck_assert_uint_eq(fair_cost(&order, 0), FAIR_COMMAND_COST + 500);
}
END_TEST

START_TEST(a_full_queue_is_full_for_those_who_have_most_of_it)
{
    enum { QUEUE = 10 };
    ck_assert(fair_is_small(&fair, LIGHT, QUEUE));
    for (int i = 0; i < QUEUE; i++) {
        (void)join(HEAVY, COMMAND_PLACE_ORDER);
    }
    ck_assert(!fair_is_small(&fair, HEAVY, QUEUE)); /* all of it, and nobody else wants any */
    ck_assert(!fair_is_large(&fair, HEAVY, QUEUE));
    ck_assert(fair_is_small(&fair, LIGHT, QUEUE));
    for (int i = 0; i < QUEUE / 2; i++) {
        ck_assert(fair_is_small(&fair, LIGHT, QUEUE));
        (void)join(LIGHT, COMMAND_PLACE_ORDER);
    }
    ck_assert(!fair_is_small(&fair, LIGHT, QUEUE));
    ck_assert(fair_is_large(&fair, LIGHT, QUEUE) && fair_is_large(&fair, HEAVY, QUEUE));
    ck_assert(fair_is_small(&fair, THIRD, QUEUE));
}
END_TEST

START_TEST(of_more_principals_than_places_a_new_one_is_neither_small_nor_to_blame)
{
    (void)join(HEAVY, COMMAND_PLACE_ORDER);
    (void)join(LIGHT, COMMAND_PLACE_ORDER);
    ck_assert(!fair_is_small(&fair, THIRD, 2));
    ck_assert(!fair_is_large(&fair, THIRD, 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/fair");
    TCase *tcase = tcase_create("fair");
    tcase_add_checked_fixture(tcase, open_fair, close_fair);
    tcase_add_test(tcase, turns_of_one_principal_are_its_cost_apart);
    tcase_add_test(tcase, who_comes_later_with_little_is_behind_one_of_each_other);
    tcase_add_test(tcase, nobody_saves_turns_up);
    tcase_add_test(tcase, what_ended_before_its_turn_is_not_counted);
    tcase_add_test(tcase, what_ends_while_others_get_on_takes_its_cost_along);
    tcase_add_test(tcase, what_was_taken_stays_counted);
    tcase_add_test(tcase, what_exists_does_not_wait_behind_new_orders);
    tcase_add_test(tcase, cost_is_that_of_a_batch);
    tcase_add_test(tcase, a_full_queue_is_full_for_those_who_have_most_of_it);
    tcase_add_test(tcase, of_more_principals_than_places_a_new_one_is_neither_small_nor_to_blame);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
