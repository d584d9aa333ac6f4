/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/partition.h"

#include "common/base/arena.h"
#include "common/base/fault_point.h"
#include "common/base/id_form.h"
#include "common/base/must.h"
#include "common/base/stall.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/batch.h"
#include "projector-svc/views/batch_write.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_save.h"
#include "projector-svc/views/view_store.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BUSY_MAX = 4,            /* batches on their way at once */
    BATCH_BYTES = 512 << 10, /* of payload: a batch ends before more, but has one event at least */
    BUSY_BYTES = 1 << 20,    /* of payload in all batches on their way; a first one always goes */
    QUEUE_FULL = 1 << 20,    /* bytes: the consumer pauses this partition */
    QUEUE_ROOM = 256 << 10,  /* and goes on with it */
    QUEUES_FULL = 8 << 20,   /* bytes in all queues: partitions above their share pause, too */
    QUEUE_SHARE = 128 << 10,
    DRAINING_MAX = 8,      /* at once; more are found in Redis a second later */
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
    bool is_halted;   /* closes when its batch has ended */
    bool must_check;  /* what is queued may no longer be what Kafka has */
    int64_t position; /* as Redis has it, or VIEW_POSITIONS_NONE */
    struct anchor anchor;
    int64_t goal;
    int64_t committed;   /* by the group, when this assignment began; 0: not known */
    int64_t end;         /* as the last end-of-partition said; -1: not yet */
    int64_t highest_end; /* ever seen since it was opened */
    int64_t moved_ms;    /* wall time when it moved or had nothing to do */
    uint64_t received;   /* records, ever */
    struct stall stall;
    bool is_stuck;
    struct kafka_record *queue; /* a ring; the batch's records are its first ones */
    size_t queue_cap;
    size_t queue_head;
    size_t queue_count;
    size_t queue_bytes;
    struct arena arena; /* of the batch in flight */
    struct batch batch;
    struct write_set writes;
    char draining[DRAINING_MAX][ID_FORM_MAX + 1]; /* aggregates whose parked are applied */
    size_t draining_count;
    struct partition *next_waiting;
    bool is_waiting; /* for a turn */
    size_t batch_records;
    size_t batch_bytes; /* payload of its records */
    size_t batch_limit;
    int64_t batch_next;
    int64_t sent_us;
    struct error trouble; /* why Redis refused the last batch; kind NONE: it did not */
};

static void begin_batch(struct partition *partition, bool is_called);

/* --- the queue */

static struct kafka_record *queue_at(const struct partition *partition, size_t index)
{
    return &partition->queue[(partition->queue_head + index) % partition->queue_cap];
}

