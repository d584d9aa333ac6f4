/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/fair.h"

#include "command-svc/core/door.h"

#include <assert.h>

enum { NEW = 0, FOLLOW_UP }; /* the lines of a principal, and places in its share's marks */

uint64_t fair_cost(const struct command *command, size_t bytes)
{
    const size_t lines = command->kind == COMMAND_PLACE_ORDER ? command->place_order.line_count : 0;
    return (uint64_t)FAIR_COMMAND_COST + lines + bytes / FAIR_BYTES_A_LINE;
}

struct share *fair_join(struct fair *fair, uint64_t who, enum command_kind kind, uint64_t cost,
                        uint64_t *ret_turn)
{
    const bool is_follow_up = door_is_follow_up(kind);
    struct share *share = shares_enter(&fair->shares, who);
    uint64_t *next = &share->marks[is_follow_up ? FOLLOW_UP : NEW];
    const uint64_t turn = *next > fair->now ? *next : fair->now;
    assert(cost >= FAIR_COMMAND_COST);
    *next = turn + (is_follow_up ? cost / FAIR_FOLLOW_UP_PART : cost);
    share->amount++;
    *ret_turn = turn;
    return share;
}

void fair_take(struct fair *fair, uint64_t turn)
{
    fair->now = turn > fair->now ? turn : fair->now;
}

void fair_leave(struct fair *fair, struct share *share)
{
    assert(share->amount > 0);
    share->amount--;
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
