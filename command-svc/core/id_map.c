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

#define uthash_malloc(size) must_allocate(1, size)
#include <uthash.h>

struct id_map_node {
    struct strview id;
    void *entry;
    UT_hash_handle hh;
};

/* NOLINTBEGIN(readability-function-size): what uthash's macros become is counted as ours */
static struct id_map_node *find(const struct id_map *map, struct strview id, unsigned hash)
{
    struct id_map_node *node;
    HASH_FIND_BYHASHVALUE(hh, map->nodes, id.data, id.len, hash, node);
    assert(node == NULL || node->entry != NULL); /* NULL says that it is not there */
    assert(node == NULL || node->id.len == id.len);
    return node;
}

void *id_map_find(const struct id_map *map, struct strview id)
{
    const struct id_map_node *node = map->nodes == NULL ? NULL : find(map, id, id_map_hash(id));
    return node == NULL ? NULL : node->entry;
}

void id_map_add(struct id_map *map, struct strview id, void *entry)
{
    assert(id.data != NULL);
    assert(entry != NULL);
    const unsigned hash = id_map_hash(id);
    assert(find(map, id, hash) == NULL);
    struct id_map_node *node = must_allocate(1, sizeof *node);
    node->id = id;
    node->entry = entry;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, map->nodes, node->id.data, node->id.len, hash, node);
}

void id_map_remove(struct id_map *map, struct strview id)
{
    struct id_map_node *node = find(map, id, id_map_hash(id));
    assert(node != NULL);
    HASH_DEL(map->nodes, node);
    free(node);
}

/* The table goes first and whole: taken out one by one, each would be looked for in it. */
void id_map_clear(struct id_map *map)
{
    struct id_map_node *node = map->nodes;
    HASH_CLEAR(hh, map->nodes);
    while (node != NULL) {
        struct id_map_node *next = node->hh.next;
        free(node);
        node = next;
    }
    assert(map->nodes == NULL);
}
/* NOLINTEND(readability-function-size) */
