/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc explain ORDER`: where each of its events is, and how long it took to get there. */
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/contract/json_writer.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/operator.h"
#include "projector-svc/verify/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_MAX = 1 << 20 };

static const char *stand_of(const struct explained_event *event)
{
    return trace_stand_words(trace_stand_of(&event->at));
}

/* When a view was written is known of the newest version that it shows. */
static bool is_shown_last(const struct explained *order, const struct explained_event *event)
{
    return event->at.version == order->shown_version && order->projected_ms > 0;
}

/* --- as a table */

static const char *took(bool is_known, int64_t ms, char text[static NUMBER_TEXT_SIZE])
{
    return is_known ? format_i64(ms, text) : "-";
}

static void print_event(const struct explained *order, const struct explained_event *event)
{
    char time[TIME_TEXT_LEN + 1];
    char texts[3][NUMBER_TEXT_SIZE];
    const bool has_time = event->record_ms > 0;
    format_time_ms(event->occurred_ms, time);
    operator_say("%7" PRId64 " %-24s %10" PRId64 " %s %10s %9s %9s  %s\n", event->at.version,
                 event->type, event->at.seq, time,
                 took(event->at.offset >= 0, event->at.offset, texts[0]),
                 took(has_time, event->record_ms - event->occurred_ms, texts[1]),
                 took(has_time && is_shown_last(order, event),
                      order->projected_ms - event->record_ms, texts[2]),
                 stand_of(event));
}

static void print_command(const struct explained_event *event)
{
    char time[TIME_TEXT_LEN + 1];
    format_time_ms(event->receipt_ms, time);
    operator_say("%7" PRId64 " ", event->at.version);
    if (event->receipt[0] != '\0') {
        operator_say("receipt %s: %" PRId64 " at %s", event->receipt, event->receipt_status, time);
    } else {
        operator_say("no receipt near it");
    }
    operator_say("%s%s\n", event->correlation[0] != '\0' ? ", correlation " : "",
                 event->correlation);
}

static void print_stations(const struct explained *order)
{
    char time[TIME_TEXT_LEN + 1];
    if (order->shard >= 0) {
        operator_say("relay-svc      at seq %" PRId64 " of shard %d%s%s\n", order->relayed,
                     order->shard, order->quarantine[0] != '\0' ? "; in quarantine: " : "",
                     order->quarantine);
        operator_say("projector-svc  at offset %" PRId64 " of %" PRId64 " in %s\n",
                     order->position < 0 ? 0 : order->position, order->end, order->slot);
    }
    if (order->shown_version == 0) {
        operator_say("view           there is none");
    } else {
        format_time_ms(order->projected_ms, time);
        operator_say("view           version %" PRId64 ", projected at %s", order->shown_version,
                     time);
    }
    if (order->waiting_for > 0) {
        operator_say(", waits for version %" PRId64, order->waiting_for);
    }
    if (order->frozen[0] != '\0') {
        operator_say(", stands still: %s", order->frozen);
    }
    if (order->parked > 0) {
        operator_say(", %" PRId64 " records are parked", order->parked);
    }
    operator_say("\n");
}

static void print_table(const struct explained *order)
{
    if (order->events > (int64_t)order->count) {
        operator_say("the newest %zu of %" PRId64 " events\n", order->count, order->events);
    }
    operator_say("%7s %-24s %10s %-24s %10s %9s %9s  %s\n", "version", "type", "seq", "occurred at",
                 "offset", "Kafka ms", "view ms", "where it is");
    for (size_t i = 0; i < order->count; i++) {
        print_event(order, &order->list[i]);
    }
    operator_say("\n%s\n", order->events == 0 ? "the outbox holds no event of it" : "commands");
    for (size_t i = 0; i < order->count; i++) {
        print_command(&order->list[i]);
    }
    operator_say("\n");
    print_stations(order);
}

/* --- as JSON */

static void put_event(struct json_writer *writer, const struct explained *order,
                      const struct explained_event *event)
{
    json_open_object(writer);
    json_put_member_integer(writer, "version", event->at.version);
    json_put_member_text(writer, "type", strview_of(event->type));
    json_put_member_text(writer, "id", strview_of(event->id));
    json_put_member_integer(writer, "seq", event->at.seq);
    json_put_member_time(writer, "occurred_at", event->occurred_ms);
    json_put_member_text(writer, "correlation_id", strview_of(event->correlation));
    if (event->receipt[0] != '\0') {
        json_open_member_object(writer, "receipt");
        json_put_member_text(writer, "key", strview_of(event->receipt));
        json_put_member_integer(writer, "status", event->receipt_status);
        json_put_member_time(writer, "created_at", event->receipt_ms);
        json_close_object(writer);
    }
    if (event->at.offset >= 0) {
        json_put_member_integer(writer, "offset", event->at.offset);
    }
    if (event->record_ms > 0) {
        json_put_member_time(writer, "record_at", event->record_ms);
        json_put_member_integer(writer, "kafka_ms", event->record_ms - event->occurred_ms);
    }
    if (event->record_ms > 0 && is_shown_last(order, event)) {
        json_put_member_integer(writer, "view_ms", order->projected_ms - event->record_ms);
    }
    json_put_member_text(writer, "where", strview_of(stand_of(event)));
    json_close_object(writer);
}

static void put_stations(struct json_writer *writer, const struct explained *order)
{
    if (order->shard >= 0) {
        json_put_member_integer(writer, "shard", order->shard);
        json_put_member_integer(writer, "relay_position", order->relayed);
        json_put_member_text(writer, "quarantine", strview_of(order->quarantine));
        json_put_member_text(writer, "partition", strview_of(order->slot));
        json_put_member_integer(writer, "end_offset", order->end);
        json_put_member_integer(writer, "projector_position",
                                order->position < 0 ? 0 : order->position);
    }
    json_open_member_object(writer, "view");
    json_put_member_integer(writer, "version", order->shown_version);
    if (order->projected_ms > 0) {
        json_put_member_time(writer, "projected_at", order->projected_ms);
    }
    json_put_member_nonzero(writer, "waiting_for", order->waiting_for);
    json_put_member_text(writer, "frozen", strview_of(order->frozen));
    json_put_member_nonzero(writer, "parked", order->parked);
    json_close_object(writer);
}

static bool print_json(const char *id, const struct explained *order)
{
    CLEANUP(strbuf_done) struct strbuf out = STRBUF(DOCUMENT_MAX);
    struct json_writer writer = JSON_WRITER(&out);
    json_open_object(&writer);
    json_put_member_text(&writer, "order", strview_of(id));
    json_put_member_integer(&writer, "event_count", order->events);
    json_open_member_array(&writer, "events");
    for (size_t i = 0; i < order->count; i++) {
        put_event(&writer, order, &order->list[i]);
    }
    json_close_array(&writer);
    put_stations(&writer, order);
    json_close_object(&writer);
    const bool is_whole = json_writer_done(&writer);
    if (is_whole) {
        (void)printf("%.*s\n", STRVIEW_ARG(strbuf_view(&out)));
    }
    return is_whole;
}

int app_explain(const struct service_call *call)
{
    const bool as_json = call->argc == 4 && service_is_json(call, 2);
    if ((call->argc != 2 && !as_json) || call->argv[1][0] == '-') {
        return service_misuse(call);
    }
    if (!operator_has_stations(call)) {
        return SERVICE_MISUSED;
    }
    CLEANUP_FREE
    struct explained *order = must_allocate(1, sizeof *order);
    const struct verify_options stations = operator_stations(call, "projector-svc-explain");
    struct error err;
    if (explain_order(&stations, call->argv[1], order, &err) != ERROR_NONE) {
        return service_fail(call, "%s", err.text);
    }
    if (!as_json) {
        print_table(order);
    } else if (!print_json(call->argv[1], order)) {
        return service_fail(call, "its events do not fit into one document");
    }
    return SERVICE_OK;
}
