/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/report.h"

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"

#include <math.h>
#include <stdio.h>

enum { DOCUMENT_MAX = 256, MS_PER_SECOND = 1000, ARENA_MAX = 4 << 20 };

struct strview report_document(struct arena *arena, const struct partition_report *report,
                               int64_t now_ms)
{
    struct strbuf out;
    struct json_writer writer;
    strbuf_init_in(&out, arena, DOCUMENT_MAX);
    json_writer_init(&writer, &out);
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

/* Adds a field of projection:status and its value; returns 2, or 0 when there is nothing to say
 * yet. */
static size_t add_fields(const struct partition_report *report, struct strview slot, int64_t now_ms,
                         struct arena *arena, struct strview *ret_fields)
{
    if (report->end < 0) {
        return 0;
    }
    ret_fields[0] = keys_status_end(arena, slot);
    ret_fields[1] = report_document(arena, report, now_ms);
    return ret_fields[0].data != NULL && ret_fields[1].data != NULL ? 2 : 0;
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

static size_t add_number(struct strview name, int64_t value, struct arena *arena,
                         struct strview *ret_fields)
{
    enum { NUMBER_MAX = 24 };
    char *number = arena_alloc(arena, NUMBER_MAX);
    if (value == 0 || number == NULL) {
        return 0;
    }
    const int len = snprintf(number, NUMBER_MAX, "%lld", (long long)value);
    ret_fields[0] = name;
    ret_fields[1] = (struct strview){.data = number, .len = (size_t)len};
    return 2;
}

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
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct strview *args = arena_array(&arena, assignment->count * 2 + 8, sizeof *args);
    size_t count = 2;
    for (size_t i = 0; args != NULL && i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const struct partition_report report = assignment_report(assignment, partition, now_ms);
        count += add_fields(&report, partition_slot(partition), now_ms, &arena, args + count);
    }
    if (args != NULL && count > 2) {
        count += add_number(STRVIEW("partitions"), (int64_t)partitions, &arena, args + count);
        count += add_number(STRVIEW("reported_at"), now_ms, &arena, args + count);
        args[count++] = STRVIEW("state");
        args[count++] = strview_of(state);
        args[0] = STRVIEW("HSET");
        args[1] = STRVIEW(KEYS_STATUS);
        redisconn_tell(conn, (struct redisconn_command){args, count});
    }
    arena_done(&arena);
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

enum error_kind report_probe_partitions(const struct assignment *assignment, struct error *err)
{
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

enum error_kind report_probe_stuck(const struct assignment *assignment, struct error *err)
{
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
