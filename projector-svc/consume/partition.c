/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/partition.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "projector-svc/consume/partition_internal.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/view_positions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that it may keep queued when what comes is not to be taken yet. */
enum { BEYOND_BYTES = 64 << 10 };

/* --- records */

static void heed_source(struct partition *partition, bool is_fine)
{
    if (!is_fine) {
        partition_recheck(partition);
    } else if (source_wants_restart(&partition->source)) {
        partition->context->on_restart(partition->context->user);
    }
}

/* Beyond the ceiling there may be millions. What has come in order goes on being read; once one was
 * left out, nothing behind it is kept. */
static bool leaves_out(struct partition *partition, const struct kafka_record *record)
{
    const bool is_beyond =
        record->offset >= partition->ceiling.offset && partition->queue.bytes >= BEYOND_BYTES;
    partition->ceiling.is_over = partition->ceiling.is_over || is_beyond;
    return partition->ceiling.is_over;
}

void partition_take(struct partition *partition, struct kafka_record *record)
{
    if (leaves_out(partition, record)) {
        kafka_record_done(record);
        return;
    }
    const int64_t offset = record->offset;
    const bool is_taken = source_meet(&partition->source, record);
    progress_receive(&partition->progress, offset);
    partition->silence.is_long = false;
    heed_source(partition, true);
    if (!is_taken) {
        kafka_record_done(record);
        return;
    }
    partition->is_at_end = false;
    queue_put(&partition->queue, record);
    partition_ask_turn(partition);
}

void partition_at_end(struct partition *partition, int64_t offset)
{
    partition->is_at_end = true;
    heed_source(partition, source_meet_end(&partition->source, offset));
}

void partition_outside(struct partition *partition)
{
    heed_source(partition, source_meet_outside(&partition->source));
}

void partition_drain(struct partition *partition, struct strview aggregate_id)
{
    if (!draining_has(&partition->draining, aggregate_id)) {
        draining_note(&partition->draining, aggregate_id, true);
        partition_ask_turn(partition);
    }
}

/* --- opening and closing */

/* Readers are told by the projector when the goal is new. */
static void note_loss(struct partition *partition, int64_t seen, int64_t position, int64_t goal)
{
    const int64_t had_reached = recovery_find(&partition->recovery, seen, position, goal);
    if (had_reached > 0) {
        log_event(LOG_WARN, "redis_went_back", LOG_VIEW("slot", partition->slot),
                  LOG_INT("had_reached", had_reached), LOG_INT("position", position),
                  LOG_TEXT("Redis lost data; it is filled again from Kafka"));
    }
}

static void note_healed(const struct partition *partition, int64_t opened)
{
    log_event(LOG_WARN, "redis_went_back", LOG_VIEW("slot", partition->slot),
              LOG_INT("had_reached", partition->recovery.committed), LOG_INT("position", opened),
              LOG_TEXT("Redis had lost data; it has been filled again from Kafka"));
}

void partition_note_committed(struct partition *partition, int64_t offset)
{
    const int64_t opened = partition->recovery.opened;
    partition->recovery.committed = offset;
    if (partition_is_closed(partition)) {
        return;
    }
    if (recovery_is_over_already(&partition->recovery, partition->position)) {
        note_healed(partition, opened);
    } else {
        note_loss(partition, partition->position, partition->position, partition->recovery.goal);
    }
}

void partition_heed_goal(struct partition *partition, int64_t position, int64_t goal)
{
    if (recovery_is_left_over(&partition->recovery, position, goal)) {
        partition->context->on_recovered(partition->context->user, partition);
    }
}

/* What is queued follows the position, and may go on. */
static bool goes_on_with_queue(const struct partition *partition, int64_t position)
{
    const struct queue *queue = &partition->queue;
    const int64_t next = partition->source.anchor.next;
    const int64_t first = queue->count > 0 ? queue_at(queue, 0)->offset : next;
    return partition->state != STATE_NEW && source_is_sure(&partition->source) &&
           position >= first && position <= next;
}

