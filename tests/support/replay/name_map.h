/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_map.h - from a name to the one thing that has it.
 *
 * Why: the only user of uthash in the replay.
 *
 * Ownership: names and things are the caller's and outlive the map; nodes live in the arena.
 */
#ifndef TESTS_SUPPORT_REPLAY_NAME_MAP_H
#define TESTS_SUPPORT_REPLAY_NAME_MAP_H

#include "common/base/arena.h"
#include "common/base/strview.h"

struct name_map_node;

struct name_map {
    struct arena *arena;
    struct name_map_node *nodes;
};

/* NULL when nothing has that name. */
void *name_map_find(const struct name_map *map, struct strview name);

/* The name must not be there yet. */
void name_map_add(struct name_map *map, struct strview name, void *thing);

void name_map_done(struct name_map *map);

#endif
