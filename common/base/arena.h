/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - a bounded bump allocator: everything of one message or batch,
 * given back in one step.
 *
 * Why bounded: what an outsider sends decides how much is allocated, so every
 * arena has a maximum; past it arena_alloc() returns NULL and the caller says
 * ERROR_EXHAUSTED. Many arenas may also share one sum (pool), because a bound for each
 * is none for a thousand of them.
 *
 * Ownership: what comes from an arena is freed by arena_reset() or
 * arena_done(), never alone. Threads: one at a time.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* Large blocks that arenas leave to each other, where each message or batch would else ask the
 * system for the same pages again. Zeroed but for max: there are none yet. A block that was left
 * may be larger than what is asked for, up to max: for arenas whose own maximum is many times that.
 */
struct arena_spares {
    struct arena_block *blocks;
    size_t bytes;
    size_t max; /* bytes kept; what is more is freed */
};

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed to blocks so far */
    size_t max;                 /* bytes */
    size_t *pool;  /* bytes left of what several arenas share; NULL: nothing is shared */
    size_t *tally; /* goes up by what is taken of the pool, and down again; NULL: nobody counts */
    char *text;    /* that is being written on top of it; NULL: none */
    struct arena_spares *spares; /* NULL: large blocks are freed */
};

/* One that is empty, and may grow to so many bytes. */
#define ARENA(bytes) ((struct arena){.max = (bytes)})

/* The same of one that is there already. Allocates nothing yet. pool and spares may be set
 * afterwards, before the first allocation; tally at any time, by who has counted what is used until
 * then. */
void arena_init(struct arena *arena, size_t max);

/* Forgets all allocations and keeps the oldest block for the next message. */
void arena_reset(struct arena *arena);

void arena_done(struct arena *arena);

/* Frees them; arenas may go on leaving theirs. */
void arena_spares_done(struct arena_spares *spares);

/* Whether the pool leaves less than the arena's own maximum would: then a refusal may pass. */
bool arena_is_crowded(const struct arena *arena);

/* Zeroed memory aligned for any type, or NULL past the maximum. */
MUST_USE void *arena_alloc(struct arena *arena, size_t size);

/* An array of count elements, or NULL past the maximum (also when count * size overflows). */
MUST_USE void *arena_array(struct arena *arena, size_t count, size_t size);

/* Room for one more than count elements: old while *cap says so, else a copy of twice the size.
 * NULL past the maximum; old and *cap are then as they were. An empty array is NULL, cap 0. */
MUST_USE void *arena_grow(struct arena *arena, void *old, size_t count, size_t *cap, size_t size);

/* A copy with a NUL behind it, or NULL past the maximum. */
MUST_USE char *arena_copy(struct arena *arena, struct strview view);

/* The same as a view; data is NULL past the maximum. */
MUST_USE struct strview arena_view(struct arena *arena, struct strview view);

/*
 * For strbuf.h: a text whose length is not known yet is written where it is to stay, with all the
 * room that is left there and at least `least` bytes; old is what there is of it, empty in the
 * beginning, and moves when it must. NULL past the maximum, old is as it was then. Until
 * arena_close_text() says how many bytes it took, nothing else may be allocated.
 */
MUST_USE char *arena_open_text(struct arena *arena, struct strview old, size_t least,
                               size_t *ret_room);
void arena_close_text(struct arena *arena, size_t used);

#endif
