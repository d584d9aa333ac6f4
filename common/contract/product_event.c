/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/product_event.h"

#include "common/contract/event_form.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): an owner's name cannot stand in parentheses */
#define TEXT(owner, field)   MEMBER(MEMBER_TEXT, struct product_event, owner., field)
#define NUMBER(owner, field) MEMBER(MEMBER_NUMBER, struct product_event, owner., field)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct event_member added_members[] = {
    TEXT(added, name), NUMBER(added, unit_price_minor), TEXT(added, currency), MEMBERS_END};
static const struct event_member stock_received_members[] = {NUMBER(stock_received, quantity),
                                                             MEMBERS_END};
static const struct event_member price_changed_members[] = {
    NUMBER(price_changed, unit_price_minor), TEXT(price_changed, currency), MEMBERS_END};
static const struct event_member stock_adjusted_members[] = {NUMBER(stock_adjusted, delta),
                                                             MEMBERS_END};
static const struct event_member discontinued_members[] = {MEMBERS_END};

DEFINE_EVENT_FORM(PRODUCT, product, "sku")
