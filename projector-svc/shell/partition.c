/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/shell/partition.h"

#include "common/base/arena.h"
#include "common/base/fault_point.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/shell/batch.h"
#include "projector-svc/shell/incoming.h"
#include "projector-svc/shell/projector_metrics.h"
#include "projector-svc/shell/view_store.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BUSY_MAX = 4,           /* batches on their way at once */
    QUEUE_FULL = 1 << 20,   /* bytes: the consumer pauses this partition */
    QUEUE_ROOM = 256 << 10, /* and goes on with it */
    QUEUES_FULL = 8 << 20,  /* bytes in all queues: partitions above their share pause, too */
    QUEUE_SHARE = 128 << 10,
    RECORD_OVERHEAD = 512, /* bytes: headers and bookkeeping, roughly */
    SLOT_MAX = 320,        /* bytes; a topic's name has at most 249 */
    ARENA_MAX = 64 << 20,  /* bytes; one hostile record of 1 MiB can need most of it */
};

enum partition_state { STATE_CLOSED = 0, STATE_READY, STATE_BUSY };

struct partition {
    struct partition_context *context;
    struct partition_name name;
    char slot_text[SLOT_MAX];
    struct strview slot;
    enum partition_state state;
    bool is_stopped;
    bool is_full;
    bool is_out_of_range;
    bool was_opened;
    int64_t position; /* as Redis has it, or VIEW_STORE_NO_POSITION */
    int64_t goal;
    int64_t end;                /* as the last end-of-partition said; -1: not yet */
    int64_t last_time_ms;       /* of the record applied last; 0: none yet */
    struct kafka_record *queue; /* a ring; the batch's records are its first ones */
    size_t queue_cap;
    size_t queue_head;
    size_t queue_count;
    size_t queue_bytes;
    int64_t next_offset; /* of the record that comes after the queue's last; -1: not known */
    struct arena arena;  /* of the batch in flight */
    struct batch batch;
    struct write_set writes;
    struct partition *next_waiting;
    bool is_waiting; /* for a turn */
    size_t batch_records;
    size_t batch_limit;
    int64_t batch_next;
    int64_t sent_us;
    struct error trouble; /* why Redis refused the last batch; kind NONE: it did not */
};

static void begin_batch(struct partition *partition);

/* --- the queue */

static struct kafka_record *queue_at(const struct partition *partition, size_t index)
{
    return &partition->queue[(partition->queue_head + index) % partition->queue_cap];
}

static void queue_push(struct partition *partition, const struct kafka_record *record)
{
    if (partition->queue_count == partition->queue_cap) {
        const size_t cap = partition->queue_cap == 0 ? BATCH_EVENTS_MAX : partition->queue_cap * 2;
        struct kafka_record *queue = calloc(cap, sizeof *queue);
        if (queue == NULL) {
            abort(); /* a few KiB: nothing sensible is left to do */
        }
        for (size_t i = 0; i < partition->queue_count; i++) {
            queue[i] = *queue_at(partition, i);
        }
        free(partition->queue);
        partition->queue = queue;
        partition->queue_cap = cap;
        partition->queue_head = 0;
    }
    partition->queue_count++;
    *queue_at(partition, partition->queue_count - 1) = *record;
}

static size_t size_of(const struct kafka_record *record)
{
    return record->key.len + record->value.len + RECORD_OVERHEAD;
}

static void count_bytes(struct partition *partition, size_t added, size_t taken)
{
    partition->queue_bytes += added;
    partition->queue_bytes -= taken;
    partition->context->queued_bytes += added;
    partition->context->queued_bytes -= taken;
}

static void queue_drop(struct partition *partition, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct kafka_record *record = queue_at(partition, 0);
        count_bytes(partition, 0, size_of(record));
        kafka_record_done(record);
        partition->queue_head = (partition->queue_head + 1) % partition->queue_cap;
        partition->queue_count--;
    }
    const size_t room =
        partition->context->queued_bytes < QUEUES_FULL ? QUEUE_ROOM : QUEUE_SHARE / 2;
    if (partition->is_full && partition->queue_bytes <= room) {
        partition->is_full = false;
        partition->context->on_full(partition->context->user, partition, false);
    }
}

