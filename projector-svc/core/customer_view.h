/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer_view.h - what readers see of a customer, as a fold over its events.
 *
 * Ownership: a plain value; its texts are borrowed. See order_view.h.
 */
#ifndef PROJECTOR_SVC_CORE_CUSTOMER_VIEW_H
#define PROJECTOR_SVC_CORE_CUSTOMER_VIEW_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/customer_event.h"

#include <stdbool.h>
#include <stdint.h>

struct customer_view {
    struct strview customer_id;
    int64_t version; /* 0: no event yet */
    struct strview last_event_id;
    struct strview name;
    struct strview email; /* as typed; may be empty */
    struct strview phone; /* as typed; may be empty */
    bool is_active;
};

/* As order_view_apply(). */
MUST_USE enum error_kind customer_view_apply(struct customer_view *view,
                                             const struct customer_event *event,
                                             struct strview event_id, struct error *err);

void customer_view_pass(struct customer_view *view, struct strview event_id);

#endif
