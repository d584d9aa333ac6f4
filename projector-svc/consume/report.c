/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/report.h"

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/run/metrics.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"

enum { DOCUMENT_MAX = 256, MS_PER_SECOND = 1000 };

struct strview report_document(struct arena *arena, const struct partition_report *report,
                               int64_t now_ms)
{
    struct strbuf out;
    struct json_writer writer;
    strbuf_init(&out, DOCUMENT_MAX);
    json_writer_init(&writer, &out);
    json_open_object(&writer);
    json_put_member_integer(&writer, "end_offset", report->end);
    json_put_member_integer(&writer, "lag_ms", report->lag_ms);
    json_put_member_integer(&writer, "reported_at", now_ms);
    json_close_object(&writer);
    const bool is_coded = json_writer_done(&writer);
    const struct strview none = {.data = NULL};
    const struct strview document = is_coded ? arena_view(arena, strbuf_view(&out)) : none;
    strbuf_done(&out);
    return document;
}

size_t report_fields(const struct partition_report *report, struct strview slot, int64_t now_ms,
                     struct arena *arena, struct strview *ret_fields)
{
    if (report->end < 0) {
        return 0;
    }
    ret_fields[0] = keys_status_end(arena, slot);
    ret_fields[1] = report_document(arena, report, now_ms);
    return ret_fields[0].data != NULL && ret_fields[1].data != NULL ? 2 : 0;
}

void report_add(struct report_totals *totals, enum aggregate_type type,
                const struct partition_report *report)
{
    if (report->lag_ms > 0 && report->end > report->position) {
        totals->lag_events[type] += report->end - report->position;
    }
    if (report->lag_ms > totals->lag_ms[type]) {
        totals->lag_ms[type] = report->lag_ms;
    }
    totals->queued += report->queued;
    totals->out_of_range += report->is_out_of_range ? 1 : 0;
    totals->stalled += report->is_stalled ? 1 : 0;
    totals->stuck += report->is_stuck ? 1 : 0;
    totals->behind += report->is_behind ? 1 : 0;
}

void report_expose(const struct report_totals *totals, struct metrics *metrics)
{
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_ASSIGNED, (double)totals->partitions);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_OUT_OF_RANGE, (double)totals->out_of_range);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_STALLED, (double)totals->stalled);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_STUCK, (double)totals->stuck);
    metrics_set(metrics, METRIC_QUEUED, 0, (double)totals->queued);
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        metrics_set(metrics, METRIC_LAG_EVENTS, type, (double)totals->lag_events[type]);
        metrics_set(metrics, METRIC_LAG_SECONDS, type,
                    (double)totals->lag_ms[type] / MS_PER_SECOND);
    }
}
