/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_form.h - what the events of one aggregate look like as JSON, for event.c.
 *
 * Private to common/contract.
 */
#ifndef COMMON_CONTRACT_EVENT_FORM_H
#define COMMON_CONTRACT_EVENT_FORM_H

#include "common/contract/event_member.h"

struct event_form {
    const char *id_member;                     /* "order_id", "customer_id", "sku" */
    const char *const *types;                  /* by kind */
    const struct event_member *const *members; /* by kind, behind the envelope */
    size_t kind_count;
};

extern const struct event_form ORDER_EVENT_FORM;
extern const struct event_form CUSTOMER_EVENT_FORM;
extern const struct event_form PRODUCT_EVENT_FORM;
extern const struct event_form STOCK_EVENT_FORM;

#endif