static void queue_push(struct partition *partition, const struct kafka_record *record)
{
    if (partition->queue_count == partition->queue_cap) {
        const size_t cap = partition->queue_cap == 0 ? BATCH_EVENTS_MAX : partition->queue_cap * 2;
        struct kafka_record *queue = must_allocate(cap, sizeof *queue);
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

static void queue_record(struct partition *partition, struct kafka_record *record)
{
    queue_push(partition, record);
    count_bytes(partition, size_of(record), 0);
    const bool is_over_share =
        partition->queue_bytes >= QUEUE_SHARE && partition->context->queued_bytes >= QUEUES_FULL;
    if (!partition->is_full && (partition->queue_bytes >= QUEUE_FULL || is_over_share)) {
        partition->is_full = true;
        partition->context->on_full(partition->context->user, partition, true);
    }
}

/* --- is the log the one we know? */

static void tell_replaced(const struct partition *partition)
{
    const struct anchor *anchor = &partition->anchor;
    log_event(LOG_ERROR, "kafka_lost_records", LOG_VIEW("slot", partition->slot),
              LOG_INT("position", anchor->position), LOG_INT("last_taken", anchor->start),
              LOG_STR("last_taken_id", anchor->kept.id),
              LOG_TEXT("another record stands where the last one was taken, or the log ends before "
                       "it; it is read again from its beginning, what was applied is passed over"));
}

static void tell_removed(const struct partition *partition)
{
    if (!partition->is_out_of_range) {
        log_event(LOG_ERROR, "position_out_of_range", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", partition->anchor.position),
                  LOG_TEXT("Kafka has removed events that were never read; this partition is not "
                           "consumed. projector-svc/README.md, \"A partition that lost events\", "
                           "says what can be done by hand"));
    }
}

static void tell_unknown(const struct partition *partition)
{
    log_event(LOG_INFO, "identity_unknown", LOG_VIEW("slot", partition->slot),
              LOG_INT("position", partition->anchor.position),
              LOG_TEXT("no event that was taken can be compared with the log; going on"));
}

static void note_finding(struct partition *partition, enum anchor_finding finding)
{
    typedef void tell_fn(const struct partition *partition);
    static tell_fn *const TELL[ANCHOR_FINDING_COUNT] = {
        [ANCHOR_UNKNOWN] = tell_unknown,
        [ANCHOR_REPLACED] = tell_replaced,
        [ANCHOR_REMOVED] = tell_removed,
    };
    if (TELL[finding] != NULL) {
        TELL[finding](partition);
    }
    if (finding != ANCHOR_NOTHING) {
        metrics_add(partition->context->metrics, METRIC_CHECKS, finding - ANCHOR_SAME, 1);
    }
    if (partition->anchor.state == ANCHOR_CUT) {
        partition->is_out_of_range = true;
    } else if (partition->anchor.state == ANCHOR_SURE) {
        partition->is_out_of_range = false;
    }
    if (partition->anchor.wants_restart) {
        partition->context->on_restart(partition->context->user);
    }
}

void partition_take(struct partition *partition, struct kafka_record *record)
{
    enum anchor_finding finding;
    const struct strview id = partition->anchor.state == ANCHOR_CHECKING
                                  ? incoming_event_id(record)
                                  : STRVIEW(""); /* reading headers costs memory */
    const bool is_taken = anchor_meet(&partition->anchor, record->offset, id, &finding);
    partition->received++;
    note_finding(partition, finding);
    if (is_taken) {
        queue_record(partition, record);
    } else {
        kafka_record_done(record);
    }
}

/* An end that went back was cut off, and perhaps filled again. */
static void watch_end(struct partition *partition, int64_t end)
{
    if (end < partition->highest_end) {
        log_event(LOG_WARN, "end_went_back", LOG_VIEW("slot", partition->slot),
                  LOG_INT("was", partition->highest_end), LOG_INT("end", end),
                  LOG_TEXT("comparing what was taken with what Kafka has"));
        partition->highest_end = end;
        partition_recheck(partition);
    }
    partition->highest_end = end;
}

void partition_at_end(struct partition *partition, int64_t offset)
{
    partition->end = offset;
    if (partition->anchor.state == ANCHOR_SURE && !partition->anchor.is_unproven &&
        offset < partition->anchor.next) {
        partition_recheck(partition);
        return;
    }
    note_finding(partition, anchor_meet_end(&partition->anchor, offset));
}

void partition_outside(struct partition *partition)
{
    if (partition->anchor.state == ANCHOR_SURE) {
        partition_recheck(partition);
    } else if (anchor_meet_outside(&partition->anchor)) {
        note_finding(partition, ANCHOR_NOTHING);
    } else {
        tell_removed(partition); /* it is not there at all */
        partition->is_out_of_range = true;
    }
}

/* --- turns */

static bool fits(const struct partition_context *context, size_t bytes)
{
    return context->busy == 0 ||
           (context->busy < BUSY_MAX && context->busy_bytes + bytes <= BUSY_BYTES);
}

static void wait_for_turn(struct partition *partition)
{
    struct partition_context *context = partition->context;
    if (partition->is_waiting) {
        return;
    }
    partition->is_waiting = true;
    partition->next_waiting = NULL;
    if (context->first_waiting == NULL) {
        context->first_waiting = partition;
    } else {
        context->last_waiting->next_waiting = partition;
    }
    context->last_waiting = partition;
}

/* False: its turn comes later. Nobody small overtakes a large one that waits. */
static bool take_turn(struct partition *partition, bool is_called)
{
    struct partition_context *context = partition->context;
    if (!is_called && (context->first_waiting != NULL || !fits(context, partition->batch_bytes))) {
        wait_for_turn(partition);
        return false;
    }
    context->busy++;
    context->busy_bytes += partition->batch_bytes;
    return true;
}

/* Its batch has ended. A batch that fails at once comes back here from inside: the loop outside
 * goes on with the next one, so that many of them do not become as many frames. */
static void give_turn_on(struct partition *partition)
{
    struct partition_context *context = partition->context;
    struct partition *next;
    context->busy--;
    context->busy_bytes -= partition->batch_bytes;
    arena_reset(&partition->arena); /* what stands idle keeps no memory */
    if (context->is_giving) {
        return;
    }
    context->is_giving = true;
    while ((next = context->first_waiting) != NULL && fits(context, next->batch_bytes)) {
        context->first_waiting = next->next_waiting;
        next->is_waiting = false;
        begin_batch(next, true); /* or not, when it has nothing to do any more */
    }
    context->is_giving = false;
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
    partition->is_halted = false;
    give_turn_on(partition);
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

/* Which customer it is stands in projection:frozen, not in a log. */
static struct strview id_shown(const struct batch_aggregate *aggregate)
{
    return aggregate->type == AGGREGATE_CUSTOMER ? STRVIEW("*") : aggregate->id;
}

static void log_aggregate(const struct partition *partition,
                          const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        const struct lineup_item *item = &lineup->parked[i];
        const struct incoming *incoming = item->event;
        if (!item->is_stored && !item->is_readable) {
            log_event(incoming->is_foreign ? LOG_WARN : LOG_ERROR,
                      incoming->is_foreign ? "record_foreign" : "event_unreadable",
                      LOG_STR("type", aggregate_name(aggregate->type)),
                      LOG_VIEW("id", id_shown(aggregate)), LOG_VIEW("slot", partition->slot),
                      LOG_INT("offset", incoming->offset), LOG_STR("why", incoming->why),
                      LOG_TEXT("parked with everything behind it; the others flow"));
        }
    }
    const enum lineup_state before =
        aggregate->was_frozen ? aggregate->frozen.reason : LINEUP_FLOWING;
    if (lineup->state == before) {
        return;
    }
    const enum log_level level = lineup->state == LINEUP_FORKED     ? LOG_ERROR
                                 : lineup->state == LINEUP_DRAINING ? LOG_INFO
                                 : lineup->state == LINEUP_FLOWING  ? LOG_INFO
                                                                    : LOG_WARN;
    log_event(level, lineup->state == LINEUP_FLOWING ? "aggregate_flows" : "aggregate_frozen",
              LOG_STR("type", aggregate_name(aggregate->type)), LOG_VIEW("id", id_shown(aggregate)),
              LOG_VIEW("slot", partition->slot),
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
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_FOREIGN, (double)counts->foreign);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_UNTOLD, (double)counts->untold);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_GAP, (double)counts->gaps);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_FORK, (double)counts->forks);
    metrics_observe(metrics, METRIC_BATCH_EVENTS, 0, (double)partition->batch.event_count);
    metrics_observe(metrics, METRIC_CALL_SECONDS, 0,
                    (double)(loop_now_us() - partition->sent_us) / 1e6);
    for (size_t i = 0; i < partition->batch.aggregate_count; i++) {
        log_aggregate(partition, partition->batch.aggregates[i]);
    }
}

