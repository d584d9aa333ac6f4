/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/shell/lane.h"

#include "command-svc/core/door.h"
#include "command-svc/metrics.h"
#include "command-svc/shell/batch_sql.h"
#include "command-svc/shell/batch_store.h"
#include "common/base/fault_point.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BATCH_BYTES_MAX = 64 << 20, /* arena of a batch: loaded rows, events and answers */
    BLOCKED_MS = 1000,          /* a shard whose lock was taken elsewhere is left out that long */
    TICK_MS = 100,              /* deadlines of waiting commands are looked at */
    RETRY_MS = 20,              /* after a deadlock or the like */
};

enum lane_state { LANE_IDLE = 0, LANE_LOADING, LANE_SAVING };

struct queue {
    struct submission *first;
    struct submission *last;
    size_t count;
};

struct lane {
    struct lanes *lanes;
    struct pgconn *conn;
    struct batch_store *store;
    enum lane_state state;
    struct queue queue;
    struct door door;
    struct loop_deferred *start; /* at the end of this turn, so that a whole turn joins in */
    struct loop_timer *tick;
    int64_t not_before_ms;
    int64_t started_ms; /* the batch in flight */
    int64_t shards;     /* of the database it is connected to */
    size_t batch_max;   /* halved by data errors, doubled by success */
    struct arena arena;
    struct batch batch;
    struct submission *submissions[BATCH_COMMANDS_MAX];
    struct batch_record records[BATCH_COMMANDS_MAX];
    struct strbuf text; /* one event or answer at a time, then copied to the arena */
    struct strbuf location;
    bool has_events;
};

struct lanes {
    struct loop *loop;
    struct lanes_options options;
    int shards;
    bool is_behind;
    int64_t blocked_until_ms[SHARDS_MAX];
    struct lane *lanes; /* options.count of them */
};

static void on_start(void *user);
static void on_loaded(void *user, const struct pgconn_failure *failure);
static void on_saved(void *user, const struct pgconn_failure *failure);

/* ---- the queue ----------------------------------------------------------------------------- */

static void push_back(struct queue *queue, struct submission *submission)
{
    submission->next = NULL;
    if (queue->last == NULL) {
        queue->first = submission;
    } else {
        queue->last->next = submission;
    }
    queue->last = submission;
    queue->count++;
}

static void push_front(struct queue *queue, struct submission *submission)
{
    submission->next = queue->first;
    queue->first = submission;
    if (queue->last == NULL) {
        queue->last = submission;
    }
    queue->count++;
}

static struct submission *pop_front(struct queue *queue)
{
    struct submission *submission = queue->first;
    if (submission != NULL) {
        queue->first = submission->next;
        queue->count--;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
    }
    return submission;
}

/* An answer that no rule decided and no receipt remembers. */
static void answer_problem(struct lane *lane, struct submission *submission, int status,
                           const char *slug, const char *detail)
{
    struct answer answer = {.status = status};
    strbuf_reset(&lane->text);
    (void)!answer_write_problem(status, slug, detail, &lane->text, &answer);
    submission->on_answer(submission->user, &answer);
}

static void drop_expired(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    struct queue kept = {0};
    struct submission *submission;
    while ((submission = pop_front(&lane->queue)) != NULL) {
        if (submission->deadline_ms > now_ms) {
            push_back(&kept, submission);
        } else {
            metrics_add(lane->lanes->options.metrics, METRIC_COMMANDS_EXPIRED, 0, 1);
            answer_problem(lane, submission, 503, "dependency-unavailable",
                           "The database did not take the command in time; send it again with "
                           "the same Idempotency-Key.");
        }
    }
    lane->queue = kept;
}

/* ---- collecting ---------------------------------------------------------------------------- */

static bool is_blocked(const struct lanes *lanes, int shard, int64_t now_ms)
{
    return lanes->blocked_until_ms[shard] > now_ms;
}

