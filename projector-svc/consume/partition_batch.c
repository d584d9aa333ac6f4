/* SPDX-License-Identifier: Apache-2.0 */
/* When a batch of a partition begins, and what follows from its end. */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/batch_log.h"
#include "projector-svc/consume/partition_internal.h"
#include "projector-svc/metrics.h"

#include <assert.h>

/* Of records: a batch ends before more, but has one event at least. */
enum { BATCH_BYTES = 512 << 10 };

/* Of memory that batches leave to those behind them: that of two. The system would give it as new
 * pages each time, some hundred a batch. */
enum { SPARE_BYTES = 2 << 20 };

/* The next record may be taken. */
static bool has_record(const struct partition *partition)
{
    return partition->queue.count > 0 &&
           queue_at(&partition->queue, 0)->offset < partition->ceiling.offset;
}

static bool has_work(const struct partition *partition)
{
    return has_record(partition) || (partition->draining.count > 0 && partition->position > 0);
}

void partition_ask_turn(struct partition *partition)
{
    if (partition->state == STATE_READY && partition->next == NEXT_BATCH &&
        partition->turn.state == TURN_NONE && has_work(partition)) {
        turns_wait(&partition->context->turns, &partition->turn);
        loop_deferred_schedule(partition->context->serving);
    }
}

static void end_turn(struct partition *partition)
{
    struct partition_context *context = partition->context;
    course_release(&partition->course);
    turns_end(&context->turns, &partition->turn);
    if (turns_first(&context->turns) != NULL) {
        loop_deferred_schedule(context->serving);
    }
}

/* As many of the queue's first records as one call may carry; at least one, where one may be taken.
 */
static size_t measure_batch(const struct partition *partition, size_t *ret_bytes)
{
    size_t count = 0;
    *ret_bytes = 0;
    while (count < partition->batch_limit && count < partition->queue.count &&
           queue_at(&partition->queue, count)->offset < partition->ceiling.offset) {
        const size_t bytes = queue_bytes_at(&partition->queue, count);
        if (count > 0 && *ret_bytes + bytes > BATCH_BYTES) {
            break;
        }
        *ret_bytes += bytes;
        count++;
    }
    return count;
}

static void fail_batch(struct partition *partition, const struct error *why);

static void begin_batch(struct partition *partition, size_t records)
{
    const struct partition_context *context = partition->context;
    struct error err;
    const struct course_task task = {
        .redis = context->redis,
        .topic = partition->name.topic,
        .aggregate = partition->name.aggregate,
        .slot = partition->slot,
        .partition = partition->name.number,
        .queue = &partition->queue,
        .records = records,
        .portion = (int64_t)partition->batch_limit,
        .drained = draining_first(&partition->draining),
        .recovery = &partition->recovery,
        .position = partition->position,
        .generation = context->generation,
        .times = context->times,
        .reader = context->reader,
        .recent_cap = context->recent_cap,
        .stream_cap = context->stream_cap,
        .limits = &context->limits,
        .is_quiet = context->is_quiet,
        .retries = partition->retries,
    };
    assert(has_work(partition));
    partition_enter(partition, STATE_BUSY);
    if (course_begin(&partition->course, &task, &err) != ERROR_NONE) {
        fail_batch(partition, &err);
    }
}

/* A batch that fails at once has given its turn back before the next one is looked at, and its
 * partition may be gone: of both nothing is read behind begin_batch(). */
static void on_serve(void *user)
{
    struct partition_context *context = user;
    struct turn *turn;
    while ((turn = turns_first(&context->turns)) != NULL) {
        struct partition *partition = turn->owner;
        if (!has_work(partition)) { /* its ceiling was lowered since it asked */
            turns_leave(&context->turns, turn);
            continue;
        }
        size_t bytes;
        const size_t records = measure_batch(partition, &bytes);
        if (!turns_take(&context->turns, turn, bytes)) {
            return; /* the end of another one comes back here */
        }
        begin_batch(partition, records);
    }
}

/* --- the end of a batch */

void partition_give_back(struct partition *partition, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct kafka_record record = queue_take(&partition->queue);
        kafka_record_done(&record);
    }
}

void partition_drop(struct partition *partition, size_t count)
{
    partition_give_back(partition, count);
    partition->context->on_room(partition->context->user);
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
    uint64_t times = 0;
    if (news_is_due(&partition->troubles[why->kind], 1, loop_now_ms(), &times)) {
        const bool is_away = why->kind == ERROR_TRANSIENT || why->kind == ERROR_NOT_FOUND;
        log_event(is_away ? LOG_WARN : LOG_ERROR, "partition_stalled",
                  LOG_VIEW("slot", partition->slot), LOG_INT("times", times), LOG_ERR(why),
                  LOG_TEXT(is_away ? "trying again"
                                   : "Redis holds something that this partition's views cannot "
                                     "follow; it stands until that is mended"));
    }
    partition->trouble = *why;
}

