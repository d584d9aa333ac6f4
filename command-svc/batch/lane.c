/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane.h"

#include "command-svc/batch/batch_record.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/batch/batch_store.h"
#include "command-svc/batch/lane_internal.h"
#include "command-svc/core/door.h"
#include "command-svc/metrics.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/base/stall.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/pgconn.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BATCH_BYTES_MAX = 64 << 20, /* arena of a batch: loaded rows, events and answers */
    FAILING_MS = 1000,
    FAILED_LATELY_MS = 5000, /* a command alone comes again each second */
};

static void on_start(void *user);
static void on_loaded(void *user, const struct pgconn_failure *failure);
static void on_saved(void *user, const struct pgconn_failure *failure);

/* ---- collecting ---------------------------------------------------------------------------- */

/* False when the batch is full. */
static bool collect_from(struct lane *lane, int shard)
{
    struct backlog *backlog = &lane->common->backlog;
    struct waiter *first;
    while ((first = backlog_first(backlog, shard)) != NULL) {
        struct submission *submission = (struct submission *)first;
        struct error err;
        if (lane->batch.count == lane->batch_max ||
            !batch_has_room(&lane->batch, &submission->command) ||
            batch_add(&lane->batch, &submission->command, &err) != ERROR_NONE) {
            return false;
        }
        (void)backlog_take(backlog, shard);
        lane->submissions[lane->batch.count - 1] = submission;
    }
    return true;
}

/* Shard by shard, so that a busy one waits for its turn, too, when the batch is full. */
static void collect(struct lane *lane)
{
    const struct lane_common *common = lane->common;
    const int step = common->options->count;
    const int own = (common->shards - lane->place + step - 1) / step;
    for (int i = 0; i < own; i++) {
        const int nth = (lane->first_shard + i) % own;
        const int shard = lane->place + nth * step;
        if (turns_may_try(&common->turns, shard) && !collect_from(lane, shard)) {
            lane->first_shard = nth + 1;
            return;
        }
    }
}

static void collect_queued(struct lane *lane)
{
    struct lane_common *common = lane->common;
    const int shard = turns_next(&common->turns, &common->backlog, common->shards, loop_now_ms());
    if (shard != TURNS_NONE) {
        (void)collect_from(lane, shard);
    }
}

static void take_shards(struct lane *lane)
{
    bool wanted[SHARDS_MAX] = {false};
    for (size_t i = 0; i < lane->batch.count; i++) {
        wanted[lane->submissions[i]->waiter.shard] = true;
    }
    lane->shard_count = 0;
    for (int shard = 0; shard < lane->common->shards; shard++) {
        if (wanted[shard]) {
            lane->shards[lane->shard_count++] = shard;
            turns_take(&lane->common->turns, shard);
        }
    }
}

static void load(struct lane *lane)
{
    take_shards(lane);
    const struct batch_wish wish = {
        .shards = lane->shards,
        .shard_count = lane->shard_count,
        .is_queueing = lane_queues(lane),
        .skips_stock = loop_now_ms() < lane->common->skips_stock_ms,
    };
    lane->state = LANE_LOADING;
    lane->started_ms = loop_now_ms();
    (void)FAULT_POINT("command.batch_begin");
    batch_store_load(lane->store, &lane->batch, &wish, on_loaded, lane);
    (void)FAULT_POINT("command.load_sent");
}

static void on_start(void *user)
{
    struct lane *lane = user;
    if (lane->state != LANE_IDLE || lane->common->backlog.count == 0 ||
        !pgconn_is_ready(lane->conn) || loop_timer_is_armed(lane->pause)) {
        return;
    }
    arena_reset(&lane->arena);
    batch_init(&lane->batch, &lane->arena);
    (lane_queues(lane) ? collect_queued : collect)(lane);
    if (lane->batch.count > 0) {
        load(lane);
    } else {
        batch_done(&lane->batch);
    }
}

void lane_wake(struct lane *lane)
{
    if (lane->state == LANE_IDLE && lane->common->backlog.count > 0) {
        loop_deferred_schedule(lane->start);
    }
}

static void on_pause_over(void *user)
{
    lane_wake(user);
}

/* ---- what was loaded ----------------------------------------------------------------------- */

static void fail_by_ourselves(struct lane *lane, const struct error *err)
{
    const struct pgconn_failure failure = {.err = *err, .index = SIZE_MAX};
    lane_fail(lane, &failure);
}

/* With another number of shards nothing can be written: the connection is given up, and the next
 * one says so. In a database made anew with the same number nothing else of what we know holds. */
static bool is_our_database(struct lane *lane)
{
    struct lane_common *common = lane->common;
    const struct ground ground = *batch_store_ground(lane->store);
    const bool has_our_shards = ground.shards == common->shards;
    if (has_our_shards && ground.installed_ms == common->installed_ms) {
        return true;
    }
    batch_store_rollback(lane->store);
    lane_return_all(lane);
    if (!has_our_shards) {
        pgconn_abandon(lane->conn, "this database has another number of shards");
    } else {
        common->on_other_database(common->user, ground.installed_ms);
    }
    return false;
}

