/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/placing.h"

#include "command-svc/core/money.h"
#include "common/contract/role.h"

#include <assert.h>

/* What earlier lines of the same order already take of the product. */
static int64_t taken_before(const struct place_order *wanted, size_t line)
{
    assert(line < wanted->line_count);
    int64_t taken = 0;
    for (size_t i = 0; i < line; i++) {
        if (strview_equal(wanted->lines[i].sku, wanted->lines[line].sku)) {
            assert(wanted->lines[i].quantity > 0);
            taken += wanted->lines[i].quantity; /* 500 lines of a million: no overflow */
        }
    }
    assert(taken >= 0);
    return taken;
}

static bool refuse_line(struct rejection *ret_rejection, enum rejection_kind kind,
                        const struct wanted_line *line, int64_t number)
{
    assert(kind < REJECTION_KIND_COUNT);
    assert(number >= 0);
    *ret_rejection = (struct rejection){.kind = kind, .sku = line->sku, .number = number};
    return false;
}

static bool check_line(const struct command *command, const struct product *product, size_t index,
                       struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    const struct wanted_line *line = &wanted->lines[index];
    assert(index < wanted->line_count);
    assert(product->version >= 0);
    if (product->version == 0) {
        return refuse_line(ret_rejection, REJECTION_PRODUCT_UNKNOWN, line, 0);
    }
    if (product->is_discontinued) {
        return refuse_line(ret_rejection, REJECTION_PRODUCT_DISCONTINUED, line, 0);
    }
    if (!strview_equal(product->currency, wanted->currency)) {
        return refuse_line(ret_rejection, REJECTION_CURRENCY_MISMATCH, line, 0);
    }
    if (line->unit_price_minor != PRICE_OF_CATALOGUE && !command->may_set_price &&
        line->unit_price_minor != product->unit_price_minor) {
        return refuse_line(ret_rejection, REJECTION_PRICE_CHANGED, line, product->unit_price_minor);
    }
    const int64_t pieces = taken_before(wanted, index) + line->quantity;
    assert(line->quantity > 0);
    assert(product->available >= 0);
    if (product->available < pieces) {
        (void)refuse_line(ret_rejection, REJECTION_INSUFFICIENT_STOCK, line, product->available);
        ret_rejection->expected = pieces;
        return false;
    }
    return true;
}

/* Whoever may not see an order learns of it only that its id is taken, whatever its state. */
static bool check_place(const struct placing *placing, const struct command *command,
                        struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    if (placing->order->version > 0 && !may_see(command->owner, placing->order->customer_id)) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    if (!may_see(command->owner, wanted->customer_id) || placing->customer->version == 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_CUSTOMER_UNKNOWN};
        return false;
    }
    if (!command_meets_version(command, placing->order->version, ret_rejection)) {
        return false;
    }
    if (placing->order->version > 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    if (!placing->customer->is_active) {
        *ret_rejection = (struct rejection){.kind = REJECTION_CUSTOMER_INACTIVE};
        return false;
    }
    for (size_t i = 0; i < wanted->line_count; i++) {
        if (!check_line(command, placing->products[i], i, ret_rejection)) {
            return false;
        }
    }
    return true;
}

/* False when the total passes what money may be. */
static bool price_lines(struct product *const *products, const struct place_order *wanted,
                        struct order_line *lines, struct order_placed *placed)
{
    for (size_t i = 0; i < wanted->line_count; i++) {
        const struct wanted_line *line = &wanted->lines[i];
        assert(products[i]->version > 0); /* what is not there has no price */
        lines[i] = (struct order_line){
            .sku = line->sku,
            .name = products[i]->name,
            .quantity = line->quantity,
            .unit_price_minor = line->unit_price_minor == PRICE_OF_CATALOGUE
                                    ? products[i]->unit_price_minor
                                    : line->unit_price_minor,
        };
        placed->item_count += line->quantity;
        if (!money_add_line(&placed->total_minor, line->quantity, lines[i].unit_price_minor)) {
            return false;
        }
    }
    assert(placed->total_minor >= 0);
    assert(placed->total_minor <= MONEY_MAX_MINOR);
    assert(placed->item_count >= (int64_t)wanted->line_count);
    placed->lines = lines;
    placed->line_count = wanted->line_count;
    return true;
}

enum error_kind placing_decide(const struct placing *placing, const struct command *command,
                               struct arena *arena, bool *ret_accepted,
                               struct order_event *ret_event, struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    assert(command->kind == COMMAND_PLACE_ORDER);
    assert(wanted->line_count > 0);
    if (!check_place(placing, command, ret_rejection)) {
        *ret_accepted = false;
        return ERROR_NONE;
    }
    struct order_line *lines = arena_array(arena, wanted->line_count, sizeof *lines);
    if (lines == NULL) {
        return ERROR_EXHAUSTED;
    }
    struct order_event event = {
        .kind = ORDER_PLACED,
        .envelope = command_envelope(command, 0, 0, placing->now_ms),
        .placed = {.customer_id = wanted->customer_id,
                   .customer_name = placing->customer->name,
                   .currency = wanted->currency,
                   .region = shipping_region(&wanted->address),
                   .provider = wanted->provider,
                   .method = wanted->method,
                   .address = wanted->address},
    };
    assert(placing->order->version == 0);
    assert(placing->customer->is_active);
    *ret_accepted = price_lines(placing->products, wanted, lines, &event.placed);
    if (*ret_accepted) {
        assert(order_takes(placing->order, &event)); /* what is decided can be applied */
        *ret_event = event;
    } else {
        *ret_rejection = (struct rejection){.kind = REJECTION_TOTAL_TOO_LARGE};
    }
    return ERROR_NONE;
}
