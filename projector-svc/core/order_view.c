/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/order_view.h"

#include <assert.h>
#include <inttypes.h>

static const char *const STATUS_NAMES[] = {
    [STATUS_PLACED] = "placed",     [STATUS_CONFIRMED] = "confirmed",
    [STATUS_SHIPPED] = "shipped",   [STATUS_DELIVERED] = "delivered",
    [STATUS_RETURNED] = "returned", [STATUS_CANCELLED] = "cancelled",
};
static_assert(sizeof STATUS_NAMES / sizeof STATUS_NAMES[0] == STATUS_COUNT, "every status");

static const char *const PAYMENT_NAMES[] = {
    [PAYMENT_PENDING] = "pending",   [PAYMENT_AUTHORIZED] = "authorized",
    [PAYMENT_DECLINED] = "declined", [PAYMENT_CAPTURED] = "captured",
    [PAYMENT_VOIDED] = "voided",     [PAYMENT_PARTIALLY_REFUNDED] = "partially_refunded",
    [PAYMENT_REFUNDED] = "refunded",
};
static_assert(sizeof PAYMENT_NAMES / sizeof PAYMENT_NAMES[0] == PAYMENT_COUNT, "every status");

static const char *const REFUND_NAMES[] = {
    [REFUND_NONE] = "none",
    [REFUND_DUE] = "due",
    [REFUND_PARTIAL] = "partial",
    [REFUND_FULL] = "full",
};
static_assert(sizeof REFUND_NAMES / sizeof REFUND_NAMES[0] == REFUND_COUNT, "every state");

static const char *const DISPUTE_NAMES[] = {
    [DISPUTE_NONE] = "none",
    [DISPUTE_OPEN] = "open",
    [DISPUTE_RESOLVED] = "resolved",
};
static_assert(sizeof DISPUTE_NAMES / sizeof DISPUTE_NAMES[0] == DISPUTE_COUNT, "every state");

const char *order_status_name(enum order_status status)
{
    assert(status < STATUS_COUNT);
    return STATUS_NAMES[status];
}

const char *payment_status_name(enum payment_status status)
{
    assert(status < PAYMENT_COUNT);
    return PAYMENT_NAMES[status];
}

const char *refund_state_name(enum refund_state state)
{
    assert(state < REFUND_COUNT);
    return REFUND_NAMES[state];
}

const char *dispute_state_name(enum dispute_state state)
{
    assert(state < DISPUTE_COUNT);
    return DISPUTE_NAMES[state];
}

/* The place of a word in its table, or count. */
static size_t find_name(struct strview name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !strview_is(name, names[i])) {
        i++;
    }
    return i;
}

bool order_status_parse(struct strview name, enum order_status *ret)
{
    const size_t found = find_name(name, STATUS_NAMES, STATUS_COUNT);
    if (found < STATUS_COUNT) {
        *ret = (enum order_status)found;
    }
    return found < STATUS_COUNT;
}

bool payment_status_parse(struct strview name, enum payment_status *ret)
{
    const size_t found = find_name(name, PAYMENT_NAMES, PAYMENT_COUNT);
    if (found < PAYMENT_COUNT) {
        *ret = (enum payment_status)found;
    }
    return found < PAYMENT_COUNT;
}

bool refund_state_parse(struct strview name, enum refund_state *ret)
{
    const size_t found = find_name(name, REFUND_NAMES, REFUND_COUNT);
    if (found < REFUND_COUNT) {
        *ret = (enum refund_state)found;
    }
    return found < REFUND_COUNT;
}

bool dispute_state_parse(struct strview name, enum dispute_state *ret)
{
    const size_t found = find_name(name, DISPUTE_NAMES, DISPUTE_COUNT);
    if (found < DISPUTE_COUNT) {
        *ret = (enum dispute_state)found;
    }
    return found < DISPUTE_COUNT;
}

/* --- one function per kind of event --------------------------------------------------------- */

typedef enum error_kind apply_fn(struct order_view *view, const struct order_event *event,
                                 struct error *err);

static void enter_status(struct order_view *view, enum order_status status, int64_t at_ms)
{
    view->status = status;
    view->status_since_ms = at_ms;
}

static enum error_kind apply_placed(struct order_view *view, const struct order_event *event,
                                    struct error *err)
{
    if (view->placed.customer_id.len > 0) {
        return error_set(err, ERROR_INVALID, "the order was placed before");
    }
    view->placed = event->placed;
    view->placed_at_ms = event->envelope.occurred_at_ms;
    view->payment_status = PAYMENT_PENDING;
    enter_status(view, STATUS_PLACED, event->envelope.occurred_at_ms);
    return ERROR_NONE;
}

