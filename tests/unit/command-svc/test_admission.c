/* SPDX-License-Identifier: Apache-2.0 */
/* Who may still join a lane's queue that is full, and where he stands in it. */
#include "command-svc/batch/admission.h"
#include "command-svc/batch/lane.h"
#include "command-svc/core/door.h"
#include "command-svc/metrics.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>

enum { LANES = 2, SHARDS = 4, SUBMISSIONS = 32, FLOOR = 10, HEAVY = 1, LIGHT = 2, THIRD = 3 };

static struct lanes_options options = {.count = LANES, .command_timeout_ms = 1000};
static struct lane_common *common;
static const struct door DOOR = {.floor = FLOOR};
static struct submission submissions[SUBMISSIONS];
static char ids[SUBMISSIONS][16];
static size_t submitted;
static size_t answered;

static void open_queue(void)
{
    common = calloc(1, sizeof *common);
    ck_assert_ptr_nonnull(common);
    common->options = &options;
    common->shards = SHARDS;
    submitted = answered = 0;
}

static void close_queue(void)
{
    for (size_t i = 0; i < LANES; i++) {
        shares_done(&common->fair[i].shares);
    }
    free(common);
}

static void on_answer(void *user, const struct answer *answer)
{
    (void)user;
    ck_assert_int_eq(answer->status, 201);
    answered++;
}

static struct submission *submission_of(uint64_t who, int shard)
{
    struct submission *submission = &submissions[submitted];
    (void)snprintf(ids[submitted], sizeof ids[0], "c-%zu", submitted);
    *submission = (struct submission){.waiter.shard = shard,
                                      .command = a_registration(ids[submitted]),
                                      .on_answer = on_answer,
                                      .who = who};
    submitted++;
    return submission;
}

static enum lanes_verdict ask(uint64_t who, int shard)
{
    return admission_judge(common, &DOOR, submission_of(who, shard));
}

static void join(uint64_t who, int shard, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct submission *submission = submission_of(who, shard);
        ck_assert_int_eq(admission_judge(common, &DOOR, submission), LANES_TAKEN);
        admission_join(common, submission);
    }
}

START_TEST(one_alone_may_have_the_whole_queue_and_no_more)
{
    join(HEAVY, 0, FLOOR / 2);
    join(HEAVY, 2, FLOOR / 2);
    ck_assert_int_eq(ask(HEAVY, 0), LANES_OVERLOADED);
    ck_assert_int_eq(ask(HEAVY, 1), LANES_TAKEN); /* another lane's */
}
END_TEST

START_TEST(who_has_less_than_an_equal_share_joins_a_full_queue)
{
    join(HEAVY, 0, FLOOR);
    join(LIGHT, 0, FLOOR / 2);
    ck_assert_int_eq(ask(LIGHT, 0), LANES_OVER_SHARE);
    ck_assert_int_eq(ask(HEAVY, 0), LANES_OVER_SHARE);
    ck_assert_int_eq(ask(THIRD, 0), LANES_TAKEN);
}
END_TEST

START_TEST(what_is_answered_is_no_longer_anybodys_share)
{
    join(HEAVY, 0, FLOOR);
    join(LIGHT, 0, 1);
    ck_assert_int_eq(ask(HEAVY, 0), LANES_OVER_SHARE);
    lane_answer(common, (struct submission *)backlog_take(&common->backlog, 0),
                &(struct answer){.status = 201});
    lane_answer(common, (struct submission *)backlog_take(&common->backlog, 0),
                &(struct answer){.status = 201});
    ck_assert_uint_eq(answered, 2);
    ck_assert_int_eq(ask(HEAVY, 0), LANES_TAKEN);
    ck_assert_uint_eq(common->fair[0].shares.count, 1);
}
END_TEST

START_TEST(whose_commands_ended_unseen_does_not_wait_for_them)
{
    join(HEAVY, 0, FLOOR);
    common->backlog.lines[0].first->deadline_ms = INT64_MAX;
    struct waiter *ended;
    while ((ended = backlog_take_expired(&common->backlog, INT64_MAX - 1)) != NULL) {
        lane_answer(common, (struct submission *)ended, &(struct answer){.status = 201});
    }
    ck_assert_uint_eq(answered, FLOOR - 1);
    join(HEAVY, 0, 1);
    join(LIGHT, 0, 1);
    const struct waiter *last = common->backlog.lines[0].last;
    ck_assert_uint_le(last->turn, FAIR_COMMAND_COST);
}
END_TEST

START_TEST(who_sends_little_stands_before_who_sends_much)
{
    join(HEAVY, 0, 5);
    join(LIGHT, 0, 1);
    (void)backlog_take(&common->backlog, 0);
    const struct submission *second = (const struct submission *)backlog_take(&common->backlog, 0);
    ck_assert_uint_eq(second->who, LIGHT);
}
END_TEST

START_TEST(a_stuck_shard_closes_its_own_queue_only)
{
    join(HEAVY, 0, FLOOR);
    turns_missed(&common->turns, 0, 0);
    turns_missed(&common->turns, 0, 0);
    turns_waited(&common->turns, 0, true, 0);
    ck_assert(turns_is_stuck(&common->turns, 0));
    ck_assert_int_eq(ask(HEAVY, 0), LANES_OVERLOADED);
    ck_assert_int_eq(ask(HEAVY, 2), LANES_TAKEN);
}
END_TEST

static double shown(size_t which)
{
    admission_show(common);
    return metrics_get(options.metrics, which, 0);
}

START_TEST(the_queue_is_shown)
{
    options.metrics = metrics_new(COMMAND_METRICS, COMMAND_METRIC_COUNT);
    ck_assert(shown(METRIC_QUEUE_COMMANDS) == 0 && shown(METRIC_QUEUE_OLDEST) == 0);
    join(HEAVY, 0, 3);
    join(LIGHT, 0, 1);
    join(LIGHT, 1, 2);
    (void)backlog_rest(&common->backlog, backlog_take(&common->backlog, 1), 0);
    ck_assert(shown(METRIC_QUEUE_COMMANDS) == 6 && shown(METRIC_QUEUE_OLDEST) >= 0);
    ck_assert(shown(METRIC_QUEUE_PRINCIPALS) == 2 && shown(METRIC_QUEUE_LARGEST) == 3);
    metrics_free(options.metrics);
    options.metrics = NULL;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/admission");
    TCase *tcase = tcase_create("admission");
    tcase_add_checked_fixture(tcase, open_queue, close_queue);
    tcase_add_test(tcase, one_alone_may_have_the_whole_queue_and_no_more);
    tcase_add_test(tcase, who_has_less_than_an_equal_share_joins_a_full_queue);
    tcase_add_test(tcase, what_is_answered_is_no_longer_anybodys_share);
    tcase_add_test(tcase, whose_commands_ended_unseen_does_not_wait_for_them);
    tcase_add_test(tcase, who_sends_little_stands_before_who_sends_much);
    tcase_add_test(tcase, a_stuck_shard_closes_its_own_queue_only);
    tcase_add_test(tcase, the_queue_is_shown);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
