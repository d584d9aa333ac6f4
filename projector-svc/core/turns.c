/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/turns.h"

#include <assert.h>

void turns_wait(struct turns *turns, struct turn *turn)
{
    assert(turn->state == TURN_NONE);
    assert((turns->first == NULL) == (turns->last == NULL));
    turn->state = TURN_WAITING;
    turn->next = NULL;
    if (turns->first == NULL) {
        turns->first = turn;
    } else {
        turns->last->next = turn;
    }
    turns->last = turn;
}

struct turn *turns_first(const struct turns *turns)
{
    return turns->first;
}

static void take_out(struct turns *turns, const struct turn *turn)
{
    struct turn *before = NULL;
    for (struct turn *at = turns->first; at != turn; at = at->next) {
        before = at; /* it is in the line: only those who wait come here */
    }
    if (before == NULL) {
        turns->first = turn->next;
    } else {
        before->next = turn->next;
    }
    turns->last = turns->last == turn ? before : turns->last;
    assert((turns->first == NULL) == (turns->last == NULL));
}

bool turns_take(struct turns *turns, struct turn *turn, size_t bytes)
{
    assert(turn->state == TURN_WAITING && turn == turns->first);
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
    assert(turns->taken <= TURNS_MAX);
    return true;
}

void turns_end(struct turns *turns, struct turn *turn)
{
    assert(turn->state == TURN_TAKEN && turns->taken > 0 && turns->bytes >= turn->bytes);
    turn->state = TURN_NONE;
    turns->taken--;
    turns->bytes -= turn->bytes;
    assert(turns->taken > 0 || turns->bytes == 0);
}

void turns_leave(struct turns *turns, struct turn *turn)
{
    if (turn->state == TURN_WAITING) {
        take_out(turns, turn);
        turn->state = TURN_NONE;
    }
}