/* Takes submissions in their order; those of a blocked shard stay, and so keep theirs. */
static void collect(struct lane *lane)
{
    const int64_t now_ms = loop_now_ms();
    struct queue kept = {0};
    struct submission *submission;
    bool is_full = false;
    while ((submission = pop_front(&lane->queue)) != NULL) {
        is_full = is_full || lane->batch.count == lane->batch_max ||
                  !batch_has_room(&lane->batch, &submission->command);
        struct error err;
        if (is_full || is_blocked(lane->lanes, submission->shard, now_ms)) {
            push_back(&kept, submission);
        } else if (batch_add(&lane->batch, &submission->command, &err) == ERROR_NONE) {
            lane->submissions[lane->batch.count - 1] = submission;
        } else {
            is_full = true;
            push_back(&kept, submission);
        }
    }
    lane->queue = kept;
}

static size_t list_shards(const struct lane *lane, int ret_shards[static SHARDS_MAX])
{
    bool wanted[SHARDS_MAX] = {false};
    for (size_t i = 0; i < lane->batch.count; i++) {
        wanted[lane->submissions[i]->shard] = true;
    }
    size_t count = 0;
    for (int shard = 0; shard < lane->lanes->shards; shard++) {
        if (wanted[shard]) {
            ret_shards[count++] = shard;
        }
    }
    return count;
}

static void schedule(struct lane *lane)
{
    if (lane->state == LANE_IDLE && lane->queue.count > 0) {
        loop_deferred_schedule(lane->start);
    }
}

static void on_start(void *user)
{
    struct lane *lane = user;
    if (lane->queue.count > 0 && !loop_timer_is_armed(lane->tick)) {
        loop_timer_start(lane->tick, TICK_MS);
    }
    if (lane->state != LANE_IDLE || lane->queue.count == 0 || !pgconn_is_ready(lane->conn) ||
        loop_now_ms() < lane->not_before_ms) {
        return;
    }
    arena_reset(&lane->arena);
    batch_init(&lane->batch, &lane->arena);
    collect(lane);
    if (lane->batch.count == 0) {
        batch_done(&lane->batch);
        return;
    }
    int shards[SHARDS_MAX];
    const size_t shard_count = list_shards(lane, shards);
    lane->state = LANE_LOADING;
    lane->started_ms = loop_now_ms();
    (void)FAULT_POINT("command.batch_begin");
    batch_store_load(lane->store, &lane->batch, shards, shard_count, on_loaded, lane);
    (void)FAULT_POINT("command.load_sent");
}

/* ---- failing ------------------------------------------------------------------------------- */

static void finish_batch(struct lane *lane)
{
    batch_done(&lane->batch);
    lane->state = LANE_IDLE;
    schedule(lane);
}

static void requeue(struct lane *lane)
{
    for (size_t i = lane->batch.count; i > 0; i--) {
        push_front(&lane->queue, lane->submissions[i - 1]);
    }
}

static void give_up_on_poison(struct lane *lane, const struct error *err)
{
    struct submission *submission = lane->submissions[0];
    log_event(LOG_ERROR, "command_failed",
              LOG_STR("command", command_name(submission->command.kind)),
              LOG_VIEW("aggregate_id", submission->command.aggregate_id),
              LOG_STR("command_id", submission->command.command_id.text), LOG_ERR(err));
    metrics_add(lane->lanes->options.metrics, METRIC_COMMANDS_FAILED, 0, 1);
    answer_problem(lane, submission, 500, "internal",
                   "The command could not be carried out and nothing was changed; the log names "
                   "the cause by the command's id.");
}

/* The batch goes back to the front of the queue; what is done about the cause differs. */
static void fail_batch(struct lane *lane, const struct pgconn_failure *failure)
{
    const int shard = batch_store_blocked_shard(lane->store, failure);
    const bool is_receipt =
        failure->err.kind == ERROR_CONFLICT && strcmp(failure->constraint, "receipt_pkey") == 0;
    const bool is_transient = failure->err.kind == ERROR_TRANSIENT || is_receipt;

    metrics_add(lane->lanes->options.metrics, METRIC_BATCHES_REPEATED, 0, 1);
    batch_store_rollback(lane->store);
    if (!is_transient && lane->batch.count == 1) {
        give_up_on_poison(lane, &failure->err);
        finish_batch(lane);
        return;
    }
    log_event(LOG_WARN, "batch_repeated", LOG_INT("commands", lane->batch.count),
              LOG_STR("sqlstate", failure->sqlstate), LOG_ERR(&failure->err));
    requeue(lane);
    if (shard >= 0) {
        lane->lanes->blocked_until_ms[shard] = loop_now_ms() + BLOCKED_MS;
    } else if (is_transient) {
        lane->not_before_ms = loop_now_ms() + RETRY_MS;
    } else {
        lane->batch_max = (lane->batch.count + 1) / 2;
    }
    finish_batch(lane);
    if (!loop_timer_is_armed(lane->tick)) {
        loop_timer_start(lane->tick, RETRY_MS);
    }
}

