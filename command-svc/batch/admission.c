/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/admission.h"

#include "command-svc/batch/lane.h"
#include "command-svc/core/door.h"
#include "command-svc/metrics.h"
#include "common/io/loop.h"

/* Commands of a stuck shard are counted by themselves: they must not close the door to others. */
static size_t ahead_of(const struct lane_common *common, int shard)
{
    const int step = common->options->count;
    if (turns_is_stuck(&common->turns, shard)) {
        return common->backlog.lines[shard].count;
    }
    size_t count = 0;
    for (int i = shard % step; i < common->shards; i += step) {
        count += turns_is_stuck(&common->turns, i) ? 0 : common->backlog.lines[i].count;
    }
    return count;
}

/* A queue that is full is so for those who have most of it. */
enum lanes_verdict admission_judge(const struct lane_common *common, const struct door *door,
                                   const struct submission *submission)
{
    const int shard = submission->waiter.shard;
    const struct fair *fair = &common->fair[shard % common->options->count];
    const size_t limit = door_limit(door, submission->command.kind, loop_now_ms());
    if (ahead_of(common, shard) < limit || fair_is_small(fair, submission->who, limit)) {
        return LANES_TAKEN;
    }
    return fair_is_large(fair, submission->who, limit) ? LANES_OVER_SHARE : LANES_OVERLOADED;
}

void admission_join(struct lane_common *common, struct submission *submission)
{
    const struct command *command = &submission->command;
    struct waiter *waiter = &submission->waiter;
    struct fair *fair = &common->fair[waiter->shard % common->options->count];
    submission->queued_us = loop_now_us();
    waiter->deadline_ms = submission->queued_us / 1000 + common->options->command_timeout_ms;
    waiter->aggregate = shares_key(command->aggregate_id);
    submission->share = fair_join(fair, submission->who, command->kind,
                                  fair_cost(command, submission->bytes), &waiter->turn);
    backlog_join(&common->backlog, waiter);
}

static double oldest_s(const struct lane_common *common)
{
    const int64_t deadline_ms = backlog_deadline_ms(&common->backlog);
    const int64_t since_ms = deadline_ms - common->options->command_timeout_ms;
    return deadline_ms == INT64_MAX ? 0 : (double)(loop_now_ms() - since_ms) / 1e3;
}

void admission_show(const struct lane_common *common)
{
    struct metrics *metrics = common->options->metrics;
    size_t principals = 0;
    size_t largest = 0;
    for (int i = 0; i < common->options->count; i++) {
        const struct shares *shares = &common->fair[i].shares;
        const size_t most = shares_largest(shares);
        principals = shares->count > principals ? shares->count : principals;
        largest = most > largest ? most : largest;
    }
    metrics_set(metrics, METRIC_QUEUE_COMMANDS, 0,
                (double)(common->backlog.count + common->backlog.resting.count));
    metrics_set(metrics, METRIC_QUEUE_OLDEST, 0, oldest_s(common));
    metrics_set(metrics, METRIC_QUEUE_PRINCIPALS, 0, (double)principals);
    metrics_set(metrics, METRIC_QUEUE_LARGEST, 0, (double)largest);
}
