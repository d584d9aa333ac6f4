/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/customer_view.h"

#include <assert.h>

typedef void change_fn(struct customer_view *view, const struct customer_event *event);

/* It is the next one, and nobody is registered later; what was passed over may have been that. */
static bool step_is_sound(const struct customer_view *view, const struct customer_event *event,
                          enum customer_event_kind kind)
{
    return event->kind == kind && event->envelope.version == view->version + 1 &&
           (kind != CUSTOMER_REGISTERED || view->version == 0);
}

static void set_contact(struct customer_view *view, const struct contact *contact)
{
    view->name = contact->name;
    view->email = contact->email;
    view->phone = contact->phone;
}

static void change_registered(struct customer_view *view, const struct customer_event *event)
{
    assert(step_is_sound(view, event, CUSTOMER_REGISTERED));
    set_contact(view, &event->registered);
    view->is_active = true;
}

static void change_contact_changed(struct customer_view *view, const struct customer_event *event)
{
    assert(step_is_sound(view, event, CUSTOMER_CONTACT_CHANGED));
    set_contact(view, &event->contact_changed);
}

static void change_deactivated(struct customer_view *view, const struct customer_event *event)
{
    assert(step_is_sound(view, event, CUSTOMER_DEACTIVATED));
    view->is_active = false;
}

static void change_reactivated(struct customer_view *view, const struct customer_event *event)
{
    assert(step_is_sound(view, event, CUSTOMER_REACTIVATED));
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
    assert(view->customer_id.len == 0 ||
           strview_equal(view->customer_id, event->envelope.aggregate_id)); /* nobody else's */
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
