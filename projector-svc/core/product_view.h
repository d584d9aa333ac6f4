/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product_view.h - what readers see of a product, as a fold over its events.
 *
 * Stock received or adjusted counts as a version and shows nothing: levels reach
 * readers with events of their own.
 *
 * Ownership: a plain value; its texts are borrowed. See order_view.h.
 */
#ifndef PROJECTOR_SVC_CORE_PRODUCT_VIEW_H
#define PROJECTOR_SVC_CORE_PRODUCT_VIEW_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/product_event.h"

#include <stdbool.h>
#include <stdint.h>

struct product_view {
    struct strview sku;
    int64_t version; /* 0: no event yet */
    struct strview last_event_id;
    struct strview name; /* empty: never added */
    int64_t unit_price_minor;
    struct strview currency;
    bool is_discontinued;
};

/* As order_view_apply(). */
MUST_USE enum error_kind product_view_apply(struct product_view *view,
                                            const struct product_event *event,
                                            struct strview event_id, struct error *err);

void product_view_pass(struct product_view *view, struct strview event_id);

#endif
