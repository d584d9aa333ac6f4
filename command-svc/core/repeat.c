/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/repeat.h"

#include "command-svc/core/batch.h"

#include <assert.h>

/* A batch has room for one command at least, or nothing would ever be done again. */
static bool is_sound(const struct repeat *repeat)
{
    return repeat->most >= 1 && repeat->most <= BATCH_COMMANDS_MAX && repeat->fails >= 0;
}

void repeat_init(struct repeat *repeat)
{
    *repeat = (struct repeat){.most = BATCH_COMMANDS_MAX};
    assert(is_sound(repeat));
}

static void halve(struct repeat *repeat, size_t commands)
{
    repeat->most = (commands + 1) / 2;
    assert(is_sound(repeat));
    assert(repeat->most < commands);
}

void repeat_after_commit(struct repeat *repeat)
{
    assert(is_sound(repeat));
    repeat->fails = 0;
    repeat->most =
        repeat->most * 2 < BATCH_COMMANDS_MAX ? repeat->most * 2 : (size_t)BATCH_COMMANDS_MAX;
    assert(is_sound(repeat));
}

void repeat_after_bad_data(struct repeat *repeat, size_t commands)
{
    assert(is_sound(repeat));
    assert(commands > 1 && commands <= BATCH_COMMANDS_MAX);
    halve(repeat, commands);
}

enum repeat_pause repeat_after_passing(struct repeat *repeat, size_t commands)
{
    assert(commands >= 1 && commands <= BATCH_COMMANDS_MAX);
    assert(is_sound(repeat));
    repeat->fails++;
    if (commands > 1 && repeat->fails > 1) {
        halve(repeat, commands);
    }
    if (repeat->fails > REPEAT_ALONE_MAX) {
        return REPEAT_LATER;
    }
    return commands == 1 ? REPEAT_AT_ONCE : REPEAT_SOON;
}
