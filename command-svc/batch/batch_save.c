/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_save.h"

#include "command-svc/batch/batch_rows.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <stddef.h>

/* ---- the world's entries: each function adds the entry's rows, if the statement is for it -- */

static void put_new_customer(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_customer *found = (const void *)entry;
    const struct customer *customer = &found->customer;
    if (customer->version == 0 || found->loaded_version > 0) {
        return;
    }
    batch_columns_text(columns, NEW_CUSTOMER_ID, entry->id);
    batch_columns_i64(columns, NEW_CUSTOMER_VERSION, customer->version);
    batch_columns_text(columns, NEW_CUSTOMER_NAME, customer->name);
    batch_columns_optional(columns, NEW_CUSTOMER_EMAIL, customer->email);
    batch_columns_optional(columns, NEW_CUSTOMER_PHONE, customer->phone);
    batch_columns_i64(columns, NEW_CUSTOMER_ACTIVE, customer->is_active);
    batch_columns_i64(columns, NEW_CUSTOMER_AT, customer->last_at_ms);
}

static void put_changed_customer(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_customer *found = (const void *)entry;
    const struct customer *customer = &found->customer;
    if (found->loaded_version == 0 || customer->version == found->loaded_version) {
        return;
    }
    batch_columns_text(columns, CUSTOMER_CHANGE_ID, entry->id);
    batch_columns_i64(columns, CUSTOMER_CHANGE_EXPECTED, found->loaded_version);
    batch_columns_i64(columns, CUSTOMER_CHANGE_VERSION, customer->version);
    batch_columns_text(columns, CUSTOMER_CHANGE_NAME, customer->name);
    batch_columns_optional(columns, CUSTOMER_CHANGE_EMAIL, customer->email);
    batch_columns_optional(columns, CUSTOMER_CHANGE_PHONE, customer->phone);
    batch_columns_i64(columns, CUSTOMER_CHANGE_ACTIVE, customer->is_active);
    batch_columns_i64(columns, CUSTOMER_CHANGE_AT, customer->last_at_ms);
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
    batch_columns_text(columns, NEW_PRODUCT_SKU, entry->id);
    batch_columns_i64(columns, NEW_PRODUCT_VERSION, product->version);
    batch_columns_text(columns, NEW_PRODUCT_NAME, product->name);
    batch_columns_i64(columns, NEW_PRODUCT_PRICE, product->unit_price_minor);
    batch_columns_text(columns, NEW_PRODUCT_CURRENCY, product->currency);
    batch_columns_i64(columns, NEW_PRODUCT_GONE, product->is_discontinued);
    batch_columns_i64(columns, NEW_PRODUCT_AT, product->last_at_ms);
}

static void put_changed_product(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    if (found->loaded_version == 0 || found->product.version == found->loaded_version) {
        return;
    }
    batch_columns_text(columns, PRODUCT_CHANGE_SKU, entry->id);
    batch_columns_i64(columns, PRODUCT_CHANGE_EXPECTED, found->loaded_version);
    batch_columns_i64(columns, PRODUCT_CHANGE_VERSION, found->product.version);
    batch_columns_i64(columns, PRODUCT_CHANGE_PRICE, found->product.unit_price_minor);
    batch_columns_i64(columns, PRODUCT_CHANGE_GONE, found->product.is_discontinued);
    batch_columns_i64(columns, PRODUCT_CHANGE_AT, found->product.last_at_ms);
}

static void put_new_stock(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_product *found = (const void *)entry;
    if (is_new_product(found)) {
        batch_columns_text(columns, NEW_STOCK_SKU, entry->id);
        batch_columns_i64(columns, NEW_STOCK_AVAILABLE, found->product.available);
    }
}

static void put_new_order(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    const struct order *order = &found->order;
    if (found->placed == NULL) {
        return;
    }
    batch_columns_text(columns, NEW_ORDER_ID, entry->id);
    batch_columns_text(columns, NEW_ORDER_CUSTOMER, order->customer_id);
    batch_columns_text(columns, NEW_ORDER_CURRENCY, order->currency);
    batch_columns_i64(columns, NEW_ORDER_TOTAL, order->total_minor);
    batch_columns_i64(columns, NEW_ORDER_PLACED, order->placed_at_ms);
    batch_columns_text(columns, NEW_ORDER_PROVIDER, found->placed->provider);
    batch_columns_text(columns, NEW_ORDER_METHOD, found->placed->method);
}

static void put_new_lines(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    const size_t count = found->placed == NULL ? 0 : found->placed->line_count;
    for (size_t i = 0; i < count; i++) {
        const struct order_line *line = &found->placed->lines[i];
        batch_columns_text(columns, NEW_LINE_ORDER, entry->id);
        batch_columns_i64(columns, NEW_LINE_NO, (int64_t)i + 1);
        batch_columns_text(columns, NEW_LINE_SKU, line->sku);
        batch_columns_i64(columns, NEW_LINE_QUANTITY, line->quantity);
        batch_columns_i64(columns, NEW_LINE_PRICE, line->unit_price_minor);
    }
}

