/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_state.h"

#include <assert.h>

typedef void apply_fn(struct order *order, const struct order_event *event);

static void apply_placed(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_PLACED;
    order->placed_at_ms = event->envelope.occurred_at_ms;
    order->customer_id = event->placed.customer_id;
    order->currency = event->placed.currency;
    order->total_minor = event->placed.total_minor;
}

static void apply_payment_authorized(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_CONFIRMED;
    order->payment_status = PAYMENT_AUTHORIZED;
    order->authorized_minor = event->payment_authorized.amount_minor;
    order->payment_reference = event->payment_authorized.reference;
}

static void apply_shipped(struct order *order, const struct order_event *event)
{
    (void)event;
    order->status = ORDER_STATUS_SHIPPED;
}

static void apply_delivered(struct order *order, const struct order_event *event)
{
    order->delivered_at_ms = event->envelope.occurred_at_ms;
    order->status = ORDER_STATUS_DELIVERED;
}

static void take_words(struct order *order, struct strview payment_status,
                       struct strview refund_state)
{
    (void)!payment_status_parse(payment_status, &order->payment_status);
    (void)!refund_state_parse(refund_state, &order->refund_state);
}

static void apply_cancelled(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_CANCELLED;
    take_words(order, event->cancelled.payment_status, event->cancelled.refund_state);
}

static void apply_returned(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_RETURNED;
    take_words(order, event->returned.payment_status, event->returned.refund_state);
}

static void apply_payment_captured(struct order *order, const struct order_event *event)
{
    order->payment_status = PAYMENT_CAPTURED;
    order->captured_minor = event->payment_captured.captured_minor;
}

static void apply_payment_refunded(struct order *order, const struct order_event *event)
{
    order->refunded_minor = event->payment_refunded.refunded_minor;
    take_words(order, event->payment_refunded.payment_status, event->payment_refunded.refund_state);
}

static void apply_note_added(struct order *order, const struct order_event *event)
{
    (void)order; /* its version says it all */
    (void)event;
}

/* What is decided here does not depend on where it goes, or where it is. */
static void apply_shipping_address_changed(struct order *order, const struct order_event *event)
{
    (void)order;
    (void)event;
}

static void apply_payment_declined(struct order *order, const struct order_event *event)
{
    (void)event;
    order->status = ORDER_STATUS_CANCELLED;
    order->payment_status = PAYMENT_DECLINED;
}

static void apply_tracking_recorded(struct order *order, const struct order_event *event)
{
    (void)order;
    (void)event;
}

static void apply_risk_flagged(struct order *order, const struct order_event *event)
{
    const bool is_set = risk_flags_set(&order->risk_flags, event->risk_flagged.flag);
    assert(is_set); /* order_takes() looked */
}

static void apply_risk_cleared(struct order *order, const struct order_event *event)
{
    const bool is_cleared = risk_flags_clear(&order->risk_flags, event->risk_cleared.flag);
    assert(is_cleared);
}

static void apply_dispute_opened(struct order *order, const struct order_event *event)
{
    (void)event;
    order->dispute = DISPUTE_OPEN;
}

static void apply_dispute_resolved(struct order *order, const struct order_event *event)
{
    (void)event;
    order->dispute = DISPUTE_RESOLVED;
}

#define APPLY_ROW(KIND, kind, type) [ORDER_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {ORDER_EVENTS(APPLY_ROW)};

static bool amounts_fit(const struct order *order, const struct order_event *event)
{
    return (event->kind != ORDER_PAYMENT_CAPTURED ||
            event->payment_captured.captured_minor <= order->authorized_minor) &&
           (event->kind != ORDER_PAYMENT_REFUNDED ||
            event->payment_refunded.refunded_minor <= order->captured_minor);
}

static bool flags_fit(const struct order *order, const struct order_event *event)
{
    const bool sets = event->kind == ORDER_RISK_FLAGGED;
    const bool clears = event->kind == ORDER_RISK_CLEARED;
    return (!sets || (!risk_flags_has(&order->risk_flags, event->risk_flagged.flag) &&
                      order->risk_flags.count < RISK_FLAGS_MAX)) &&
           (!clears || risk_flags_has(&order->risk_flags, event->risk_cleared.flag));
}

bool order_takes(const struct order *order, const struct order_event *event)
{
    return event->kind < ORDER_EVENT_KIND_COUNT &&
           event->envelope.version == order->version + 1 && /* dense */
           event->envelope.occurred_at_ms >= order->last_at_ms &&
           (event->kind == ORDER_PLACED) == (order->version == 0) && amounts_fit(order, event) &&
           flags_fit(order, event);
}

void order_apply(struct order *order, const struct order_event *event)
{
    assert(order_takes(order, event));
    order->version = event->envelope.version;
    order->last_at_ms = event->envelope.occurred_at_ms;
    APPLY[event->kind](order, event);
}
