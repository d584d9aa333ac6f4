/* SPDX-License-Identifier: Apache-2.0 */
/* Whose commands come into a lane's batch: its own shards', in turn, and of those in use nobody's.
 */
#include "command-svc/batch/lane_internal.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>

enum { LANES = 2, SHARDS = 6, SUBMISSIONS = 16, ARENA_MAX = 16 << 20, ID_LEN = 16 };

static struct lanes_options options = {.count = LANES};
static struct lane_common *common;
static struct lane *lane;
static struct submission submissions[SUBMISSIONS];
static char ids[SUBMISSIONS][ID_LEN];
static size_t submitted;

static void begin_batch(void)
{
    arena_reset(&lane->arena);
    batch_init(&lane->batch, &lane->arena);
}

static void open_lane(void)
{
    common = calloc(1, sizeof *common);
    lane = calloc(1, sizeof *lane);
    ck_assert(common != NULL && lane != NULL);
    common->options = &options;
    common->shards = SHARDS;
    lane->common = common;
    repeat_init(&lane->repeat);
    arena_init(&lane->arena, ARENA_MAX);
    submitted = 0;
    begin_batch();
}

static void close_lane(void)
{
    batch_done(&lane->batch);
    arena_done(&lane->arena);
    free(lane);
    free(common);
}

static struct submission *submit(int shard)
{
    struct submission *submission = &submissions[submitted];
    (void)snprintf(ids[submitted], ID_LEN, "c-%zu", submitted);
    *submission =
        (struct submission){.waiter.shard = shard, .command = a_registration(ids[submitted])};
    submitted++;
    backlog_join(&common->backlog, &submission->waiter);
    return submission;
}

static void assert_collected(const int *shards, size_t count)
{
    ck_assert_uint_eq(lane->batch.count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(lane->submissions[i]->waiter.shard, shards[i]);
        ck_assert_ptr_eq(lane->batch.items[i].command, &lane->submissions[i]->command);
    }
}

START_TEST(a_lane_takes_every_nth_shard)
{
    for (int shard = 0; shard < SHARDS; shard++) {
        submit(shard);
    }
    lane->place = 1;
    lane_collect(lane);
    assert_collected((int[]){1, 3, 5}, 3);
    ck_assert(!lane_has_waiters(lane));
    lane->place = 0;
    ck_assert(lane_has_waiters(lane));
}
END_TEST

START_TEST(commands_of_a_shard_stay_in_their_order)
{
    const struct submission *first = submit(0);
    const struct submission *second = submit(0);
    lane_collect(lane);
    ck_assert_ptr_eq(lane->submissions[0], first);
    ck_assert_ptr_eq(lane->submissions[1], second);
}
END_TEST

START_TEST(a_full_batch_goes_on_with_the_next_shard)
{
    submit(0);
    submit(0);
    submit(0);
    submit(2);
    lane->repeat.most = 2;
    lane_collect(lane);
    assert_collected((int[]){0, 0}, 2);
    batch_done(&lane->batch);
    begin_batch();
    lane_collect(lane);
    assert_collected((int[]){2, 0}, 2);
}
END_TEST

/* By turns, whichever shard they wait in; and the lane's clock goes on with them. */
START_TEST(the_earliest_turn_comes_first_in_whichever_shard)
{
    static const struct {
        int shard;
        uint64_t turn;
    } WAITING[] = {{0, 10}, {0, 20}, {0, 50}, {2, 5}, {2, 30}, {4, 20}};
    for (size_t i = 0; i < sizeof WAITING / sizeof WAITING[0]; i++) {
        struct submission *submission = &submissions[i];
        (void)snprintf(ids[i], ID_LEN, "c-%zu", i);
        *submission = (struct submission){
            .waiter = {.shard = WAITING[i].shard, .turn = WAITING[i].turn, .aggregate = i},
            .command = a_registration(ids[i])};
        backlog_join(&common->backlog, &submission->waiter);
    }
    lane->repeat.most = 5;
    lane_collect(lane);
    assert_collected((int[]){2, 0, 0, 4, 2}, 5);
    ck_assert_uint_eq(common->fair[0].now, 30);
    ck_assert_uint_eq(common->fair[1].now, 0);
}
END_TEST

START_TEST(a_shard_in_use_is_left_alone_until_it_is_given_back)
{
    submit(0);
    lane_collect(lane);
    lane_take_shards(lane);
    ck_assert_uint_eq(lane->shard_count, 1);
    batch_done(&lane->batch);
    submit(0);
    begin_batch();
    lane_collect(lane);
    ck_assert_uint_eq(lane->batch.count, 0);
    ck_assert(!lane_has_waiters(lane));

    lane_give_shards(lane);
    lane_collect(lane);
    assert_collected((int[]){0}, 1);
}
END_TEST

START_TEST(the_queueing_lane_takes_one_shard_that_was_missed)
{
    submit(1);
    submit(4);
    for (int i = 0; i < TURNS_MISSES; i++) {
        turns_missed(&common->turns, 4, 0);
    }
    lane->place = LANE_QUEUES;
    ck_assert(!lane_has_waiters(lane));
    lane_collect(lane);
    assert_collected((int[]){4}, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/lane_shards");
    TCase *tcase = tcase_create("shards");
    tcase_add_checked_fixture(tcase, open_lane, close_lane);
    tcase_add_test(tcase, a_lane_takes_every_nth_shard);
    tcase_add_test(tcase, commands_of_a_shard_stay_in_their_order);
    tcase_add_test(tcase, a_full_batch_goes_on_with_the_next_shard);
    tcase_add_test(tcase, the_earliest_turn_comes_first_in_whichever_shard);
    tcase_add_test(tcase, a_shard_in_use_is_left_alone_until_it_is_given_back);
    tcase_add_test(tcase, the_queueing_lane_takes_one_shard_that_was_missed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
