/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - which partitions may have a batch on its way; pure.
 *
 * Why a few at once: Redis always has work, and nobody's call stands behind a dozen others. Why
 * bytes count, too: what is on its way is in memory several times over.
 *
 * Why strictly in the order of asking: else the small ones would overtake a large batch for ever,
 * which fits only when nothing else is on its way.
 *
 *   TURN_NONE ──wait──> TURN_WAITING ──take──> TURN_TAKEN ──end──> TURN_NONE
 *       ^                    └──leave──────────────────────────────────┘
 *
 * Ownership: a turn is a member of what has it; one that waits must leave before that goes.
 */
#ifndef PROJECTOR_SVC_CORE_TURNS_H
#define PROJECTOR_SVC_CORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TURNS_MAX = 4,         /* taken at once */
    TURNS_BYTES = 1 << 20, /* in all that are taken; a first one always goes */
};

enum turn_state { TURN_NONE = 0, TURN_WAITING, TURN_TAKEN };

struct turn {
    enum turn_state state;
    void *owner;
    struct turn *next, *previous; /* in the line */
    size_t bytes;                 /* as taken */
};

/* Zeroed: nobody waits. */
struct turns {
    size_t taken;
    size_t bytes;
    struct turn *first;
};

/* At the line's end. */
void turns_wait(struct turns *turns, struct turn *turn);

/* Whose turn is next; NULL: nobody waits. */
struct turn *turns_first(const struct turns *turns);

/* The first one's. False: there is no room for so many bytes before another one ends. */
bool turns_take(struct turns *turns, struct turn *turn, size_t bytes);

void turns_end(struct turns *turns, struct turn *turn);

/* It waits no longer; nothing happens to one that does not. */
void turns_leave(struct turns *turns, struct turn *turn);

#endif
