/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/world.h"

#include <assert.h>
#include <stddef.h>

void world_init(struct world *world, struct arena *arena)
{
    assert(arena != NULL);
    *world = (struct world){.arena = arena};
}

void world_done(struct world *world)
{
    assert(world->arena != NULL); /* it was begun */
    id_map_clear(&world->customers.map);
    id_map_clear(&world->products.map);
    id_map_clear(&world->orders.map);
    id_map_clear(&world->receipts.map);
    id_map_clear(&world->levels.map);
}

/* All kinds of entries are found, made and linked alike; only their types differ. What the list has
 * the map finds: one that was cleared knows nothing of entries that are still listed. */
#define DEFINE_ENTRY(type, kind, ...)                                                              \
    struct type *type(struct world *world, struct strview id)                                      \
    {                                                                                              \
        assert((world->kind.first == NULL) == (world->kind.map.nodes == NULL));                    \
        struct type *made = id_map_find(&world->kind.map, id);                                     \
        if (made != NULL) {                                                                        \
            return made;                                                                           \
        }                                                                                          \
        made = arena_alloc(world->arena, sizeof *made);                                            \
        if (made == NULL) {                                                                        \
            return NULL;                                                                           \
        }                                                                                          \
        id_map_add(&world->kind.map, id, made);                                                    \
        *made = (struct type){__VA_ARGS__.entry.next = world->kind.first, .entry.id = id};         \
        world->kind.first = &made->entry;                                                          \
        assert(made->entry.next != &made->entry);                                                  \
        assert(world->kind.map.nodes != NULL);                                                     \
        return made;                                                                               \
    }

DEFINE_ENTRY(world_customer, customers, )
DEFINE_ENTRY(world_product, products, )
DEFINE_ENTRY(world_order, orders, )
DEFINE_ENTRY(world_receipt, receipts, .decided_by = NOT_DECIDED_HERE, )
DEFINE_ENTRY(world_level, levels, .entry.is_to_change = true, )

const struct world_kind *world_kind(const struct world *world, size_t offset)
{
    assert(offset >= offsetof(struct world, customers) && offset < sizeof *world);
    assert((offset - offsetof(struct world, customers)) % sizeof(struct world_kind) == 0);
    return (const void *)((const char *)world + offset);
}
