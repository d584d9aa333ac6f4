/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_save.h"

#include "common/contract/shard.h"

#include <assert.h>
#include <stddef.h>

/* ---- the world's entries: each function adds the entry's rows, if the statement is for it -- */

static void put_new_customer(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_customer *found = (const void *)entry;
    const struct customer *customer = &found->customer;
    if (customer->version == found->loaded_version) {
        return;
    }
    assert(found->loaded_version == 0); /* no command changes a customer yet */
    batch_columns_text(columns, 0, entry->id);
    batch_columns_i64(columns, 1, customer->version);
    batch_columns_text(columns, 2, customer->name);
    batch_columns_optional(columns, 3, customer->email);
    batch_columns_optional(columns, 4, customer->phone);
    batch_columns_bool(columns, 5, customer->is_active);
    batch_columns_i64(columns, 6, customer->last_at_ms);
}

static bool is_new_product(const struct world_product *found)
{
    return found->loaded_version == 0 && found->product.version > 0;
}

static void put_new_product(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    const struct product *product = &found->product;
    if (!is_new_product(found)) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_i64(columns, 1, product->version);
    batch_columns_text(columns, 2, product->name);
    batch_columns_i64(columns, 3, product->unit_price_minor);
    batch_columns_text(columns, 4, product->currency);
    batch_columns_bool(columns, 5, product->is_discontinued);
    batch_columns_i64(columns, 6, product->last_at_ms);
}

static void put_changed_product(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    if (found->loaded_version == 0 || found->product.version == found->loaded_version) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_i64(columns, 1, found->loaded_version);
    batch_columns_i64(columns, 2, found->product.version);
    batch_columns_i64(columns, 3, found->product.last_at_ms);
}

static void put_new_stock(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    if (is_new_product(found)) {
        batch_columns_text(columns, 0, entry->id);
        batch_columns_i64(columns, 1, found->product.available);
    }
}

static void put_changed_stock(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    if (!is_new_product(found) && found->product.available != found->loaded_available) {
        batch_columns_text(columns, 0, entry->id);
        batch_columns_i64(columns, 1, found->product.available - found->loaded_available);
    }
}

static void put_new_order(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    const struct order *order = &found->order;
    if (found->placed == NULL) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_i64(columns, 1, order->version);
    batch_columns_text(columns, 2, order->customer_id);
    batch_columns_cstr(columns, 3, order_status_name(order->status));
    batch_columns_cstr(columns, 4, refund_state_name(order->refund_state));
    batch_columns_text(columns, 5, order->currency);
    batch_columns_i64(columns, 6, order->total_minor);
    batch_columns_i64(columns, 7, order->placed_at_ms);
    batch_columns_i64(columns, 8, order->last_at_ms);
}

static void put_new_lines(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    const size_t count = found->placed == NULL ? 0 : found->placed->line_count;
    for (size_t i = 0; i < count; i++) {
        const struct order_line *line = &found->placed->lines[i];
        batch_columns_text(columns, 0, entry->id);
        batch_columns_i64(columns, 1, (int64_t)i + 1);
        batch_columns_text(columns, 2, line->sku);
        batch_columns_i64(columns, 3, line->quantity);
        batch_columns_i64(columns, 4, line->unit_price_minor);
    }
}

static void put_new_payment(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    const struct order *order = &found->order;
    if (found->placed == NULL) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_text(columns, 1, found->placed->provider);
    batch_columns_text(columns, 2, found->placed->method);
    batch_columns_cstr(columns, 3, payment_status_name(order->payment_status));
    batch_columns_i64(columns, 4, order->total_minor);
    batch_columns_i64(columns, 5, order->authorized_minor);
    batch_columns_optional(columns, 6, order->payment_reference);
}

static bool is_changed_order(const struct world_order *found)
{
    return found->placed == NULL && found->order.version > found->loaded_version;
}

static void put_changed_order(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    if (!is_changed_order(found)) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_i64(columns, 1, found->loaded_version);
    batch_columns_i64(columns, 2, found->order.version);
    batch_columns_cstr(columns, 3, order_status_name(found->order.status));
    batch_columns_cstr(columns, 4, refund_state_name(found->order.refund_state));
    batch_columns_i64(columns, 5, found->order.last_at_ms);
}

static void put_changed_payment(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    if (!is_changed_order(found)) {
        return;
    }
    batch_columns_text(columns, 0, entry->id);
    batch_columns_cstr(columns, 1, payment_status_name(found->order.payment_status));
    batch_columns_i64(columns, 2, found->order.authorized_minor);
    batch_columns_optional(columns, 3, found->order.payment_reference);
}