/* What was placed in this batch has just been written, as its first version. */
static int64_t written_version(const struct world_order *found)
{
    return found->placed != NULL ? 1 : found->loaded_version;
}

static bool is_changed_order(const struct world_order *found)
{
    return found->order.version > written_version(found);
}

static void put_risk_flags(struct batch_columns *columns, const struct risk_flags *flags)
{
    enum { JOINED_MAX = RISK_FLAGS_MAX * 65 };
    struct strbuf text = STRBUF(JOINED_MAX);
    risk_flags_join(flags, &text);
    assert(strbuf_ok(&text)); /* ids are at most 64 bytes long */
    batch_columns_text(columns, ORDER_CHANGE_RISK_FLAGS, strbuf_view(&text));
    strbuf_done(&text);
}

static void put_changed_order(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    if (!is_changed_order(found)) {
        return;
    }
    batch_columns_text(columns, ORDER_CHANGE_ID, entry->id);
    batch_columns_i64(columns, ORDER_CHANGE_EXPECTED, written_version(found));
    batch_columns_i64(columns, ORDER_CHANGE_VERSION, found->order.version);
    batch_columns_cstr(columns, ORDER_CHANGE_STATUS, order_status_name(found->order.status));
    batch_columns_cstr(columns, ORDER_CHANGE_REFUND, refund_state_name(found->order.refund_state));
    batch_columns_i64(columns, ORDER_CHANGE_AT, found->order.last_at_ms);
    batch_columns_i64(columns, ORDER_CHANGE_DELIVERED, found->order.delivered_at_ms);
    batch_columns_cstr(columns, ORDER_CHANGE_DISPUTE, dispute_state_name(found->order.dispute));
    put_risk_flags(columns, &found->order.risk_flags);
}

static void put_changed_payment(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_order *found = (const void *)entry;
    if (!is_changed_order(found)) {
        return;
    }
    batch_columns_text(columns, PAYMENT_CHANGE_ORDER, entry->id);
    batch_columns_cstr(columns, PAYMENT_CHANGE_STATUS,
                       payment_status_name(found->order.payment_status));
    batch_columns_i64(columns, PAYMENT_CHANGE_AUTHORIZED, found->order.authorized_minor);
    batch_columns_optional(columns, PAYMENT_CHANGE_REFERENCE, found->order.payment_reference);
    batch_columns_i64(columns, PAYMENT_CHANGE_CAPTURED, found->order.captured_minor);
    batch_columns_i64(columns, PAYMENT_CHANGE_REFUNDED, found->order.refunded_minor);
}

static void put_announcement(struct batch_columns *columns, const struct world_entry *entry)
{
    const struct world_level *level = (const void *)entry;
    if (!level->is_changed) {
        return;
    }
    batch_columns_text(columns, ANNOUNCEMENT_SKU, entry->id);
    batch_columns_i64(columns, ANNOUNCEMENT_VERSION, level->event.envelope.version);
    batch_columns_i64(columns, ANNOUNCEMENT_AVAILABLE, level->event.level_changed.available);
    batch_columns_i64(columns, ANNOUNCEMENT_AT, level->event.envelope.occurred_at_ms);
}

typedef void put_fn(struct batch_columns *columns, const struct world_entry *entry);

static const struct {
    enum batch_statement statement;
    size_t kind; /* of the entries: offset in struct world */
    put_fn *put;
} SAVES[] = {
    {INSERT_CUSTOMERS, offsetof(struct world, customers), put_new_customer},
    {UPDATE_CUSTOMERS, offsetof(struct world, customers), put_changed_customer},
    {INSERT_PRODUCTS, offsetof(struct world, products), put_new_product},
    {UPDATE_PRODUCTS, offsetof(struct world, products), put_changed_product},
    {INSERT_STOCK, offsetof(struct world, products), put_new_stock},
    {INSERT_ORDERS, offsetof(struct world, orders), put_new_order},
    {INSERT_LINES, offsetof(struct world, orders), put_new_lines},
    {UPDATE_ORDERS, offsetof(struct world, orders), put_changed_order},
    {UPDATE_PAYMENTS, offsetof(struct world, orders), put_changed_payment},
    {SAVE_ANNOUNCEMENTS, offsetof(struct world, levels), put_announcement},
};

static void put_entries(const struct world *world, size_t save, struct batch_columns *columns)
{
    batch_columns_open(columns, SAVES[save].statement);
    for (const struct world_entry *entry = world_kind(world, SAVES[save].kind)->first;
         entry != NULL; entry = entry->next) {
        SAVES[save].put(columns, entry);
    }
}

/* ---- the batch's items --------------------------------------------------------------------- */

/* What travels beside an event: of the command that caused it, where one did. */
static void put_cause(struct batch_columns *columns, const struct command *command)
{
    const struct strview none = {.data = NULL};
    batch_columns_optional(columns, NEW_EVENT_CORRELATION,
                           command == NULL ? none : uuid_view(&command->command_id));
    batch_columns_optional(columns, NEW_EVENT_TRACE, command == NULL ? none : command->traceparent);
}

