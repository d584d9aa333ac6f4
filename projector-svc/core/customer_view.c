/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/customer_view.h"

#include <assert.h>

enum error_kind customer_view_apply(struct customer_view *view, const struct customer_event *event,
                                    struct strview event_id, struct error *err)
{
    assert(event->kind == CUSTOMER_REGISTERED && event->envelope.version == view->version + 1);
    if (view->version > 0) {
        return error_set(err, ERROR_INVALID, "the customer was registered before");
    }
    *view = (struct customer_view){
        .customer_id = event->envelope.aggregate_id,
        .version = event->envelope.version,
        .last_event_id = event_id,
        .name = event->registered.name,
        .email = event->registered.email,
        .phone = event->registered.phone,
        .is_active = true,
    };
    return ERROR_NONE;
}

void customer_view_pass(struct customer_view *view, struct strview event_id)
{
    view->version++;
    view->last_event_id = event_id;
}
