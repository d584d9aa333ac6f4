/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_map.h - from an id to the one entry of a batch that stands for it.
 *
 * Why: several commands of a batch may be about the same aggregate and must
 * see each other's effects. The only user of uthash in this service.
 *
 * Ownership: ids and entries are the caller's and outlive the map.
 */
#ifndef COMMAND_SVC_CORE_ID_MAP_H
#define COMMAND_SVC_CORE_ID_MAP_H

#include "common/base/strview.h"

struct id_map_node;

struct id_map {
    struct id_map_node *nodes;
};

/* Where an id is looked for: each of its bytes has a part in each bit. */
unsigned id_map_hash(struct strview id);

/* NULL when no entry has that id. */
void *id_map_find(const struct id_map *map, struct strview id);

/* The id must not be there yet. */
void id_map_add(struct id_map *map, struct strview id, void *entry);

/* Forgets that one; it must be there. */
void id_map_remove(struct id_map *map, struct strview id);

/* Forgets all entries. */
void id_map_clear(struct id_map *map);

#endif
