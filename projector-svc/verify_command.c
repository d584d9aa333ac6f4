/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc verify`: do PostgreSQL, Kafka and Redis agree? */
#include "common/base/cleanup.h"
#include "common/contract/json_writer.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/operator.h"
#include "projector-svc/verify/verify.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Differences listed in a JSON document; all are counted. */
enum { LISTED_MAX = 1000, DOCUMENT_MAX = 4 << 20 };

struct report {
    bool as_json;
    bool draws; /* progress, on a terminal */
    time_t drawn_at;
    int64_t listed;
    struct strbuf document;
    struct json_writer differences; /* in document */
    struct strbuf behind;           /* a JSON array's elements */
    struct json_writer behind_writer;
};

/* --- interrupted: what was found so far is told; the second time the process just ends */

static volatile sig_atomic_t was_interrupted;

static void on_interrupt(int signum)
{
    (void)signum;
    was_interrupted = 1;
}

static bool is_cancelled(void *user)
{
    (void)user;
    return was_interrupted != 0;
}

static void catch_interrupts(void)
{
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* --- while it runs */

static void clear_progress(const struct report *report)
{
    if (report->draws && report->drawn_at != 0) {
        (void)fputs("\r\033[K", stderr);
    }
}

static void on_progress(void *user, const struct verify_tally *tally)
{
    struct report *report = user;
    const time_t now = time(NULL);
    if (!report->draws || now == report->drawn_at) {
        return;
    }
    report->drawn_at = now;
    (void)fprintf(stderr, "\r%" PRId64 " events in Kafka", tally->rows);
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        (void)fprintf(stderr, ", %s views %" PRId64, aggregate_name((enum aggregate_type)type),
                      tally->aggregates[type]);
    }
    (void)fflush(stderr);
}

static void on_finding(void *user, const struct verify_finding *finding)
{
    struct report *report = user;
    if (!report->as_json) {
        clear_progress(report);
        operator_say_finding(finding);
        return;
    }
    if (report->listed++ >= LISTED_MAX) {
        return;
    }
    struct json_writer *writer = &report->differences;
    json_open_object(writer);
    json_put_member_text(writer, "verdict", strview_of(verdict_name(finding->verdict)));
    json_put_member_text(writer, "station", strview_of(verify_station_name(finding->station)));
    json_put_member_text(writer, "type", strview_of(aggregate_name(finding->type)));
    json_put_member_text(writer, "id", strview_of(finding->id));
    json_put_member_nonzero(writer, "version", finding->version);
    json_put_member_text(writer, "what", strview_of(finding->what));
    json_close_object(writer);
}

static void on_behind(void *user, const char *what)
{
    struct report *report = user;
    if (report->as_json) {
        json_put_string(&report->behind_writer, strview_of(what));
    } else {
        clear_progress(report);
        operator_say_not_compared(what);
    }
}

/* --- at its end */

static void put_counts(struct json_writer *writer, const struct verify_tally *tally)
{
    json_open_member_object(writer, "compared");
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        json_put_member_integer(writer, aggregate_name((enum aggregate_type)type),
                                tally->aggregates[type]);
    }
    json_put_member_integer(writer, "events", tally->rows);
    json_put_member_integer(writer, "duplicates", tally->duplicates);
    json_put_member_integer(writer, "foreign", tally->foreign);
    json_close_object(writer);
    json_open_member_object(writer, "no_longer_kept");
    json_put_member_integer(writer, "events", tally->old_records);
    json_put_member_integer(writer, "aggregates", tally->old_aggregates);
    json_close_object(writer);
    json_open_member_object(writer, "found");
    for (int station = 0; station < VERIFY_STATION_COUNT; station++) {
        json_open_member_object(writer, verify_station_name((enum verify_station)station));
        for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            json_put_member_integer(writer, verdict_name((enum verdict)verdict),
                                    tally->found[station][verdict]);
        }
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void print_json(struct report *report, const struct verify_tally *tally)
{
    CLEANUP(strbuf_done) struct strbuf out = STRBUF(DOCUMENT_MAX * 2);
    struct json_writer writer = JSON_WRITER(&out);
    json_close_array(&report->differences);
    json_close_array(&report->behind_writer);
    json_open_object(&writer);
    json_put_member_bool(&writer, "agrees", verify_agrees(tally));
    json_put_member_bool(&writer, "interrupted", tally->was_cancelled);
    put_counts(&writer, tally);
    json_key(&writer, "not_compared");
    json_put_raw(&writer, strbuf_view(&report->behind));
    json_key(&writer, "differences");
    json_put_raw(&writer, strbuf_view(&report->document));
    json_close_object(&writer);
    if (json_writer_done(&writer)) {
        (void)printf("%.*s\n", STRVIEW_ARG(strbuf_view(&out)));
    }
}

static void print_table(const struct report *report, const struct verify_tally *tally)
{
    clear_progress(report);
    (void)printf("compared       %" PRId64 " events with their records (%" PRId64
                 " came again, %" PRId64 " are not ours)\n",
                 tally->rows, tally->duplicates, tally->foreign);
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        (void)printf("               %" PRId64 " %s views\n", tally->aggregates[type],
                     aggregate_name((enum aggregate_type)type));
    }
    if (tally->old_records + tally->old_aggregates > 0) {
        (void)printf("no longer kept %" PRId64 " events, and so %" PRId64
                     " aggregates were not compared (OUTBOX_RETENTION)\n",
                     tally->old_records, tally->old_aggregates);
    }
    for (int station = 0; station < VERIFY_STATION_COUNT; station++) {
        for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            if (tally->found[station][verdict] > 0) {
                (void)printf("%-14s %" PRId64 " in %s\n", verdict_name((enum verdict)verdict),
                             tally->found[station][verdict],
                             verify_station_name((enum verify_station)station));
            }
        }
    }
    (void)puts(tally->was_cancelled   ? "interrupted: the rest was not looked at"
               : verify_agrees(tally) ? "PostgreSQL, Kafka and Redis agree"
                                      : "PostgreSQL, Kafka and Redis do not agree");
}

static void open_report(struct report *report)
{
    strbuf_init(&report->document, DOCUMENT_MAX);
    strbuf_init(&report->behind, DOCUMENT_MAX);
    json_writer_init(&report->differences, &report->document);
    json_writer_init(&report->behind_writer, &report->behind);
    json_open_array(&report->differences);
    json_open_array(&report->behind_writer);
    report->draws = !report->as_json && isatty(STDERR_FILENO) != 0;
}

static int run(const struct service_call *call, struct report *report)
{
    struct verify_options options = operator_stations(call, "projector-svc-verify");
    options.on_finding = on_finding;
    options.on_behind = on_behind;
    options.on_progress = on_progress;
    options.is_cancelled = is_cancelled;
    options.user = report;
    struct verify_tally tally;
    struct error err;
    if (verify_run(&options, &tally, &err) != ERROR_NONE) {
        clear_progress(report);
        return service_fail(call, "%s", err.text);
    }
    if (report->as_json) {
        print_json(report, &tally);
    } else {
        print_table(report, &tally);
    }
    return verify_agrees(&tally) ? SERVICE_OK : SERVICE_FAILED;
}

int app_verify(const struct service_call *call)
{
    struct report report = {.as_json = call->argc == 3 && service_is_json(call, 1)};
    if (call->argc > 1 && !report.as_json) {
        return service_misuse(call);
    }
    if (!operator_has_stations(call)) {
        return SERVICE_MISUSED;
    }
    open_report(&report);
    catch_interrupts();
    const int code = run(call, &report);
    strbuf_done(&report.document);
    strbuf_done(&report.behind);
    return code;
}
