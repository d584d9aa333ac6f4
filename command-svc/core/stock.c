/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/stock.h"

#include <assert.h>
#include <stdlib.h>

/* No more was ever taken than was there. */
static bool is_sound(const struct world_product *product)
{
    return product->product.available >= 0 && product->most_taken >= 0 &&
           product->most_taken <= product->loaded_available;
}

void stock_note_level(struct world_product *product)
{
    const int64_t taken = product->loaded_available - product->product.available;
    product->most_taken = taken > product->most_taken ? taken : product->most_taken;
    assert(is_sound(product));
}

void stock_note_refusal(struct world_product *product, int64_t wanted)
{
    assert(wanted > product->product.available);
    assert(is_sound(product));
    product->is_refused_by_taking |= wanted <= product->loaded_available;
}

/* Only with its product a row of stock comes into being. */
static bool is_new(const struct world_product *product)
{
    assert(product->product.version >= product->loaded_version);
    return product->loaded_version == 0 && product->product.version > 0;
}

bool stock_has_moved(const struct world_product *product)
{
    return is_new(product) || product->product.available != product->loaded_available;
}

static bool is_to_be_saved(const struct world_product *product)
{
    return !is_new(product) && (product->product.available != product->loaded_available ||
                                product->most_taken > 0 || product->is_refused_by_taking);
}

static size_t list_changes(const struct world *world, struct stock_change *changes)
{
    size_t count = 0;
    for (const struct world_entry *entry = world->products.first; entry != NULL;
         entry = entry->next) {
        const struct world_product *product = (const void *)entry;
        assert(product->most_taken >= product->loaded_available - product->product.available ||
               is_new(product)); /* whoever moves a level notes it */
        assert(is_sound(product));
        if (is_to_be_saved(product)) {
            changes[count++] = (struct stock_change){
                .sku = entry->id,
                .read = product->loaded_available,
                .delta = product->product.available - product->loaded_available,
                .least = product->most_taken,
                .most = product->is_refused_by_taking ? product->loaded_available : STOCK_NO_MOST,
            };
        }
    }
    return count;
}

static int compare_skus(const void *a, const void *b)
{
    const struct strview left = ((const struct stock_change *)a)->sku;
    const struct strview right = ((const struct stock_change *)b)->sku;
    const int order = memcmp(left.data, right.data, left.len < right.len ? left.len : right.len);
    assert(a == b || order != 0 || left.len != right.len); /* a product has one row */
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

enum error_kind stock_changes(const struct world *world, struct arena *arena,
                              const struct stock_change **ret_changes, size_t *ret_count)
{
    size_t products = 0;
    for (const struct world_entry *entry = world->products.first; entry != NULL;
         entry = entry->next) {
        products++;
    }
    struct stock_change *changes = arena_array(arena, products, sizeof *changes);
    if (changes == NULL) {
        return ERROR_EXHAUSTED;
    }
    *ret_count = list_changes(world, changes);
    assert(*ret_count <= products);
    qsort(changes, *ret_count, sizeof *changes, compare_skus);
    /* rows are locked in this order by every batch, or two would wait for each other */
    assert(*ret_count < 2 || compare_skus(&changes[0], &changes[*ret_count - 1]) < 0);
    *ret_changes = changes;
    return ERROR_NONE;
}
