/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock_view.h - what readers see of a product's stock, as a fold over its levels.
 *
 * Why apart from the product: it comes from another topic, with versions of its own. It is shown
 * in the product's hash all the same, in fields that nobody else writes.
 *
 * Ownership: a plain value; its texts are borrowed. See order_view.h. Units: pieces.
 */
#ifndef PROJECTOR_SVC_CORE_STOCK_VIEW_H
#define PROJECTOR_SVC_CORE_STOCK_VIEW_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/stock_event.h"

#include <stdint.h>

struct stock_view {
    struct strview sku;
    int64_t version; /* 0: no event yet */
    struct strview last_event_id;
    int64_t available;
};

/* As order_view_apply(); any level may follow any other. */
MUST_USE enum error_kind stock_view_apply(struct stock_view *view, const struct stock_event *event,
                                          struct strview event_id, struct error *err);

void stock_view_pass(struct stock_view *view, struct strview event_id);

#endif