void partition_take(struct partition *partition, struct kafka_record *record)
{
    queue_push(partition, record);
    count_bytes(partition, size_of(record), 0);
    partition->next_offset = record->offset + 1;
    const bool is_over_share =
        partition->queue_bytes >= QUEUE_SHARE && partition->context->queued_bytes >= QUEUES_FULL;
    if (!partition->is_full && (partition->queue_bytes >= QUEUE_FULL || is_over_share)) {
        partition->is_full = true;
        partition->context->on_full(partition->context->user, partition, true);
    }
}

/* --- turns */

/* False: its turn comes later. */
static bool take_turn(struct partition *partition)
{
    struct partition_context *context = partition->context;
    if (context->busy < BUSY_MAX) {
        context->busy++;
        return true;
    }
    if (!partition->is_waiting) {
        partition->is_waiting = true;
        partition->next_waiting = NULL;
        if (context->first_waiting == NULL) {
            context->first_waiting = partition;
        } else {
            context->last_waiting->next_waiting = partition;
        }
        context->last_waiting = partition;
    }
    return false;
}

static struct partition *next_in_turn(struct partition_context *context)
{
    struct partition *partition = context->first_waiting;
    if (partition != NULL) {
        context->first_waiting = partition->next_waiting;
        partition->is_waiting = false;
    }
    return partition;
}

static void give_turn_on(struct partition_context *context)
{
    struct partition *next;
    context->busy--;
    while (context->busy < BUSY_MAX && (next = next_in_turn(context)) != NULL) {
        begin_batch(next); /* or not, when it has nothing to do any more */
    }
}

/* It is going: nothing may wait in its name. */
static void leave_turns(const struct partition *partition)
{
    struct partition_context *context = partition->context;
    struct partition *before = NULL;
    for (struct partition *at = context->first_waiting; at != NULL; at = at->next_waiting) {
        if (at != partition) {
            before = at;
            continue;
        }
        if (before == NULL) {
            context->first_waiting = at->next_waiting;
        } else {
            before->next_waiting = at->next_waiting;
        }
        context->last_waiting = at == context->last_waiting ? before : context->last_waiting;
        return;
    }
}

/* --- ends of a batch */

static void close_with(struct partition *partition, const struct error *why)
{
    struct partition_context *context = partition->context;
    partition->state = STATE_CLOSED;
    give_turn_on(context);
    context->on_closed(context->user, partition, why);
}

static enum metric_retry retry_of(enum error_kind kind)
{
    if (kind == ERROR_CONFLICT) {
        return RETRY_CONFLICT;
    }
    return kind == ERROR_INVALID ? RETRY_REFUSED : RETRY_REDIS_AWAY;
}

/* A person must look at what Redis refuses; what is merely away or full comes back by itself. */
static void remember_trouble(struct partition *partition, const struct error *why)
{
    if (partition->trouble.kind != why->kind) {
        const bool is_away = why->kind == ERROR_TRANSIENT || why->kind == ERROR_NOT_FOUND;
        log_event(is_away ? LOG_WARN : LOG_ERROR, "partition_stalled",
                  LOG_VIEW("slot", partition->slot), LOG_ERR(why),
                  LOG_TEXT(is_away ? "trying again"
                                   : "Redis holds something that this partition's views cannot "
                                     "follow; it stands until that is mended"));
    }
    partition->trouble = *why;
}

static void fail_batch(struct partition *partition, const struct error *why)
{
    metrics_add(partition->context->metrics, METRIC_RETRIES, retry_of(why->kind), 1);
    if (why->kind == ERROR_EXHAUSTED && partition->batch_limit > 1) {
        partition->batch_limit = (partition->batch_records + 1) / 2;
    } else if (why->kind != ERROR_CONFLICT) {
        remember_trouble(partition, why);
    }
    close_with(partition, why);
}

