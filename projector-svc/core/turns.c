/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/turns.h"

#include <assert.h>
#include <utlist.h>

/* Who waits stands in the line, which has an end; what is taken is counted, and beyond the bytes
 * goes only who is alone. */
static bool is_sound(const struct turns *turns)
{
    return (turns->first == NULL ||
            (turns->first->state == TURN_WAITING && turns->first->previous->next == NULL)) &&
           turns->taken <= TURNS_MAX && (turns->taken > 0 || turns->bytes == 0) &&
           (turns->taken <= 1 || turns->bytes <= TURNS_BYTES);
}

void turns_wait(struct turns *turns, struct turn *turn)
{
    assert(is_sound(turns));
    assert(turn->state == TURN_NONE);
    turn->state = TURN_WAITING;
    DL_APPEND2(turns->first, turn, previous, next);
    assert(is_sound(turns));
}

struct turn *turns_first(const struct turns *turns)
{
    assert(is_sound(turns));
    return turns->first;
}

static void take_out(struct turns *turns, const struct turn *turn)
{
    assert(turn->state == TURN_WAITING); /* so it is in the line */
    DL_DELETE2(turns->first, turn, previous, next);
    assert(is_sound(turns));
}

bool turns_take(struct turns *turns, struct turn *turn, size_t bytes)
{
    assert(is_sound(turns));
    assert(turn->state == TURN_WAITING);
    assert(turn == turns->first);
    const bool fits =
        turns->taken == 0 || (turns->taken < TURNS_MAX && turns->bytes + bytes <= TURNS_BYTES);
    if (!fits) {
        return false;
    }
    take_out(turns, turn);
    turn->state = TURN_TAKEN;
    turn->bytes = bytes;
    turns->taken++;
    turns->bytes += bytes;
    assert(is_sound(turns));
    return true;
}

void turns_end(struct turns *turns, struct turn *turn)
{
    assert(is_sound(turns));
    assert(turn->state == TURN_TAKEN);
    assert(turn != turns->first); /* who has one waits for none */
    assert(turns->first == NULL || turn != turns->first->previous);
    assert(turns->taken > 0);
    assert(turns->bytes >= turn->bytes);
    turn->state = TURN_NONE;
    turns->taken--;
    turns->bytes -= turn->bytes;
    assert(is_sound(turns));
}

void turns_leave(struct turns *turns, struct turn *turn)
{
    assert(is_sound(turns));
    if (turn->state == TURN_WAITING) {
        take_out(turns, turn);
        turn->state = TURN_NONE;
    }
    assert(is_sound(turns));
}
