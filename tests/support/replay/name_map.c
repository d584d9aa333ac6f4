/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/name_map.h"

#include "tests/support/replay/must_alloc.h"

#include <uthash.h>

struct name_map_node {
    struct strview name;
    void *thing;
    UT_hash_handle hh;
};

void *name_map_find(const struct name_map *map, struct strview name)
{
    struct name_map_node *node = NULL;
    HASH_FIND(hh, map->nodes, name.data, name.len, node);
    return node == NULL ? NULL : node->thing;
}

void name_map_add(struct name_map *map, struct strview name, void *thing)
{
    struct name_map_node *node = must_alloc(map->arena, sizeof *node);
    node->name = name;
    node->thing = thing;
    HASH_ADD_KEYPTR(hh, map->nodes, node->name.data, node->name.len, node);
}

void name_map_done(struct name_map *map)
{
    HASH_CLEAR(hh, map->nodes);
}
