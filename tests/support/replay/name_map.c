/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/name_map.h"

#include "tests/support/replay/must_alloc.h"

#include <stdint.h>

enum { FIRST_SIZE = 256 };

/* FNV-1a */
static uint64_t hash(struct strview name)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.len; i++) {
        value = (value ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3);
    }
    return value ^ (value >> 32U);
}

/* The slot that has the name, or the free one where it would be. */
static struct name_map_slot *find_slot(const struct name_map *map, struct strview name)
{
    size_t at = (size_t)hash(name) & (map->size - 1);
    while (map->slots[at].thing != NULL && !strview_equal(map->slots[at].name, name)) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

void *name_map_find(const struct name_map *map, struct strview name)
{
    return map->size == 0 ? NULL : find_slot(map, name)->thing;
}

/* Never more than half full. */
static void make_room(struct name_map *map)
{
    if (map->count * 2 < map->size) {
        return;
    }
    const struct name_map old = *map;
    map->size = old.size == 0 ? FIRST_SIZE : old.size * 2;
    map->slots = must_array(map->arena, map->size, sizeof *map->slots);
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].thing != NULL) {
            *find_slot(map, old.slots[i].name) = old.slots[i];
        }
    }
}

void name_map_add(struct name_map *map, struct strview name, void *thing)
{
    make_room(map);
    *find_slot(map, name) = (struct name_map_slot){.name = name, .thing = thing};
    map->count++;
}