static enum error_kind apply_payment_authorized(struct order_view *view,
                                                const struct order_event *event, struct error *err)
{
    (void)err;
    view->authorization.amount_minor = event->payment_authorized.amount_minor;
    view->authorization.reference = event->payment_authorized.reference;
    view->authorization.at_ms = event->envelope.occurred_at_ms;
    view->payment_status = PAYMENT_AUTHORIZED;
    enter_status(view, STATUS_CONFIRMED, event->envelope.occurred_at_ms);
    return ERROR_NONE;
}

static enum error_kind apply_shipped(struct order_view *view, const struct order_event *event,
                                     struct error *err)
{
    (void)err;
    view->shipment.carrier = event->shipped.carrier;
    view->shipment.tracking_number = event->shipped.tracking_number;
    view->shipment.shipped_at_ms = event->envelope.occurred_at_ms;
    enter_status(view, STATUS_SHIPPED, event->envelope.occurred_at_ms);
    return ERROR_NONE;
}

static enum error_kind apply_delivered(struct order_view *view, const struct order_event *event,
                                       struct error *err)
{
    (void)err;
    view->shipment.delivered_at_ms = event->envelope.occurred_at_ms;
    enter_status(view, STATUS_DELIVERED, event->envelope.occurred_at_ms);
    return ERROR_NONE;
}

static enum error_kind apply_cancelled(struct order_view *view, const struct order_event *event,
                                       struct error *err)
{
    if (!payment_status_parse(event->cancelled.payment_status, &view->payment_status) ||
        !refund_state_parse(event->cancelled.refund_state, &view->refund_state)) {
        return error_set(err, ERROR_INVALID, "unknown payment_status or refund_state");
    }
    view->cancellation.reason = event->envelope.reason;
    view->cancellation.at_ms = event->envelope.occurred_at_ms;
    enter_status(view, STATUS_CANCELLED, event->envelope.occurred_at_ms);
    return ERROR_NONE;
}

static apply_fn *const APPLY[ORDER_EVENT_KIND_COUNT] = {
    [ORDER_PLACED] = apply_placed,       [ORDER_PAYMENT_AUTHORIZED] = apply_payment_authorized,
    [ORDER_SHIPPED] = apply_shipped,     [ORDER_DELIVERED] = apply_delivered,
    [ORDER_CANCELLED] = apply_cancelled,
};

static void count_event(struct order_view *view, struct strview event_id, struct strview event_type,
                        int64_t at_ms)
{
    view->version++;
    view->last_event_id = event_id;
    view->last_event_type = event_type;
    view->updated_at_ms = at_ms;
}

enum error_kind order_view_apply(struct order_view *view, const struct order_event *event,
                                 struct strview event_id, struct error *err)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT && event->envelope.version == view->version + 1);
    if (event->kind != ORDER_PLACED && view->placed.customer_id.len == 0) {
        return error_set(err, ERROR_INVALID, "%s for an order that was never placed",
                         order_event_type(event->kind));
    }
    struct order_view next = *view;
    next.order_id = event->envelope.aggregate_id;
    const enum error_kind kind = APPLY[event->kind](&next, event, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    count_event(&next, event_id, strview_of(order_event_type(event->kind)),
                event->envelope.occurred_at_ms);
    *view = next;
    return ERROR_NONE;
}

void order_view_pass(struct order_view *view, struct strview event_id, struct strview event_type,
                     int64_t at_ms)
{
    count_event(view, event_id, event_type, at_ms);
}

/* --- for people ----------------------------------------------------------------------------- */

static void append_because(struct strbuf *out, struct strview reason)
{
    if (reason.len > 0) {
        strbuf_append_cstr(out, ": ");
        strbuf_append(out, reason);
    }
}

void order_view_summary(const struct order_event *event, struct strbuf *out)
{
    static const char *const SENTENCES[] = {
        [ORDER_PLACED] = "Order placed",       [ORDER_PAYMENT_AUTHORIZED] = "Payment authorized",
        [ORDER_SHIPPED] = "Order shipped",     [ORDER_DELIVERED] = "Order delivered",
        [ORDER_CANCELLED] = "Order cancelled",
    };
    static_assert(sizeof SENTENCES / sizeof SENTENCES[0] == ORDER_EVENT_KIND_COUNT, "every kind");
    strbuf_append_cstr(out, SENTENCES[event->kind]);
    if (event->kind == ORDER_PLACED) {
        strbuf_printf(out, " with %" PRId64 " item%s", event->placed.item_count,
                      event->placed.item_count == 1 ? "" : "s");
    } else if (event->kind == ORDER_SHIPPED) {
        strbuf_append_cstr(out, " with ");
        strbuf_append(out, event->shipped.carrier);
        strbuf_append_cstr(out, ", tracking number ");
        strbuf_append(out, event->shipped.tracking_number);
    }
    append_because(out, event->envelope.reason);
}
