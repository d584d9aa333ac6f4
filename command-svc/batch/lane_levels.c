/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane_internal.h"
#include "command-svc/metrics.h"
#include "common/base/fault_point.h"
#include "common/base/id_form.h"
#include "common/contract/shard.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <stdlib.h>

/* After a row of stock_announced was seen locked. */
enum { SKIP_LEVELS_MS = 1000 };

void lane_levels_init(struct lane *lane)
{
    lane->levels.most = LEVELS_PER_BATCH;
    activity_init(&lane->levels.work, "announcement of stock levels");
    activity_init(&lane->levels.refused, "announcement of a stock level that PostgreSQL refuses");
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

static void mark_at(struct lane_common *common, struct strview sku, int64_t now_ms)
{
    const int shard = shard_of(sku, common->shards);
    level_marks_change(marks_of(common, shard), sku, shard, now_ms);
}

void lane_mark_level(struct lane_common *common, struct strview sku)
{
    mark_at(common, sku, loop_now_ms());
}

int64_t lane_next_levels_in_ms(const struct lane_common *common)
{
    const int64_t now_ms = loop_now_ms();
    int64_t wait_ms = LEVEL_MARKS_NEVER;
    for (int i = 0; i < common->options->count; i++) {
        const int64_t due_ms = level_marks_due_ms(&common->levels[i]);
        if (due_ms != LEVEL_MARKS_NEVER) {
            const int64_t look_ms = due_ms > now_ms ? due_ms : level_next_look_ms(now_ms);
            const int64_t its_ms = look_ms - now_ms;
            wait_ms = its_ms < wait_ms ? its_ms : wait_ms;
        }
    }
    return wait_ms;
}

/* A row that somebody made by hand may have a sku that cannot be one: an order that claims it moves
 * its level, and nobody is told. */
void lane_mark_levels(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    for (struct world_entry *entry = lane->batch.world.products.first; entry != NULL;
         entry = entry->next) {
        if (stock_has_moved((const void *)entry) && id_form_fits(entry->id)) {
            mark_at(lane->common, entry->id, now_ms);
        }
    }
}

/* ---- collecting ---------------------------------------------------------------------------- */

bool lane_has_levels(const struct lane *lane)
{
    return !lane_queues(lane) &&
           level_marks_due_ms(&lane->common->levels[lane->place]) <= loop_now_ms();
}

/* Those that could not be told when they were due are found by the next look through the table. */
bool lane_has_told(const struct lane *lane)
{
    return lane_queues(lane) ||
           lane->common->levels[lane->place].count == lane->common->levels[lane->place].late ||
           !pgconn_is_ready(lane->conn);
}

static void mark_again(struct lane *lane, struct level_mark *mark, int64_t wait_ms, bool is_late)
{
    (is_late ? level_marks_add_late : level_marks_add)(marks_of(lane->common, mark->shard),
                                                       level_mark_sku(mark), mark->shard,
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
    mark_again(lane, mark, LEVEL_EVERY_MS, turns_is_stuck(&lane->common->turns, mark->shard));
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
    activity_succeeded_elsewhere(&lane->levels.refused, loop_now_ms());
}

static void count_failure(const struct lane *lane)
{
    metrics_add(lane->common->options->metrics, METRIC_LEVELS_FAILED, 0, 1);
}

/* One that PostgreSQL refuses must not silence the others: it is left out until somebody looks
 * through the table again. */
static void leave_out(struct lane *lane, const struct error *err)
{
    struct error named = *err;
    const struct strview sku = level_mark_sku(lane->levels.taken[0]);
    log_event(LOG_ERROR, "level_not_announced", LOG_VIEW("sku", sku), LOG_ERR(err));
    (void)error_context(&named, "%.*s", STRVIEW_ARG(sku));
    (void)activity_failed(&lane->levels.refused, &named, loop_now_ms(), jitter_draw());
    lane_levels_done(lane);
    lane->levels.most = LEVELS_PER_BATCH;
}

/* Waiting for that row keeps all others of the batch from being told: for a while rows that are
 * locked are left out. */
static void skip_held(struct lane *lane)
{
    lane->common->skips_levels_ms = loop_now_ms() + SKIP_LEVELS_MS;
    lane->levels.pause_ms = 0;
}

/* As lane_fail() does for commands. */
static void put_guard_in_words(struct lane *lane)
{
    struct pgconn_failure *failure = &lane->failure;
    const char *table = batch_store_guarded_table(lane->store, failure);
    if (table != NULL) {
        (void)error_set(&failure->err, failure->err.kind,
                        "the row of %s of %.*s%s was changed by somebody else since it was read; "
                        "where this goes on, look who writes it: its version is that of the "
                        "newest StockLevelChanged of that sku in the outbox",
                        table, STRVIEW_ARG(level_mark_sku(lane->levels.taken[0])),
                        lane->levels.count > 1 ? ", or of another product of its batch," : "");
    }
}

void lane_levels_fail(struct lane *lane)
{
    const struct pgconn_failure *failure = &lane->failure;
    const enum batch_trouble trouble = batch_store_trouble(lane->store, failure);
    put_guard_in_words(lane);
    batch_store_rollback(lane->store);
    if (trouble == BATCH_ROW_HELD && !lane->skips_rows) {
        skip_held(lane);
        return;
    }
    count_failure(lane);
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

/* Somebody has its row: who that is is asked for as for any other. */
static void note_held(struct lane *lane, struct strview sku)
{
    struct lane_common *common = lane->common;
    const int64_t now_ms = loop_now_ms();
    common->skips_levels_ms = now_ms + SKIP_LEVELS_MS;
    if (held_note(&common->held, HELD_LEVEL, sku, now_ms, now_ms)) {
        common->options->on_held(common->options->user);
    }
}

static void put_told_back(struct lane *lane, struct level_mark *mark)
{
    const struct world_level *level =
        id_map_find(&lane->batch.world.levels.map, level_mark_sku(mark));
    assert(level != NULL);
    if (level->level.is_locked && level->wait_ms > 0) {
        note_held(lane, level_mark_sku(mark));
    }
    if (level->wait_ms > 0) {
        mark_again(lane, mark, level->wait_ms, level->level.is_locked);
    } else {
        free(mark);
    }
}

/* What changed meanwhile has been marked anew. */
void lane_put_levels_back(struct lane *lane)
{
    for (size_t i = 0; i < lane->levels.count; i++) {
        struct level_mark *mark = lane->levels.taken[i];
        if (!lane->levels.are_told) {
            mark_again(lane, mark, lane->levels.pause_ms, lane->levels.pause_ms > 0);
        } else if (!batch_store_has_shard(lane->store, mark->shard)) {
            mark_again(lane, mark, LEVEL_EVERY_MS,
                       turns_is_stuck(&lane->common->turns, mark->shard));
        } else {
            put_told_back(lane, mark);
        }
    }
    lane->levels.count = 0;
}

/* ---- how it fares -------------------------------------------------------------------------- */

enum error_kind lane_levels_probe(const struct lane *lane, struct error *err)
{
    const enum error_kind kind = activity_probe_lately(&lane->levels.refused, loop_now_ms(), err);
    return kind == ERROR_NONE && activity_is_failing(&lane->levels.work)
               ? error_set(err, ERROR_TRANSIENT, "%s: levels of stock cannot be announced: %s",
                           lane->name, lane->levels.work.last.text)
               : kind;
}