static void fail_by_ourselves(struct lane *lane, const struct error *err)
{
    const struct pgconn_failure failure = {.err = *err, .index = SIZE_MAX};
    fail_batch(lane, &failure);
}

/* ---- deciding ------------------------------------------------------------------------------ */

static struct strview keep_text(struct lane *lane, const struct strbuf *text, bool *ok)
{
    const struct strview view = strbuf_view(text);
    const char *copy = arena_copy(&lane->arena, view);
    *ok = *ok && copy != NULL;
    return (struct strview){.data = copy, .len = copy == NULL ? 0 : view.len};
}

static bool encode_event(const struct domain_event *event, struct strbuf *out)
{
    switch (event->aggregate) {
    case AGGREGATE_ORDER:
        return order_event_encode(&event->order, out);
    case AGGREGATE_CUSTOMER:
        return customer_event_encode(&event->customer, out);
    case AGGREGATE_PRODUCT:
    case AGGREGATE_COUNT:
    default:
        return product_event_encode(&event->product, out);
    }
}

static bool record_event(struct lane *lane, const struct outcome *outcome,
                         struct batch_record *record)
{
    strbuf_reset(&lane->text);
    bool ok = encode_event(&outcome->event, &lane->text);
    record->payload = keep_text(lane, &lane->text, &ok);
    lane->has_events = true;
    return ok;
}

static bool record_answer(struct lane *lane, const struct batch_item *item,
                          struct batch_record *record)
{
    strbuf_reset(&lane->text);
    strbuf_reset(&lane->location);
    bool ok = answer_write(item->command, &item->outcome, lane->batch.now_ms, &lane->text,
                           &lane->location, &record->answer);
    record->answer.body = keep_text(lane, &lane->text, &ok);
    record->answer.location = keep_text(lane, &lane->location, &ok);
    return ok;
}

static struct answer replayed_answer(const struct world_receipt *receipt)
{
    return (struct answer){.status = receipt->status,
                           .version = receipt->version,
                           .location = receipt->location,
                           .body = receipt->body,
                           .is_replayed = true};
}

static bool record_item(struct lane *lane, size_t index)
{
    const struct batch_item *item = &lane->batch.items[index];
    struct batch_record *record = &lane->records[index];
    *record = (struct batch_record){.payload = {0}};
    switch (item->outcome.kind) {
    case OUTCOME_REPLAYED:
        record->answer = replayed_answer(item->receipt);
        return true;
    case OUTCOME_REPEATED:
        record->answer = lane->records[item->outcome.original].answer;
        record->answer.is_replayed = true;
        return true;
    case OUTCOME_ACCEPTED:
        return record_event(lane, &item->outcome, record) && record_answer(lane, item, record);
    case OUTCOME_REJECTED:
    default:
        return record_answer(lane, item, record);
    }
}

static enum error_kind record_all(struct lane *lane, struct error *err)
{
    lane->has_events = false;
    for (size_t i = 0; i < lane->batch.count; i++) {
        if (!record_item(lane, i)) {
            return error_set(err, ERROR_EXHAUSTED, "an event or answer is larger than %d bytes",
                             EVENT_BYTES_MAX);
        }
    }
    return ERROR_NONE;
}

static void on_loaded(void *user, const struct pgconn_failure *failure)
{
    struct lane *lane = user;
    if (failure != NULL) {
        fail_batch(lane, failure);
        return;
    }
    struct error err;
    if (batch_decide(&lane->batch, batch_store_now_ms(lane->store), &err) != ERROR_NONE ||
        record_all(lane, &err) != ERROR_NONE) {
        fail_by_ourselves(lane, &err);
        return;
    }
    (void)FAULT_POINT("command.decided");
    lane->state = LANE_SAVING;
    batch_store_save(lane->store, lane->records, lane->lanes->shards, on_saved, lane);
    (void)FAULT_POINT("command.commit_sent");
}

