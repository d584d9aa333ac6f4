/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/batch.h"

#include "command-svc/core/batch_internal.h"
#include "command-svc/core/placing.h"
#include "common/base/checked.h"

#include <assert.h>

/* Each command has its place, and there is nothing to save of the levels of an empty list. */
static bool is_sound(const struct batch *batch)
{
    return batch->count <= BATCH_COMMANDS_MAX && batch->world.arena == batch->arena &&
           (batch->count > 0 || batch->line_count == 0) &&
           (batch->stock_change_count == 0 || batch->stock_changes != NULL);
}

void batch_init(struct batch *batch, struct arena *arena)
{
    batch->arena = arena;
    batch->count = 0;
    batch->line_count = 0;
    batch->now_ms = 0;
    batch->stock_changes = NULL;
    batch->stock_change_count = 0;
    world_init(&batch->world, arena);
    assert(is_sound(batch));
}

void batch_done(struct batch *batch)
{
    world_done(&batch->world);
}

static size_t lines_of(const struct command *command)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    return command->kind == COMMAND_PLACE_ORDER ? command->place_order.line_count : 0;
}

bool batch_has_room(const struct batch *batch, const struct command *command)
{
    assert(is_sound(batch));
    return batch->count == 0 || (batch->count < BATCH_COMMANDS_MAX &&
                                 batch->line_count + lines_of(command) <= BATCH_LINES_MAX);
}

enum error_kind batch_add(struct batch *batch, const struct command *command, struct error *err)
{
    assert(batch_has_room(batch, command));
    assert(batch->now_ms == 0); /* who comes later is another batch's */
    struct batch_item *item = &batch->items[batch->count];
    *item = (struct batch_item){.command = command};
    item->receipt = world_receipt(&batch->world, uuid_view(&command->receipt_key));
    if (item->receipt == NULL ||
        (!command->is_retry_only && !batch_needs(&batch->world, command, item))) {
        return error_set(err, ERROR_EXHAUSTED, "the batch needs too much memory");
    }
    batch->count++;
    batch->line_count += lines_of(command);
    assert(is_sound(batch));
    return ERROR_NONE;
}

struct world_level *batch_add_level(struct batch *batch, struct strview sku, struct uuid event_id)
{
    assert(is_sound(batch));
    assert(sku.len > 0);
    struct world_level *level = world_level(&batch->world, sku);
    if (level != NULL) {
        assert(level->entry.is_to_change);
        assert(!level->is_changed); /* not decided yet */
        level->event_id = event_id;
    }
    return level;
}

/* ---- deciding ------------------------------------------------------------------------------ */

static void accept(struct batch_item *item, const struct event *event)
{
    assert(event_envelope(event)->version >= 1);
    assert(item->receipt->decided_by == NOT_DECIDED_HERE);
    assert(event->aggregate == command_aggregate(item->command->kind));
    assert(strview_equal(event_envelope(event)->aggregate_id, item->command->aggregate_id));
    item->outcome.kind = OUTCOME_ACCEPTED;
    item->outcome.is_remembered = true;
    item->outcome.event = *event;
}

static void postpone(struct batch_item *item, enum held_kind missed, struct strview row)
{
    assert(missed < HELD_KIND_COUNT);
    assert((missed == HELD_SHARD) == (row.len == 0));
    item->outcome = (struct outcome){.kind = OUTCOME_POSTPONED, .missed = missed, .row = row};
}

/* True when the row is somebody else's: the command waits for it. */
static bool waits_for_stock(struct batch_item *item, const struct world_product *missed)
{
    if (missed != NULL) {
        postpone(item, HELD_STOCK, missed->entry.id);
    }
    return missed != NULL;
}

static struct world_product *product_refused(const struct batch_item *item, struct strview sku)
{
    assert(sku.len > 0);
    size_t i = 0;
    while (i < item->product_count && !strview_equal(item->products[i]->entry.id, sku)) {
        i++;
    }
    assert(i < item->product_count); /* it is one of those that it wanted */
    return item->products[i];
}

