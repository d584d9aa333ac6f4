/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/stock_event.h"

#include "common/contract/event_form.h"

static const struct event_member level_changed_members[] = {
    MEMBER(MEMBER_NUMBER, struct stock_event, level_changed., available), MEMBERS_END};

DEFINE_EVENT_FORM(STOCK, stock, "sku")
