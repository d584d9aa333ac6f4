/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/scarce.h"

#include <assert.h>
#include <stdio.h>

/* Nobody is named for longer than the whole list is looked at. */
static bool is_sound(const struct scarce *scarce, const struct scarce_product *one)
{
    return scarce->next < SCARCE_MAX && one->until_ms <= scarce->until_ms;
}

static int64_t room_of(const struct stock_change *change)
{
    assert(change->least <= change->read && change->read <= change->most);
    const int64_t below = change->read - change->least;
    const int64_t above = change->most - change->read;
    return below < above ? below : above;
}

static struct scarce_suspect *widest(struct scarce_suspects *suspects)
{
    struct scarce_suspect *found = &suspects->list[0];
    assert(suspects->count == SCARCE_MAX); /* else there is a free place */
    for (size_t i = 1; i < suspects->count; i++) {
        found = suspects->list[i].room > found->room ? &suspects->list[i] : found;
    }
    return found;
}

static void suspect(struct scarce_suspects *suspects, const struct stock_change *change)
{
    const int64_t room = room_of(change);
    assert(suspects->count <= SCARCE_MAX);
    struct scarce_suspect *place =
        suspects->count < SCARCE_MAX ? &suspects->list[suspects->count++] : widest(suspects);
    const bool is_free = place->sku[0] == '\0';
    if (is_free || room < place->room) {
        *place =
            (struct scarce_suspect){.least = change->least, .most = change->most, .room = room};
        (void)snprintf(place->sku, sizeof place->sku, "%.*s", STRVIEW_ARG(change->sku));
    }
}

void scarce_suspect(struct scarce_suspects *suspects, const struct stock_change *changes,
                    size_t count)
{
    *suspects = (struct scarce_suspects){.count = 0};
    for (size_t i = 0; i < count; i++) {
        suspect(suspects, &changes[i]);
    }
    assert(suspects->count <= count && suspects->count <= SCARCE_MAX);
}

static void add(struct scarce *scarce, const char *sku, int64_t until_ms)
{
    assert(scarce->next < SCARCE_MAX);
    struct scarce_product *place = &scarce->list[scarce->next];
    for (size_t i = 0; i < SCARCE_MAX; i++) {
        if (strcmp(scarce->list[i].sku, sku) == 0) {
            place = &scarce->list[i];
        }
    }
    if (place == &scarce->list[scarce->next]) {
        scarce->next = (scarce->next + 1) % SCARCE_MAX;
    }
    assert(scarce->until_ms <= until_ms); /* the last one is named longest */
    (void)snprintf(place->sku, sizeof place->sku, "%s", sku);
    place->until_ms = until_ms;
    scarce->until_ms = until_ms;
    assert(is_sound(scarce, place));
}

void scarce_learn(struct scarce *scarce, struct scarce_suspects *suspects,
                  const struct world *world, int64_t now_ms)
{
    assert(suspects->count <= SCARCE_MAX);
    for (size_t i = 0; i < suspects->count; i++) {
        const struct scarce_suspect *one = &suspects->list[i];
        const struct world_product *product =
            id_map_find(&world->products.map, strview_of(one->sku));
        if (product != NULL &&
            (product->loaded_available < one->least || product->loaded_available > one->most)) {
            add(scarce, one->sku, now_ms + SCARCE_MS);
        }
    }
    suspects->count = 0;
}

/* Another batch that took as much, or that was promised as little, would fail. */
static bool is_short(const struct world_product *product)
{
    return product->is_refused_by_taking || product->product.available < product->most_taken;
}

void scarce_renew(struct scarce *scarce, const struct world *world, int64_t now_ms)
{
    for (size_t i = 0; now_ms < scarce->until_ms && i < SCARCE_MAX; i++) {
        struct scarce_product *one = &scarce->list[i];
        assert(is_sound(scarce, one));
        const struct world_product *product =
            now_ms < one->until_ms ? id_map_find(&world->products.map, strview_of(one->sku)) : NULL;
        if (product != NULL && is_short(product)) {
            one->until_ms = now_ms + SCARCE_MS;
            assert(one->until_ms >= scarce->until_ms); /* the last one is named longest */
            scarce->until_ms = one->until_ms;
        }
    }
}

bool scarce_is_named(const struct scarce *scarce, const struct world *world, int64_t now_ms)
{
    for (size_t i = 0; now_ms < scarce->until_ms && i < SCARCE_MAX; i++) {
        const struct scarce_product *product = &scarce->list[i];
        assert(is_sound(scarce, product));
        if (now_ms < product->until_ms &&
            id_map_find(&world->products.map, strview_of(product->sku)) != NULL) {
            return true;
        }
    }
    return false;
}
