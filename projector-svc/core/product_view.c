/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/product_view.h"

#include <assert.h>

typedef void change_fn(struct product_view *view, const struct product_event *event);

/* It is the next one, and only a product without a name is added: everything else has one. */
static bool step_is_sound(const struct product_view *view, const struct product_event *event,
                          enum product_event_kind kind)
{
    return event->kind == kind && event->envelope.version == view->version + 1 &&
           (kind == PRODUCT_ADDED) == (view->name.len == 0);
}

static void change_added(struct product_view *view, const struct product_event *event)
{
    assert(step_is_sound(view, event, PRODUCT_ADDED));
    view->name = event->added.name;
    view->unit_price_minor = event->added.unit_price_minor;
    view->currency = event->added.currency;
}

static void change_price_changed(struct product_view *view, const struct product_event *event)
{
    assert(step_is_sound(view, event, PRODUCT_PRICE_CHANGED));
    view->unit_price_minor = event->price_changed.unit_price_minor;
}

static void change_discontinued(struct product_view *view, const struct product_event *event)
{
    assert(step_is_sound(view, event, PRODUCT_DISCONTINUED));
    view->is_discontinued = true;
}

static void change_stock_received(struct product_view *view, const struct product_event *event)
{
    assert(step_is_sound(view, event, PRODUCT_STOCK_RECEIVED));
}

static void change_stock_adjusted(struct product_view *view, const struct product_event *event)
{
    assert(step_is_sound(view, event, PRODUCT_STOCK_ADJUSTED));
}

#define CHANGE_ROW(KIND, kind, type) [PRODUCT_##KIND] = change_##kind,
static change_fn *const CHANGES[] = {PRODUCT_EVENTS(CHANGE_ROW)};

enum error_kind product_view_apply(struct product_view *view, const struct product_event *event,
                                   struct strview event_id, struct error *err)
{
    assert(event->kind < PRODUCT_EVENT_KIND_COUNT);
    assert(event->envelope.version == view->version + 1);
    const bool is_added = view->name.len > 0;
    if (is_added == (event->kind == PRODUCT_ADDED)) {
        return error_set(err, ERROR_INVALID,
                         is_added ? "the product was added before"
                                  : "%s for a product that was never added",
                         product_event_type(event->kind));
    }
    assert(view->sku.len == 0 ||
           strview_equal(view->sku, event->envelope.aggregate_id)); /* no other's */
    CHANGES[event->kind](view, event);
    view->sku = event->envelope.aggregate_id;
    product_view_pass(view, event_id);
    assert(view->version == event->envelope.version);
    return ERROR_NONE;
}

void product_view_pass(struct product_view *view, struct strview event_id)
{
    assert(view->version >= 0 && view->version < INT64_MAX);
    view->version++;
    view->last_event_id = event_id;
}