/* ---- answering ----------------------------------------------------------------------------- */

static size_t metric_outcome(const struct batch_item *item)
{
    return (size_t)item->outcome.kind;
}

static void answer_all(struct lane *lane)
{
    struct metrics *metrics = lane->lanes->options.metrics;
    const int64_t now_us = loop_now_us();
    for (size_t i = 0; i < lane->batch.count; i++) {
        struct submission *submission = lane->submissions[i];
        metrics_add(metrics, METRIC_COMMANDS, metric_outcome(&lane->batch.items[i]), 1);
        metrics_observe(metrics, METRIC_COMMAND_SECONDS, 0,
                        (double)(now_us - submission->queued_us) / 1e6);
        submission->on_answer(submission->user, &lane->records[i].answer);
        if (i == 0) {
            (void)FAULT_POINT("command.between_replies");
        }
    }
}

static void on_saved(void *user, const struct pgconn_failure *failure)
{
    struct lane *lane = user;
    if (failure != NULL) {
        fail_batch(lane, failure);
        return;
    }
    (void)FAULT_POINT("command.after_commit");
    door_note(&lane->door, lane->batch.count, loop_now_ms());
    metrics_observe(lane->lanes->options.metrics, METRIC_BATCH_COMMANDS, 0,
                    (double)lane->batch.count);
    metrics_observe(lane->lanes->options.metrics, METRIC_BATCH_SECONDS, 0,
                    (double)(loop_now_ms() - lane->started_ms) / 1e3);
    if (lane->has_events) {
        lane->lanes->options.on_commit(lane->lanes->options.user);
    }
    (void)FAULT_POINT("command.before_reply");
    answer_all(lane);
    lane->batch_max =
        lane->batch_max * 2 < BATCH_COMMANDS_MAX ? lane->batch_max * 2 : BATCH_COMMANDS_MAX;
    finish_batch(lane);
}

/* ---- the connection ------------------------------------------------------------------------ */

/* A database that took the statements and never answers holds the batch; giving the connection up
 * turns the batch into one with an unknown end, which its receipts resolve. */
static void on_tick(void *user)
{
    struct lane *lane = user;
    if (lane->state != LANE_IDLE &&
        loop_now_ms() - lane->started_ms > lane->lanes->options.command_timeout_ms) {
        pgconn_abandon(lane->conn, "no answer to a batch within the command timeout");
    }
    drop_expired(lane);
    schedule(lane);
    if (lane->queue.count > 0 || lane->state != LANE_IDLE) {
        loop_timer_start(lane->tick, TICK_MS);
    }
}

/* A database made anew may have another number: writing by the old one would put events where
 * nobody reads them. */
static enum error_kind check_setup(void *user, const struct pgconn_result *result,
                                   struct error *err)
{
    struct lane *lane = user;
    const int64_t shards = pgconn_value_i64(result, 0, 0);
    lane->shards = shards;
    if (lane->lanes->shards == 0 || lane->lanes->shards == shards) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT,
                     "this database has %lld shards, and not the %d of the one before: start "
                     "command-svc anew",
                     (long long)shards, lane->lanes->shards);
}

static void on_ready(void *user)
{
    struct lane *lane = user;
    log_event(LOG_INFO, "lane_connected", LOG_INT("lane", lane - lane->lanes->lanes));
    schedule(lane);
}

static void on_lost(void *user, const struct error *err)
{
    const struct lane *lane = user;
    log_event(LOG_WARN, "lane_lost", LOG_INT("lane", lane - lane->lanes->lanes), LOG_ERR(err),
              LOG_TEXT("connecting again; commands wait until their deadline"));
}

