/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.h - the rules of a customer's life; pure.
 *
 * version 0 means: no such customer yet.
 */
#ifndef COMMAND_SVC_CORE_CUSTOMER_H
#define COMMAND_SVC_CORE_CUSTOMER_H

#include "command-svc/core/command.h"
#include "command-svc/core/rejection.h"
#include "common/contract/customer_event.h"

struct customer {
    int64_t version;
    int64_t last_at_ms;
    struct strview name;
    struct strview email;
    struct strview phone;
    bool is_active;
};

/* False: refused, with the reason. Changes nothing. */
MUST_USE bool customer_decide(const struct customer *customer, const struct command *command,
                              int64_t now_ms, struct customer_event *ret_event,
                              struct rejection *ret_rejection);

/* Moves on by an event that was decided; it is the next one. */
void customer_apply(struct customer *customer, const struct customer_event *event);

#endif
