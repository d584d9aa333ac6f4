/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/customer_event.h"

#include "common/contract/event_form.h"

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

DEFINE_EVENT_FORM(CUSTOMER, customer, "customer_id")
