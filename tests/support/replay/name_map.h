/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_map.h - from a name to the one thing that has it.
 *
 * Ownership: names and things are the caller's and outlive the map; its own memory is the
 * arena's, so there is nothing to free.
 */
#ifndef TESTS_SUPPORT_REPLAY_NAME_MAP_H
#define TESTS_SUPPORT_REPLAY_NAME_MAP_H

#include "common/base/arena.h"
#include "common/base/strview.h"

struct name_map_slot {
    struct strview name;
    void *thing; /* NULL: free */
};

struct name_map {
    struct arena *arena;
    struct name_map_slot *slots;
    size_t size; /* of slots: 0 or a power of 2 */
    size_t count;
};

/* NULL when nothing has that name. */
void *name_map_find(const struct name_map *map, struct strview name);

/* The name must not be there yet, and the thing not be NULL. */
void name_map_add(struct name_map *map, struct strview name, void *thing);

#endif
