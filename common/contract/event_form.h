/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_form.h - what the events of one aggregate look like as JSON, for event.c.
 *
 * Private to common/contract.
 */
#ifndef COMMON_CONTRACT_EVENT_FORM_H
#define COMMON_CONTRACT_EVENT_FORM_H

#include "common/contract/event_member.h"

#include <assert.h>

struct event_form {
    const char *id_member;                     /* "order_id", "customer_id", "sku" */
    const char *const *types;                  /* by kind */
    const struct event_member *const *members; /* by kind, behind the envelope */
    size_t kind_count;
};

/* Of the list of an aggregate's kinds, X(KIND, kind, type): its form, and the function that says a
 * kind's type. What a kind has behind the envelope is kind##_members. */
#define EVENT_TYPE_ROW(KIND, kind, type)    (type),
#define EVENT_MEMBERS_ROW(KIND, kind, type) kind##_members,
#define DEFINE_EVENT_FORM(AGGREGATE, aggregate, id)                                                \
    static const char *const TYPES[] = {AGGREGATE##_EVENTS(EVENT_TYPE_ROW)};                       \
    static const struct event_member *const MEMBERS[] = {AGGREGATE##_EVENTS(EVENT_MEMBERS_ROW)};   \
    const struct event_form AGGREGATE##_EVENT_FORM = {                                             \
        .id_member = (id),                                                                         \
        .types = TYPES,                                                                            \
        .members = MEMBERS,                                                                        \
        .kind_count = AGGREGATE##_EVENT_KIND_COUNT,                                                \
    };                                                                                             \
    const char *aggregate##_event_type(enum aggregate##_event_kind kind)                           \
    {                                                                                              \
        assert(kind < AGGREGATE##_EVENT_KIND_COUNT);                                               \
        return TYPES[kind];                                                                        \
    }

extern const struct event_form ORDER_EVENT_FORM;
extern const struct event_form CUSTOMER_EVENT_FORM;
extern const struct event_form PRODUCT_EVENT_FORM;
extern const struct event_form STOCK_EVENT_FORM;

#endif