static void forget_draining(struct partition *partition, size_t index)
{
    partition->draining_count--;
    memmove(partition->draining[index], partition->draining[index + 1],
            (partition->draining_count - index) * sizeof partition->draining[0]);
}

static void note_draining(struct partition *partition, struct strview id, bool is_draining)
{
    for (size_t i = 0; i < partition->draining_count; i++) {
        if (strview_is(id, partition->draining[i])) {
            forget_draining(partition, i);
            break;
        }
    }
    if (is_draining && partition->draining_count < DRAINING_MAX && id.len <= ID_FORM_MAX) {
        char *place = partition->draining[partition->draining_count++]; /* behind the others */
        memcpy(place, id.data, id.len);
        place[id.len] = '\0';
    }
}

static void note_drained(struct partition *partition)
{
    for (size_t i = 0; i < partition->batch.aggregate_count; i++) {
        const struct batch_aggregate *aggregate = partition->batch.aggregates[i];
        if (aggregate->was_frozen || aggregate->is_drained ||
            aggregate->lineup.state == LINEUP_DRAINING) {
            note_draining(partition, aggregate->id, aggregate->lineup.state == LINEUP_DRAINING);
        }
    }
}

void partition_drain(struct partition *partition, struct strview aggregate_id)
{
    for (size_t i = 0; i < partition->draining_count; i++) {
        if (strview_is(aggregate_id, partition->draining[i])) {
            return;
        }
    }
    note_draining(partition, aggregate_id, true);
    begin_batch(partition, false);
}

