/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/batch_internal.h"

#include <assert.h>

const struct world_product *batch_missed_product(const struct batch_item *item)
{
    assert(item->product_count > 0);
    assert(item->products != NULL);
    for (size_t i = 0; i < item->product_count; i++) {
        if (item->products[i]->is_stock_missed) {
            return item->products[i];
        }
    }
    return NULL;
}

const struct world_product *batch_missed_claim(const struct batch *batch, const struct order *order)
{
    assert(order->version > 0);
    assert(order->claim_count == 0 || order->claims != NULL);
    for (size_t i = 0; i < order->claim_count; i++) {
        const struct world_product *product =
            id_map_find(&batch->world.products.map, order->claims[i].sku);
        if (product != NULL && product->is_stock_missed) {
            return product;
        }
    }
    return NULL;
}
