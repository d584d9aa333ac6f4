/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane_internal.h"
#include "command-svc/metrics.h"
#include "common/base/fault_point.h"
#include "common/io/loop.h"
#include "common/run/metrics.h"

#include <assert.h>

/*
 * Each step returns the one that comes next; one that has asked PostgreSQL returns itself, and
 * on_answer() goes on from there. PostgreSQL never answers from inside the asking (pgconn.h), a
 * client that is answered and sends its next command is not served from inside either (lane_wake()
 * is deferred), so no step is left half done below another.
 */
typedef enum lane_step step_fn(struct lane *lane);

static void on_answer(void *user, const struct pgconn_failure *failure);

/* ---- the steps, in their order ------------------------------------------------------------- */

static enum stock_reading stock_reading(const struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    if (now_ms < lane->common->skips_stock_ms) {
        return STOCK_LOCKED_FREE;
    }
    return lane->locks_stock || scarce_is_named(&lane->common->scarce, &lane->batch.world, now_ms)
               ? STOCK_LOCKED
               : STOCK_UNLOCKED;
}

static enum lane_step load(struct lane *lane)
{
    lane_take_shards(lane);
    lane->skips_rows = loop_now_ms() < (lane->levels.count > 0 ? lane->common->skips_levels_ms
                                                               : lane->common->skips_rows_ms);
    const struct batch_wish wish = {
        .shards = lane->shards,
        .shard_count = lane->shard_count,
        .is_queueing = lane_queues(lane),
        .stock = stock_reading(lane),
        .rows = lane->skips_rows ? ROWS_LOCKED_FREE : ROWS_UNLOCKED,
    };
    lane->started_ms = loop_now_ms();
    (void)FAULT_POINT("command.batch_begin");
    batch_store_load(lane->store, &lane->batch, &wish, on_answer, lane);
    (void)FAULT_POINT("command.load_sent");
    return LANE_LOAD;
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

static enum lane_step check(struct lane *lane)
{
    if (!is_our_database(lane)) {
        return LANE_END;
    }
    lane_settle_locks(lane);
    return LANE_DECIDE;
}

static enum lane_step decide(struct lane *lane)
{
    const struct ground *ground = batch_store_ground(lane->store);
    struct error err;
    if (lane->levels.count == 0) {
        scarce_learn(&lane->common->scarce, &lane->suspects, &lane->batch.world, loop_now_ms());
    }
    if (batch_decide(&lane->batch, ground->now_ms, &err) != ERROR_NONE ||
        batch_record_all(&lane->recorder, &lane->batch, &err) != ERROR_NONE) {
        lane->failure = (struct pgconn_failure){.err = err, .index = SIZE_MAX};
        return LANE_FAIL;
    }
    if (lane->levels.count == 0) {
        scarce_renew(&lane->common->scarce, &lane->batch.world, loop_now_ms());
        (void)FAULT_POINT("command.decided");
    }
    if (lane->recorder.decided > 0 || lane->recorder.has_events) {
        return LANE_SAVE;
    }
    batch_store_rollback(lane->store);
    lane->levels.are_told = true;
    lane_put_postponed_back(lane);
    return LANE_END;
}

/* Below it a new seq would be passed over by the relay, or be another event's. */
static int64_t seq_floor(const struct lane *lane)
{
    const int64_t position = batch_store_ground(lane->store)->position;
    const int64_t ours = lane->common->greatest_seq;
    return position > ours ? position : ours;
}

static enum lane_step save(struct lane *lane)
{
    batch_store_save(lane->store, lane->recorder.records, lane->common->shards, seq_floor(lane),
                     on_answer, lane);
    (void)FAULT_POINT("command.commit_sent");
    return LANE_SAVE;
}

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
    const int64_t queued_us = lane->submissions[index]->queued_us;
    const int64_t began_us = lane->started_ms * 1000; /* it may have come in that millisecond */
    const struct outcome *outcome = &lane->batch.items[index].outcome;
    if (lane->recorder.records[index].answer.status == 503) {
        metrics_add(metrics, METRIC_COMMANDS_REFUSED, DOOR_OVERLOADED, 1);
    } else {
        metrics_add(metrics, METRIC_COMMANDS, (size_t)outcome->kind, 1);
    }
    metrics_observe(metrics, METRIC_COMMAND_SECONDS, 0, (double)(loop_now_us() - queued_us) / 1e6);
    metrics_observe(metrics, METRIC_QUEUE_SECONDS, 0,
                    began_us > queued_us ? (double)(began_us - queued_us) / 1e6 : 0);
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
        lane_answer(lane->common, submission, &lane->recorder.records[i].answer);
        if (i == 0) {
            (void)FAULT_POINT("command.between_replies");
        }
    }
}

static void note_seq(struct lane *lane)
{
    const int64_t last_seq = batch_store_last_seq(lane->store);
    if (last_seq > lane->common->greatest_seq) {
        lane->common->greatest_seq = last_seq;
    }
}

