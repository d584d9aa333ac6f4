/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/report.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/arglist.h"

#include <math.h>
#include <stdio.h>

enum { DOCUMENT_MAX = 256, MS_PER_SECOND = 1000, ARENA_MAX = 4 << 20 };

struct strview report_document(struct arena *arena, const struct partition_report *report,
                               int64_t now_ms)
{
    struct strbuf out = STRBUF_IN(arena, DOCUMENT_MAX);
    struct json_writer writer = JSON_WRITER(&out);
    json_open_object(&writer);
    json_put_member_integer(&writer, "end_offset", report->end);
    json_put_member_integer(&writer, "lag_ms", report->lag_ms);
    json_put_member_integer(&writer, "reached", report->reached);
    json_put_member_integer(&writer, "reported_at", now_ms);
    json_close_object(&writer);
    const bool is_coded = json_writer_done(&writer);
    const struct strview document = strbuf_keep(&out);
    return is_coded ? document : (struct strview){.data = NULL};
}

static void add_report(struct report_totals *totals, enum aggregate_type type,
                       const struct partition_report *report)
{
    totals->held[type]++;
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
    totals->recovering += report->goal != 0 ? 1 : 0;
}

static void expose_lag(const struct report_totals *totals, size_t type, struct metrics *metrics)
{
    double events = (double)NAN; /* no sample */
    double seconds = (double)NAN;
    if (totals->held[type] > 0 || totals->missed_events[type] > 0) {
        const int64_t lag_ms = totals->lag_ms[type] > totals->silent_ms[type]
                                   ? totals->lag_ms[type]
                                   : totals->silent_ms[type];
        events = (double)(totals->lag_events[type] + totals->missed_events[type]);
        seconds = (double)lag_ms / MS_PER_SECOND;
    }
    metrics_set(metrics, METRIC_LAG_EVENTS, type, events);
    metrics_set(metrics, METRIC_LAG_SECONDS, type, seconds);
}

void report_expose(const struct report_totals *totals, struct metrics *metrics)
{
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_ASSIGNED, (double)totals->partitions);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_OUT_OF_RANGE, (double)totals->out_of_range);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_STALLED, (double)totals->stalled);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_STUCK, (double)totals->stuck);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_UNREPORTED, (double)totals->unreported);
    metrics_set(metrics, METRIC_PARTITIONS, PARTITION_RECOVERING, (double)totals->recovering);
    metrics_set(metrics, METRIC_QUEUED, 0, (double)totals->queued);
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        expose_lag(totals, type, metrics);
    }
}

struct report_totals report_totals_of(const struct assignment *assignment, int64_t now_ms)
{
    struct report_totals totals = {.partitions = assignment->count};
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const struct partition_report report = assignment_report(assignment, partition, now_ms);
        add_report(&totals, partition_name(partition)->aggregate, &report);
    }
    return totals;
}

/* --- to readers */

bool report_is_whole(const struct assignment *assignment)
{
    for (size_t i = 0; i < assignment->count; i++) {
        if (assignment_report(assignment, assignment->partitions[i], 0).reached < 0) {
            return false;
        }
    }
    return true;
}

void report_send(const struct assignment *assignment, size_t partitions, const char *state,
                 struct redisconn *conn)
{
    const int64_t now_ms = loop_wall_ms();
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    struct arglist args = {.arena = &arena};
    arglist_add(&args, STRVIEW("HSET"));
    arglist_add(&args, STRVIEW(KEYS_STATUS));
    arglist_add(&args, STRVIEW("state"));
    arglist_add(&args, strview_of(state));
    arglist_add(&args, STRVIEW("reported_at"));
    arglist_add_number(&args, now_ms);
    if (partitions > 0) {
        arglist_add(&args, STRVIEW("partitions"));
        arglist_add_number(&args, (int64_t)partitions);
    }
    const size_t head = args.count;
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const struct partition_report report = assignment_report(assignment, partition, now_ms);
        if (report.end >= 0) { /* else there is nothing to say yet */
            arglist_add(&args, keys_status_end(&arena, partition_slot(partition)));
            arglist_add(&args, report_document(&arena, &report, now_ms));
        }
    }
    if (args.count > head && !args.failed) {
        redisconn_tell(conn, (struct redisconn_command){args.args, args.count});
    }
}

/* --- to operators */

static enum error_kind tell_partition(const struct partition *partition,
                                      const struct partition_report *report, struct error *err)
{
    const struct strview slot = partition_slot(partition);
    if (report->is_out_of_range) {
        return error_set(err, ERROR_INVALID,
                         "%.*s: Kafka no longer has what comes after position %lld; `relay-svc "
                         "replay`, then `projector-svc rebuild --from-topic` bring it back; see "
                         "\"A partition that lost events\" in projector-svc/README.md",
                         STRVIEW_ARG(slot), (long long)report->position);
    }
    return error_set(err, ERROR_INVALID, "%.*s: %s", STRVIEW_ARG(slot), report->trouble);
}

/* Not a single partition moves that has anything to do. */
static enum error_kind tell_stuck(const struct report_totals *totals, struct error *err)
{
    if (totals->stuck == 0 || totals->stuck < totals->behind) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT, "no partition gets on, and %zu have events to apply",
                     totals->stuck);
}

enum error_kind report_probe_partitions(void *user, struct error *err)
{
    const struct assignment *assignment = user;
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const struct partition_report report = assignment_report(assignment, partition, 0);
        if (report.is_out_of_range || report.is_stalled) {
            return tell_partition(partition, &report, err);
        }
    }
    const struct report_totals totals = report_totals_of(assignment, 0);
    return tell_stuck(&totals, err);
}

enum error_kind report_probe_stuck(void *user, struct error *err)
{
    const struct assignment *assignment = user;
    enum { NAMES_MAX = 400 };
    char names[NAMES_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < assignment->count && len < sizeof names; i++) {
        const struct partition *partition = assignment->partitions[i];
        if (assignment_report(assignment, partition, 0).is_stuck) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%.*s", len > 0 ? ", " : "",
                                    STRVIEW_ARG(partition_slot(partition)));
        }
    }
    return len == 0 ? ERROR_NONE
                    : error_set(err, ERROR_TRANSIENT, "no progress for ten seconds: %s", names);
}
