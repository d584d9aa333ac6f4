/* SPDX-License-Identifier: Apache-2.0 */
/* Commands in the lines of their shards: who comes next, who rests, whose time is over. */
#include "command-svc/core/backlog.h"
#include "tests/support/check_main.h"

enum { WAITERS = 6, START_MS = 1000, TIMEOUT_MS = 10000 };

static struct backlog backlog;
static struct waiter waiters[WAITERS];

static void open_backlog(void)
{
    backlog = (struct backlog){.count = 0};
}

/* The i-th joins i ms after the first. */
static struct waiter *join(size_t i, int shard)
{
    waiters[i] = (struct waiter){.shard = shard, .deadline_ms = START_MS + TIMEOUT_MS + (int64_t)i};
    backlog_join(&backlog, &waiters[i]);
    return &waiters[i];
}

START_TEST(each_shard_has_a_line_of_its_own)
{
    join(0, 3);
    join(1, 5);
    join(2, 3);

    ck_assert_ptr_eq(backlog_take(&backlog, 5), &waiters[1]);
    ck_assert_ptr_eq(backlog_take(&backlog, 3), &waiters[0]);
    ck_assert_ptr_eq(backlog_take(&backlog, 3), &waiters[2]);
    ck_assert_ptr_null(backlog_take(&backlog, 3));
    ck_assert(backlog_is_empty(&backlog));
}
END_TEST

START_TEST(who_comes_back_keeps_the_place_whatever_the_order_of_coming)
{
    for (size_t i = 0; i < 4; i++) {
        join(i, 0);
    }
    struct waiter *first = backlog_take(&backlog, 0);
    struct waiter *second = backlog_take(&backlog, 0);
    struct waiter *third = backlog_take(&backlog, 0);

    backlog_return(&backlog, second);
    backlog_return(&backlog, third);
    backlog_return(&backlog, first);

    ck_assert_uint_eq(backlog.count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[i]);
    }
}
END_TEST

START_TEST(who_comes_back_alone_is_followed_by_who_joins_later)
{
    join(0, 0);
    backlog_return(&backlog, backlog_take(&backlog, 0));
    join(1, 0);

    ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[0]);
    ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[1]);
}
END_TEST

START_TEST(who_rests_lets_the_others_pass_and_comes_back_before_them)
{
    join(0, 0);
    join(1, 0);
    ck_assert_int_eq(backlog_rest(&backlog, backlog_take(&backlog, 0), START_MS),
                     BACKLOG_REST_MIN_MS);
    ck_assert_ptr_eq(backlog_first(&backlog, 0), &waiters[1]);

    backlog_wake(&backlog, START_MS + BACKLOG_REST_MIN_MS - 1);
    ck_assert_ptr_eq(backlog_first(&backlog, 0), &waiters[1]);
    backlog_wake(&backlog, START_MS + BACKLOG_REST_MIN_MS);
    ck_assert_ptr_eq(backlog_first(&backlog, 0), &waiters[0]);
}
END_TEST

START_TEST(rests_grow_to_a_second)
{
    static const int64_t RESTS[] = {20, 40, 80, 160, 320, 640, 1000, 1000};
    join(0, 0);
    for (size_t i = 0; i < sizeof RESTS / sizeof RESTS[0]; i++) {
        struct waiter *waiter = backlog_take(&backlog, 0);
        ck_assert_int_eq(backlog_rest(&backlog, waiter, START_MS), RESTS[i]);
        backlog_wake(&backlog, START_MS + RESTS[i]);
    }
}
END_TEST

START_TEST(time_is_over_for_who_waits_and_for_who_rests)
{
    join(0, 7);
    join(1, 2);
    join(2, 2);
    (void)backlog_rest(&backlog, backlog_take(&backlog, 7), START_MS);

    ck_assert_int_eq(backlog_deadline_ms(&backlog), START_MS + TIMEOUT_MS);
    ck_assert_ptr_null(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS - 1));
    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS), &waiters[0]);
    ck_assert_ptr_null(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS));
    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS + 2), &waiters[1]);
    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS + 2), &waiters[2]);
    ck_assert(backlog_is_empty(&backlog));
    ck_assert_int_eq(backlog_deadline_ms(&backlog), INT64_MAX);
}
END_TEST

