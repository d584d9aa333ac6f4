/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/order_view.h"

#include <assert.h>
#include <inttypes.h>

/* Its states have names, and its lists fit; what it says is the events'. */
static bool is_sound(const struct order_view *view)
{
    return view->version >= 0 && view->status < ORDER_STATUS_COUNT &&
           view->payment_status < PAYMENT_STATUS_COUNT && view->refund_state < REFUND_STATE_COUNT &&
           view->dispute < DISPUTE_STATE_COUNT && view->risk_flags.count <= RISK_FLAGS_MAX &&
           view->captures.kept <= ORDER_ENTRIES_KEPT && view->refunds.kept <= ORDER_ENTRIES_KEPT &&
           view->notes.kept <= ORDER_ENTRIES_KEPT;
}

/* --- one function per kind of event: NULL, or why it cannot follow what is there */

typedef const char *apply_fn(struct order_view *view, const struct order_event *event);

/* It is the next one, and of all kinds only the first can come to what was never placed. */
static bool step_is_sound(const struct order_view *view, const struct order_event *event,
                          enum order_event_kind kind)
{
    return event->kind == kind && event->envelope.version == view->version + 1 &&
           (kind == ORDER_PLACED || view->placed.customer_id.len > 0);
}

static void enter_status(struct order_view *view, enum order_status status, int64_t at_ms)
{
    assert(status < ORDER_STATUS_COUNT);
    assert(status != ORDER_STATUS_NONE);
    assert(view->placed.customer_id.len > 0); /* nothing becomes of what was never placed */
    view->status = status;
    view->status_since_ms = at_ms;
}

static const char *apply_placed(struct order_view *view, const struct order_event *event)
{
    if (view->placed.customer_id.len > 0) {
        return "the order was placed before";
    }
    assert(step_is_sound(view, event, ORDER_PLACED));
    if (event->placed.customer_id.len == 0) { /* by it a view tells that it was placed */
        return "an order of no customer";
    }
    view->placed = event->placed;
    view->placed_at_ms = event->envelope.occurred_at_ms;
    view->payment_status = PAYMENT_PENDING;
    enter_status(view, ORDER_STATUS_PLACED, event->envelope.occurred_at_ms);
    return NULL;
}

static const char *apply_payment_authorized(struct order_view *view,
                                            const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_PAYMENT_AUTHORIZED));
    view->authorization.amount_minor = event->payment_authorized.amount_minor;
    view->authorization.reference = event->payment_authorized.reference;
    view->authorization.at_ms = event->envelope.occurred_at_ms;
    view->payment_status = PAYMENT_AUTHORIZED;
    enter_status(view, ORDER_STATUS_CONFIRMED, event->envelope.occurred_at_ms);
    return NULL;
}

static const char *apply_shipped(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_SHIPPED));
    view->shipment.carrier = event->shipped.carrier;
    view->shipment.tracking_number = event->shipped.tracking_number;
    view->shipment.shipped_at_ms = event->envelope.occurred_at_ms;
    enter_status(view, ORDER_STATUS_SHIPPED, event->envelope.occurred_at_ms);
    return NULL;
}

static const char *apply_delivered(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_DELIVERED));
    view->shipment.delivered_at_ms = event->envelope.occurred_at_ms;
    enter_status(view, ORDER_STATUS_DELIVERED, event->envelope.occurred_at_ms);
    return NULL;
}

static void enter_cancelled(struct order_view *view, const struct order_event *event)
{
    view->cancellation.reason = event->envelope.reason;
    view->cancellation.at_ms = event->envelope.occurred_at_ms;
    enter_status(view, ORDER_STATUS_CANCELLED, event->envelope.occurred_at_ms);
}

static const char *read_money(struct order_view *view, struct strview payment_status,
                              struct strview refund_state)
{
    if (!payment_status_parse(payment_status, &view->payment_status) ||
        !refund_state_parse(refund_state, &view->refund_state)) {
        return "unknown payment_status or refund_state";
    }
    return NULL;
}

static const char *apply_cancelled(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_CANCELLED));
    enter_cancelled(view, event);
    return read_money(view, event->cancelled.payment_status, event->cancelled.refund_state);
}