/* Where views are held, each try ends so. */
static void tell_conflict(struct partition *partition, const struct error *why)
{
    uint64_t times = 0;
    if (news_is_due(&partition->conflicts, 1, loop_now_ms(), &times)) {
        log_event(LOG_WARN, "partition_closed", LOG_VIEW("slot", partition->slot),
                  LOG_INT("times", times), LOG_ERR(why),
                  LOG_TEXT("nothing was written; its position is read again"));
    }
}

/* The turn goes back first: on_closed() and on_stopped() may free the partition. Who stopped it
 * waits for nothing but that its batch ends, whatever the next one would be. */
static void close_busy(struct partition *partition, const struct error *why)
{
    struct partition_context *context = partition->context;
    end_turn(partition);
    partition_enter(partition, STATE_CLOSED);
    if (why == NULL && partition->next == NEXT_STOP) {
        context->on_stopped(context->user);
    } else {
        context->on_closed(context->user, partition, why);
    }
}

/* Without records it was a portion of parked events alone, of which the limit is the number, too.
 */
static size_t half_of_what_failed(const struct partition *partition)
{
    const size_t records = partition->course.task.records;
    return ((records > 0 ? records : partition->batch_limit) + 1) / 2;
}

/* Its records stay queued: what Redis says at the next opening decides which of them count. */
static void fail_batch(struct partition *partition, const struct error *why)
{
    metrics_add(partition->context->metrics, METRIC_RETRIES, retry_of(why->kind), 1);
    partition->retries++;
    if (why->kind == ERROR_EXHAUSTED && partition->batch_limit > 1) {
        partition->batch_limit = half_of_what_failed(partition);
        close_busy(partition, NULL); /* a smaller one follows at once: nobody is away */
        return;
    }
    if (why->kind == ERROR_CONFLICT) {
        tell_conflict(partition, why);
    } else {
        remember_trouble(partition, why);
    }
    close_busy(partition, why);
}

static void note_drained(struct partition *partition)
{
    const struct batch *batch = &partition->course.batch;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->was_frozen || aggregate->is_drained ||
            aggregate->lineup.state == LINEUP_DRAINING) {
            draining_note(&partition->draining, aggregate->id,
                          aggregate->lineup.state == LINEUP_DRAINING);
        }
    }
}

static void move_to(struct partition *partition, int64_t position)
{
    struct recovery *recovery = &partition->recovery;
    assert(position >= partition->source.floor);
    if (partition->course.task.records > 0) {
        partition->source.floor = position;
    }
    if (position < partition->position) {
        recovery->committed = 0; /* it counted what Kafka has lost */
    }
    partition->position = position;
    if (recovery_is_reached(recovery, position)) {
        log_event(LOG_INFO, "partition_recovered", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", position));
        recovery->goal = 0;
        if (!partition->course.ends_recovery) { /* the goal was learnt while it was in flight */
            partition->context->on_recovered(partition->context->user, partition);
        }
    }
    partition->progress.moved_ms = loop_wall_ms();
}

static void count_batch(struct partition *partition)
{
    const struct course *course = &partition->course;
    batch_log(&course->batch, partition->slot, &partition->context->unread,
              partition->context->metrics);
    metrics_observe(partition->context->metrics, METRIC_CALL_SECONDS, 0,
                    (double)(loop_now_us() - course->sent_us) / 1e6);
}

/* Not back at once: what follows is often like what was too much. */
static void grow_limit(struct partition *partition)
{
    const size_t twice = 2 * partition->batch_limit;
    partition->batch_limit = twice < BATCH_EVENTS_MAX ? twice : (size_t)BATCH_EVENTS_MAX;
}

static void succeed(struct partition *partition)
{
    count_batch(partition); /* and what follows, before end_turn() takes the batch's memory */
    note_drained(partition);
    move_to(partition, partition->course.next);
    grow_limit(partition);
    partition->retries = 0;
    partition->trouble.kind = ERROR_NONE;
    partition_drop(partition, partition->course.task.records);
    if (partition->next == NEXT_CLOSE) {
        close_busy(partition, NULL);
        return;
    }
    end_turn(partition);
    partition_enter(partition, STATE_READY);
    if (partition->next == NEXT_STOP) {
        partition->context->on_stopped(partition->context->user); /* perhaps its end */
        return;
    }
    partition_ask_turn(partition); /* behind those who wait */
}

void partition_on_course_done(void *user, const struct error *failure)
{
    struct partition *partition = user;
    assert(partition->state == STATE_BUSY);
    if (failure != NULL) {
        fail_batch(partition, failure);
    } else {
        succeed(partition);
    }
}

void partition_context_open(struct partition_context *context, struct loop *loop)
{
    context->serving = loop_deferred_new(loop, on_serve, context);
    context->spares.max = SPARE_BYTES;
}

void partition_context_close(struct partition_context *context)
{
    arena_spares_done(&context->spares);
    loop_deferred_free(context->serving);
    context->serving = NULL;
}