/* The queue's records that are of no use: those applied already, or all. */
static size_t count_known(const struct partition *partition, bool goes_on, int64_t position)
{
    size_t known = 0;
    while (known < partition->queue.count &&
           (!goes_on || queue_at(&partition->queue, known)->offset < position)) {
        known++;
    }
    return known;
}

/* What was left out is read again once there is nothing before it that waits. */
void partition_set_ceiling(struct partition *partition, int64_t offset)
{
    partition->ceiling.offset = offset;
    if (partition->ceiling.is_over && partition->queue.count == 0 &&
        partition->source.anchor.next < offset) {
        partition->context->on_restart(partition->context->user);
    }
    partition_ask_turn(partition);
}

bool partition_is_at_ceiling(struct partition *partition)
{
    partition_set_ceiling(partition, partition->ceiling.offset); /* perhaps there is room by now */
    return partition->state == STATE_READY &&
           (partition->position > 0 ? partition->position : 0) >= partition->ceiling.offset;
}

bool partition_ends_below(const struct partition *partition, int64_t end, int64_t *ret_ceiling)
{
    *ret_ceiling = partition->ceiling.offset;
    return partition->is_at_end && end < partition->ceiling.offset;
}

/* Who is called back from here (on_recovered, on_room, on_restart) notes what is to be done and
 * calls no partition, so this one is all the time as it was left; and its batch begins in the
 * loop's next turn, when whoever opened it is done with it.
 *
 * Two ways. After a call that failed for a moment the position lies within what is queued: those
 * before it were applied (the answer was lost), the rest goes on, and Kafka is not asked again.
 * Else nothing of the queue can be trusted: all is given back, and reading begins anew at the
 * record before the position. */
void partition_open(struct partition *partition, const struct partition_stand *stand)
{
    assert(partition_is_closed(partition));
    const int64_t position = stand->position == VIEW_POSITIONS_NONE ? 0 : stand->position;
    const bool goes_on = goes_on_with_queue(partition, position);
    note_loss(partition, partition->state == STATE_NEW ? 0 : partition->position, position,
              stand->goal);
    partition_heed_goal(partition, position, stand->goal);
    partition->recovery.opened = position;
    partition->position = stand->position;
    partition_enter(partition, STATE_READY);
    partition_drop(partition, count_known(partition, goes_on, position));
    if (partition->queue.count == 0) {
        partition->trouble.kind = ERROR_NONE; /* with nothing left to send no success would */
    }
    if (!goes_on) {
        source_open(&partition->source, position, &stand->identity);
        partition->progress.moved_ms = loop_wall_ms();
        partition->context->on_restart(partition->context->user);
    }
    partition_ask_turn(partition);
}

int64_t partition_reads_from(const struct partition *partition)
{
    return source_reads_from(&partition->source);
}

void partition_restarted(struct partition *partition)
{
    partition->source.anchor.wants_restart = false;
    partition->is_paused = false;
    partition->is_at_end = false;
    partition->ceiling.is_over = false;
}

/* A batch in flight ends first: its records were right when they were taken, and if they were not,
 * comparing finds that all the same. */
void partition_recheck(struct partition *partition)
{
    if (partition->state == STATE_NEW || partition->source.is_doubtful ||
        partition->next == NEXT_STOP) {
        return; /* it will be compared anyway */
    }
    partition->source.is_doubtful = true;
    if (partition->state == STATE_BUSY) {
        partition->next = NEXT_CLOSE;
    } else if (partition->state == STATE_READY) {
        partition_enter(partition, STATE_CLOSED);
        partition->context->on_closed(partition->context->user, partition, NULL);
    }
}

void partition_close(struct partition *partition)
{
    if (partition->state == STATE_READY) {
        partition_enter(partition, STATE_CLOSED);
    }
}