static enum error_kind lane_init(struct lane *lane, struct lanes *lanes, struct error *err)
{
    lane->lanes = lanes;
    lane->batch_max = BATCH_COMMANDS_MAX;
    lane->door = (struct door){.floor = lanes->options.queue_floor};
    arena_init(&lane->arena, BATCH_BYTES_MAX);
    strbuf_init(&lane->text, EVENT_BYTES_MAX);
    strbuf_init(&lane->location, EVENT_BYTES_MAX);
    lane->start = loop_deferred_new(lanes->loop, on_start, lane);
    lane->tick = loop_timer_new(lanes->loop, on_tick, lane);
    const struct pgconn_options options = {
        .url = lanes->options.database_url,
        .application_name = "command-svc lane",
        .setup_sql = BATCH_SETUP_SQL,
        .check_setup = check_setup,
        .statements = BATCH_STATEMENTS,
        .statement_count = BATCH_STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = lane,
    };
    const enum error_kind kind = pgconn_new(lanes->loop, &options, &lane->conn, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    lane->store = batch_store_new(lane->conn);
    return lane->store == NULL ? error_set(err, ERROR_FATAL, "no memory for a lane") : ERROR_NONE;
}

static void lane_done(struct lane *lane)
{
    if (lane->lanes == NULL) {
        return; /* never begun */
    }
    if (lane->state != LANE_IDLE) {
        batch_done(&lane->batch);
    }
    batch_store_free(lane->store);
    pgconn_free(lane->conn);
    loop_timer_free(lane->tick);
    loop_deferred_free(lane->start);
    arena_done(&lane->arena);
    strbuf_done(&lane->text);
    strbuf_done(&lane->location);
}

/* ---- what the caller sees ------------------------------------------------------------------ */

enum error_kind lanes_new(struct loop *loop, const struct lanes_options *options,
                          struct lanes **ret_lanes, struct error *err)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    struct lane *each = calloc((size_t)options->count, sizeof *each);
    if (lanes == NULL || each == NULL) {
        free(lanes);
        free(each);
        return error_set(err, ERROR_FATAL, "no memory for %d lanes", options->count);
    }
    lanes->loop = loop;
    lanes->options = *options;
    lanes->lanes = each;
    for (int i = 0; i < options->count; i++) {
        const enum error_kind kind = lane_init(&each[i], lanes, err);
        if (kind != ERROR_NONE) {
            lanes_free(lanes);
            return kind;
        }
    }
    *ret_lanes = lanes;
    return ERROR_NONE;
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL) {
        return;
    }
    for (int i = 0; i < lanes->options.count; i++) {
        lane_done(&lanes->lanes[i]);
    }
    free(lanes->lanes);
    free(lanes);
}

int lanes_shards(const struct lanes *lanes)
{
    return lanes->shards;
}

void lanes_set_shards(struct lanes *lanes, int shards)
{
    assert(shards > 0 && shards <= SHARDS_MAX);
    lanes->shards = shards;
    for (int i = 0; i < lanes->options.count; i++) { /* those that connected before */
        struct lane *lane = &lanes->lanes[i];
        if (pgconn_is_ready(lane->conn) && lane->shards != shards) {
            pgconn_abandon(lane->conn, "this database has another number of shards");
        }
    }
}

void lanes_set_behind(struct lanes *lanes, bool is_behind)
{
    lanes->is_behind = is_behind;
}

enum lanes_verdict lanes_submit(struct lanes *lanes, struct submission *submission)
{
    if (lanes->shards == 0) {
        return LANES_UNAVAILABLE;
    }
    if (lanes->is_behind && submission->command.kind == COMMAND_PLACE_ORDER) {
        return LANES_BEHIND;
    }
    submission->shard = shard_of(submission->command.aggregate_id, lanes->shards);
    struct lane *lane = &lanes->lanes[submission->shard % lanes->options.count];
    if (!door_admits(&lane->door, submission->command.kind, lane->queue.count, loop_now_ms())) {
        return LANES_OVERLOADED;
    }
    submission->deadline_ms = loop_now_ms() + lanes->options.command_timeout_ms;
    submission->queued_us = loop_now_us();
    push_back(&lane->queue, submission);
    schedule(lane);
    return LANES_TAKEN;
}

bool lanes_are_idle(const struct lanes *lanes)
{
    for (int i = 0; i < lanes->options.count; i++) {
        if (lanes->lanes[i].state != LANE_IDLE || lanes->lanes[i].queue.count > 0) {
            return false;
        }
    }
    return true;
}

enum error_kind lanes_probe(void *user, struct error *err)
{
    const struct lanes *lanes = user;
    for (int i = 0; i < lanes->options.count; i++) {
        if (!pgconn_is_ready(lanes->lanes[i].conn)) {
            return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(lanes->lanes[i].conn));
        }
    }
    return ERROR_NONE;
}
