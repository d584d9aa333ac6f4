/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of single events: the timeline's elements, and the messages that are published. */
#include "common/contract/event_member.h"
#include "common/contract/json.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/view_json.h"

static void put_placed_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "customer_id", event->placed.customer_id);
    json_put_member_string(writer, "currency", event->placed.currency);
    json_put_member_integer(writer, "total_minor", event->placed.total_minor);
    json_put_member_integer(writer, "item_count", event->placed.item_count);
    json_put_member_integer(writer, "line_count", (int64_t)event->placed.line_count);
    json_put_member_string(writer, "provider", event->placed.provider);
    json_put_member_string(writer, "method", event->placed.method);
}

static void put_actor(struct json_writer *writer, const struct actor *actor)
{
    json_open_member_object(writer, "actor");
    json_put_member_string(writer, "role", actor->role);
    json_put_member_string(writer, "subject", actor->subject);
    json_close_object(writer);
}

static void put_summary(struct json_writer *writer, const struct order_event *event)
{
    enum { SUMMARY_MAX = 4096 };
    struct strbuf summary = STRBUF(SUMMARY_MAX);
    order_view_summary(event, &summary);
    json_put_member_string(writer, "summary", strbuf_view(&summary));
    strbuf_done(&summary);
}

static void put_meaning(struct json_writer *writer, const struct order_event *event)
{
    put_actor(writer, &event->envelope.actor);
    put_summary(writer, event);
    json_open_member_object(writer, "data");
    if (event->kind == ORDER_PLACED) {
        put_placed_data(writer, event);
    } else {
        json_put_member_text(writer, "reason", event->envelope.reason);
        order_event_put_members(writer, event);
    }
    if (event->kind == ORDER_PLACED || event->kind == ORDER_SHIPPING_ADDRESS_CHANGED) {
        /* lines stand there once, and not everybody reads an address */
        json_put_member_string(writer, "see", STRVIEW("details"));
    }
    json_close_object(writer);
}

bool view_json_timeline(const struct incoming *incoming, enum json_times times, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    writer.times = times;
    json_open_object(&writer);
    json_put_member_integer(&writer, "version", incoming->version);
    json_put_member_string(&writer, "type", incoming->event_type);
    json_put_kept_time(&writer, "at", incoming->at_ms);
    if (incoming->kind == INCOMING_SKIP) {
        json_put_member_string(&writer, "summary", STRVIEW("Event skipped by an operator"));
    } else {
        put_meaning(&writer, &incoming->event.order);
    }
    json_put_member_string(&writer, "event_id", incoming->event_id);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

struct strview view_json_timeline_event_id(struct strview json, struct arena *arena)
{
    const struct json_value *element = NULL;
    struct error ignored; /* what cannot be read names no event */
    if (json_parse(json, arena, &element, &ignored) != ERROR_NONE) {
        return STRVIEW("");
    }
    const struct strview id = arena_view(arena, json_text(element, "event_id"));
    return id.data == NULL ? STRVIEW("") : id;
}

bool view_json_message(const struct incoming *incoming, struct strview customer_id,
                       enum order_status status, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_string(&writer, "order_id", incoming->aggregate_id);
    json_put_member_string(&writer, "customer_id", customer_id);
    json_put_member_integer(&writer, "version", incoming->version);
    json_put_member_string(&writer, "type", incoming->event_type);
    json_put_member_string(&writer, "status", strview_of(order_status_name(status)));
    json_put_member_string(&writer, "event_id", incoming->event_id);
    json_put_member_string(&writer, "topic", incoming->topic);
    json_put_member_integer(&writer, "partition", incoming->partition);
    json_put_member_integer(&writer, "offset", incoming->offset);
    json_close_object(&writer);
    return json_writer_done(&writer);
}