static void note_had(struct lane_common *common, int shard)
{
    char name[NAME_LEN_MAX];
    (void)snprintf(name, sizeof name, "%d", shard);
    held_had(&common->held, HELD_SHARD, strview_of(name));
}

/* A lock that was queued for has just been let go, and with it others of the same holder. */
static void settle_shard(struct lane *lane, int shard)
{
    struct lane_common *common = lane->common;
    const int step = common->options->count;
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

/* Takes note of which locks were got, and leaves out the commands of the others. */
static void settle_locks(struct lane *lane)
{
    for (size_t i = 0; i < lane->shard_count; i++) {
        settle_shard(lane, lane->shards[i]);
    }
    for (size_t i = 0; i < lane->batch.count; i++) {
        if (!batch_store_has_shard(lane->store, lane->submissions[i]->waiter.shard)) {
            batch_postpone(&lane->batch, i);
        }
    }
}

static int64_t seq_floor(const struct lane *lane)
{
    const int64_t position = batch_store_ground(lane->store)->position;
    const int64_t ours = lane->common->greatest_seq;
    return position > ours ? position : ours;
}

static void on_loaded(void *user, const struct pgconn_failure *failure)
{
    struct lane *lane = user;
    if (failure != NULL) {
        lane_fail(lane, failure);
        return;
    }
    const struct ground *ground = batch_store_ground(lane->store);
    if (!is_our_database(lane)) {
        lane_end_batch(lane);
        return;
    }
    settle_locks(lane);
    struct error err;
    if (batch_decide(&lane->batch, ground->now_ms, &err) != ERROR_NONE ||
        batch_record_all(&lane->recorder, &lane->batch, &err) != ERROR_NONE) {
        fail_by_ourselves(lane, &err);
        return;
    }
    (void)FAULT_POINT("command.decided");
    if (lane->recorder.decided == 0) {
        batch_store_rollback(lane->store);
        lane_put_postponed_back(lane);
        lane_end_batch(lane);
        return;
    }
    lane->state = LANE_SAVING;
    batch_store_save(lane->store, lane->recorder.records, lane->common->shards, seq_floor(lane),
                     on_saved, lane);
    (void)FAULT_POINT("command.commit_sent");
}

/* ---- answering ----------------------------------------------------------------------------- */

static void remember(struct lane *lane, size_t index)
{
    const struct batch_item *item = &lane->batch.items[index];
    const struct answer *answer = &lane->recorder.records[index].answer;
    if (item->outcome.is_remembered) {
        receipt_memory_put(lane->common->memory, &item->command->receipt_key,
                           &(struct remembered){.request_hash = item->command->request_hash,
                                                .status = answer->status,
                                                .version = answer->version,
                                                .location = answer->location,
                                                .body = answer->body});
    }
}

static void count_answer(const struct lane *lane, size_t index)
{
    struct metrics *metrics = lane->common->options->metrics;
    const struct outcome *outcome = &lane->batch.items[index].outcome;
    if (lane->recorder.records[index].answer.status == 503) {
        metrics_add(metrics, METRIC_COMMANDS_REFUSED, DOOR_OVERLOADED, 1);
    } else {
        metrics_add(metrics, METRIC_COMMANDS, (size_t)outcome->kind, 1);
    }
    metrics_observe(metrics, METRIC_COMMAND_SECONDS, 0,
                    (double)(loop_now_us() - lane->submissions[index]->queued_us) / 1e6);
}

static void answer_all(struct lane *lane)
{
    for (size_t i = 0; i < lane->batch.count; i++) {
        struct submission *submission = lane->submissions[i];
        if (lane->batch.items[i].outcome.kind == OUTCOME_POSTPONED) {
            continue;
        }
        remember(lane, i);
        count_answer(lane, i);
        submission->on_answer(submission->user, &lane->recorder.records[i].answer);
        if (i == 0) {
            (void)FAULT_POINT("command.between_replies");
        }
    }
}

static void note_success(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    struct metrics *metrics = lane->common->options->metrics;
    const int64_t last_seq = batch_store_last_seq(lane->store);
    if (last_seq > lane->common->greatest_seq) {
        lane->common->greatest_seq = last_seq;
    }
    lane->batches++;
    lane->failures = 0;
    activity_succeeded(&lane->work, now_ms);
    door_note(&lane->door, lane->recorder.decided, now_ms);
    metrics_observe(metrics, METRIC_BATCH_COMMANDS, 0, (double)lane->recorder.decided);
    metrics_observe(metrics, METRIC_BATCH_SECONDS, 0, (double)(now_ms - lane->started_ms) / 1e3);
    lane->batch_max =
        lane->batch_max * 2 < BATCH_COMMANDS_MAX ? lane->batch_max * 2 : BATCH_COMMANDS_MAX;
}

static void on_saved(void *user, const struct pgconn_failure *failure)
{
    struct lane *lane = user;
    if (failure != NULL) {
        lane_fail(lane, failure);
        return;
    }
    (void)FAULT_POINT("command.after_commit");
    note_success(lane);
    if (lane->recorder.has_events) {
        lane->common->options->on_commit(lane->common->options->user);
    }
    (void)FAULT_POINT("command.before_reply");
    lane_put_postponed_back(lane); /* first: it reads what answered commands may own */
    answer_all(lane);
    lane_end_batch(lane);
}

/* ---- the connection ------------------------------------------------------------------------ */

static bool has_work(const struct lane *lane)
{
    const struct lane_common *common = lane->common;
    const int step = common->options->count;
    for (int shard = lane->place; !lane_queues(lane) && shard < common->shards; shard += step) {
        if (turns_may_try(&common->turns, shard) && backlog_first(&common->backlog, shard)) {
            return true;
        }
    }
    return lane->state != LANE_IDLE;
}

bool lane_is_stalled(struct lane *lane, int64_t now_ms)
{
    return stall_look(&lane->stall, has_work(lane), lane->batches, now_ms);
}

bool lane_is_idle(const struct lane *lane)
{
    return lane->state == LANE_IDLE;
}

enum error_kind lane_connection(const struct lane *lane, struct error *err)
{
    return pgconn_is_ready(lane->conn)
               ? ERROR_NONE
               : error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(lane->conn));
}

