/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/view_diff.h"

#include "projector-svc/core/contact.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/words.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* An absent field and an empty one are the same to readers, and absent costs nothing. */
static void put_field(struct write_set *set, struct strview key, const char *field,
                      struct strview old_value, struct strview new_value)
{
    assert(field[0] != '\0');
    if (new_value.data == NULL) {
        new_value = STRVIEW("");
    }
    if (strview_equal(old_value, new_value)) {
        return;
    }
    if (new_value.len == 0) {
        write_set_add(set, WRITE_HDEL, key, strview_of(field));
    } else {
        write_set_add2(set, WRITE_HSET, key, strview_of(field), new_value);
    }
}

static void put_number(struct write_set *set, struct strview key, const char *field, int64_t value)
{
    assert(field[0] != '\0');
    write_set_add2(set, WRITE_HSET, key, strview_of(field), write_set_number(set, value));
}

static void put_changed_number(struct write_set *set, struct strview key, const char *field,
                               int64_t old_value, int64_t new_value)
{
    if (old_value != new_value) {
        put_number(set, key, field, new_value);
    }
}

/* --- orders */

/* clang-format off */
#define TEXT(field, member) {field, offsetof(struct order_view, member)}
/* clang-format on */
static const struct {
    const char *field;
    size_t offset; /* of a struct strview */
} ORDER_TEXTS[] = {
    TEXT("customer_id", placed.customer_id), TEXT("currency", placed.currency),
    TEXT("region", placed.region),           TEXT("provider", placed.provider),
    TEXT("carrier", shipment.carrier),       TEXT("tracking_number", shipment.tracking_number),
    TEXT("last_event_id", last_event_id),    TEXT("last_event_type", last_event_type),
};

static struct strview text_of(const struct order_view *view, size_t offset)
{
    struct strview text;
    assert(offset + sizeof text <= sizeof *view);
    memcpy(&text, (const char *)view + offset, sizeof text);
    return text;
}

static void put_order_texts(const struct order_view *old_view, const struct order_view *new_view,
                            struct strview key, struct write_set *set)
{
    for (size_t i = 0; i < sizeof ORDER_TEXTS / sizeof ORDER_TEXTS[0]; i++) {
        put_field(set, key, ORDER_TEXTS[i].field, text_of(old_view, ORDER_TEXTS[i].offset),
                  text_of(new_view, ORDER_TEXTS[i].offset));
    }
}

/* A state has a name from the beginning; a field has it with the first event. */
static void put_order_states(const struct order_view *old_view, const struct order_view *new_view,
                             struct strview key, struct write_set *set)
{
    assert(new_view->version > old_view->version); /* the first event writes all of them */
    const struct {
        const char *field, *before, *now;
    } states[] = {
        {"status", order_status_name(old_view->status), order_status_name(new_view->status)},
        {"payment_status", payment_status_name(old_view->payment_status),
         payment_status_name(new_view->payment_status)},
        {"refund_state", refund_state_name(old_view->refund_state),
         refund_state_name(new_view->refund_state)},
        {"dispute", dispute_state_name(old_view->dispute), dispute_state_name(new_view->dispute)},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        assert(states[i].now[0] != '\0'); /* an empty one would be taken away */
        put_field(set, key, states[i].field,
                  strview_of(old_view->version == 0 ? "" : states[i].before),
                  strview_of(states[i].now));
    }
}

static struct strview joined_flags(struct write_set *set, const struct risk_flags *flags)
{
    enum { JOINED_MAX = RISK_FLAGS_MAX * 65 };
    assert(flags->count <= RISK_FLAGS_MAX);
    struct strbuf text = STRBUF_IN(set->arena, JOINED_MAX);
    risk_flags_join(flags, &text);
    const struct strview joined = strbuf_keep(&text);
    set->failed = set->failed || joined.data == NULL;
    return joined;
}

/* Amounts of 0 are legal: written once, when the order is placed. */
static void put_placed_numbers(const struct order_view *view, struct strview key,
                               struct write_set *set)
{
    assert(view->placed.customer_id.len > 0);
    put_number(set, key, "total_minor", view->placed.total_minor);
    put_number(set, key, "item_count", view->placed.item_count);
    put_number(set, key, "placed_at", view->placed_at_ms);
}

