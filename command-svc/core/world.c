/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/world.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

void world_init(struct world *world, struct arena *arena)
{
    assert(arena != NULL);
    *world = (struct world){.arena = arena};
}

void world_done(struct world *world)
{
    assert(world->arena != NULL); /* it was begun */
    id_map_clear(&world->customer_map);
    id_map_clear(&world->product_map);
    id_map_clear(&world->order_map);
    id_map_clear(&world->receipt_map);
    id_map_clear(&world->level_map);
}

/* All kinds of entries are found, made and linked alike; only their types differ. What the list has
 * the map finds: one that was cleared knows nothing of entries that are still listed. */
#define DEFINE_ENTRY(type, map, list, ...)                                                         \
    struct type *type(struct world *world, struct strview id)                                      \
    {                                                                                              \
        assert((world->list == NULL) == (world->map.nodes == NULL));                               \
        struct type *made = id_map_find(&world->map, id);                                          \
        if (made != NULL) {                                                                        \
            return made;                                                                           \
        }                                                                                          \
        made = arena_alloc(world->arena, sizeof *made);                                            \
        if (made == NULL) {                                                                        \
            return NULL;                                                                           \
        }                                                                                          \
        id_map_add(&world->map, id, made);                                                         \
        *made = (struct type){__VA_ARGS__.entry.next = world->list, .entry.id = id};               \
        world->list = &made->entry;                                                                \
        assert(made->entry.next != &made->entry);                                                  \
        assert(world->map.nodes != NULL);                                                          \
        return made;                                                                               \
    }

DEFINE_ENTRY(world_customer, customer_map, customers, )
DEFINE_ENTRY(world_product, product_map, products, )
DEFINE_ENTRY(world_order, order_map, orders, )
DEFINE_ENTRY(world_receipt, receipt_map, receipts, .decided_by = NOT_DECIDED_HERE, )
DEFINE_ENTRY(world_level, level_map, levels, .entry.is_to_change = true, )

const struct world_entry *world_list(const struct world *world, size_t offset)
{
    assert(offset >= offsetof(struct world, customers) && offset < sizeof *world);
    assert(offset % sizeof(struct world_entry *) == 0);
    const struct world_entry *first;
    memcpy(&first, (const char *)world + offset, sizeof first);
    return first;
}