static void log_aggregate(const struct partition *partition,
                          const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        const struct lineup_item *item = &lineup->parked[i];
        const struct incoming *incoming = item->event;
        if (!item->is_stored && !item->is_readable) {
            log_event(LOG_ERROR, "event_unreadable",
                      LOG_STR("type", aggregate_name(aggregate->type)),
                      LOG_VIEW("id", aggregate->id), LOG_VIEW("slot", partition->slot),
                      LOG_INT("offset", incoming->offset), LOG_STR("why", incoming->why),
                      LOG_TEXT("parked with everything behind it; the others flow"));
        }
    }
    const enum lineup_state before =
        aggregate->was_frozen ? aggregate->frozen.reason : LINEUP_FLOWING;
    if (lineup->state == before) {
        return;
    }
    const enum log_level level = lineup->state == LINEUP_FORKED    ? LOG_ERROR
                                 : lineup->state == LINEUP_FLOWING ? LOG_INFO
                                                                   : LOG_WARN;
    log_event(level, lineup->state == LINEUP_FLOWING ? "aggregate_flows" : "aggregate_frozen",
              LOG_STR("type", aggregate_name(aggregate->type)), LOG_VIEW("id", aggregate->id),
              LOG_STR("reason", lineup_state_name(lineup->state)),
              LOG_INT("waits_for", lineup->version + 1));
}

static void count_batch(struct partition *partition)
{
    const struct batch_counts *counts = &partition->batch.counts;
    struct metrics *metrics = partition->context->metrics;
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_APPLIED, (double)counts->applied);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_DUPLICATE, (double)counts->duplicates);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_PARKED, (double)counts->parked);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_UNREADABLE, (double)counts->unreadable);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_GAP, (double)counts->gaps);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_FORK, (double)counts->forks);
    metrics_observe(metrics, METRIC_BATCH_EVENTS, 0, (double)partition->batch.event_count);
    metrics_observe(metrics, METRIC_CALL_SECONDS, 0,
                    (double)(loop_now_us() - partition->sent_us) / 1e6);
    for (size_t i = 0; i < partition->batch.aggregate_count; i++) {
        log_aggregate(partition, partition->batch.aggregates[i]);
    }
}

