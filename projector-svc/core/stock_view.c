/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/stock_view.h"

#include <assert.h>

enum error_kind stock_view_apply(struct stock_view *view, const struct stock_event *event,
                                 struct strview event_id, struct error *err)
{
    assert(event->kind == STOCK_LEVEL_CHANGED);
    assert(event->envelope.version == view->version + 1);
    if (event->level_changed.available < 0) {
        return error_set(err, ERROR_INVALID, "a level below zero");
    }
    assert(view->sku.len == 0 ||
           strview_equal(view->sku, event->envelope.aggregate_id)); /* no other's */
    view->sku = event->envelope.aggregate_id;
    view->available = event->level_changed.available;
    stock_view_pass(view, event_id);
    assert(view->version == event->envelope.version);
    assert(view->available >= 0);
    return ERROR_NONE;
}

void stock_view_pass(struct stock_view *view, struct strview event_id)
{
    assert(view->version >= 0 && view->version < INT64_MAX);
    view->version++;
    view->last_event_id = event_id;
}
