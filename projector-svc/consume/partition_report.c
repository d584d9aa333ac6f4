/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition says of itself. */
#include "projector-svc/consume/partition_internal.h"
#include "projector-svc/views/view_positions.h"

/* What lies between the position and an end that was announced is no record: markers. Where Kafka
 * no longer has what comes next it is what the views lack. */
static bool is_caught_up(const struct partition *partition, int64_t position, int64_t end)
{
    return partition->queue.count == 0 && !partition->source.is_out_of_range &&
           (position >= end || partition->source.end >= end);
}

struct partition_report partition_report(const struct partition *partition, int64_t known_end,
                                         int64_t now_ms)
{
    const int64_t end = partition->source.end;
    const int64_t oldest_ms =
        partition->queue.count > 0 ? queue_at(&partition->queue, 0)->timestamp_ms : 0;
    struct partition_report report = {
        .position = partition->position == VIEW_POSITIONS_NONE ? 0 : partition->position,
        .goal = partition->recovery.goal,
        .end = known_end > end ? known_end : end,
        .queued = partition->queue.count,
        .is_out_of_range = partition->source.is_out_of_range,
        .is_stuck = partition->progress.is_stuck,
        .is_stalled = partition->trouble.kind != ERROR_NONE,
        .trouble = partition->trouble.text,
    };
    report.reached = source_is_sure(&partition->source) ? report.position : -1;
    report.is_behind = report.end < 0 || !is_caught_up(partition, report.position, report.end);
    if (report.end >= 0 && report.is_behind) {
        report.lag_ms = progress_lag_ms(&partition->progress, oldest_ms, now_ms);
    }
    return report;
}

/* Of one without a leader nothing comes, and of one outside the log nothing is taken: it would have
 * the turn for ever. */
static bool takes_no_turn(const struct partition *partition)
{
    return partition->is_at_end || partition->ceiling.is_over || partition->silence.is_long ||
           partition->source.is_out_of_range;
}

struct intake_place partition_place(const struct partition *partition)
{
    const struct queue *queue = &partition->queue;
    const bool may_take =
        queue->count == 0 || queue_at(queue, 0)->offset < partition->ceiling.offset;
    return (struct intake_place){
        .bytes = partition->ceiling.is_over ? (size_t)INTAKE_MOST : queue->bytes,
        .is_open = !partition->is_paused,
        .is_at_end = takes_no_turn(partition),
        .is_working = !partition_is_closed(partition) && may_take && !partition->ceiling.is_over,
    };
}

void partition_note_paused(struct partition *partition, bool is_paused)
{
    partition->is_paused = is_paused;
}
