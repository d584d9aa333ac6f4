/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include "common/base/checked.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#ifdef __SANITIZE_ADDRESS__ /* who still uses what was given back is to be found all the same */
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 128 << 10, FIRST_CAP = 4 };
enum { SPARE_LEAST = 32 << 10 }; /* smaller ones malloc() has at hand */

struct arena_block {
    struct arena_block *older;
    size_t size; /* of bytes[] */
    size_t used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t max)
{
    *arena = (struct arena){.max = max};
}

/* --- large blocks that wait for the next one */

static bool leave_spare(struct arena_spares *spares, struct arena_block *block)
{
    if (spares == NULL || block->size < SPARE_LEAST || spares->bytes + block->size > spares->max) {
        return false;
    }
    *block = (struct arena_block){.older = spares->blocks, .size = block->size};
    spares->blocks = block;
    spares->bytes += block->size;
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    return true;
}

/* The smallest that is large enough and within what may be used; NULL: there is none. */
static struct arena_block *take_spare(struct arena_spares *spares, size_t least, size_t most)
{
    struct arena_block **best = NULL;
    if (spares == NULL || least < SPARE_LEAST) {
        return NULL;
    }
    for (struct arena_block **at = &spares->blocks; *at != NULL; at = &(*at)->older) {
        if ((*at)->size >= least && (*at)->size <= most &&
            (best == NULL || (*at)->size < (*best)->size)) {
            best = at;
        }
    }
    if (best == NULL) {
        return NULL;
    }
    struct arena_block *block = *best;
    *best = block->older;
    assert(spares->bytes >= block->size);
    spares->bytes -= block->size;
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    return block;
}

void arena_spares_done(struct arena_spares *spares)
{
    struct arena_block *block;
    while ((block = take_spare(spares, SPARE_LEAST, SIZE_MAX)) != NULL) {
        free(block);
    }
    assert(spares->blocks == NULL && spares->bytes == 0);
}

/* --- blocks */

static void free_block(struct arena *arena, struct arena_block *block)
{
    if (block != NULL && arena->pool != NULL) {
        *arena->pool += block->size;
    }
    if (block != NULL && arena->tally != NULL) {
        *arena->tally -= block->size;
    }
    if (block != NULL && !leave_spare(arena->spares, block)) {
        free(block);
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL && block->older != NULL) {
        struct arena_block *older = block->older;
        free_block(arena, block);
        block = older;
    }
    arena->blocks = block;
    arena->used = 0;
    arena->text = NULL;
    if (block != NULL) {
        block->used = 0;
        arena->used = block->size;
    }
}

void arena_done(struct arena *arena)
{
    arena_reset(arena);
    free_block(arena, arena->blocks);
    arena->blocks = NULL;
    arena->used = 0;
}

/* Blocks double, so that a large message needs few of them. */
static size_t next_block_size(const struct arena *arena, size_t need)
{
    size_t size = arena->blocks == NULL ? FIRST_BLOCK : arena->blocks->size * 2;
    if (size > LARGEST_STEP) {
        size = LARGEST_STEP;
    }
    return size < need ? need : size;
}

bool arena_is_crowded(const struct arena *arena)
{
    return arena->pool != NULL && *arena->pool < arena->max - arena->used;
}

/* Of at least need bytes, and wanted where there are as many. */
static struct arena_block *add_block(struct arena *arena, size_t need, size_t wanted)
{
    const size_t left = arena_is_crowded(arena) ? *arena->pool : arena->max - arena->used;
    if (need > left) {
        return NULL;
    }
    size_t size = next_block_size(arena, wanted);
    if (size > left) {
        size = left;
    }
    struct arena_block *block = take_spare(arena->spares, size, left);
    if (block != NULL) {
        size = block->size;
    } else {
        block = malloc(sizeof *block + size);
    }
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.older = arena->blocks, .size = size};
    arena->blocks = block;
    arena->used += size;
    assert(size >= need && arena->used <= arena->max);
    if (arena->pool != NULL) {
        *arena->pool -= size;
    }
    if (arena->tally != NULL) {
        *arena->tally += size;
    }
    return block;
}

/* What an allocation of that many bytes takes; false when that cannot be. */
static bool round_up(size_t size, size_t *ret)
{
    if (!checked_add_size(size, alignof(max_align_t) - 1, ret)) {
        return false;
    }
    *ret -= *ret % alignof(max_align_t);
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need;
    assert(arena->text == NULL);
    if (!round_up(size, &need)) {
        return NULL;
    }
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < need) {
        block = add_block(arena, need, need);
        if (block == NULL) {
            return NULL;
        }
    }
    void *bytes = block->bytes + block->used;
    block->used += need;
    assert(block->used <= block->size);
    return memset(bytes, 0, need);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return checked_mul_size(count, size, &bytes) ? arena_alloc(arena, bytes) : NULL;
}

void *arena_grow(struct arena *arena, void *old, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return old;
    }
    size_t wanted = FIRST_CAP;
    if (*cap > 0 && !checked_mul_size(*cap, 2, &wanted)) {
        return NULL;
    }
    void *grown = arena_array(arena, wanted, size);
    if (grown == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(grown, old, count * size);
    }
    *cap = wanted;
    return grown;
}

char *arena_copy(struct arena *arena, struct strview view)
{
    char *copy = view.len == SIZE_MAX ? NULL : arena_alloc(arena, view.len + 1);
    if (copy != NULL && view.len > 0) {
        memcpy(copy, view.data, view.len);
    }
    return copy;
}

struct strview arena_view(struct arena *arena, struct strview view)
{
    const char *copy = arena_copy(arena, view);
    return (struct strview){.data = copy, .len = copy == NULL ? 0 : view.len};
}

/* Doubling what it needs lets a long text move a few times only. */
char *arena_open_text(struct arena *arena, struct strview old, size_t least, size_t *ret_room)
{
    size_t need;
    assert(arena->text == old.data);
    if (!round_up(least, &need) || need > SIZE_MAX / 2) {
        return NULL;
    }
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < need) {
        block = add_block(arena, need, 2 * need);
        if (block == NULL) {
            return NULL;
        }
    }
    char *text = block->bytes + block->used;
    if (old.len > 0 && text != old.data) {
        memcpy(text, old.data, old.len);
    }
    arena->text = text;
    *ret_room = block->size - block->used;
    *ret_room -= *ret_room % alignof(max_align_t);
    return text;
}

void arena_close_text(struct arena *arena, size_t used)
{
    struct arena_block *block = arena->blocks;
    size_t taken = 0;
    assert(arena->text == block->bytes + block->used);
    const bool fits = round_up(used, &taken) && taken <= block->size - block->used;
    assert(fits);
    block->used += fits ? taken : 0;
    arena->text = NULL;
}