static const char *apply_returned(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_RETURNED));
    view->returning.reason = event->envelope.reason;
    view->returning.at_ms = event->envelope.occurred_at_ms;
    enter_status(view, ORDER_STATUS_RETURNED, event->envelope.occurred_at_ms);
    return read_money(view, event->returned.payment_status, event->returned.refund_state);
}

static void add_entry(struct order_entries *entries, const struct order_event *event,
                      int64_t amount_minor, struct strview text)
{
    order_entries_add(entries, &(struct order_entry){.at_ms = event->envelope.occurred_at_ms,
                                                     .amount_minor = amount_minor,
                                                     .by = event->envelope.actor.subject,
                                                     .text = text});
    assert(entries->list[entries->kept - 1].at_ms == event->envelope.occurred_at_ms); /* the last */
}

static const char *apply_payment_captured(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_PAYMENT_CAPTURED));
    view->payment_status = PAYMENT_CAPTURED;
    view->captured_minor = event->payment_captured.captured_minor;
    add_entry(&view->captures, event, event->payment_captured.amount_minor, STRVIEW(""));
    return NULL;
}

static const char *apply_payment_refunded(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_PAYMENT_REFUNDED));
    view->refunded_minor = event->payment_refunded.refunded_minor;
    add_entry(&view->refunds, event, event->payment_refunded.amount_minor, event->envelope.reason);
    return read_money(view, event->payment_refunded.payment_status,
                      event->payment_refunded.refund_state);
}

static const char *apply_note_added(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_NOTE_ADDED));
    add_entry(&view->notes, event, 0, event->note_added.text);
    return NULL;
}

static const char *apply_shipping_address_changed(struct order_view *view,
                                                  const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_SHIPPING_ADDRESS_CHANGED));
    view->placed.region = event->shipping_address_changed.region;
    view->placed.address = event->shipping_address_changed.address;
    return NULL;
}

static const char *apply_payment_declined(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_PAYMENT_DECLINED));
    view->payment_status = PAYMENT_DECLINED;
    enter_cancelled(view, event);
    return NULL;
}

static const char *apply_tracking_recorded(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_TRACKING_RECORDED));
    view->shipment.tracking_status = event->tracking_recorded.status;
    view->shipment.location = event->tracking_recorded.location;
    view->shipment.tracked_at_ms = event->envelope.occurred_at_ms;
    return NULL;
}

static const char *apply_risk_flagged(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_RISK_FLAGGED));
    if (!risk_flags_set(&view->risk_flags, event->risk_flagged.flag)) {
        return "a risk flag is set twice, or one too many";
    }
    assert(risk_flags_has(&view->risk_flags, event->risk_flagged.flag));
    return NULL;
}

static const char *apply_risk_cleared(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_RISK_CLEARED));
    if (!risk_flags_clear(&view->risk_flags, event->risk_cleared.flag)) {
        return "a risk flag is cleared that was not set";
    }
    assert(!risk_flags_has(&view->risk_flags, event->risk_cleared.flag)); /* each is set once */
    return NULL;
}

static const char *apply_dispute_opened(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_DISPUTE_OPENED));
    view->dispute = DISPUTE_OPEN;
    view->dispute_case.reason = event->envelope.reason;
    view->dispute_case.opened_at_ms = event->envelope.occurred_at_ms;
    view->dispute_case.resolution = STRVIEW("");
    view->dispute_case.resolved_at_ms = 0;
    return NULL;
}

static const char *apply_dispute_resolved(struct order_view *view, const struct order_event *event)
{
    assert(step_is_sound(view, event, ORDER_DISPUTE_RESOLVED));
    view->dispute = DISPUTE_RESOLVED;
    view->dispute_case.resolution = event->envelope.reason;
    view->dispute_case.resolved_at_ms = event->envelope.occurred_at_ms;
    return NULL;
}

#define APPLY_ROW(KIND, kind, type) [ORDER_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {ORDER_EVENTS(APPLY_ROW)};

static void count_event(struct order_view *view, struct strview event_id, struct strview event_type,
                        int64_t at_ms)
{
    assert(view->version >= 0 && view->version < INT64_MAX);
    assert(event_type.len > 0); /* a view says what it has come to by */
    view->version++;
    view->last_event_id = event_id;
    view->last_event_type = event_type;
    view->updated_at_ms = at_ms;
    assert(is_sound(view));
}

