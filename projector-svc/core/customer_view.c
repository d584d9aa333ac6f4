/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/customer_view.h"

#include <assert.h>

typedef void change_fn(struct customer_view *view, const struct customer_event *event);

static void set_contact(struct customer_view *view, const struct contact *contact)
{
    view->name = contact->name;
    view->email = contact->email;
    view->phone = contact->phone;
}

static void change_registered(struct customer_view *view, const struct customer_event *event)
{
    assert(view->version == 0); /* else it was refused */
    set_contact(view, &event->registered);
    view->is_active = true;
}

static void change_contact_changed(struct customer_view *view, const struct customer_event *event)
{
    set_contact(view, &event->contact_changed);
}

static void change_deactivated(struct customer_view *view, const struct customer_event *event)
{
    (void)event;
    view->is_active = false;
}

static void change_reactivated(struct customer_view *view, const struct customer_event *event)
{
    (void)event;
    view->is_active = true;
}

#define CHANGE_ROW(KIND, kind, type) [CUSTOMER_##KIND] = change_##kind,
static change_fn *const CHANGES[] = {CUSTOMER_EVENTS(CHANGE_ROW)};

enum error_kind customer_view_apply(struct customer_view *view, const struct customer_event *event,
                                    struct strview event_id, struct error *err)
{
    assert(event->kind < CUSTOMER_EVENT_KIND_COUNT);
    assert(event->envelope.version == view->version + 1);
    if (event->kind == CUSTOMER_REGISTERED && view->version > 0) {
        return error_set(err, ERROR_INVALID, "the customer was registered before");
    }
    CHANGES[event->kind](view, event);
    view->customer_id = event->envelope.aggregate_id;
    customer_view_pass(view, event_id);
    assert(view->version == event->envelope.version);
    return ERROR_NONE;
}

void customer_view_pass(struct customer_view *view, struct strview event_id)
{
    assert(view->version >= 0 && view->version < INT64_MAX);
    view->version++;
    view->last_event_id = event_id;
}