/* Too little of what could not be read is no reason; every other one is. */
static void reject(struct batch_item *item, const struct rejection *rejection)
{
    assert(rejection->kind < REJECTION_KIND_COUNT);
    assert(!item->outcome.is_remembered);
    if (rejection->kind == REJECTION_INSUFFICIENT_STOCK) {
        struct world_product *product = product_refused(item, rejection->sku);
        if (waits_for_stock(item, product->is_stock_missed ? product : NULL)) {
            return;
        }
        stock_note_refusal(product, rejection->expected);
    }
    item->outcome.kind = OUTCOME_REJECTED;
    item->outcome.is_remembered = rejection_is_remembered(rejection->kind);
    item->outcome.rejection = *rejection;
}

/* Asked only of what would be accepted: a refusal changes no row. */
static bool is_missed(const struct world_entry *entry, int64_t loaded_version)
{
    return entry->is_row_missed && loaded_version > 0;
}

typedef enum error_kind decide_fn(struct batch *batch, struct batch_item *item);

static enum error_kind decide_customer(struct batch *batch, struct batch_item *item)
{
    struct event event = {.aggregate = AGGREGATE_CUSTOMER};
    struct rejection rejection;
    struct customer *customer = &item->customer->customer;
    if (!customer_decide(customer, item->command, batch->now_ms, &event.customer, &rejection)) {
        reject(item, &rejection);
        return ERROR_NONE;
    }
    if (is_missed(&item->customer->entry, item->customer->loaded_version)) {
        postpone(item, HELD_CUSTOMER, item->customer->entry.id);
        return ERROR_NONE;
    }
    customer_apply(customer, &event.customer);
    accept(item, &event);
    assert(customer->version > item->customer->loaded_version);
    return ERROR_NONE;
}

static enum error_kind decide_product(struct batch *batch, struct batch_item *item)
{
    struct event event = {.aggregate = AGGREGATE_PRODUCT};
    struct rejection rejection;
    struct product *product = &item->products[0]->product;
    if (!product_decide(product, item->command, batch->now_ms, &event.product, &rejection)) {
        reject(item, &rejection);
        return ERROR_NONE;
    }
    if (is_missed(&item->products[0]->entry, item->products[0]->loaded_version)) {
        postpone(item, HELD_PRODUCT, item->products[0]->entry.id);
        return ERROR_NONE;
    }
    if (product_event_moves_stock(&event.product) &&
        waits_for_stock(item, batch_missed_product(item))) {
        return ERROR_NONE;
    }
    product_apply(product, &event.product);
    stock_note_level(item->products[0]);
    accept(item, &event);
    assert(product->version > item->products[0]->loaded_version);
    return ERROR_NONE;
}

/* The new order holds what its lines say, in case this very batch cancels it again. */
static bool hold_claims(struct batch *batch, struct batch_item *item)
{
    const struct order_placed *placed = &item->outcome.event.order.placed;
    struct claim *claims = arena_array(batch->arena, placed->line_count, sizeof *claims);
    assert(placed->line_count == item->product_count);
    assert(item->order->placed == NULL);
    if (claims == NULL) {
        return false;
    }
    for (size_t i = 0; i < placed->line_count; i++) {
        claims[i] = (struct claim){placed->lines[i].sku, placed->lines[i].quantity};
        item->products[i]->product.available -= placed->lines[i].quantity;
        assert(item->products[i]->product.available >= 0); /* placing_decide() looked */
        stock_note_level(item->products[i]);
    }
    item->order->order.claims = claims;
    item->order->order.claim_count = placed->line_count;
    item->order->placed = placed;
    assert(item->order->order.claim_count == item->product_count);
    return true;
}

