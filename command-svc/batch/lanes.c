/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lanes.h"

#include "command-svc/batch/admission.h"
#include "command-svc/batch/batch_save.h"
#include "command-svc/batch/lane.h"
#include "command-svc/metrics.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <stdlib.h>

enum {
    TICK_MS = 100,      /* deadlines, locks that stay away */
    REST_TICK_MS = 20,  /* while commands rest */
    LOOK_MS = 1000,     /* whether lanes get on */
    NOTE_SHARD_MS = 500 /* a lock missed that long is named */
};

struct lanes {
    struct lanes_options options;
    struct lane_common common;
    struct lane **lanes; /* options.count, then the one that queues */
    struct loop_timer *tick;
    struct loop_timer *look;
    struct loop_timer *levels;
    bool is_behind;
    size_t stalled; /* lanes, as of the last look */
    bool *is_stalled;
};

static size_t lane_count(const struct lanes *lanes)
{
    return (size_t)lanes->options.count + 1;
}

static void wake_all(const struct lanes *lanes)
{
    for (size_t i = 0; i < lane_count(lanes); i++) {
        lane_wake(lanes->lanes[i]);
    }
}

/* ---- once in a while ----------------------------------------------------------------------- */

static const char LATE[] = "The database did not take the command in time; send it again with the "
                           "same Idempotency-Key.";

static void answer_unavailable(struct lanes *lanes, struct waiter *waiter, const char *detail)
{
    lane_answer_problem(&lanes->common, (struct submission *)waiter, 503, "dependency-unavailable",
                        detail);
}

static void drop_expired(struct lanes *lanes, int64_t now_ms)
{
    struct waiter *waiter;
    while ((waiter = backlog_take_expired(&lanes->common.backlog, now_ms)) != NULL) {
        metrics_add(lanes->options.metrics, METRIC_COMMANDS_EXPIRED, 0, 1);
        answer_unavailable(lanes, waiter, LATE);
    }
}

static void note_shard(struct lanes *lanes, int shard, int64_t now_ms, bool *is_new)
{
    const int64_t missed_ms = turns_missed_for_ms(&lanes->common.turns, shard, now_ms);
    if (missed_ms >= NOTE_SHARD_MS && backlog_first(&lanes->common.backlog, shard) != NULL) {
        *is_new |= held_note(&lanes->common.held, HELD_SHARD, strview_of(NUMBER_TEXT(shard)),
                             now_ms - missed_ms, now_ms);
    }
}

static void note_shards(struct lanes *lanes, int64_t now_ms)
{
    bool is_new = false;
    for (int shard = 0; shard < lanes->common.shards; shard++) {
        note_shard(lanes, shard, now_ms, &is_new);
    }
    if (is_new) {
        lanes->options.on_held(lanes->options.user);
    }
}

bool lanes_are_idle(const struct lanes *lanes)
{
    for (size_t i = 0; i < lane_count(lanes); i++) {
        if (!lane_is_idle(lanes->lanes[i])) {
            return false;
        }
    }
    return backlog_is_empty(&lanes->common.backlog);
}

static void schedule_tick(struct lanes *lanes)
{
    const bool is_resting = lanes->common.backlog.resting.count > 0;
    if (!loop_timer_is_armed(lanes->tick)) {
        loop_timer_start(lanes->tick, is_resting ? REST_TICK_MS : TICK_MS);
    }
}

static void schedule_levels(struct lanes *lanes)
{
    const int64_t wait_ms = lane_next_levels_in_ms(&lanes->common);
    if (wait_ms != LEVEL_MARKS_NEVER && !loop_timer_is_armed(lanes->levels)) {
        loop_timer_start(lanes->levels, wait_ms);
    }
}

static void on_tick(void *user)
{
    struct lanes *lanes = user;
    const int64_t now_ms = loop_now_ms();
    drop_expired(lanes, now_ms);
    backlog_wake(&lanes->common.backlog, now_ms);
    note_shards(lanes, now_ms);
    wake_all(lanes);
    if (!lanes_are_idle(lanes)) {
        schedule_tick(lanes);
    }
}

