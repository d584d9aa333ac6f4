/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/product.h"

#include <assert.h>

static struct envelope next_envelope(const struct product *product, const struct command *command,
                                     int64_t now_ms)
{
    return (struct envelope){
        .aggregate_id = command->aggregate_id,
        .version = product->version + 1,
        .occurred_at_ms = now_ms > product->last_at_ms ? now_ms : product->last_at_ms,
        .actor = command->actor,
    };
}

static bool decide_add(const struct product *product, const struct command *command,
                       struct product_event *event, struct rejection *ret_rejection)
{
    if (!command_meets_version(command, product->version, ret_rejection)) {
        return false;
    }
    if (product->version > 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    event->kind = PRODUCT_ADDED;
    event->added.name = command->add_product.name;
    event->added.unit_price_minor = command->add_product.unit_price_minor;
    event->added.currency = command->add_product.currency;
    return true;
}

static bool decide_receive(const struct product *product, const struct command *command,
                           struct product_event *event, struct rejection *ret_rejection)
{
    if (product->version == 0) {
        *ret_rejection =
            (struct rejection){.kind = REJECTION_PRODUCT_UNKNOWN, .sku = command->aggregate_id};
        return false;
    }
    if (!command_meets_version(command, product->version, ret_rejection)) {
        return false;
    }
    if (command->receive_stock.quantity > STOCK_MAX - product->available) {
        *ret_rejection = (struct rejection){.kind = REJECTION_TOTAL_TOO_LARGE};
        return false;
    }
    event->kind = PRODUCT_STOCK_RECEIVED;
    event->stock_received.quantity = command->receive_stock.quantity;
    return true;
}

bool product_decide(const struct product *product, const struct command *command, int64_t now_ms,
                    struct product_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind == COMMAND_ADD_PRODUCT || command->kind == COMMAND_RECEIVE_STOCK);
    struct product_event event = {.envelope = next_envelope(product, command, now_ms)};
    const bool accepted = command->kind == COMMAND_ADD_PRODUCT
                              ? decide_add(product, command, &event, ret_rejection)
                              : decide_receive(product, command, &event, ret_rejection);
    if (accepted) {
        *ret_event = event;
    }
    return accepted;
}

void product_apply(struct product *product, const struct product_event *event)
{
    assert(event->envelope.version == product->version + 1);
    product->version = event->envelope.version;
    product->last_at_ms = event->envelope.occurred_at_ms;
    if (event->kind == PRODUCT_ADDED) {
        product->name = event->added.name;
        product->unit_price_minor = event->added.unit_price_minor;
        product->currency = event->added.currency;
    } else {
        product->available += event->stock_received.quantity;
        assert(product->available <= STOCK_MAX); /* decide_receive() looked */
    }
}
