/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/customer.h"

#include <assert.h>

bool customer_decide(const struct customer *customer, const struct command *command, int64_t now_ms,
                     struct customer_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind == COMMAND_REGISTER_CUSTOMER);
    if (!command_meets_version(command, customer->version, ret_rejection)) {
        return false;
    }
    if (customer->version > 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    *ret_event = (struct customer_event){
        .kind = CUSTOMER_REGISTERED,
        .envelope = {.aggregate_id = command->aggregate_id,
                     .version = 1,
                     .occurred_at_ms = now_ms,
                     .actor = command->actor},
        .registered = {.name = command->register_customer.name,
                       .email = command->register_customer.email,
                       .phone = command->register_customer.phone},
    };
    return true;
}

void customer_apply(struct customer *customer, const struct customer_event *event)
{
    assert(event->envelope.version == customer->version + 1);
    *customer = (struct customer){
        .version = event->envelope.version,
        .last_at_ms = event->envelope.occurred_at_ms,
        .name = event->registered.name,
        .email = event->registered.email,
        .phone = event->registered.phone,
        .is_active = true,
    };
}