static void put_event(struct batch_columns *columns, const struct batch_record *record,
                      const struct event *event, const struct uuid *id, int shards)
{
    const struct envelope *envelope = event_envelope(event);
    batch_columns_text(columns, NEW_EVENT_ID, uuid_view(id));
    batch_columns_cstr(columns, NEW_EVENT_AGGREGATE, aggregate_name(event->aggregate));
    batch_columns_text(columns, NEW_EVENT_AGGREGATE_ID, envelope->aggregate_id);
    batch_columns_cstr(columns, NEW_EVENT_TYPE, event_type(event));
    batch_columns_text(columns, NEW_EVENT_PAYLOAD, record->payload);
    batch_columns_i64(columns, NEW_EVENT_VERSION, envelope->version);
    batch_columns_i64(columns, NEW_EVENT_SHARD, shard_of(envelope->aggregate_id, shards));
    batch_columns_i64(columns, NEW_EVENT_AT, envelope->occurred_at_ms);
}

static void put_level_events(const struct batch *batch, const struct batch_record *records,
                             int shards, struct batch_columns *columns)
{
    const struct batch_record *record = records;
    for (const struct world_entry *entry = batch->world.levels.first; entry != NULL;
         entry = entry->next, record++) {
        const struct world_level *level = (const void *)entry;
        const struct event event = {.aggregate = AGGREGATE_STOCK, .stock = level->event};
        if (level->is_changed) {
            put_event(columns, record, &event, &level->event_id, shards);
            put_cause(columns, NULL);
        }
    }
}

static void put_events(const struct batch_save *save, struct batch_columns *columns)
{
    const struct batch *batch = save->batch;
    batch_columns_open(columns, INSERT_OUTBOX);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        if (item->outcome.kind == OUTCOME_ACCEPTED) {
            put_event(columns, &save->records[i], &item->outcome.event, &item->command->event_id,
                      save->shards);
            put_cause(columns, item->command);
        }
    }
    put_level_events(batch, save->records + batch->count, save->shards, columns);
    batch_columns_i64(columns, NEW_EVENT_FLOOR, save->floor);
}

static void put_receipts(const struct batch *batch, const struct batch_record *records,
                         struct batch_columns *columns)
{
    batch_columns_open(columns, INSERT_RECEIPTS);
    for (size_t i = 0; i < batch->count; i++) {
        const struct command *command = batch->items[i].command;
        const struct answer *answer = &records[i].answer;
        if (!batch->items[i].outcome.is_remembered) {
            continue;
        }
        batch_columns_text(columns, NEW_RECEIPT_KEY, uuid_view(&command->receipt_key));
        batch_columns_text(columns, NEW_RECEIPT_REQUEST,
                           (struct strview){(const char *)command->request_hash, REQUEST_HASH_LEN});
        batch_columns_i64(columns, NEW_RECEIPT_STATUS, answer->status);
        batch_columns_i64(columns, NEW_RECEIPT_VERSION, answer->version);
        batch_columns_optional(columns, NEW_RECEIPT_LOCATION, answer->location);
        batch_columns_text(columns, NEW_RECEIPT_BODY, answer->body);
    }
}

static void put_stock_changes(const struct batch *batch, struct batch_columns *columns)
{
    batch_columns_open(columns, UPDATE_STOCK);
    for (size_t i = 0; i < batch->stock_change_count; i++) {
        const struct stock_change *change = &batch->stock_changes[i];
        batch_columns_text(columns, STOCK_CHANGE_SKU, change->sku);
        batch_columns_i64(columns, STOCK_CHANGE_DELTA, change->delta);
        batch_columns_i64(columns, STOCK_CHANGE_LEAST, change->least);
        batch_columns_i64(columns, STOCK_CHANGE_MOST, change->most);
    }
}

/* ---- one statement after the other --------------------------------------------------------- */

enum {
    SAVE_COUNT = sizeof SAVES / sizeof SAVES[0],
    SAVE_EVENTS = SAVE_COUNT,
    SAVE_RECEIPTS,
    SAVE_STOCK, /* last: from here on others wait */
    SAVE_END
};

static enum batch_statement put(const struct batch_save *save, struct batch_columns *columns)
{
    if (save->at == SAVE_EVENTS) {
        put_events(save, columns);
        return INSERT_OUTBOX;
    }
    if (save->at == SAVE_RECEIPTS) {
        put_receipts(save->batch, save->records, columns);
        return INSERT_RECEIPTS;
    }
    if (save->at == SAVE_STOCK) {
        put_stock_changes(save->batch, columns);
        return UPDATE_STOCK;
    }
    put_entries(&save->batch->world, save->at, columns);
    return SAVES[save->at].statement;
}

bool batch_save_next(struct batch_save *save, struct batch_columns *columns,
                     enum batch_statement *ret_statement)
{
    assert(save->at <= SAVE_END);
    while (save->at < SAVE_END) {
        *ret_statement = put(save, columns);
        save->at++;
        if (!batch_columns_is_empty(columns)) {
            return true;
        }
    }
    return false;
}