START_TEST(all_can_be_sent_away)
{
    join(0, 0);
    join(1, 1);
    (void)backlog_rest(&backlog, backlog_take(&backlog, 1), START_MS);

    ck_assert_ptr_nonnull(backlog_take_expired(&backlog, INT64_MAX));
    ck_assert_ptr_nonnull(backlog_take_expired(&backlog, INT64_MAX));
    ck_assert_ptr_null(backlog_take_expired(&backlog, INT64_MAX));
    ck_assert(backlog_is_empty(&backlog));
}
END_TEST

START_TEST(time_is_over_for_who_rests_behind_another)
{
    join(1, 0);
    join(0, 0); /* its deadline comes first */
    (void)backlog_rest(&backlog, backlog_take(&backlog, 0), START_MS);
    (void)backlog_rest(&backlog, backlog_take(&backlog, 0), START_MS);

    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS), &waiters[0]);
    ck_assert_ptr_null(backlog_take_expired(&backlog, START_MS + TIMEOUT_MS));
    ck_assert_ptr_eq(backlog_take_expired(&backlog, INT64_MAX), &waiters[1]);
    ck_assert(backlog_is_empty(&backlog));
}
END_TEST

static struct waiter *join_with(size_t i, uint64_t turn, uint64_t aggregate)
{
    waiters[i] = (struct waiter){
        .shard = 0, .deadline_ms = START_MS + TIMEOUT_MS, .turn = turn, .aggregate = aggregate};
    backlog_join(&backlog, &waiters[i]);
    return &waiters[i];
}

START_TEST(an_earlier_turn_goes_before_those_who_came_before)
{
    join_with(0, 10, 1);
    join_with(1, 30, 2);
    join_with(2, 20, 3);
    join_with(3, 10, 4);
    join_with(4, 5, 5);

    static const size_t ORDER[] = {4, 0, 3, 2, 1};
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[ORDER[i]]);
    }
}
END_TEST

START_TEST(nobody_overtakes_a_command_on_the_same_aggregate)
{
    join_with(0, 10, 1);
    join_with(1, 30, 2);
    join_with(2, 40, 3);
    join_with(3, 5, 2); /* behind 1 */
    join_with(4, 6, 4);

    static const size_t ORDER[] = {4, 0, 1, 3, 2};
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[ORDER[i]]);
    }
}
END_TEST

START_TEST(who_comes_back_goes_to_its_turn)
{
    join_with(0, 10, 1);
    struct waiter *taken = backlog_take(&backlog, 0);
    join_with(1, 10, 1);
    join_with(2, 15, 2);
    backlog_return(&backlog, taken);

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_eq(backlog_take(&backlog, 0), &waiters[i]);
    }
}
END_TEST

START_TEST(time_is_over_in_the_middle_of_a_line)
{
    join_with(0, 10, 1)->deadline_ms = START_MS + 2;
    join_with(1, 20, 2)->deadline_ms = START_MS + 1;
    join_with(2, 30, 3)->deadline_ms = START_MS + 3;

    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + 1), &waiters[1]);
    ck_assert_ptr_null(backlog_take_expired(&backlog, START_MS + 1));
    ck_assert_uint_eq(backlog.count, 2);
    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + 3), &waiters[0]);
    ck_assert_ptr_eq(backlog_take_expired(&backlog, START_MS + 3), &waiters[2]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/backlog");
    TCase *lines = tcase_create("lines");
    tcase_add_checked_fixture(lines, open_backlog, NULL);
    tcase_add_test(lines, each_shard_has_a_line_of_its_own);
    tcase_add_test(lines, who_comes_back_keeps_the_place_whatever_the_order_of_coming);
    tcase_add_test(lines, who_comes_back_alone_is_followed_by_who_joins_later);
    tcase_add_test(lines, who_rests_lets_the_others_pass_and_comes_back_before_them);
    tcase_add_test(lines, rests_grow_to_a_second);
    tcase_add_test(lines, time_is_over_for_who_waits_and_for_who_rests);
    tcase_add_test(lines, all_can_be_sent_away);
    tcase_add_test(lines, time_is_over_for_who_rests_behind_another);
    tcase_add_test(lines, an_earlier_turn_goes_before_those_who_came_before);
    tcase_add_test(lines, nobody_overtakes_a_command_on_the_same_aggregate);
    tcase_add_test(lines, who_comes_back_goes_to_its_turn);
    tcase_add_test(lines, time_is_over_in_the_middle_of_a_line);
    suite_add_tcase(suite, lines);
    return check_main(suite);
}
