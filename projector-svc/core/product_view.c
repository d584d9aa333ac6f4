/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/product_view.h"

#include <assert.h>

enum error_kind product_view_apply(struct product_view *view, const struct product_event *event,
                                   struct strview event_id, struct error *err)
{
    assert(event->kind < PRODUCT_EVENT_KIND_COUNT && event->envelope.version == view->version + 1);
    const bool is_added = view->name.len > 0;
    if (is_added == (event->kind == PRODUCT_ADDED)) {
        return error_set(err, ERROR_INVALID,
                         is_added ? "the product was added before"
                                  : "%s for a product that was never added",
                         product_event_type(event->kind));
    }
    if (event->kind == PRODUCT_ADDED) {
        view->name = event->added.name;
        view->unit_price_minor = event->added.unit_price_minor;
        view->currency = event->added.currency;
    }
    view->sku = event->envelope.aggregate_id;
    product_view_pass(view, event_id);
    return ERROR_NONE;
}

void product_view_pass(struct product_view *view, struct strview event_id)
{
    view->version++;
    view->last_event_id = event_id;
}