static void on_look(void *user)
{
    struct lanes *lanes = user;
    const int64_t now_ms = loop_now_ms();
    size_t states[LANE_STATE_COUNT] = {0};
    lanes->stalled = 0;
    for (size_t i = 0; i < lane_count(lanes); i++) {
        states[lane_state(lanes->lanes[i])]++;
        lanes->is_stalled[i] = lane_is_stalled(lanes->lanes[i], now_ms);
        lanes->stalled += lanes->is_stalled[i] ? 1 : 0;
    }
    admission_show(&lanes->common);
    held_look(&lanes->common.held, now_ms);
    for (size_t state = 0; state < LANE_STATE_COUNT; state++) {
        metrics_set(lanes->options.metrics, METRIC_LANES, state, (double)states[state]);
    }
    metrics_set(lanes->options.metrics, METRIC_LANES_STALLED, 0, (double)lanes->stalled);
    for (size_t kind = 0; kind < HELD_KIND_COUNT; kind++) {
        metrics_set(lanes->options.metrics, METRIC_LOCKS_HELD, kind,
                    (double)held_count(&lanes->common.held, (enum held_kind)kind));
    }
    loop_timer_start(lanes->look, LOOK_MS);
}

/* What a lane gave back may be another's to take; what rests is to be woken. */
static void on_change(void *user)
{
    struct lanes *lanes = user;
    wake_all(lanes);
    schedule_levels(lanes);
    if (lanes->common.backlog.resting.count > 0) {
        schedule_tick(lanes);
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

static void on_other_database(void *user, int64_t installed_ms)
{
    struct lanes *lanes = user;
    struct lane_common *common = &lanes->common;
    log_event(LOG_ERROR, "database_changed", LOG_INT("shards", common->shards),
              LOG_TEXT("it was made anew, or is another one; what was known of it is forgotten"));
    receipt_memory_clear(common->memory);
    common->held.count = 0;
    common->greatest_seq = 0;
    common->installed_ms = installed_ms;
}

static enum error_kind fill(struct lanes *lanes, struct error *err)
{
    lanes->common = (struct lane_common){.loop = lanes->common.loop,
                                         .options = &lanes->options,
                                         .memory = receipt_memory_new(),
                                         .on_other_database = on_other_database,
                                         .on_change = on_change,
                                         .user = lanes};
    strbuf_init(&lanes->common.text, EVENT_BYTES_MAX);
    id_source_init(&lanes->common.ids);
    lanes->lanes = must_allocate(lane_count(lanes), sizeof(struct lane *));
    lanes->is_stalled = must_allocate(lane_count(lanes), sizeof(bool));
    for (size_t i = 0; i < lane_count(lanes); i++) {
        const int place = (int)i < lanes->options.count ? (int)i : LANE_QUEUES;
        const enum error_kind kind = lane_new(&lanes->common, place, &lanes->lanes[i], err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    lanes->tick = loop_timer_new(lanes->common.loop, on_tick, lanes);
    lanes->look = loop_timer_new(lanes->common.loop, on_look, lanes);
    lanes->levels = loop_timer_new(lanes->common.loop, on_change, lanes);
    loop_timer_start(lanes->look, LOOK_MS);
    return ERROR_NONE;
}

enum error_kind lanes_new(struct loop *loop, const struct lanes_options *options,
                          struct lanes **ret_lanes, struct error *err)
{
    struct lanes *lanes = must_allocate(1, sizeof *lanes);
    lanes->options = *options;
    lanes->common.loop = loop;
    const enum error_kind kind = fill(lanes, err);
    if (kind != ERROR_NONE) {
        lanes_free(lanes);
        return kind;
    }
    *ret_lanes = lanes;
    return ERROR_NONE;
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL) {
        return;
    }
    for (size_t i = 0; lanes->lanes != NULL && i < lane_count(lanes); i++) {
        lane_free(lanes->lanes[i]);
    }
    loop_timer_free(lanes->tick);
    loop_timer_free(lanes->look);
    loop_timer_free(lanes->levels);
    for (size_t i = 0; i < LANES_MAX; i++) {
        level_marks_done(&lanes->common.levels[i]);
        shares_done(&lanes->common.fair[i].shares);
    }
    receipt_memory_free(lanes->common.memory);
    strbuf_done(&lanes->common.text);
    free(lanes->lanes);
    free(lanes->is_stalled);
    free(lanes);
}

/* ---- what the caller sees ------------------------------------------------------------------ */

int lanes_shards(const struct lanes *lanes)
{
    return lanes->common.shards;
}

/* Another number of shards than we began with is refused by the lanes as they connect. */
void lanes_set_installation(struct lanes *lanes, int shards, int64_t installed_ms)
{
    assert(shards > 0 && shards <= SHARDS_MAX);
    struct lane_common *common = &lanes->common;
    if (common->shards == 0) {
        common->shards = shards;
        common->installed_ms = installed_ms;
    } else if (installed_ms != common->installed_ms) {
        on_other_database(lanes, installed_ms);
    }
}

void lanes_set_behind(struct lanes *lanes, bool is_behind)
{
    lanes->is_behind = is_behind;
}

/* True when it was answered. */
static bool answer_from_memory(struct lanes *lanes, const struct submission *submission)
{
    const struct command *command = &submission->command;
    struct remembered found;
    if (!receipt_memory_find(lanes->common.memory, &command->receipt_key, &found) ||
        memcmp(found.request_hash, command->request_hash, REQUEST_HASH_LEN) != 0) {
        return false;
    }
    metrics_add(lanes->options.metrics, METRIC_COMMANDS, OUTCOME_REPLAYED, 1);
    submission->on_answer(submission->user, &(struct answer){.status = found.status,
                                                             .version = found.version,
                                                             .location = found.location,
                                                             .body = found.body,
                                                             .is_replayed = true});
    return true;
}

enum lanes_verdict lanes_submit(struct lanes *lanes, struct submission *submission)
{
    struct command *command = &submission->command;
    if (lanes->common.shards == 0) {
        return LANES_UNAVAILABLE;
    }
    submission->waiter.shard = shard_of(command->aggregate_id, lanes->common.shards);
    struct lane *lane = lanes->lanes[submission->waiter.shard % lanes->options.count];
    const enum lanes_verdict verdict = admission_judge(&lanes->common, lane_door(lane), submission);
    if (verdict != LANES_TAKEN) {
        return answer_from_memory(lanes, submission) ? LANES_TAKEN : verdict;
    }
    command->is_retry_only = lanes->is_behind && command->kind == COMMAND_PLACE_ORDER;
    admission_join(&lanes->common, submission);
    lane_wake(lane);
    schedule_tick(lanes);
    return LANES_TAKEN;
}

void lanes_mark_level(struct lanes *lanes, struct strview sku)
{
    if (lanes->common.shards > 0) {
        lane_mark_level(&lanes->common, sku);
        schedule_levels(lanes);
    }
}

struct held *lanes_held(struct lanes *lanes)
{
    return &lanes->common.held;
}

int64_t lanes_greatest_seq(const struct lanes *lanes)
{
    return lanes->common.greatest_seq;
}

/* ---- probes -------------------------------------------------------------------------------- */

/* ERROR_NONE when that lane gets on. A cause that is known says more than that it stands. */
static enum error_kind getting_on(const struct lanes *lanes, size_t index, struct error *err)
{
    enum error_kind kind = lane_connection(lanes->lanes[index], err);
    kind = kind != ERROR_NONE ? kind : lane_work(lanes->lanes[index], loop_now_ms(), err);
    if (kind == ERROR_NONE && lanes->is_stalled[index]) {
        return error_set(err, ERROR_TRANSIENT,
                         "lane %zu: commands wait and none was committed for ten seconds", index);
    }
    return kind;
}

enum error_kind lanes_probe(void *user, struct error *err)
{
    const struct lanes *lanes = user;
    bool gets_any_on = false;
    for (size_t i = 0; i < (size_t)lanes->options.count; i++) {
        const enum error_kind kind = lane_connection(lanes->lanes[i], err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    for (size_t i = 0; i < (size_t)lanes->options.count; i++) {
        gets_any_on |= getting_on(lanes, i, err) == ERROR_NONE;
    }
    return gets_any_on ? ERROR_NONE : err->kind;
}

enum error_kind lanes_stall_probe(void *user, struct error *err)
{
    const struct lanes *lanes = user;
    for (size_t i = 0; i < lane_count(lanes); i++) {
        const enum error_kind kind = getting_on(lanes, i, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

enum error_kind lanes_levels_probe(void *user, struct error *err)
{
    const struct lanes *lanes = user;
    for (size_t i = 0; i < lane_count(lanes); i++) {
        const enum error_kind kind = lane_levels_probe(lanes->lanes[i], err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

enum error_kind lanes_lock_probe(void *user, struct error *err)
{
    const struct lanes *lanes = user;
    const struct held *held = &lanes->common.held;
    const struct held_entry *entry = held_first(held);
    if (entry == NULL) {
        return ERROR_NONE;
    }
    const int64_t held_s = (loop_now_ms() - entry->since_ms) / 1000;
    if (entry->state == HOLDER_UNKNOWN) {
        return error_set(err, ERROR_TRANSIENT, "%zu locks are held elsewhere: %s %s for %d s",
                         held->count, held_kind_name(entry->kind), entry->name, (int)held_s);
    }
    return error_set(err, ERROR_TRANSIENT,
                     "%zu locks are held elsewhere: %s %s for %d s by pid %d, user %s, %s",
                     held->count, held_kind_name(entry->kind), entry->name, (int)held_s,
                     (int)entry->holder.pid, entry->holder.user, entry->holder.application);
}