enum error_kind lane_work(const struct lane *lane, int64_t now_ms, struct error *err)
{
    /* A failure that no attempt followed is old news: without commands nobody would take it back.
     */
    const bool is_failing = activity_is_failing(&lane->work) &&
                            now_ms - lane->work.failing_since_ms >= FAILING_MS &&
                            now_ms - lane->failed_ms < FAILED_LATELY_MS;
    return is_failing ? error_set(err, ERROR_TRANSIENT, "%s: %s", lane->name, lane->work.last.text)
                      : ERROR_NONE;
}

struct door *lane_door(struct lane *lane)
{
    return &lane->door;
}

/* A database made anew may have another number: writing by the old one would put events where
 * nobody reads them. */
static enum error_kind check_setup(void *user, const struct pgconn_result *result,
                                   struct error *err)
{
    const struct lane *lane = user;
    const int64_t shards = pgconn_value_i64(result, 0, 0);
    if (lane->common->shards == 0 || lane->common->shards == shards) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT,
                     "this database has %" PRId64
                     " shards, and not the %d of the one before: start "
                     "command-svc anew",
                     shards, lane->common->shards);
}

static void on_ready(void *user)
{
    struct lane *lane = user;
    log_event(LOG_INFO, "lane_connected", LOG_INT("lane", lane->place));
    lane_wake(lane);
}

static void on_lost(void *user, const struct error *err)
{
    const struct lane *lane = user;
    log_event(LOG_WARN, "lane_lost", LOG_INT("lane", lane->place), LOG_ERR(err),
              LOG_TEXT("connecting again; commands wait until their deadline"));
}

static enum error_kind connect(struct lane *lane, struct error *err)
{
    const struct pgconn_options options = {
        .url = lane->common->options->database_url,
        .application_name = "command-svc lane",
        .setup_sql = BATCH_SETUP_SQL,
        .check_setup = check_setup,
        .reply_timeout_ms = lane->common->options->command_timeout_ms,
        .statements = BATCH_STATEMENTS,
        .statement_count = BATCH_STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = lane,
    };
    const enum error_kind kind = pgconn_new(lane->common->loop, &options, &lane->conn, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    lane->store = batch_store_new(lane->conn);
    return lane->store == NULL ? error_set(err, ERROR_FATAL, "no memory for a lane") : ERROR_NONE;
}

enum error_kind lane_new(struct lane_common *common, int place, struct lane **ret_lane,
                         struct error *err)
{
    struct lane *lane = must_allocate(1, sizeof *lane);
    lane->common = common;
    lane->place = place;
    lane->batch_max = BATCH_COMMANDS_MAX;
    lane->door = (struct door){.floor = common->options->queue_floor};
    (void)snprintf(lane->name, sizeof lane->name, lane_queues(lane) ? "queueing lane" : "lane %d",
                   place);
    activity_init(&lane->work, lane->name);
    arena_init(&lane->arena, BATCH_BYTES_MAX);
    batch_recorder_init(&lane->recorder);
    strbuf_init(&lane->text, EVENT_BYTES_MAX);
    lane->start = loop_deferred_new(common->loop, on_start, lane);
    lane->pause = loop_timer_new(common->loop, on_pause_over, lane);
    const enum error_kind kind = connect(lane, err);
    if (kind != ERROR_NONE) {
        lane_free(lane);
        return kind;
    }
    *ret_lane = lane;
    return ERROR_NONE;
}

void lane_free(struct lane *lane)
{
    if (lane == NULL) {
        return;
    }
    if (lane->state != LANE_IDLE) {
        batch_done(&lane->batch);
    }
    batch_store_free(lane->store);
    pgconn_free(lane->conn);
    loop_timer_free(lane->pause);
    loop_deferred_free(lane->start);
    arena_done(&lane->arena);
    batch_recorder_done(&lane->recorder);
    strbuf_done(&lane->text);
    free(lane);
}
