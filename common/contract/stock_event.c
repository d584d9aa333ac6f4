/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/stock_event.h"

#include "common/contract/event_form.h"

#define TYPE_ROW(KIND, kind, type) [STOCK_##KIND] = (type),
static const char *const TYPES[] = {STOCK_EVENTS(TYPE_ROW)};

static const struct event_member level_changed_members[] = {
    MEMBER(MEMBER_NUMBER, struct stock_event, level_changed., available), MEMBERS_END};

#define MEMBERS_ROW(KIND, kind, type) [STOCK_##KIND] = kind##_members,
static const struct event_member *const MEMBERS[] = {STOCK_EVENTS(MEMBERS_ROW)};

const struct event_form STOCK_EVENT_FORM = {
    .id_member = "sku", .types = TYPES, .members = MEMBERS, .kind_count = STOCK_EVENT_KIND_COUNT};