static void end_batch(struct partition *partition)
{
    count_batch(partition);
    partition->position = partition->batch_next;
    if (partition->goal != 0 && partition->position >= partition->goal) {
        log_event(LOG_INFO, "partition_recovered", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", partition->position));
        partition->goal = 0;
    }
    partition->last_time_ms = queue_at(partition, partition->batch_records - 1)->timestamp_ms;
    partition->batch_limit = BATCH_EVENTS_MAX;
    partition->trouble.kind = ERROR_NONE;
    partition->state = STATE_READY;
    queue_drop(partition, partition->batch_records);
    give_turn_on(partition->context);
    if (partition->is_stopped) {
        partition->context->on_stopped(partition->context->user); /* perhaps its end */
        return;
    }
    begin_batch(partition);
}

/* --- load, fold, save */

static bool fails_here(bool at_point, struct error *err)
{
    if (at_point) {
        (void)error_set(err, ERROR_TRANSIENT, "a fault point said so");
    }
    return at_point;
}

static void on_saved(void *user, const struct error *failure)
{
    struct partition *partition = user;
    struct error err;
    if (failure == NULL && fails_here(FAULT_POINT("projector.fcall_replied"), &err)) {
        failure = &err; /* as if the answer had been lost */
    }
    if (failure != NULL) {
        fail_batch(partition, failure);
        return;
    }
    end_batch(partition);
}

/* The call that reaches what was reached before also ends the recovering. */
static void write_recovered(struct partition *partition)
{
    if (partition->goal != 0 && partition->batch_next >= partition->goal) {
        write_set_add(&partition->writes, WRITE_HDEL, STRVIEW(KEYS_RECOVERING), partition->slot);
    }
}

static enum error_kind save_batch(struct partition *partition, struct error *err)
{
    const struct view_moment moment = {.projected_at_ms = loop_wall_ms(),
                                       .recent_cap = partition->context->recent_cap};
    enum error_kind kind = batch_fold(&partition->batch, err);
    if (kind == ERROR_NONE) {
        kind = batch_write(&partition->batch, &moment, &partition->writes, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    write_recovered(partition);
    if (fails_here(FAULT_POINT("projector.before_fcall"), err)) {
        return ERROR_TRANSIENT;
    }
    const struct view_store_move move = {
        .slot = partition->slot,
        .generation = partition->context->generation,
        .from = partition->position,
        .to = partition->batch_next,
    };
    partition->sent_us = loop_now_us();
    kind = view_store_save(partition->context->redis, &partition->arena, &move, &partition->writes,
                           on_saved, partition, err);
    (void)FAULT_POINT("projector.fcall_sent");
    return kind;
}

static void fold_and_save(struct partition *partition)
{
    struct error err;
    if (save_batch(partition, &err) != ERROR_NONE) {
        fail_batch(partition, &err);
    }
}

static void on_more_loaded(void *user, const struct error *failure)
{
    struct partition *partition = user;
    if (failure != NULL) {
        fail_batch(partition, failure);
        return;
    }
    fold_and_save(partition);
}

static void on_loaded(void *user, const struct error *failure)
{
    struct partition *partition = user;
    struct error err;
    bool wants_more = false;
    (void)FAULT_POINT("projector.loaded");
    if (failure == NULL && batch_look(&partition->batch, &wants_more, &err) != ERROR_NONE) {
        failure = &err;
    }
    if (failure == NULL && wants_more &&
        view_store_load_more(partition->context->redis, &partition->batch, on_more_loaded,
                             partition, &err) != ERROR_NONE) {
        failure = &err;
    }
    if (failure != NULL) {
        fail_batch(partition, failure);
    } else if (!wants_more) {
        fold_and_save(partition);
    }
}

/* As many of the queue's first records as fit; at least one, or it fails. */
static enum error_kind fill_batch(struct partition *partition, struct error *err)
{
    enum error_kind kind = batch_init(&partition->batch, &partition->arena, err);
    partition->batch_records = 0;
    while (kind == ERROR_NONE && partition->batch_records < partition->batch_limit &&
           partition->batch_records < partition->queue_count) {
        const struct kafka_record *record = queue_at(partition, partition->batch_records);
        struct incoming *incoming = NULL;
        kind = incoming_of_record(record, partition->name.topic, partition->name.aggregate,
                                  &partition->arena, &incoming, err);
        if (kind == ERROR_NONE) {
            kind = batch_add(&partition->batch, incoming, err);
        }
        partition->batch_records++;
        partition->batch_next = record->offset + 1;
    }
    return kind;
}

static void begin_batch(struct partition *partition)
{
    if (partition->state != STATE_READY || partition->is_stopped || partition->queue_count == 0 ||
        !take_turn(partition)) {
        return;
    }
    struct error err;
    arena_reset(&partition->arena);
    partition->state = STATE_BUSY;
    enum error_kind kind = fill_batch(partition, &err);
    (void)FAULT_POINT("projector.decoded");
    if (kind == ERROR_NONE) {
        kind = view_store_load(partition->context->redis, &partition->batch, on_loaded, partition,
                               &err);
    }
    if (kind != ERROR_NONE) {
        fail_batch(partition, &err);
    }
}

void partition_resume(struct partition *partition)
{
    begin_batch(partition);
}

/* --- opening */

static void note_loss(struct partition *partition, int64_t position, int64_t goal)
{
    partition->goal = goal > position ? goal : 0;
    if (!partition->was_opened || position >= partition->position) {
        return;
    }
    if (partition->position > partition->goal) {
        partition->goal = partition->position;
    }
    log_event(LOG_WARN, "redis_went_back", LOG_VIEW("slot", partition->slot),
              LOG_INT("had_reached", partition->position), LOG_INT("position", position),
              LOG_TEXT("Redis lost data; it is filled again from Kafka"));
}

/* With nothing left to send no success would end it. */
static void forget_old_trouble(struct partition *partition)
{
    if (partition->queue_count == 0) {
        partition->trouble.kind = ERROR_NONE;
    }
}

int64_t partition_open(struct partition *partition, int64_t position, int64_t goal)
{
    assert(partition->state == STATE_CLOSED);
    const int64_t offset = position == VIEW_STORE_NO_POSITION ? 0 : position;
    note_loss(partition, position, goal);
    partition->position = position;
    partition->state = STATE_READY;
    const bool was_opened = partition->was_opened;
    partition->was_opened = true;
    const int64_t first =
        partition->queue_count > 0 ? queue_at(partition, 0)->offset : partition->next_offset;
    if (was_opened && first >= 0 && offset >= first && offset <= partition->next_offset) {
        size_t known = 0;
        while (known < partition->queue_count && queue_at(partition, known)->offset < offset) {
            known++;
        }
        queue_drop(partition, known);
        forget_old_trouble(partition);
        return -1;
    }
    queue_drop(partition, partition->queue_count);
    forget_old_trouble(partition);
    partition->next_offset = offset;
    partition->end = -1;
    partition->is_out_of_range = false;
    return offset;
}

void partition_close(struct partition *partition)
{
    if (partition->state == STATE_READY) {
        partition->state = STATE_CLOSED;
    }
}

void partition_stop(struct partition *partition)
{
    partition->is_stopped = true;
}

/* --- life */

struct partition *partition_new(struct partition_context *context,
                                const struct partition_name *name)
{
    struct partition *partition = calloc(1, sizeof *partition);
    if (partition == NULL) {
        abort();
    }
    partition->context = context;
    partition->name = *name;
    partition->position = VIEW_STORE_NO_POSITION;
    partition->end = -1;
    partition->next_offset = -1;
    partition->batch_limit = BATCH_EVENTS_MAX;
    arena_init(&partition->arena, ARENA_MAX);
    const struct strview slot = keys_slot(&partition->arena, strview_of(name->topic), name->number);
    assert(slot.len < sizeof partition->slot_text);
    memcpy(partition->slot_text, slot.data, slot.len);
    partition->slot = (struct strview){.data = partition->slot_text, .len = slot.len};
    return partition;
}

void partition_free(struct partition *partition)
{
    if (partition == NULL) {
        return;
    }
    leave_turns(partition);
    partition->is_full = false; /* nobody is to be told any more */
    queue_drop(partition, partition->queue_count);
    free(partition->queue);
    arena_done(&partition->arena);
    free(partition);
}

const struct partition_name *partition_name(const struct partition *partition)
{
    return &partition->name;
}

struct strview partition_slot(const struct partition *partition)
{
    return partition->slot;
}

bool partition_stands_at(const struct partition *partition, int64_t position)
{
    return partition->state != STATE_READY || partition->position == position;
}

bool partition_is_busy(const struct partition *partition)
{
    return partition->state == STATE_BUSY;
}

bool partition_is_closed(const struct partition *partition)
{
    return partition->state == STATE_CLOSED;
}

void partition_at_end(struct partition *partition, int64_t offset)
{
    partition->end = offset;
}

void partition_out_of_range(struct partition *partition)
{
    partition->is_out_of_range = true;
}

/* What lies between the position and an end that was announced is no record: markers. */
static bool is_caught_up(const struct partition *partition, int64_t position, int64_t end)
{
    return partition->queue_count == 0 && (position >= end || partition->end >= end);
}

struct partition_report partition_report(const struct partition *partition, int64_t known_end,
                                         int64_t now_ms)
{
    struct partition_report report = {
        .position = partition->position == VIEW_STORE_NO_POSITION ? 0 : partition->position,
        .goal = partition->goal,
        .end = known_end > partition->end ? known_end : partition->end,
        .queued = partition->queue_count,
        .is_out_of_range = partition->is_out_of_range,
        .is_stalled = partition->trouble.kind != ERROR_NONE,
        .trouble = partition->trouble.text,
    };
    if (report.end >= 0 && !is_caught_up(partition, report.position, report.end)) {
        const int64_t oldest_ms = partition->queue_count > 0 ? queue_at(partition, 0)->timestamp_ms
                                                             : partition->last_time_ms;
        report.lag_ms = oldest_ms > 0 && oldest_ms < now_ms ? now_ms - oldest_ms : 1;
    }
    return report;
}