typedef void put_fn(struct batch_columns *columns, const struct world_entry *entry);

static const struct {
    enum batch_statement statement;
    size_t column_count;
    size_t list; /* offset of the entries' list in struct world */
    put_fn *put;
} SAVES[] = {
    {INSERT_CUSTOMERS, 7, offsetof(struct world, customers), put_new_customer},
    {INSERT_PRODUCTS, 7, offsetof(struct world, products), put_new_product},
    {UPDATE_PRODUCTS, 4, offsetof(struct world, products), put_changed_product},
    {INSERT_STOCK, 2, offsetof(struct world, products), put_new_stock},
    {UPDATE_STOCK, 2, offsetof(struct world, products), put_changed_stock},
    {INSERT_ORDERS, 9, offsetof(struct world, orders), put_new_order},
    {INSERT_LINES, 5, offsetof(struct world, orders), put_new_lines},
    {INSERT_PAYMENTS, 7, offsetof(struct world, orders), put_new_payment},
    {UPDATE_ORDERS, 6, offsetof(struct world, orders), put_changed_order},
    {UPDATE_PAYMENTS, 4, offsetof(struct world, orders), put_changed_payment},
};

static const struct world_entry *list_at(const struct world *world, size_t offset)
{
    const struct world_entry *first;
    memcpy(&first, (const char *)world + offset, sizeof first);
    return first;
}

static void put_entries(const struct world *world, size_t save, struct batch_columns *columns)
{
    batch_columns_open(columns, SAVES[save].column_count);
    for (const struct world_entry *entry = list_at(world, SAVES[save].list); entry != NULL;
         entry = entry->next) {
        SAVES[save].put(columns, entry);
    }
}

/* ---- the batch's items --------------------------------------------------------------------- */

static void put_event(struct batch_columns *columns, const struct batch_item *item,
                      const struct batch_record *record, int shards)
{
    const struct event *event = &item->outcome.event;
    const struct envelope *envelope = event_envelope(event);
    batch_columns_text(columns, 0, uuid_view(&item->command->event_id));
    batch_columns_cstr(columns, 1, aggregate_name(event->aggregate));
    batch_columns_text(columns, 2, envelope->aggregate_id);
    batch_columns_cstr(columns, 3, event_type(event));
    batch_columns_text(columns, 4, record->payload);
    batch_columns_i64(columns, 5, envelope->version);
    batch_columns_i64(columns, 6, shard_of(envelope->aggregate_id, shards));
    batch_columns_text(columns, 7, record->headers);
    batch_columns_i64(columns, 8, envelope->occurred_at_ms);
}

static void put_events(const struct batch *batch, const struct batch_record *records, int shards,
                       struct batch_columns *columns)
{
    batch_columns_open(columns, 9);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].outcome.kind == OUTCOME_ACCEPTED) {
            put_event(columns, &batch->items[i], &records[i], shards);
        }
    }
}

static void put_receipts(const struct batch *batch, const struct batch_record *records,
                         struct batch_columns *columns)
{
    batch_columns_open(columns, 6);
    for (size_t i = 0; i < batch->count; i++) {
        const struct command *command = batch->items[i].command;
        const struct answer *answer = &records[i].answer;
        if (!batch->items[i].outcome.is_remembered) {
            continue;
        }
        batch_columns_text(columns, 0, uuid_view(&command->receipt_key));
        batch_columns_hex(columns, 1, command->request_hash, REQUEST_HASH_LEN);
        batch_columns_i64(columns, 2, answer->status);
        batch_columns_i64(columns, 3, answer->version);
        batch_columns_optional(columns, 4, answer->location);
        batch_columns_text(columns, 5, answer->body);
    }
}

static void hand_out(const struct batch_columns *columns, enum batch_statement statement,
                     batch_save_sink *sink, void *user)
{
    if (!batch_columns_is_empty(columns)) {
        sink(user, statement);
    }
}

void batch_save(const struct batch *batch, const struct batch_record *records, int shards,
                struct batch_columns *columns, batch_save_sink *sink, void *user)
{
    for (size_t i = 0; i < sizeof SAVES / sizeof SAVES[0]; i++) {
        put_entries(&batch->world, i, columns);
        hand_out(columns, SAVES[i].statement, sink, user);
    }
    put_events(batch, records, shards, columns);
    hand_out(columns, INSERT_OUTBOX, sink, user);
    put_receipts(batch, records, columns);
    hand_out(columns, INSERT_RECEIPTS, sink, user);
}