enum error_kind order_view_apply(struct order_view *view, const struct order_event *event,
                                 struct strview event_id, struct error *err)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    assert(event->envelope.version == view->version + 1);
    assert(is_sound(view));
    if (event->kind != ORDER_PLACED && view->placed.customer_id.len == 0) {
        return error_set(err, ERROR_INVALID, "%s for an order that was never placed",
                         order_event_type(event->kind));
    }
    assert(view->order_id.len == 0 ||
           strview_equal(view->order_id, event->envelope.aggregate_id)); /* no other's */
    struct order_view next = *view;
    next.order_id = event->envelope.aggregate_id;
    const char *refusal = APPLY[event->kind](&next, event);
    if (refusal != NULL) {
        return error_set(err, ERROR_INVALID, "%s", refusal);
    }
    count_event(&next, event_id, strview_of(order_event_type(event->kind)),
                event->envelope.occurred_at_ms);
    assert(next.version == event->envelope.version);
    assert(next.placed.customer_id.len > 0);
    /* it stays in the lists of whose it is, and is late by when it came where it stands */
    assert(view->placed.customer_id.len == 0 ||
           strview_equal(view->placed.customer_id, next.placed.customer_id));
    assert(next.status == view->status || next.status_since_ms == next.updated_at_ms);
    *view = next;
    return ERROR_NONE;
}

void order_view_pass(struct order_view *view, struct strview event_id, struct strview event_type,
                     int64_t at_ms)
{
    assert(is_sound(view));
    count_event(view, event_id, event_type, at_ms);
}

/* --- for people */

static void append_because(struct strbuf *out, struct strview reason)
{
    if (reason.len > 0) {
        strbuf_append_cstr(out, ": ");
        strbuf_append(out, reason);
    }
}

#define SENTENCE_PLACED                   "Order placed"
#define SENTENCE_PAYMENT_AUTHORIZED       "Payment authorized"
#define SENTENCE_SHIPPED                  "Order shipped"
#define SENTENCE_DELIVERED                "Order delivered"
#define SENTENCE_CANCELLED                "Order cancelled"
#define SENTENCE_NOTE_ADDED               "Note added"
#define SENTENCE_SHIPPING_ADDRESS_CHANGED "Shipping address changed"
#define SENTENCE_PAYMENT_DECLINED         "Payment declined, order cancelled"
#define SENTENCE_TRACKING_RECORDED        "Carrier"
#define SENTENCE_PAYMENT_CAPTURED         "Payment captured"
#define SENTENCE_RETURNED                 "Order returned"
#define SENTENCE_PAYMENT_REFUNDED         "Payment refunded"
#define SENTENCE_RISK_FLAGGED             "Risk flagged"
#define SENTENCE_RISK_CLEARED             "Risk cleared"
#define SENTENCE_DISPUTE_OPENED           "Dispute opened"
#define SENTENCE_DISPUTE_RESOLVED         "Dispute resolved"
#define SENTENCE_ROW(KIND, kind, type)    [ORDER_##KIND] = SENTENCE_##KIND,
static const char *const SENTENCES[] = {ORDER_EVENTS(SENTENCE_ROW)};

void order_view_summary(const struct order_event *event, struct strbuf *out)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    strbuf_append_cstr(out, SENTENCES[event->kind]);
    if (event->kind == ORDER_PLACED) {
        strbuf_printf(out, " with %" PRId64 " item%s", event->placed.item_count,
                      event->placed.item_count == 1 ? "" : "s");
    } else if (event->kind == ORDER_SHIPPED) {
        strbuf_append_cstr(out, " with ");
        strbuf_append(out, event->shipped.carrier);
        strbuf_append_cstr(out, ", tracking number ");
        strbuf_append(out, event->shipped.tracking_number);
    } else if (event->kind == ORDER_TRACKING_RECORDED) {
        strbuf_append_cstr(out, ": ");
        strbuf_append(out, event->tracking_recorded.status);
        if (event->tracking_recorded.location.len > 0) {
            strbuf_append_cstr(out, ", ");
            strbuf_append(out, event->tracking_recorded.location);
        }
    }
    if (event->kind != ORDER_DISPUTE_OPENED && event->kind != ORDER_DISPUTE_RESOLVED) {
        append_because(out, event->envelope.reason); /* why of a dispute is the staff's: in data */
    }
}