/* An order enters the lists once: it never changes its customer or its time. */
static void list_order(const struct order_view *view, const struct view_moment *moment,
                       struct write_set *set)
{
    assert(view->placed.customer_id.len > 0);
    assert(moment->recent_cap > 0); /* or the list would be emptied */
    const struct strview score = write_set_number(set, view->placed_at_ms);
    const struct strview recent = keys_named(set->arena, set->partition, KEYS_ORDERS_RECENT);
    write_set_add2(set, WRITE_ZADD,
                   keys_customer_orders(set->arena, set->partition, view->placed.customer_id),
                   score, view->order_id);
    write_set_add2(set, WRITE_ZADD, recent, score, view->order_id);
    write_set_add(set, WRITE_ZCAP, recent, write_set_number(set, moment->recent_cap));
}

static void publish(const struct order_view *view, const struct order_documents *documents,
                    struct write_set *set)
{
    const struct strview channel = keys_order_channel(set->arena, view->order_id);
    const size_t before = set->count;
    for (size_t i = 0; i < documents->count; i++) {
        write_set_append(set, WRITE_PUBLISH, STRVIEW(KEYS_CHANNEL_ORDERS), documents->messages[i]);
        write_set_append(set, WRITE_PUBLISH, channel, documents->messages[i]);
    }
    /* each version is told once to those of all orders, and once to those of this one */
    assert(set->failed || set->count == before + (set->is_quiet ? 0 : 2 * documents->count));
}

void view_diff_order(const struct order_view *old_view, const struct order_view *new_view,
                     const struct order_documents *documents, const struct view_moment *moment,
                     struct write_set *set)
{
    assert(new_view->version - old_view->version == (int64_t)documents->count);
    assert(documents->count > 0);
    assert(new_view->order_id.len > 0);
    assert(moment->limits != NULL);
    assert(old_view->order_id.len == 0 || strview_equal(old_view->order_id, new_view->order_id));
    /* or it would stay in the list of whose it was */
    assert(old_view->placed.customer_id.len == 0 ||
           strview_equal(old_view->placed.customer_id, new_view->placed.customer_id));
    const struct strview key = keys_order(set->arena, set->partition, new_view->order_id);
    const struct strview timeline =
        keys_order_timeline(set->arena, set->partition, new_view->order_id);
    const bool is_placed_now =
        old_view->placed.customer_id.len == 0 && new_view->placed.customer_id.len > 0;

    put_order_states(old_view, new_view, key, set);
    put_order_texts(old_view, new_view, key, set);
    put_field(set, key, "risk_flags", joined_flags(set, &old_view->risk_flags),
              joined_flags(set, &new_view->risk_flags));
    if (is_placed_now) {
        put_placed_numbers(new_view, key, set);
    }
    put_changed_number(set, key, "status_since", old_view->status_since_ms,
                       new_view->status_since_ms);
    put_number(set, key, "source_version", new_view->version);
    put_number(set, key, "projected_at", moment->projected_at_ms);
    write_set_add(set, WRITE_SET,
                  keys_order_details(set->arena, set->partition, new_view->order_id),
                  documents->details);
    write_set_add(set, WRITE_RPUSH_AT, timeline, write_set_number(set, old_view->version));
    for (size_t i = 0; i < documents->count; i++) {
        write_set_add(set, WRITE_RPUSH_AT, timeline, documents->timeline[i]);
    }
    if (is_placed_now) {
        list_order(new_view, moment, set);
    }
    order_places_diff(old_view, new_view, moment->limits, set);
    publish(new_view, documents, set);
    assert(set->failed || set->count > 0); /* a version more is always something to write */
}

/* --- customers */

static void move_lookup(struct write_set *set, struct strview old_key, struct strview new_key,
                        struct strview customer_id)
{
    assert(customer_id.len > 0);
    if (strview_equal(old_key, new_key)) {
        return;
    }
    if (old_key.len > 0) {
        write_set_add(set, WRITE_SREM, old_key, customer_id);
    }
    if (new_key.len > 0) {
        write_set_add(set, WRITE_SADD, new_key, customer_id);
    }
}

/* No key for what has no digit or letter left. */
static struct strview email_key(struct write_set *set, struct strview typed)
{
    const struct strview email = contact_email(set->arena, typed);
    set->failed = set->failed || email.data == NULL;
    return email.len == 0 ? email : keys_lookup_email(set->arena, set->partition, email);
}

static struct strview phone_key(struct write_set *set, struct strview typed)
{
    const struct strview phone = contact_phone(set->arena, typed);
    set->failed = set->failed || phone.data == NULL;
    return phone.len == 0 ? phone : keys_lookup_phone(set->arena, set->partition, phone);
}

