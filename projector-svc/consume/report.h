/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what partitions say of themselves: to readers through Redis, to operators as metrics.
 *
 * Why in Redis too: any projector answers /v1/freshness for all partitions, also
 * for those that another one holds.
 */
#ifndef PROJECTOR_SVC_CONSUME_REPORT_H
#define PROJECTOR_SVC_CONSUME_REPORT_H

#include "common/base/strview.h"
#include "common/contract/topics.h"
#include "projector-svc/consume/partition.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct metrics;

/* What readers learn; end -1: the topic is not followed. data is NULL when the arena is full. */
struct strview report_document(struct arena *arena, const struct partition_report *report,
                               int64_t now_ms);

/* Adds a field of projection:status and its value, both in the arena; returns 2, or 0 when there is
 * nothing to say yet. */
size_t report_fields(const struct partition_report *report, struct strview slot, int64_t now_ms,
                     struct arena *arena, struct strview *ret_fields);

struct report_totals {
    size_t partitions;
    size_t out_of_range;
    size_t stalled;
    size_t stuck;
    size_t behind;
    size_t queued;
    int64_t lag_events[AGGREGATE_COUNT];
    int64_t lag_ms[AGGREGATE_COUNT]; /* of the slowest */
};

void report_add(struct report_totals *totals, enum aggregate_type type,
                const struct partition_report *report);
void report_expose(const struct report_totals *totals, struct metrics *metrics);

#endif