void partition_halt(struct partition *partition)
{
    partition_close(partition);
    if (partition->state == STATE_BUSY && partition->next != NEXT_STOP) {
        partition->next = NEXT_CLOSE;
    }
}

/* Nothing is cut off: a call that is on its way ends, so that its position can be committed. */
void partition_stop(struct partition *partition)
{
    partition->next = NEXT_STOP;
    turns_leave(&partition->context->turns, &partition->turn);
}

/* --- life */

struct partition *partition_new(struct partition_context *context,
                                const struct partition_name *name)
{
    struct partition *partition = must_allocate(1, sizeof *partition);
    partition->context = context;
    partition->name = *name;
    partition->position = VIEW_POSITIONS_NONE;
    partition->batch_limit = BATCH_EVENTS_MAX;
    partition->ceiling.offset = context->is_quiet ? 0 : INT64_MAX;
    partition->turn.owner = partition;
    course_init(&partition->course, partition_on_course_done, partition);
    partition->course.arena.spares = &context->spares;
    const struct strview slot =
        keys_slot(&partition->course.arena, strview_of(name->topic), name->number);
    assert(slot.len < PARTITION_SLOT_MAX);
    memcpy(partition->slot_text, slot.data, slot.len);
    partition->slot = (struct strview){.data = partition->slot_text, .len = slot.len};
    queue_init(&partition->queue, &context->queued_bytes);
    source_init(&partition->source, partition->slot, context->metrics);
    return partition;
}

void partition_free(struct partition *partition)
{
    if (partition == NULL) {
        return;
    }
    turns_leave(&partition->context->turns, &partition->turn);
    partition_give_back(partition, partition->queue.count); /* nobody is to be told any more */
    queue_done(&partition->queue);
    course_done(&partition->course);
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
    return partition->state == STATE_CLOSED || partition->state == STATE_NEW;
}

/* --- every second */

/* Kafka has nothing more: what lies beyond its end is lost there, too. */
static void end_recovering(struct partition *partition, const struct partition_report *report)
{
    if (partition->recovery.goal != 0 && partition->source.end >= 0 && !report->is_behind &&
        partition->state == STATE_READY && anchor_is_sure(&partition->source.anchor)) {
        log_event(LOG_INFO, "partition_recovered", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", partition->position), LOG_TEXT("Kafka has no more"));
        partition->recovery.goal = 0;
        partition->context->on_recovered(partition->context->user, partition);
    }
}

/* It has nothing to apply until it is read again, or may take more. */
static bool waits_for_leave(const struct partition *partition)
{
    return partition->queue.count == 0
               ? partition->is_paused || partition->source.anchor.next >= partition->ceiling.offset
               : queue_at(&partition->queue, 0)->offset >= partition->ceiling.offset;
}

static bool waits_for_kafka(const struct partition *partition)
{
    return !partition->is_paused && !partition->is_at_end && partition->queue.count == 0;
}

void partition_look(struct partition *partition, int64_t known_end, bool can_move, int64_t now_ms)
{
    partition->silence.is_long = stall_look(&partition->silence.stall, waits_for_kafka(partition),
                                            partition->progress.received, now_ms);
    if (!partition_is_closed(partition) && !source_watch_end(&partition->source, known_end)) {
        partition_recheck(partition);
    }
    const struct partition_report report = partition_report(partition, known_end, now_ms);
    if (!report.is_behind) {
        partition->progress.moved_ms = loop_wall_ms();
    }
    end_recovering(partition, &report);
    if (progress_look(&partition->progress,
                      can_move && report.is_behind && !waits_for_leave(partition), report.position,
                      now_ms)) {
        log_event(LOG_ERROR, "partition_stuck", LOG_VIEW("slot", partition->slot),
                  LOG_INT("position", report.position), LOG_INT("end", report.end),
                  LOG_INT("queued", report.queued),
                  LOG_TEXT("Kafka and Redis answer and nothing moves; reading is begun anew"));
        partition_recheck(partition);
    }
}
