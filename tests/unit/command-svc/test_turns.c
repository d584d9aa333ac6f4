/* SPDX-License-Identifier: Apache-2.0 */
/* How each shard's lock is asked for: tried twice, then queued for, in turn. */
#include "command-svc/core/turns.h"
#include "tests/support/check_main.h"

enum { SHARDS = 6, NOW = 1000 };

static struct turns turns;
static struct backlog backlog;
static struct waiter waiters[SHARDS];

/* A command waits for every shard. */
static void open_turns(void)
{
    turns = (struct turns){.last = 0};
    backlog = (struct backlog){.count = 0};
    for (int shard = 0; shard < SHARDS; shard++) {
        waiters[shard] = (struct waiter){.shard = shard};
        backlog_join(&backlog, &waiters[shard]);
    }
}

static void miss(int shard, int times)
{
    for (int i = 0; i < times; i++) {
        turns_missed(&turns, shard, NOW);
    }
}

static int next(int64_t now_ms)
{
    return turns_next(&turns, &backlog, SHARDS, now_ms);
}

START_TEST(a_shard_is_tried_until_it_was_missed_twice)
{
    ck_assert(turns_may_try(&turns, 1));
    miss(1, 1);
    ck_assert(turns_may_try(&turns, 1));
    ck_assert_int_eq(next(NOW), TURNS_NONE);
    miss(1, 1);

    ck_assert(!turns_may_try(&turns, 1));
    ck_assert_int_eq(next(NOW), 1);
    ck_assert(turns_may_try(&turns, 2));
}
END_TEST

START_TEST(a_miss_that_a_hit_follows_does_not_count)
{
    miss(1, 1);
    turns_got(&turns, 1);
    miss(1, 1);

    ck_assert(turns_may_try(&turns, 1));
}
END_TEST

START_TEST(missed_shards_are_queued_for_in_turn)
{
    miss(1, 2);
    miss(4, 2);
    miss(5, 2);
    static const int WANTED[] = {1, 4, 5, 1};

    for (size_t i = 0; i < sizeof WANTED / sizeof WANTED[0]; i++) {
        const int shard = next(NOW);
        ck_assert_int_eq(shard, WANTED[i]);
        turns_waited(&turns, shard, false, NOW);
    }
}
END_TEST

START_TEST(nobody_queues_for_a_shard_that_no_command_waits_for)
{
    miss(2, 2);
    (void)backlog_take(&backlog, 2);

    ck_assert_int_eq(next(NOW), TURNS_NONE);
}
END_TEST

START_TEST(a_shard_that_was_got_by_queueing_is_tried_again)
{
    miss(2, 2);
    turns_take(&turns, next(NOW));
    turns_got(&turns, 2);
    ck_assert(!turns_may_try(&turns, 2));
    turns_give(&turns, 2);

    ck_assert(turns_may_try(&turns, 2));
    ck_assert_int_eq(turns_missed_for_ms(&turns, 2, NOW + 5), 0);
}
END_TEST

START_TEST(one_batch_at_a_time_has_commands_of_a_shard)
{
    miss(2, 2);
    turns_let_try(&turns, 0, 2, SHARDS);
    ck_assert(turns_may_try(&turns, 2));
    turns_take(&turns, 2);

    ck_assert(!turns_may_try(&turns, 2));
    ck_assert_int_eq(next(NOW), TURNS_NONE);
    miss(2, 1);
    ck_assert_int_eq(next(NOW), TURNS_NONE);
    turns_give(&turns, 2);
    ck_assert_int_eq(next(NOW), 2);
}
END_TEST

START_TEST(with_one_lock_got_the_others_of_its_lane_are_tried_once)
{
    miss(0, 2);
    miss(2, 2);
    miss(3, 2);

    turns_let_try(&turns, 0, 2, SHARDS);

    ck_assert(turns_may_try(&turns, 2));
    ck_assert(!turns_may_try(&turns, 3));
    miss(2, 1);
    ck_assert(!turns_may_try(&turns, 2));
}
END_TEST

START_TEST(a_stuck_shard_is_queued_for_less_often_while_its_holder_stays)
{
    static const int64_t PAUSES[] = {250, 500, 1000, 1000};
    miss(3, 2);
    int64_t now_ms = NOW;
    for (size_t i = 0; i < sizeof PAUSES / sizeof PAUSES[0]; i++) {
        ck_assert_int_eq(next(now_ms), 3);
        turns_waited(&turns, 3, true, now_ms);
        ck_assert_int_eq(next(now_ms + PAUSES[i] - 1), TURNS_NONE);
        now_ms += PAUSES[i];
    }
    ck_assert_int_eq(next(now_ms), 3);
    turns_let_try(&turns, 1, 2, SHARDS);
    ck_assert(!turns_may_try(&turns, 3));
    ck_assert(turns_is_stuck(&turns, 3));

    turns_waited(&turns, 3, false, now_ms);
    ck_assert_int_eq(next(now_ms), 3);
}
END_TEST

START_TEST(how_long_a_lock_stays_away_is_counted_from_the_first_miss)
{
    turns_missed(&turns, 3, NOW);
    ck_assert_int_eq(turns_missed_for_ms(&turns, 3, NOW + 700), 0);
    turns_missed(&turns, 3, NOW + 100);

    ck_assert_int_eq(turns_missed_for_ms(&turns, 3, NOW + 700), 700);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/turns");
    TCase *locks = tcase_create("locks");
    tcase_add_checked_fixture(locks, open_turns, NULL);
    tcase_add_test(locks, a_shard_is_tried_until_it_was_missed_twice);
    tcase_add_test(locks, a_miss_that_a_hit_follows_does_not_count);
    tcase_add_test(locks, missed_shards_are_queued_for_in_turn);
    tcase_add_test(locks, nobody_queues_for_a_shard_that_no_command_waits_for);
    tcase_add_test(locks, a_shard_that_was_got_by_queueing_is_tried_again);
    tcase_add_test(locks, with_one_lock_got_the_others_of_its_lane_are_tried_once);
    tcase_add_test(locks, a_stuck_shard_is_queued_for_less_often_while_its_holder_stays);
    tcase_add_test(locks, one_batch_at_a_time_has_commands_of_a_shard);
    tcase_add_test(locks, how_long_a_lock_stays_away_is_counted_from_the_first_miss);
    suite_add_tcase(suite, locks);
    return check_main(suite);
}
