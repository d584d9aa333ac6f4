/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/world.h"

void world_init(struct world *world, struct arena *arena)
{
    *world = (struct world){.arena = arena};
}

void world_done(struct world *world)
{
    id_map_clear(&world->customer_map);
    id_map_clear(&world->product_map);
    id_map_clear(&world->order_map);
    id_map_clear(&world->receipt_map);
}

/* All kinds of entries are found, made and linked alike; only their types differ. */
#define DEFINE_ENTRY(type, map, list, key, ...)                                                    \
    struct type *type(struct world *world, struct strview id)                                      \
    {                                                                                              \
        struct type *entry = id_map_find(&world->map, id);                                         \
        if (entry != NULL) {                                                                       \
            return entry;                                                                          \
        }                                                                                          \
        entry = arena_alloc(world->arena, sizeof *entry);                                          \
        if (entry == NULL || !id_map_add(&world->map, id, entry)) {                                \
            return NULL;                                                                           \
        }                                                                                          \
        *entry = (struct type){.next = world->list, .key = id __VA_ARGS__};                        \
        world->list = entry;                                                                       \
        return entry;                                                                              \
    }

DEFINE_ENTRY(world_customer, customer_map, customers, id, )
DEFINE_ENTRY(world_product, product_map, products, sku, )
DEFINE_ENTRY(world_order, order_map, orders, id, )
DEFINE_ENTRY(world_receipt, receipt_map, receipts, key, , .decided_by = NOT_DECIDED_HERE)