static void end_batch(struct partition *partition)
{
    count_batch(partition);
    note_drained(partition);
    if (partition->batch_next < partition->position) {
        partition->committed = 0; /* it counted what Kafka has lost */
    }
    partition->position = partition->batch_next;
    if (partition->goal != 0 && partition->position >= partition->goal) {
        log_event(LOG_INFO, "partition_recovered", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", partition->position));
        partition->goal = 0;
    }
    partition->moved_ms = loop_wall_ms();
    partition->batch_limit = BATCH_EVENTS_MAX;
    partition->trouble.kind = ERROR_NONE;
    queue_drop(partition, partition->batch_records);
    if ((partition->must_check || partition->is_halted) && !partition->is_stopped) {
        close_with(partition, NULL);
        return;
    }
    partition->state = STATE_READY;
    give_turn_on(partition);
    if (partition->is_stopped) {
        partition->context->on_stopped(partition->context->user); /* perhaps its end */
        return;
    }
    begin_batch(partition, false);
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
    const struct view_save_move move = {
        .slot = partition->slot,
        .generation = partition->context->generation,
        .from = partition->position,
        .to = partition->batch_next,
    };
    partition->sent_us = loop_now_us();
    kind = view_save(partition->context->redis, &partition->arena, &move, &partition->writes,
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

/* As many of the queue's first records as one call may carry; at least one. */
static void measure_batch(struct partition *partition)
{
    partition->batch_records = 0;
    partition->batch_bytes = 0;
    while (partition->batch_records < partition->batch_limit &&
           partition->batch_records < partition->queue_count) {
        const size_t bytes = queue_at(partition, partition->batch_records)->value.len;
        if (partition->batch_records > 0 && partition->batch_bytes + bytes > BATCH_BYTES) {
            return;
        }
        partition->batch_bytes += bytes;
        partition->batch_records++;
    }
}

static enum error_kind fill_batch(struct partition *partition, struct error *err)
{
    enum error_kind kind = batch_init(&partition->batch, &partition->arena, err);
    partition->batch_next = partition->position;
    for (size_t i = 0; kind == ERROR_NONE && i < partition->batch_records; i++) {
        const struct kafka_record *record = queue_at(partition, i);
        struct incoming *incoming = NULL;
        kind = incoming_of_record(record, partition->name.topic, partition->name.aggregate,
                                  &partition->arena, &incoming, err);
        if (kind == ERROR_NONE) {
            kind = batch_add(&partition->batch, incoming, err);
        }
        partition->batch_next = record->offset + 1;
    }
    partition->batch.slot = partition->slot;
    partition->batch.portion = (int64_t)partition->batch_limit;
    if (kind == ERROR_NONE && partition->draining_count > 0) {
        kind = batch_add_drained(&partition->batch, partition->name.aggregate,
                                 strview_of(partition->draining[0]), err);
    }
    return kind;
}

static void begin_batch(struct partition *partition, bool is_called)
{
    const bool has_work =
        partition->queue_count > 0 || (partition->draining_count > 0 && partition->position > 0);
    if (partition->state != STATE_READY || partition->is_stopped || !has_work) {
        return;
    }
    measure_batch(partition);
    if (!take_turn(partition, is_called)) {
        return;
    }
    struct error err;
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
    begin_batch(partition, false);
}

/* --- opening */

/* Readers are told by the projector when the goal is new. */
static void note_loss(struct partition *partition, int64_t position, int64_t goal)
{
    const int64_t before = partition->was_opened ? partition->position : 0;
    partition->goal = goal > partition->committed ? goal : partition->committed;
    partition->goal = before > partition->goal ? before : partition->goal;
    partition->goal = partition->goal > position ? partition->goal : 0;
    const int64_t had_reached = before > partition->committed ? before : partition->committed;
    if (had_reached > position && goal < had_reached) {
        log_event(LOG_WARN, "redis_went_back", LOG_VIEW("slot", partition->slot),
                  LOG_INT("had_reached", had_reached), LOG_INT("position", position),
                  LOG_TEXT("Redis lost data; it is filled again from Kafka"));
    }
}

void partition_note_committed(struct partition *partition, int64_t offset)
{
    partition->committed = offset;
    if (partition->was_opened && partition->state != STATE_CLOSED) {
        note_loss(partition, partition->position, partition->goal);
    }
}

/* With nothing left to send no success would end it. */
static void forget_old_trouble(struct partition *partition)
{
    if (partition->queue_count == 0) {
        partition->trouble.kind = ERROR_NONE;
    }
}

/* What is queued follows the position, and may go on. */
static bool goes_on_with_queue(struct partition *partition, int64_t position)
{
    const int64_t first =
        partition->queue_count > 0 ? queue_at(partition, 0)->offset : partition->anchor.next;
    return partition->was_opened && !partition->must_check &&
           partition->anchor.state == ANCHOR_SURE && position >= first &&
           position <= partition->anchor.next;
}

void partition_open(struct partition *partition, const struct partition_stand *stand)
{
    assert(partition->state == STATE_CLOSED);
    const int64_t position = stand->position == VIEW_POSITIONS_NONE ? 0 : stand->position;
    const bool goes_on = goes_on_with_queue(partition, position);
    note_loss(partition, position, stand->goal);
    partition->position = stand->position;
    partition->state = STATE_READY;
    partition->was_opened = true;
    size_t known = 0;
    while (known < partition->queue_count &&
           (!goes_on || queue_at(partition, known)->offset < position)) {
        known++;
    }
    queue_drop(partition, known);
    forget_old_trouble(partition);
    if (!goes_on) {
        partition->must_check = false;
        partition->end = -1;
        partition->highest_end = -1;
        partition->moved_ms = loop_wall_ms();
        anchor_open(&partition->anchor, position, &stand->identity);
        partition->context->on_restart(partition->context->user);
    }
}

int64_t partition_reads_from(const struct partition *partition)
{
    const int64_t start = anchor_start(&partition->anchor);
    return start == ANCHOR_BEGINNING ? KAFKA_OFFSET_BEGINNING : start;
}

void partition_restarted(struct partition *partition)
{
    partition->anchor.wants_restart = false;
    partition->is_full = false;
}

void partition_recheck(struct partition *partition)
{
    if (!partition->was_opened || partition->must_check || partition->is_stopped) {
        return; /* it will be compared anyway */
    }
    partition->must_check = true;
    if (partition->state == STATE_READY) {
        partition->state = STATE_CLOSED;
        partition->context->on_closed(partition->context->user, partition, NULL);
    }
}

void partition_close(struct partition *partition)
{
    if (partition->state == STATE_READY) {
        partition->state = STATE_CLOSED;
    }
}

void partition_halt(struct partition *partition)
{
    partition_close(partition);
    partition->is_halted = partition->state == STATE_BUSY;
}

void partition_stop(struct partition *partition)
{
    partition->is_stopped = true;
}

/* --- life */

struct partition *partition_new(struct partition_context *context,
                                const struct partition_name *name)
{
    struct partition *partition = must_allocate(1, sizeof *partition);
    partition->context = context;
    partition->name = *name;
    partition->position = VIEW_POSITIONS_NONE;
    partition->end = -1;
    partition->highest_end = -1;
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

/* What lies between the position and an end that was announced is no record: markers. */
static bool is_caught_up(const struct partition *partition, int64_t position, int64_t end)
{
    return partition->queue_count == 0 && (position >= end || partition->end >= end);
}

/* How old is what it has not applied? What Kafka holds back has no age to be seen: then how long it
 * has not moved. */
static int64_t lag_of(const struct partition *partition, int64_t now_ms)
{
    const int64_t since_ms = partition->queue_count > 0 && queue_at(partition, 0)->timestamp_ms > 0
                                 ? queue_at(partition, 0)->timestamp_ms
                                 : partition->moved_ms;
    return since_ms > 0 && since_ms < now_ms ? now_ms - since_ms : 1;
}

struct partition_report partition_report(const struct partition *partition, int64_t known_end,
                                         int64_t now_ms)
{
    struct partition_report report = {
        .position = partition->position == VIEW_POSITIONS_NONE ? 0 : partition->position,
        .goal = partition->goal,
        .end = known_end > partition->end ? known_end : partition->end,
        .queued = partition->queue_count,
        .is_out_of_range = partition->is_out_of_range,
        .is_stuck = partition->is_stuck,
        .is_stalled = partition->trouble.kind != ERROR_NONE,
        .trouble = partition->trouble.text,
    };
    report.is_behind = report.end < 0 || !is_caught_up(partition, report.position, report.end);
    if (report.end >= 0 && report.is_behind) {
        report.lag_ms = lag_of(partition, now_ms);
    }
    return report;
}

/* Kafka has nothing more: what lies beyond its end is lost there, too. */
static void end_recovering(struct partition *partition, const struct partition_report *report)
{
    if (partition->goal != 0 && partition->end >= 0 && !report->is_behind &&
        partition->state == STATE_READY && partition->anchor.state == ANCHOR_SURE) {
        partition->goal = 0;
        partition->context->on_recovered(partition->context->user, partition);
    }
}

void partition_look(struct partition *partition, int64_t known_end, bool can_move, int64_t now_ms)
{
    if (known_end >= 0 && partition->state != STATE_CLOSED &&
        partition->anchor.state == ANCHOR_SURE) {
        watch_end(partition, known_end);
    }
    const struct partition_report report = partition_report(partition, known_end, now_ms);
    if (!report.is_behind) {
        partition->moved_ms = loop_wall_ms();
    }
    end_recovering(partition, &report);
    const uint64_t done = partition->received + (uint64_t)report.position;
    const bool is_stuck = stall_look(&partition->stall, can_move && report.is_behind, done, now_ms);
    if (is_stuck && !partition->is_stuck) {
        log_event(LOG_ERROR, "partition_stuck", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", report.position), LOG_INT("end", report.end),
                  LOG_INT("queued", report.queued),
                  LOG_TEXT("Kafka and Redis answer and nothing moves; reading is begun anew"));
        partition_recheck(partition);
    }
    partition->is_stuck = is_stuck;
}
