/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/door.h"

#include <assert.h>

/* What was committed belongs to a window that has begun, and the clock does not go back. */
static bool is_sound(const struct door *door, int64_t now_ms)
{
    return now_ms >= door->window_start_ms;
}

bool door_is_follow_up(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return command_aggregate(kind) == AGGREGATE_ORDER && kind != COMMAND_PLACE_ORDER;
}

void door_note(struct door *door, size_t commands, int64_t now_ms)
{
    assert(is_sound(door, now_ms));
    const int64_t age_ms = now_ms - door->window_start_ms;
    if (age_ms >= DOOR_WINDOW_MS) {
        door->committed_before = age_ms < 2 * DOOR_WINDOW_MS ? door->committed : 0;
        door->committed = 0;
        door->window_start_ms = now_ms;
    }
    assert(is_sound(door, now_ms));
    assert(now_ms - door->window_start_ms < DOOR_WINDOW_MS);
    door->committed += commands;
}

/* Of two windows the better one: the one that runs may have just begun. */
static size_t recently_committed(const struct door *door, int64_t now_ms)
{
    assert(is_sound(door, now_ms));
    if (now_ms - door->window_start_ms >= 2 * DOOR_WINDOW_MS) {
        return 0;
    }
    return door->committed > door->committed_before ? door->committed : door->committed_before;
}

size_t door_limit(const struct door *door, enum command_kind kind, int64_t now_ms)
{
    assert(kind < COMMAND_KIND_COUNT);
    const size_t recent = recently_committed(door, now_ms);
    const size_t limit = recent > door->floor ? recent : door->floor;
    assert(limit >= door->floor);
    return door_is_follow_up(kind) ? limit * DOOR_FOLLOW_UP_FACTOR : limit;
}
