/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane_internal.h"
#include "common/base/parse.h"
#include "common/io/loop.h"

#include <assert.h>

/* ---- collecting ---------------------------------------------------------------------------- */

/* Those whose turn is no later. False when the batch is full. */
static bool collect_from(struct lane *lane, int shard, uint64_t last_turn)
{
    struct lane_common *common = lane->common;
    struct waiter *first;
    while ((first = backlog_first(&common->backlog, shard)) != NULL && first->turn <= last_turn) {
        struct submission *submission = (struct submission *)first;
        struct error err;
        if (lane->batch.count == lane->repeat.most ||
            !batch_has_room(&lane->batch, &submission->command) ||
            batch_add(&lane->batch, &submission->command, &err) != ERROR_NONE) {
            return false;
        }
        (void)backlog_take(&common->backlog, shard);
        fair_take(&common->fair[shard % common->options->count], first->turn);
        lane->submissions[lane->batch.count - 1] = submission;
    }
    return true;
}

/* Whose turn is next among a lane's shards, and until which turn it stays so. */
struct choice {
    int nth; /* -1: nobody waits that may be tried */
    uint64_t turn;
    uint64_t last_turn;
};

/* Equal turns in rotation, so that a busy shard waits for the others when the batch is full. */
static struct choice choose(const struct lane *lane, int own)
{
    const struct lane_common *common = lane->common;
    struct choice choice = {.nth = -1, .turn = UINT64_MAX, .last_turn = UINT64_MAX};
    for (int i = 0; i < own; i++) {
        const int nth = (lane->first_shard + i) % own;
        const int shard = lane->place + nth * common->options->count;
        const struct waiter *first = backlog_first(&common->backlog, shard);
        if (first == NULL || !turns_may_try(&common->turns, shard)) {
            continue;
        }
        if (first->turn < choice.turn || choice.nth < 0) {
            choice = (struct choice){.nth = nth, .turn = first->turn, .last_turn = choice.turn};
        } else if (first->turn < choice.last_turn) {
            choice.last_turn = first->turn;
        }
    }
    return choice;
}

static void collect_own(struct lane *lane)
{
    const struct lane_common *common = lane->common;
    const int step = common->options->count;
    const int own = (common->shards - lane->place + step - 1) / step;
    struct choice choice;
    while ((choice = choose(lane, own)).nth >= 0) {
        if (!collect_from(lane, lane->place + choice.nth * step, choice.last_turn)) {
            lane->first_shard = choice.nth + 1;
            return;
        }
    }
}

/* Of one shard only: while its lock is queued for, nobody else's commands may wait with it. */
static void collect_queued(struct lane *lane)
{
    struct lane_common *common = lane->common;
    const int shard = turns_next(&common->turns, &common->backlog, common->shards, loop_now_ms());
    if (shard != TURNS_NONE) {
        (void)collect_from(lane, shard, UINT64_MAX);
    }
}

void lane_collect(struct lane *lane)
{
    assert(lane->batch.count == 0);
    (lane_queues(lane) ? collect_queued : collect_own)(lane);
}

/* Those that are in use, or to be queued for, are not this lane's to take. */
bool lane_has_waiters(const struct lane *lane)
{
    const struct lane_common *common = lane->common;
    const int step = common->options->count;
    for (int shard = lane->place; !lane_queues(lane) && shard < common->shards; shard += step) {
        if (turns_may_try(&common->turns, shard) && backlog_first(&common->backlog, shard)) {
            return true;
        }
    }
    return false;
}

/* ---- shards in use ------------------------------------------------------------------------- */

void lane_take_shards(struct lane *lane)
{
    bool wanted[SHARDS_MAX] = {false};
    for (size_t i = 0; i < lane->batch.count; i++) {
        wanted[lane->submissions[i]->waiter.shard] = true;
    }
    for (size_t i = 0; i < lane->levels.count; i++) {
        wanted[lane->levels.taken[i]->shard] = true;
    }
    lane->shard_count = 0;
    for (int shard = 0; shard < lane->common->shards; shard++) {
        if (wanted[shard]) {
            lane->shards[lane->shard_count++] = shard;
            turns_take(&lane->common->turns, shard);
        }
    }
}

void lane_give_shards(struct lane *lane)
{
    for (size_t i = 0; i < lane->shard_count; i++) {
        turns_give(&lane->common->turns, lane->shards[i]);
    }
    lane->shard_count = 0;
}

/* ---- locks --------------------------------------------------------------------------------- */

static void note_had(struct lane_common *common, int shard)
{
    held_had(&common->held, HELD_SHARD, strview_of(NUMBER_TEXT(shard)));
}

/* A lock that was queued for has just been let go, and with it others of the same holder. */
static void settle_shard(struct lane *lane, int shard)
{
    struct lane_common *common = lane->common;
    const int step = common->options->count;
    if (!batch_store_has_shard(lane->store, shard) && lane->levels.count > 0) {
        return; /* without commands nobody would queue for it */
    }
    if (!batch_store_has_shard(lane->store, shard)) {
        turns_missed(&common->turns, shard, loop_now_ms());
        return;
    }
    turns_got(&common->turns, shard);
    note_had(common, shard);
    if (lane_queues(lane)) {
        turns_let_try(&common->turns, shard % step, step, common->shards);
        common->on_change(common->user);
    }
}

void lane_settle_locks(struct lane *lane)
{
    for (size_t i = 0; i < lane->shard_count; i++) {
        settle_shard(lane, lane->shards[i]);
    }
    for (size_t i = 0; i < lane->batch.count; i++) {
        if (!batch_store_has_shard(lane->store, lane->submissions[i]->waiter.shard)) {
            batch_postpone(&lane->batch, i);
        }
    }
    for (size_t i = 0; i < lane->levels.count; i++) {
        struct world_level *level =
            id_map_find(&lane->batch.world.levels.map, level_mark_sku(lane->levels.taken[i]));
        level->is_loaded &= batch_store_has_shard(lane->store, lane->levels.taken[i]->shard);
    }
}