static enum error_kind decide_placing(struct batch *batch, struct batch_item *item)
{
    const size_t count = item->command->place_order.line_count;
    assert(count == item->product_count);
    assert(item->customer != NULL);
    assert(item->order != NULL);
    struct product **products = arena_array(batch->arena, count, sizeof(struct product *));
    if (products == NULL) {
        return ERROR_EXHAUSTED;
    }
    for (size_t i = 0; i < count; i++) {
        products[i] = &item->products[i]->product;
    }
    struct event event = {.aggregate = AGGREGATE_ORDER};
    struct rejection rejection;
    bool accepted;
    const struct placing placing = {.order = &item->order->order,
                                    .customer = &item->customer->customer,
                                    .products = products,
                                    .now_ms = batch->now_ms};
    const enum error_kind kind =
        placing_decide(&placing, item->command, batch->arena, &accepted, &event.order, &rejection);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (!accepted) {
        reject(item, &rejection);
        return ERROR_NONE;
    }
    assert(batch_missed_product(item) == NULL); /* of what was not read there is nothing to sell */
    accept(item, &event);
    order_apply(&item->order->order, &event.order);
    assert(item->order->order.version == 1);
    return hold_claims(batch, item) ? ERROR_NONE : ERROR_EXHAUSTED;
}

static bool release_claims(struct batch *batch, const struct order *order)
{
    for (size_t i = 0; i < order->claim_count; i++) {
        struct world_product *product = world_product(&batch->world, order->claims[i].sku);
        assert(order->claims[i].quantity > 0);
        if (product == NULL ||
            !checked_add_i64(product->product.available, order->claims[i].quantity,
                             &product->product.available)) {
            return false; /* a level written by hand may be any number */
        }
        assert(product->product.available >= order->claims[i].quantity);
    }
    return true;
}

static enum error_kind decide_order(struct batch *batch, struct batch_item *item)
{
    struct event event = {.aggregate = AGGREGATE_ORDER};
    struct rejection rejection;
    struct order *order = &item->order->order;
    if (!order_decide(order, item->command, batch->now_ms, &event.order, &rejection)) {
        reject(item, &rejection);
        return ERROR_NONE;
    }
    if (is_missed(&item->order->entry, item->order->loaded_version)) {
        postpone(item, HELD_ORDER, item->order->entry.id);
        return ERROR_NONE;
    }
    if (order_event_releases_stock(&event.order) &&
        waits_for_stock(item, batch_missed_claim(batch, order))) {
        return ERROR_NONE;
    }
    order_apply(order, &event.order);
    accept(item, &event);
    assert(order->version > item->order->loaded_version);
    if (order_event_releases_stock(&event.order) && !release_claims(batch, order)) {
        return ERROR_EXHAUSTED;
    }
    return ERROR_NONE;
}

#define DECIDES_CUSTOMER(KIND, ...) [COMMAND_##KIND] = decide_customer,
#define DECIDES_PRODUCT(KIND, ...)  [COMMAND_##KIND] = decide_product,
#define DECIDES_PLACING(KIND, ...)  [COMMAND_##KIND] = decide_placing,
#define DECIDES_ORDER(KIND, ...)    [COMMAND_##KIND] = decide_order,
static decide_fn *const DECIDERS[] = {CUSTOMER_COMMANDS(DECIDES_CUSTOMER) PRODUCT_COMMANDS(
    DECIDES_PRODUCT) PLACING_COMMANDS(DECIDES_PLACING) ORDER_COMMANDS(DECIDES_ORDER)};

