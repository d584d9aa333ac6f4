/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/id_map.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* By words, as ids have up to 64 bytes; uthash's own functions take them byte by byte. */
unsigned id_map_hash(struct strview id)
{
    assert(id.data != NULL || id.len == 0);
    const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = id.len;
    for (size_t at = 0; at < id.len; at += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, id.data + at, id.len - at < sizeof word ? id.len - at : sizeof word);
        hash = (hash ^ word) * spread;
        hash ^= hash >> 32;
    }
    /* Of what is in the upper bits of the last word nothing has reached the lower ones yet. */
    return (unsigned)(hash * spread >> 32);
}

#define HASH_FUNCTION(key, len, hash) ((hash) = id_map_hash((struct strview){(key), (len)}))
#define uthash_malloc(size)           must_allocate(1, size)
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
    assert(node == NULL || node->entry != NULL); /* NULL says that it is not there */
    assert(node == NULL || node->id.len == id.len);
    return node == NULL ? NULL : node->entry;
}

void id_map_add(struct id_map *map, struct strview id, void *entry)
{
    assert(id.data != NULL);
    assert(entry != NULL);
    assert(id_map_find(map, id) == NULL);
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
    assert(map->nodes == NULL);
}
/* NOLINTEND(readability-function-size) */
