/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must_alloc.h - memory for a tool that has nothing left to do without it.
 *
 * Why abort: the whole input is in memory before the first request is sent, so
 * running out is met at once, with nothing half done behind it.
 */
#ifndef TESTS_SUPPORT_REPLAY_MUST_ALLOC_H
#define TESTS_SUPPORT_REPLAY_MUST_ALLOC_H

#include "common/base/arena.h"

#include <stdlib.h>

/* Zeroed; lives as long as the arena. */
static inline void *must_array(struct arena *arena, size_t count, size_t size)
{
    void *bytes = arena_array(arena, count == 0 ? 1 : count, size);
    if (bytes == NULL) {
        abort();
    }
    return bytes;
}

static inline void *must_alloc(struct arena *arena, size_t size)
{
    return must_array(arena, 1, size);
}

#endif
