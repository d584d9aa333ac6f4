/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of single events: the timeline's elements, and the messages that are published. */
#include "common/contract/json.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/view_json.h"

typedef void put_data(struct json_writer *writer, const struct order_event *event);

static void put_placed_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "customer_id", event->placed.customer_id);
    json_put_member_string(writer, "currency", event->placed.currency);
    json_put_member_integer(writer, "total_minor", event->placed.total_minor);
    json_put_member_integer(writer, "item_count", event->placed.item_count);
    json_put_member_integer(writer, "line_count", (int64_t)event->placed.line_count);
    json_put_member_string(writer, "provider", event->placed.provider);
    json_put_member_string(writer, "method", event->placed.method);
    json_put_member_string(writer, "see",
                           STRVIEW("details")); /* lines and address stand there, once */
}

static void put_payment_authorized_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_integer(writer, "amount_minor", event->payment_authorized.amount_minor);
    json_put_member_string(writer, "reference", event->payment_authorized.reference);
}

static void put_shipped_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "carrier", event->shipped.carrier);
    json_put_member_string(writer, "tracking_number", event->shipped.tracking_number);
}

static void put_settlement(struct json_writer *writer, const struct order_event *event,
                           const struct order_settlement *settlement)
{
    json_put_member_text(writer, "reason", event->envelope.reason);
    json_put_member_string(writer, "payment_status", settlement->payment_status);
    json_put_member_string(writer, "refund_state", settlement->refund_state);
    json_put_member_nonzero(writer, "voided_minor", settlement->voided_minor);
    json_put_member_nonzero(writer, "due_minor", settlement->due_minor);
}

static void put_cancelled_data(struct json_writer *writer, const struct order_event *event)
{
    put_settlement(writer, event, &event->cancelled);
}

static void put_returned_data(struct json_writer *writer, const struct order_event *event)
{
    put_settlement(writer, event, &event->returned);
}

static void put_payment_captured_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_integer(writer, "amount_minor", event->payment_captured.amount_minor);
    json_put_member_integer(writer, "captured_minor", event->payment_captured.captured_minor);
}

static void put_payment_refunded_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_text(writer, "reason", event->envelope.reason);
    json_put_member_integer(writer, "amount_minor", event->payment_refunded.amount_minor);
    json_put_member_integer(writer, "refunded_minor", event->payment_refunded.refunded_minor);
    json_put_member_string(writer, "payment_status", event->payment_refunded.payment_status);
    json_put_member_string(writer, "refund_state", event->payment_refunded.refund_state);
}

static void put_delivered_data(struct json_writer *writer, const struct order_event *event)
{
    (void)writer;
    (void)event; /* its type and time say it all */
}

static void put_note_added_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "text", event->note_added.text);
}

static void put_shipping_address_changed_data(struct json_writer *writer,
                                              const struct order_event *event)
{
    json_put_member_string(writer, "region", event->shipping_address_changed.region);
    json_put_member_string(writer, "see", STRVIEW("details")); /* not everybody reads an address */
}

static void put_reason_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_text(writer, "reason", event->envelope.reason);
}

static void put_tracking_recorded_data(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "status", event->tracking_recorded.status);
    json_put_member_text(writer, "location", event->tracking_recorded.location);
}

static void put_risk(struct json_writer *writer, const struct order_event *event,
                     struct strview flag)
{
    json_put_member_string(writer, "flag", flag);
    json_put_member_text(writer, "reason", event->envelope.reason);
}

static void put_risk_flagged_data(struct json_writer *writer, const struct order_event *event)
{
    put_risk(writer, event, event->risk_flagged.flag);
}

static void put_risk_cleared_data(struct json_writer *writer, const struct order_event *event)
{
    put_risk(writer, event, event->risk_cleared.flag);
}

#define put_payment_declined_data  put_reason_data
#define put_dispute_opened_data    put_reason_data
#define put_dispute_resolved_data  put_reason_data

#define DATA_ROW(KIND, kind, type) [ORDER_##KIND] = put_##kind##_data,
static put_data *const DATA[] = {ORDER_EVENTS(DATA_ROW)};

static void put_actor(struct json_writer *writer, const struct actor *actor)
{
    json_key(writer, "actor");
    json_open_object(writer);
    json_put_member_string(writer, "role", actor->role);
    json_put_member_string(writer, "subject", actor->subject);
    json_close_object(writer);
}

static void put_summary(struct json_writer *writer, const struct order_event *event)
{
    enum { SUMMARY_MAX = 4096 };
    struct strbuf summary;
    strbuf_init(&summary, SUMMARY_MAX);
    order_view_summary(event, &summary);
    json_put_member_string(writer, "summary", strbuf_view(&summary));
    strbuf_done(&summary);
}

static void put_meaning(struct json_writer *writer, const struct order_event *event)
{
    put_actor(writer, &event->envelope.actor);
    put_summary(writer, event);
    json_key(writer, "data");
    json_open_object(writer);
    DATA[event->kind](writer, event);
    json_close_object(writer);
}

bool view_json_timeline(const struct incoming *incoming, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    json_put_member_integer(&writer, "version", incoming->version);
    json_put_member_string(&writer, "type", incoming->event_type);
    json_put_member_integer(&writer, "at", incoming->at_ms);
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
    return json_text(element, "event_id");
}

bool view_json_message(const struct incoming *incoming, struct strview customer_id,
                       enum order_status status, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
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
