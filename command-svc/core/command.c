/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/command.h"

#include "command-svc/core/rejection.h"

#include <assert.h>

static const struct {
    const char *name;
    enum aggregate_type aggregate;
} COMMANDS[] = {
    [COMMAND_REGISTER_CUSTOMER] = {"RegisterCustomer", AGGREGATE_CUSTOMER},
    [COMMAND_ADD_PRODUCT] = {"AddProduct", AGGREGATE_PRODUCT},
    [COMMAND_RECEIVE_STOCK] = {"ReceiveStock", AGGREGATE_PRODUCT},
    [COMMAND_PLACE_ORDER] = {"PlaceOrder", AGGREGATE_ORDER},
    [COMMAND_AUTHORIZE_PAYMENT] = {"AuthorizePayment", AGGREGATE_ORDER},
    [COMMAND_SHIP_ORDER] = {"ShipOrder", AGGREGATE_ORDER},
    [COMMAND_DELIVER_ORDER] = {"DeliverOrder", AGGREGATE_ORDER},
    [COMMAND_CANCEL_ORDER] = {"CancelOrder", AGGREGATE_ORDER},
};
static_assert(sizeof COMMANDS / sizeof COMMANDS[0] == COMMAND_KIND_COUNT,
              "every command needs a row");

const char *command_name(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return COMMANDS[kind].name;
}

enum aggregate_type command_aggregate(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return COMMANDS[kind].aggregate;
}

bool command_meets_version(const struct command *command, int64_t current_version,
                           struct rejection *ret_rejection)
{
    if (command->expected_version == EXPECT_ANY_VERSION ||
        command->expected_version == current_version) {
        return true;
    }
    *ret_rejection = (struct rejection){.kind = REJECTION_VERSION_CONFLICT,
                                        .expected = command->expected_version,
                                        .number = current_version};
    return false;
}