void view_diff_customer(const struct customer_view *old_view, const struct customer_view *new_view,
                        const struct view_moment *moment, struct write_set *set)
{
    assert(new_view->version > old_view->version); /* views never go back */
    assert(new_view->customer_id.len > 0);
    assert(old_view->customer_id.len == 0 ||
           strview_equal(old_view->customer_id, new_view->customer_id));
    const struct strview key = keys_customer(set->arena, set->partition, new_view->customer_id);
    put_field(set, key, "name", old_view->name, new_view->name);
    put_field(set, key, "email", old_view->email, new_view->email);
    put_field(set, key, "phone", old_view->phone, new_view->phone);
    if (old_view->version == 0 || old_view->is_active != new_view->is_active) {
        put_number(set, key, "active", new_view->is_active ? 1 : 0);
    }
    put_number(set, key, "source_version", new_view->version);
    put_field(set, key, "last_event_id", STRVIEW(""), new_view->last_event_id);
    put_number(set, key, "projected_at", moment->projected_at_ms);
    move_lookup(set, email_key(set, old_view->email), email_key(set, new_view->email),
                new_view->customer_id);
    move_lookup(set, phone_key(set, old_view->phone), phone_key(set, new_view->phone),
                new_view->customer_id);
    assert(set->failed || set->count > 0);
}

/* --- products */

/* A product never changes its name. */
static void list_words(struct write_set *set, struct strview name, struct strview sku)
{
    struct strview word;
    while (words_take(set->arena, &name, &word)) {
        if (word.data == NULL) {
            set->failed = true;
            return;
        }
        assert(word.len > 0); /* a key without a word would be everybody's */
        write_set_add(set, WRITE_SADD, keys_search_product(set->arena, set->partition, word), sku);
    }
}

void view_diff_product(const struct product_view *old_view, const struct product_view *new_view,
                       const struct view_moment *moment, struct write_set *set)
{
    assert(new_view->version > old_view->version);
    assert(new_view->sku.len > 0);
    assert(old_view->sku.len == 0 || strview_equal(old_view->sku, new_view->sku));
    /* the words of its name were listed with it, and are never taken away */
    assert(old_view->name.len == 0 || strview_equal(old_view->name, new_view->name));
    const struct strview key = keys_product(set->arena, set->partition, new_view->sku);
    put_field(set, key, "name", old_view->name, new_view->name);
    put_field(set, key, "currency", old_view->currency, new_view->currency);
    if (old_view->name.len == 0 || old_view->unit_price_minor != new_view->unit_price_minor) {
        put_number(set, key, "unit_price_minor", new_view->unit_price_minor);
    }
    put_changed_number(set, key, "discontinued", old_view->is_discontinued ? 1 : 0,
                       new_view->is_discontinued ? 1 : 0);
    put_number(set, key, "source_version", new_view->version);
    put_field(set, key, "last_event_id", STRVIEW(""), new_view->last_event_id);
    put_number(set, key, "projected_at", moment->projected_at_ms);
    if (old_view->name.len == 0) {
        list_words(set, new_view->name, new_view->sku);
    }
    assert(set->failed || set->count > 0);
}

/* --- stock */

void view_diff_stock(const struct stock_view *old_view, const struct stock_view *new_view,
                     struct write_set *set)
{
    assert(new_view->version > old_view->version);
    assert(new_view->sku.len > 0);
    assert(old_view->sku.len == 0 || strview_equal(old_view->sku, new_view->sku));
    const struct strview key = keys_stock(set->arena, set->partition, new_view->sku);
    if (old_view->version == 0 || old_view->available != new_view->available) {
        put_number(set, key, "available", new_view->available);
    }
    put_number(set, key, "stock_version", new_view->version);
    put_field(set, key, "stock_event_id", STRVIEW(""), new_view->last_event_id);
    assert(set->failed || set->count > 0);
}

/* --- gaps */

void view_diff_waiting(struct strview view_key, const char *field, int64_t old_waiting_for,
                       int64_t new_waiting_for, struct write_set *set)
{
    assert(field[0] != '\0');
    if (old_waiting_for == new_waiting_for) {
        return;
    }
    if (new_waiting_for == 0) {
        write_set_add(set, WRITE_HDEL, view_key, strview_of(field));
    } else {
        put_number(set, view_key, field, new_waiting_for);
    }
    assert(set->failed || set->count > 0);
}