static void note_success(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    struct metrics *metrics = lane->common->options->metrics;
    lane->batches++;
    lane->locks_stock = false;
    repeat_after_commit(&lane->repeat);
    activity_succeeded(&lane->work, now_ms);
    door_note(&lane->door, lane->recorder.decided, now_ms);
    metrics_observe(metrics, METRIC_BATCH_COMMANDS, 0, (double)lane->recorder.decided);
    metrics_observe(metrics, METRIC_BATCH_SECONDS, 0, (double)(now_ms - lane->started_ms) / 1e3);
}

static void answer_commands(struct lane *lane)
{
    note_success(lane);
    lane_mark_levels(lane);
    (void)FAULT_POINT("command.before_reply");
    lane_put_postponed_back(lane); /* first: it reads what answered commands may own */
    answer_all(lane);
}

static enum lane_step answer(struct lane *lane)
{
    (void)FAULT_POINT("command.after_commit");
    note_seq(lane);
    if (lane->recorder.has_events) {
        lane->common->options->on_commit(lane->common->options->user);
    }
    (lane->levels.count > 0 ? lane_levels_told : answer_commands)(lane);
    return LANE_END;
}

static enum lane_step fail(struct lane *lane)
{
    (lane->levels.count > 0 ? lane_levels_fail : lane_fail)(lane);
    return LANE_END;
}

static enum lane_step end(struct lane *lane)
{
    lane_give_shards(lane);
    lane_put_levels_back(lane);
    batch_done(&lane->batch);
    return LANE_IDLE;
}

/* What the batch gave back or found out may concern the others, and this one: all are woken. */
static enum lane_step idle(struct lane *lane)
{
    assert(lane->shard_count == 0);
    lane->common->on_change(lane->common->user);
    return LANE_IDLE;
}

/* ---- from one to the next ------------------------------------------------------------------ */

static const struct {
    step_fn *run;
    unsigned may_follow;       /* a bit for each step that may come after it */
    enum lane_step on_success; /* of what PostgreSQL was asked */
} STEPS[] = {
#define TO(STEP) (1U << LANE_##STEP)
    [LANE_IDLE] = {idle, TO(LOAD), LANE_IDLE},
    [LANE_LOAD] = {load, TO(CHECK) | TO(FAIL), LANE_CHECK},
    [LANE_CHECK] = {check, TO(DECIDE) | TO(END), LANE_IDLE},
    [LANE_DECIDE] = {decide, TO(SAVE) | TO(FAIL) | TO(END), LANE_IDLE},
    [LANE_SAVE] = {save, TO(ANSWER) | TO(FAIL), LANE_ANSWER},
    [LANE_ANSWER] = {answer, TO(END), LANE_IDLE},
    [LANE_FAIL] = {fail, TO(END), LANE_IDLE},
    [LANE_END] = {end, TO(IDLE), LANE_IDLE},
#undef TO
};
static_assert(sizeof STEPS / sizeof STEPS[0] == LANE_STEP_COUNT, "every step");

static void move_to(struct lane *lane, enum lane_step next)
{
    assert((STEPS[lane->step].may_follow & 1U << next) != 0);
    lane->step = next;
}

/* Until a step waits for its answer, or nothing is left to do. */
static void walk(struct lane *lane, enum lane_step next)
{
    while (next != lane->step) {
        move_to(lane, next);
        next = STEPS[lane->step].run(lane);
    }
}

static void on_answer(void *user, const struct pgconn_failure *failure)
{
    struct lane *lane = user;
    assert(lane->step == LANE_LOAD || lane->step == LANE_SAVE);
    if (failure != NULL) {
        lane->failure = *failure;
        walk(lane, LANE_FAIL);
    } else {
        walk(lane, STEPS[lane->step].on_success);
    }
}

/* Commands and levels in turn, when both wait. */
static void collect(struct lane *lane)
{
    if (!lane->levels.came_last && lane_has_levels(lane)) {
        lane_collect_levels(lane);
    }
    if (lane->levels.count == 0) {
        lane_collect(lane);
    }
    if (lane->levels.count == 0 && lane->batch.count == 0 && lane_has_levels(lane)) {
        lane_collect_levels(lane);
    }
    lane->levels.came_last = lane->levels.count > 0;
}

/* Without commands or levels there is no batch, and nobody is told of one: who is told wakes this
 * lane, too. */
static void begin(struct lane *lane)
{
    arena_reset(&lane->arena);
    batch_init(&lane->batch, &lane->arena);
    collect(lane);
    if (lane->batch.count > 0 || lane->levels.count > 0) {
        walk(lane, LANE_LOAD);
    } else {
        batch_done(&lane->batch);
    }
}

void lane_begin(struct lane *lane)
{
    if (lane->step == LANE_IDLE && (lane->common->backlog.count > 0 || lane_has_levels(lane)) &&
        pgconn_is_ready(lane->conn) && !loop_timer_is_armed(lane->pause)) {
        begin(lane);
    }
}
