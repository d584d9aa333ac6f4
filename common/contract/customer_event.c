/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/customer_event.h"

#include "common/contract/event_form.h"

#include <assert.h>

#define TYPE_ROW(KIND, kind, type) [CUSTOMER_##KIND] = (type),
static const char *const TYPES[] = {CUSTOMER_EVENTS(TYPE_ROW)};

static const struct event_member CONTACT_MEMBERS[] = {
    MEMBER(MEMBER_TEXT, struct contact, , name),
    MEMBER(MEMBER_OPTIONAL_TEXT, struct contact, , email),
    MEMBER(MEMBER_OPTIONAL_TEXT, struct contact, , phone), MEMBERS_END};

#define PERSONAL(owner) MEMBER_PART_OF("personal", struct customer_event, owner, CONTACT_MEMBERS)

static const struct event_member registered_members[] = {PERSONAL(registered), MEMBERS_END};
static const struct event_member contact_changed_members[] = {PERSONAL(contact_changed),
                                                              MEMBERS_END};
static const struct event_member deactivated_members[] = {MEMBERS_END};
static const struct event_member reactivated_members[] = {MEMBERS_END};

#define MEMBERS_ROW(KIND, kind, type) [CUSTOMER_##KIND] = kind##_members,
static const struct event_member *const MEMBERS[] = {CUSTOMER_EVENTS(MEMBERS_ROW)};

const struct event_form CUSTOMER_EVENT_FORM = {.id_member = "customer_id",
                                               .types = TYPES,
                                               .members = MEMBERS,
                                               .kind_count = CUSTOMER_EVENT_KIND_COUNT};

const char *customer_event_type(enum customer_event_kind kind)
{
    assert(kind < CUSTOMER_EVENT_KIND_COUNT);
    return TYPES[kind];
}
