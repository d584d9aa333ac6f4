/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/command.h"

#include "command-svc/core/rejection.h"

#include <assert.h>

#define COMMAND_ROW(KIND, name, aggregate, rule) [COMMAND_##KIND] = {name, AGGREGATE_##aggregate},
static const struct {
    const char *name;
    enum aggregate_type aggregate;
} ROWS[] = {COMMANDS(COMMAND_ROW)};

const char *command_name(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return ROWS[kind].name;
}

enum aggregate_type command_aggregate(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return ROWS[kind].aggregate;
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