/* True when the key was met before: in an earlier batch, or earlier in this one. */
static bool answer_from_receipt(const struct batch *batch, struct batch_item *item)
{
    const struct world_receipt *receipt = item->receipt;
    assert(receipt->decided_by >= NOT_DECIDED_HERE);
    const uint8_t *first_hash = receipt->request_hash;
    if (receipt->decided_by != NOT_DECIDED_HERE) {
        assert(receipt->decided_by < item - batch->items); /* who came first */
        assert((size_t)receipt->decided_by < batch->count);
        assert(!receipt->is_loaded);
        first_hash = batch->items[receipt->decided_by].command->request_hash;
    } else if (!receipt->is_loaded) {
        return false;
    }
    if (memcmp(first_hash, item->command->request_hash, REQUEST_HASH_LEN) != 0) {
        reject(item, &(struct rejection){.kind = REJECTION_KEY_REUSED});
    } else if (receipt->is_loaded) {
        item->outcome.kind = OUTCOME_REPLAYED;
    } else {
        item->outcome.kind = OUTCOME_REPEATED;
        item->outcome.original = (size_t)receipt->decided_by;
    }
    return true;
}

void batch_postpone(struct batch *batch, size_t index)
{
    assert(is_sound(batch));
    assert(index < batch->count);
    postpone(&batch->items[index], HELD_SHARD, STRVIEW(""));
}

static enum error_kind decide_item(struct batch *batch, struct batch_item *item)
{
    assert(item->command->kind < COMMAND_KIND_COUNT);
    assert(item->receipt != NULL);
    assert(!item->outcome.is_remembered); /* it is decided once */
    if (item->outcome.kind == OUTCOME_POSTPONED || answer_from_receipt(batch, item)) {
        return ERROR_NONE;
    }
    if (item->command->is_retry_only) {
        reject(item, &(struct rejection){.kind = REJECTION_OUTBOX_TOO_OLD});
        return ERROR_NONE;
    }
    return DECIDERS[item->command->kind](batch, item);
}

static void decide_levels(struct batch *batch)
{
    for (struct world_entry *entry = batch->world.levels.first; entry != NULL;
         entry = entry->next) {
        struct world_level *level = (void *)entry;
        level->is_changed =
            level->is_loaded &&
            level_decide(&level->level, entry->id, batch->now_ms, &level->event, &level->wait_ms);
        assert(!level->is_changed || level->event.envelope.version == level->level.version + 1);
        assert(!level->is_changed || level->wait_ms == 0); /* it is told, or waited for */
    }
}

/* What was accepted has its receipt written; who asks again gets what is there, or was decided
 * before it. */
static bool outcome_is_sound(const struct batch *batch, size_t index)
{
    const struct batch_item *item = &batch->items[index];
    const struct outcome *outcome = &item->outcome;
    const bool is_decided = outcome->kind == OUTCOME_ACCEPTED || outcome->kind == OUTCOME_REJECTED;
    return (outcome->kind != OUTCOME_ACCEPTED || outcome->is_remembered) &&
           (is_decided || !outcome->is_remembered) &&
           (outcome->kind != OUTCOME_REPLAYED || item->receipt->is_loaded) &&
           (outcome->kind != OUTCOME_REPEATED ||
            (outcome->original < index && batch->items[outcome->original].outcome.is_remembered));
}

enum error_kind batch_decide(struct batch *batch, int64_t now_ms, struct error *err)
{
    assert(is_sound(batch));
    assert(batch->now_ms == 0); /* a batch is decided once */
    assert(batch->stock_changes == NULL);
    batch->now_ms = now_ms;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (decide_item(batch, item) != ERROR_NONE) {
            return error_set(err, ERROR_EXHAUSTED,
                             "the batch needs too much memory, or a loaded row makes no sense");
        }
        assert(outcome_is_sound(batch, i));
        if (item->outcome.is_remembered) { /* a key is decided once */
            assert(item->receipt->decided_by == NOT_DECIDED_HERE);
            assert(!item->receipt->is_loaded);
            item->receipt->decided_by = (long)i;
        }
    }
    decide_levels(batch);
    if (stock_changes(&batch->world, batch->arena, &batch->stock_changes,
                      &batch->stock_change_count) != ERROR_NONE) {
        return error_set(err, ERROR_EXHAUSTED, "the batch needs too much memory");
    }
    assert(is_sound(batch));
    return ERROR_NONE;
}
