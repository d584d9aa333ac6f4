/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/batch_internal.h"

#include <assert.h>

typedef bool need_fn(struct world *world, const struct command *command, struct batch_item *item);

static bool need_customer(struct world *world, const struct command *command,
                          struct batch_item *item)
{
    assert(item->customer == NULL); /* it is about one of them */
    assert(item->order == NULL);
    item->customer = world_customer(world, command->aggregate_id);
    if (item->customer == NULL) {
        return false;
    }
    assert(strview_equal(item->customer->entry.id, command->aggregate_id));
    item->customer->entry.is_to_change = true;
    return true;
}

static bool need_products(struct world *world, const struct command *command,
                          struct batch_item *item, size_t count)
{
    assert(count > 0);
    assert(item->products == NULL);
    assert(item->product_count == 0);
    item->products = arena_array(world->arena, count, sizeof(struct world_product *));
    if (item->products == NULL) {
        return false;
    }
    item->product_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct strview sku = command->kind == COMMAND_PLACE_ORDER
                                       ? command->place_order.lines[i].sku
                                       : command->aggregate_id;
        item->products[i] = world_product(world, sku);
        if (item->products[i] == NULL) {
            return false;
        }
        assert(strview_equal(item->products[i]->entry.id, sku)); /* a line and its product agree */
    }
    return true;
}

static bool need_product(struct world *world, const struct command *command,
                         struct batch_item *item)
{
    if (!need_products(world, command, item, 1)) {
        return false;
    }
    assert(item->product_count == 1);
    assert(item->order == NULL); /* stock that is counted is no order's */
    item->products[0]->entry.is_to_change = true;
    return true;
}

static bool need_order(struct world *world, const struct command *command, struct batch_item *item)
{
    assert(item->order == NULL);
    item->order = world_order(world, command->aggregate_id);
    if (item->order == NULL) {
        return false;
    }
    assert(strview_equal(item->order->entry.id, command->aggregate_id));
    assert(item->order->order.version == 0); /* nothing is loaded before all is known */
    item->order->needs_loading |=
        command->kind != COMMAND_PLACE_ORDER || !command->place_order.id_is_ours;
    item->order->needs_claims |= order_command_releases_stock(command->kind);
    item->order->entry.is_to_change |= command->kind != COMMAND_PLACE_ORDER;
    return true;
}

static bool need_placing(struct world *world, const struct command *command,
                         struct batch_item *item)
{
    assert(command->kind == COMMAND_PLACE_ORDER);
    assert(command->place_order.line_count > 0);
    item->customer = world_customer(world, command->place_order.customer_id);
    return item->customer != NULL && need_order(world, command, item) &&
           need_products(world, command, item, command->place_order.line_count);
}

#define NEEDS_CUSTOMER(KIND, ...) [COMMAND_##KIND] = need_customer,
#define NEEDS_PRODUCT(KIND, ...)  [COMMAND_##KIND] = need_product,
#define NEEDS_PLACING(KIND, ...)  [COMMAND_##KIND] = need_placing,
#define NEEDS_ORDER(KIND, ...)    [COMMAND_##KIND] = need_order,
static need_fn *const NEEDS[] = {CUSTOMER_COMMANDS(NEEDS_CUSTOMER) PRODUCT_COMMANDS(NEEDS_PRODUCT)
                                     PLACING_COMMANDS(NEEDS_PLACING) ORDER_COMMANDS(NEEDS_ORDER)};

bool batch_needs(struct world *world, const struct command *command, struct batch_item *item)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    assert(item->command == command);
    return NEEDS[command->kind](world, command, item);
}
