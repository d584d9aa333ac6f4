/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane_internal.h"
#include "command-svc/metrics.h"
#include "common/base/parse.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    RETRY_MS = 20, /* before a batch is repeated that failed in passing */
    SKIP_MS = 2 * BACKLOG_REST_MAX_MS,
    NOTE_ROW_MS = 160, /* a command's rest after which the row it wants is named */
};

/*
 * Gives the command away: when this returns its submission may be gone, with all that the command
 * points at, so nothing of it is looked at afterwards, and what reads commands that others own
 * comes before any of them is answered. Nobody comes back from here: what an answer leads to, be it
 * the next request of the same connection, begins in a turn of its own (common/io/http/exchange.h).
 * The batch, its places and the lane stay as they are.
 */
void lane_answer(struct lane_common *common, struct submission *submission,
                 const struct answer *answer)
{
    struct fair *fair = &common->fair[submission->waiter.shard % common->options->count];
    const struct command *command = &submission->command;
    fair_leave(fair, submission->share, command->kind, fair_cost(command, submission->bytes),
               submission->waiter.turn);
    submission->on_answer(submission->user, answer);
}

void lane_answer_problem(struct lane_common *common, struct submission *submission, int status,
                         const char *slug, const char *detail)
{
    struct answer answer = {.status = status};
    strbuf_reset(&common->text);
    (void)!answer_write_problem(status, slug, detail, &common->text, &answer);
    lane_answer(common, submission, &answer);
}

/* ---- commands that come again ------------------------------------------------------------- */

void lane_return_all(struct lane *lane)
{
    for (size_t i = 0; i < lane->batch.count; i++) {
        backlog_return(&lane->common->backlog, &lane->submissions[i]->waiter);
    }
}

/* Rows that change hands are waited for again, as PostgreSQL's queue is fair; one that stays with
 * somebody is not. */
static void note_missed(struct lane_common *common, const struct outcome *outcome, int64_t rest_ms)
{
    const int64_t now_ms = loop_now_ms();
    const struct held_entry *entry = held_find(&common->held, outcome->missed, outcome->row);
    if (entry == NULL || entry->state != HOLDER_OTHER) {
        int64_t *skips_ms =
            outcome->missed == HELD_STOCK ? &common->skips_stock_ms : &common->skips_rows_ms;
        *skips_ms = now_ms + SKIP_MS;
    }
    if (rest_ms >= NOTE_ROW_MS &&
        held_note(&common->held, outcome->missed, outcome->row, now_ms - 2 * rest_ms, now_ms)) {
        common->options->on_held(common->options->user);
    }
}

/* One whose shard was missed keeps its place; one that wants a row makes room. */
void lane_put_postponed_back(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    for (size_t i = 0; i < lane->batch.count; i++) {
        const struct outcome *outcome = &lane->batch.items[i].outcome;
        struct waiter *waiter = &lane->submissions[i]->waiter;
        if (outcome->kind != OUTCOME_POSTPONED) {
            continue;
        }
        if (outcome->missed == HELD_SHARD) {
            backlog_return(&lane->common->backlog, waiter);
        } else {
            note_missed(lane->common, outcome,
                        backlog_rest(&lane->common->backlog, waiter, now_ms));
        }
    }
}

/* ---- failing ------------------------------------------------------------------------------- */

static void give_up_on_poison(struct lane *lane, const struct error *err)
{
    struct submission *submission = lane->submissions[0];
    log_event(LOG_ERROR, "command_failed",
              LOG_STR("command", command_name(submission->command.kind)),
              LOG_VIEW("aggregate_id", submission->command.aggregate_id),
              LOG_STR("command_id", submission->command.command_id.text), LOG_ERR(err));
    metrics_add(lane->common->options->metrics, METRIC_COMMANDS_FAILED, 0, 1);
    lane_answer_problem(lane->common, submission, 500, "internal",
                        "The command could not be carried out and nothing was changed; the log "
                        "names the cause by the command's id.");
}

static void fail_by_data(struct lane *lane, const struct pgconn_failure *failure)
{
    if (lane->batch.count == 1) {
        give_up_on_poison(lane, &failure->err);
        return;
    }
    log_event(LOG_WARN, "batch_repeated", LOG_INT("commands", lane->batch.count),
              LOG_STR("sqlstate", failure->sqlstate), LOG_ERR(&failure->err));
    repeat_after_bad_data(&lane->repeat, lane->batch.count);
    lane_return_all(lane);
}

/* Whether it was committed may be unknown, when the connection went after COMMIT had been sent. So
 * it comes again with the same ids: what was committed is then found in the receipts. */
