/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/fair.h"

#include "command-svc/core/door.h"

#include <assert.h>

enum { NEW = 0, FOLLOW_UP }; /* the lines of a principal, and places in its share's marks */

/* A party's commands are members of its share, each with one command that is not answered yet. */
static bool is_sound(const struct share *share)
{
    return share->amount == share->members;
}

uint64_t fair_cost(const struct command *command, size_t bytes)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    const size_t lines = command->kind == COMMAND_PLACE_ORDER ? command->place_order.line_count : 0;
    return (uint64_t)FAIR_COMMAND_COST + lines + bytes / FAIR_BYTES_A_LINE;
}

static uint64_t *next_of(struct share *share, enum command_kind kind)
{
    static_assert((int)FOLLOW_UP < (int)SHARE_MARKS, "a share has a place for each line");
    assert(kind < COMMAND_KIND_COUNT);
    return &share->marks[door_is_follow_up(kind) ? FOLLOW_UP : NEW];
}

static uint64_t line_cost(enum command_kind kind, uint64_t cost)
{
    assert(cost >= FAIR_COMMAND_COST); /* nobody's turns may stand still */
    return door_is_follow_up(kind) ? cost / FAIR_FOLLOW_UP_PART : cost;
}

struct share *fair_join(struct fair *fair, uint64_t who, enum command_kind kind, uint64_t cost,
                        uint64_t *ret_turn)
{
    struct share *share = shares_enter(&fair->shares, who);
    uint64_t *next = next_of(share, kind);
    const uint64_t turn = *next > fair->now ? *next : fair->now;
    *next = turn + line_cost(kind, cost);
    share->amount++;
    assert(is_sound(share));
    assert(turn >= fair->now);
    assert(*next > turn);
    *ret_turn = turn;
    return share;
}

void fair_take(struct fair *fair, uint64_t turn)
{
    fair->now = turn > fair->now ? turn : fair->now;
    assert(fair->now >= turn); /* whose turn it was is not asked again */
}

void fair_leave(struct fair *fair, struct share *share, enum command_kind kind, uint64_t cost,
                uint64_t turn)
{
    assert(share->amount > 0);
    assert(is_sound(share));
    if (turn > fair->now) { /* it was never taken */
        uint64_t *next = next_of(share, kind);
        assert(*next >= line_cost(kind, cost));
        *next -= line_cost(kind, cost);
    }
    share->amount--;
    assert(share->amount < share->members); /* the member goes, too */
    shares_leave(&fair->shares, share);
}

bool fair_is_small(const struct fair *fair, uint64_t who, size_t queue_len)
{
    return shares_of(&fair->shares, who) < shares_equal(&fair->shares, who, queue_len, 0);
}

bool fair_is_large(const struct fair *fair, uint64_t who, size_t queue_len)
{
    const bool has_some = shares_of(&fair->shares, who) > 0;
    return has_some && fair->shares.count > 1 && !fair_is_small(fair, who, queue_len);
}
