/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/command.h"

#include "command-svc/core/rejection.h"

#include <assert.h>
#include <string.h>

#define ROW(KIND, name, path, of)                 [COMMAND_##KIND] = {name, path, AGGREGATE_##of},
#define CUSTOMER_ROW(KIND, kind, name, path, ...) ROW(KIND, name, path, CUSTOMER)
#define PRODUCT_ROW(KIND, kind, name, path, ...)  ROW(KIND, name, path, PRODUCT)
#define ORDER_ROW(KIND, kind, name, path, ...)    ROW(KIND, name, path, ORDER)
static const struct {
    const char *name;
    const char *path;
    enum aggregate_type aggregate;
} ROWS[] = {CUSTOMER_COMMANDS(CUSTOMER_ROW) PRODUCT_COMMANDS(PRODUCT_ROW)
                PLACING_COMMANDS(ORDER_ROW) ORDER_COMMANDS(ORDER_ROW)};

const char *command_name(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return ROWS[kind].name;
}

const char *command_word(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    assert(strrchr(ROWS[kind].path, '/') != NULL);
    return strrchr(ROWS[kind].path, '/') + 1;
}

enum aggregate_type command_aggregate(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return ROWS[kind].aggregate;
}

struct envelope command_envelope(const struct command *command, int64_t version, int64_t last_at_ms,
                                 int64_t now_ms)
{
    assert(version >= 0);
    return (struct envelope){.aggregate_id = command->aggregate_id,
                             .version = version + 1,
                             .occurred_at_ms = now_ms > last_at_ms ? now_ms : last_at_ms,
                             .actor = command->actor,
                             .reason = command->reason};
}

bool command_meets_version(const struct command *command, int64_t current_version,
                           struct rejection *ret_rejection)
{
    assert(command->expected_version >= EXPECT_ANY_VERSION);
    if (command->expected_version == EXPECT_ANY_VERSION ||
        command->expected_version == current_version) {
        return true;
    }
    *ret_rejection = (struct rejection){.kind = REJECTION_VERSION_CONFLICT,
                                        .expected = command->expected_version,
                                        .number = current_version};
    return false;
}

struct rejection command_refuse_transition(const char *from, enum command_kind wanted,
                                           command_possible_fn *is_possible, const void *aggregate)
{
    struct rejection rejection = {
        .kind = REJECTION_ILLEGAL_TRANSITION, .from = from, .command = command_word(wanted)};
    size_t count = 0;
    assert(!is_possible(aggregate, wanted)); /* else it would be among those that are */
    for (unsigned i = 0; i < COMMAND_KIND_COUNT && count + 1 < ALLOWED_MAX; i++) {
        const enum command_kind kind = (enum command_kind)i;
        if (is_possible(aggregate, kind)) {
            rejection.allowed[count++] = command_word(kind);
        }
    }
    assert(count < ALLOWED_MAX);
    assert(rejection.allowed[count] == NULL); /* the list has its end */
    return rejection;
}
