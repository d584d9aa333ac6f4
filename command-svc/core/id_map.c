/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/id_map.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

#define HASH_FUNCTION       HASH_OAT /* a plain loop; the default falls through cases, unmarked */
#define uthash_malloc(size) must_allocate(1, size)
#include <uthash.h>

struct id_map_node {
    struct strview id;
    void *entry;
    UT_hash_handle hh;
};

/* NOLINTBEGIN(readability-function-size): what uthash's macros become is counted as ours */
void *id_map_find(const struct id_map *map, struct strview id)
{
    struct id_map_node *node;
    HASH_FIND(hh, map->nodes, id.data, id.len, node);
    return node == NULL ? NULL : node->entry;
}

void id_map_add(struct id_map *map, struct strview id, void *entry)
{
    assert(id.data != NULL && entry != NULL && id_map_find(map, id) == NULL);
    struct id_map_node *node = must_allocate(1, sizeof *node);
    node->id = id;
    node->entry = entry;
    HASH_ADD_KEYPTR(hh, map->nodes, node->id.data, node->id.len, node);
}

void id_map_remove(struct id_map *map, struct strview id)
{
    struct id_map_node *node;
    HASH_FIND(hh, map->nodes, id.data, id.len, node);
    assert(node != NULL);
    HASH_DEL(map->nodes, node);
    free(node);
}

void id_map_clear(struct id_map *map)
{
    struct id_map_node *node;
    struct id_map_node *next;
    HASH_ITER(hh, map->nodes, node, next)
    {
        HASH_DEL(map->nodes, node);
        free(node);
    }
}
/* NOLINTEND(readability-function-size) */
