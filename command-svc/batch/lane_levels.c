/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane_internal.h"
#include "common/base/fault_point.h"
#include "common/contract/shard.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <assert.h>
#include <stdlib.h>

void lane_levels_init(struct lane *lane)
{
    lane->levels.most = LEVELS_PER_BATCH;
    activity_init(&lane->levels.work, "announcement of stock levels");
}

void lane_levels_done(struct lane *lane)
{
    for (size_t i = 0; i < lane->levels.count; i++) {
        free(lane->levels.taken[i]);
    }
    lane->levels.count = 0;
}

/* ---- marking ------------------------------------------------------------------------------- */

static struct level_marks *marks_of(struct lane_common *common, int shard)
{
    return &common->levels[shard % common->options->count];
}

void lane_mark_level(struct lane_common *common, struct strview sku)
{
    const int shard = shard_of(sku, common->shards);
    level_marks_add(marks_of(common, shard), sku, shard,
                    level_due_ms(loop_now_ms(), LEVEL_EVERY_MS));
}

int64_t lane_next_levels_in_ms(const struct lane_common *common)
{
    const int64_t now_ms = loop_now_ms();
    int64_t wait_ms = LEVEL_MARKS_NEVER;
    for (int i = 0; i < common->options->count; i++) {
        const int64_t due_ms = level_marks_due_ms(&common->levels[i]);
        const bool is_next = due_ms > now_ms && due_ms < LEVEL_MARKS_NEVER;
        wait_ms = is_next && due_ms - now_ms < wait_ms ? due_ms - now_ms : wait_ms;
    }
    return wait_ms;
}

void lane_mark_levels(struct lane *lane)
{
    for (struct world_entry *entry = lane->batch.world.products; entry != NULL;
         entry = entry->next) {
        if (stock_has_moved((const void *)entry)) {
            lane_mark_level(lane->common, entry->id);
        }
    }
}

/* ---- collecting ---------------------------------------------------------------------------- */

bool lane_has_levels(const struct lane *lane)
{
    return !lane_queues(lane) &&
           level_marks_due_ms(&lane->common->levels[lane->place]) <= loop_now_ms();
}

bool lane_has_told(const struct lane *lane)
{
    return lane_queues(lane) || lane->common->levels[lane->place].count == 0 ||
           !pgconn_is_ready(lane->conn);
}

static void mark_again(struct lane *lane, struct level_mark *mark, int64_t wait_ms)
{
    level_marks_add(marks_of(lane->common, mark->shard), level_mark_sku(mark), mark->shard,
                    level_due_ms(loop_now_ms(), wait_ms));
    free(mark);
}

/* What has to be queued for is not waited for: it comes again. */
static bool take(struct lane *lane, struct level_mark *mark)
{
    if (turns_may_try(&lane->common->turns, mark->shard) &&
        batch_add_level(&lane->batch, level_mark_sku(mark),
                        id_source_next(&lane->common->ids, loop_wall_ms())) != NULL) {
        lane->levels.taken[lane->levels.count++] = mark;
        return true;
    }
    mark_again(lane, mark, LEVEL_EVERY_MS);
    return false;
}

void lane_collect_levels(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    struct level_mark *mark;
    assert(lane->levels.count == 0 && lane->batch.count == 0 && !lane_queues(lane));
    lane->levels.are_told = false;
    lane->levels.pause_ms = LEVEL_EVERY_MS;
    while (lane->levels.count < lane->levels.most &&
           (mark = level_marks_take(&lane->common->levels[lane->place], now_ms)) != NULL) {
        (void)take(lane, mark);
    }
    if (lane->levels.count > 0) {
        (void)FAULT_POINT("command.levels_begin");
    }
}

/* ---- what became of them ------------------------------------------------------------------- */

void lane_levels_told(struct lane *lane)
{
    lane->levels.are_told = true;
    lane->levels.most = LEVELS_PER_BATCH;
    activity_succeeded(&lane->levels.work, loop_now_ms());
}

/* One that PostgreSQL refuses must not silence the others: it is left out until somebody looks
 * through the table again. */
static void leave_out(struct lane *lane, const struct error *err)
{
    log_event(LOG_ERROR, "level_not_announced",
              LOG_VIEW("sku", level_mark_sku(lane->levels.taken[0])), LOG_ERR(err));
    lane_levels_done(lane);
    lane->levels.most = LEVELS_PER_BATCH;
}

void lane_levels_fail(struct lane *lane)
{
    const struct pgconn_failure *failure = &lane->failure;
    const enum batch_trouble trouble = batch_store_trouble(lane->store, failure);
    batch_store_rollback(lane->store);
    if (trouble == BATCH_DATA && lane->levels.count == 1) {
        leave_out(lane, &failure->err);
        return;
    }
    lane->levels.pause_ms =
        activity_failed(&lane->levels.work, &failure->err, loop_now_ms(), jitter_draw());
    if (trouble == BATCH_DATA) {
        lane->levels.most = lane->levels.count / 2;
    } else if (trouble == BATCH_NO_PARTITION) {
        lane->common->options->on_no_partition(lane->common->options->user);
    }
}

static int64_t wait_of(const struct lane *lane, const struct level_mark *mark)
{
    const struct world_level *level =
        id_map_find(&lane->batch.world.level_map, level_mark_sku(mark));
    assert(level != NULL);
    if (!lane->levels.are_told || !batch_store_has_shard(lane->store, mark->shard)) {
        return lane->levels.pause_ms;
    }
    return level->wait_ms;
}

/* What changed meanwhile has been marked anew. */
void lane_put_levels_back(struct lane *lane)
{
    for (size_t i = 0; i < lane->levels.count; i++) {
        const int64_t wait_ms = wait_of(lane, lane->levels.taken[i]);
        if (wait_ms > 0) {
            mark_again(lane, lane->levels.taken[i], wait_ms);
        } else {
            free(lane->levels.taken[i]);
        }
    }
    lane->levels.count = 0;
}
