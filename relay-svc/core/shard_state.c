/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_state.h"

#include <assert.h>
#include <stdbool.h>

#define STATE_ROW(STATE, name) [SHARD_##STATE] = (name),
static const char *const STATE_NAMES[] = {SHARD_STATES(STATE_ROW)};

struct way {
    bool exists;
    unsigned effects; /* SHARD_ENTERED comes of itself */
};

enum { STOP = SHARD_TELL_STOPPED | SHARD_FORGET_TAILS };

/* Row: from; column: to. */
static const struct way WAYS[SHARD_STATE_COUNT][SHARD_STATE_COUNT] = {
    [SHARD_UNOWNED] = {[SHARD_UNOWNED] = {true, 0}, [SHARD_CHECKING] = {true, SHARD_CHECK_TAILS}},
    [SHARD_CHECKING] = {[SHARD_UNOWNED] = {true, SHARD_FORGET_TAILS},
                        [SHARD_CHECKING] = {true, SHARD_CHECK_TAILS},
                        [SHARD_RUNNING] = {true, SHARD_READ},
                        [SHARD_LEAVING] = {true, SHARD_RELEASE},
                        [SHARD_STOPPED] = {true, STOP}},
    [SHARD_RUNNING] = {[SHARD_UNOWNED] = {true, SHARD_FORGET_TAILS},
                       [SHARD_CHECKING] = {true, SHARD_CHECK_TAILS},
                       [SHARD_FAILED] = {true, SHARD_TELL_FAILED},
                       [SHARD_LEAVING] = {true, SHARD_RELEASE},
                       [SHARD_STOPPED] = {true, STOP}},
    /* On the way out it is told again, should it have waited for long. */
    [SHARD_FAILED] = {[SHARD_UNOWNED] = {true, SHARD_FORGET_TAILS},
                      [SHARD_CHECKING] = {true, SHARD_TELL_FAILED | SHARD_CHECK_TAILS},
                      [SHARD_LEAVING] = {true, SHARD_RELEASE},
                      [SHARD_STOPPED] = {true, STOP}},
    [SHARD_LEAVING] =
        {[SHARD_UNOWNED] = {true, SHARD_FORGET_TAILS}, [SHARD_LEAVING] = {true, SHARD_RELEASE}},
    [SHARD_STOPPED] = {[SHARD_UNOWNED] = {true, SHARD_FORGET_TAILS},
                       [SHARD_CHECKING] = {true, SHARD_CHECK_TAILS},
                       [SHARD_LEAVING] = {true, SHARD_RELEASE},
                       [SHARD_STOPPED] = {true, STOP}},
};

unsigned shard_state_effects(enum shard_state from, enum shard_state to)
{
    assert(from < SHARD_STATE_COUNT);
    assert(to < SHARD_STATE_COUNT);
    const struct way *way = &WAYS[from][to];
    assert(way->exists);
    assert((way->effects & SHARD_ENTERED) == 0); /* it comes of itself */
    return way->effects | (from != to ? SHARD_ENTERED : 0U);
}

const char *shard_state_name(enum shard_state state)
{
    assert(state < SHARD_STATE_COUNT);
    return STATE_NAMES[state];
}