static void fail_in_passing(struct lane *lane, const struct pgconn_failure *failure)
{
    const int64_t now_ms = loop_now_ms();
    const int64_t pause_ms = activity_failed(&lane->work, &failure->err, now_ms, jitter_draw());
    const enum repeat_pause pause = repeat_after_passing(&lane->repeat, lane->batch.count);
    if (lane->batch.count == 1) {
        (void)backlog_rest(&lane->common->backlog, &lane->submissions[0]->waiter, now_ms);
    } else {
        lane_return_all(lane);
    }
    if (pause != REPEAT_AT_ONCE) {
        loop_timer_start(lane->pause, pause == REPEAT_SOON ? RETRY_MS : pause_ms);
    }
}

/* Waiting for that row cost everybody a lock's timeout: for a while rows that are locked are left
 * out, and only the commands that want them rest. */
static void fail_without_stock(struct lane *lane, const struct pgconn_failure *failure)
{
    (void)failure;
    lane->common->skips_stock_ms = loop_now_ms() + SKIP_MS;
    lane_return_all(lane);
}

/* When locked rows had been left out, it is no row that is held, but the table. */
static void fail_without_row(struct lane *lane, const struct pgconn_failure *failure)
{
    if (lane->skips_rows) {
        fail_in_passing(lane, failure);
        return;
    }
    lane->common->skips_rows_ms = loop_now_ms() + SKIP_MS;
    lane_return_all(lane);
}

/* Others changed it between this batch's reading and its last statement: with the rows locked that
 * cannot happen again. If it does, a row is not there. */
static void fail_by_stock(struct lane *lane, const struct pgconn_failure *failure)
{
    if (lane->locks_stock) {
        fail_in_passing(lane, failure);
        return;
    }
    scarce_suspect(&lane->suspects, lane->batch.stock_changes, lane->batch.stock_change_count);
    lane->locks_stock = true;
    lane_return_all(lane);
}

/* Nothing was loaded: the lock comes before everything else. */
static void fail_without_shard(struct lane *lane, const struct pgconn_failure *failure)
{
    (void)failure;
    assert(lane_queues(lane) && lane->shard_count == 1);
    const int shard = lane->shards[0];
    const struct held_entry *entry =
        held_find(&lane->common->held, HELD_SHARD, strview_of(NUMBER_TEXT(shard)));
    turns_waited(&lane->common->turns, shard, entry != NULL && entry->state == HOLDER_SAME,
                 loop_now_ms());
    lane_return_all(lane);
}

static void fail_without_partition(struct lane *lane, const struct pgconn_failure *failure)
{
    lane->common->options->on_no_partition(lane->common->options->user);
    fail_in_passing(lane, failure);
}

static void fail_by_sequence(struct lane *lane, const struct pgconn_failure *failure)
{
    struct pgconn_failure said = *failure;
    (void)error_set(
        &said.err, ERROR_CONFLICT,
        "the sequence of outbox.seq went back, and hands out numbers up to %" PRId64
        " again, or it gives each session several at once (CACHE): the relay passes over such; "
        "see README, \"The outbox's sequence went back\"",
        lane->common->greatest_seq);
    fail_in_passing(lane, &said);
}

typedef void fail_fn(struct lane *lane, const struct pgconn_failure *failure);

static fail_fn *const FAILS[] = {
    [BATCH_DATA] = fail_by_data,
    [BATCH_PASSING] = fail_in_passing,
    [BATCH_SHARD_HELD] = fail_without_shard,
    [BATCH_STOCK_HELD] = fail_without_stock,
    [BATCH_ROW_HELD] = fail_without_row,
    [BATCH_STOCK_MOVED] = fail_by_stock,
    [BATCH_NO_PARTITION] = fail_without_partition,
    [BATCH_SEQ_WENT_BACK] = fail_by_sequence,
};

/* A guard that misses its rows divides by zero (batch_sql.h), which tells nobody what is wrong. */
static void put_guard_in_words(struct lane *lane)
{
    struct pgconn_failure *failure = &lane->failure;
    const char *table = batch_store_guarded_table(lane->store, failure);
    if (table != NULL) {
        const struct command *command = &lane->submissions[0]->command;
        (void)error_set(&failure->err, failure->err.kind,
                        "a row of %s is gone, or was changed by somebody else, since it was read: "
                        "%s of %.*s%s needs it; look at the rows of that id, and who writes them",
                        table, command_name(command->kind), STRVIEW_ARG(command->aggregate_id),
                        lane->batch.count > 1 ? ", or another command of its batch," : "");
    }
}

/* The rollback goes before all that is done about it: what follows may free the commands, and the
 * locks are others' then. */
void lane_fail(struct lane *lane)
{
    const struct pgconn_failure *failure = &lane->failure;
    const enum batch_trouble trouble = batch_store_trouble(lane->store, failure);
    metrics_add(lane->common->options->metrics, METRIC_BATCHES_REPEATED, trouble, 1);
    put_guard_in_words(lane);
    batch_store_rollback(lane->store);
    FAILS[trouble](lane, failure);
}
