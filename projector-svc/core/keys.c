/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/keys.h"

#include <stdio.h>

static struct strview join(struct arena *arena, const char *before, struct strview id,
                           const char *after)
{
    const size_t before_len = strlen(before);
    const size_t after_len = strlen(after);
    const size_t len = before_len + id.len + after_len;
    char *key = arena_alloc(arena, len + 1);
    if (key == NULL) {
        return (struct strview){.data = NULL};
    }
    memcpy(key, before, before_len);
    if (id.len > 0) {
        memcpy(key + before_len, id.data, id.len);
    }
    memcpy(key + before_len + id.len, after, after_len + 1);
    return (struct strview){.data = key, .len = len};
}

struct strview keys_order(struct arena *arena, struct strview order_id)
{
    return join(arena, "order:", order_id, "");
}

struct strview keys_order_details(struct arena *arena, struct strview order_id)
{
    return join(arena, "order:", order_id, ":details");
}

struct strview keys_order_timeline(struct arena *arena, struct strview order_id)
{
    return join(arena, "order:", order_id, ":timeline");
}

struct strview keys_order_channel(struct arena *arena, struct strview order_id)
{
    return join(arena, KEYS_CHANNEL_ORDER, order_id, "");
}

struct strview keys_customer(struct arena *arena, struct strview customer_id)
{
    return join(arena, "customer:", customer_id, "");
}

struct strview keys_customer_orders(struct arena *arena, struct strview customer_id)
{
    return join(arena, "customer:", customer_id, ":orders");
}

struct strview keys_product(struct arena *arena, struct strview sku)
{
    return join(arena, "product:", sku, "");
}

struct strview keys_stock(struct arena *arena, struct strview sku)
{
    return keys_product(arena, sku);
}

struct strview keys_view(struct arena *arena, enum aggregate_type type, struct strview id)
{
    typedef struct strview key_fn(struct arena * arena, struct strview id);
#define KEY_ROW(NAME, name) [AGGREGATE_##NAME] = keys_##name,
    static key_fn *const KEYS[] = {AGGREGATES(KEY_ROW)};
    return KEYS[type](arena, id);
}

struct strview keys_lookup_email(struct arena *arena, struct strview email)
{
    return join(arena, "lookup:email:", email, "");
}

struct strview keys_lookup_phone(struct arena *arena, struct strview phone)
{
    return join(arena, "lookup:phone:", phone, "");
}

#define TYPE_ROW(NAME, name) [AGGREGATE_##NAME] = #name ":",
static const char *const TYPE_BEFORE[] = {AGGREGATES(TYPE_ROW)};

#define PARKED_ROW(NAME, name) [AGGREGATE_##NAME] = "projection:parked:" #name ":",
static const char *const PARKED_BEFORE[] = {AGGREGATES(PARKED_ROW)};

struct strview keys_frozen_field(struct arena *arena, enum aggregate_type type, struct strview id)
{
    return join(arena, TYPE_BEFORE[type], id, "");
}

struct strview keys_parked(struct arena *arena, enum aggregate_type type, struct strview id)
{
    return join(arena, PARKED_BEFORE[type], id, "");
}

struct strview keys_slot(struct arena *arena, struct strview topic, int32_t partition)
{
    char number[sizeof "/-2147483648"];
    (void)snprintf(number, sizeof number, "/%d", (int)partition);
    return join(arena, "", topic, number);
}

struct strview keys_status_last(struct arena *arena, struct strview slot)
{
    return join(arena, "last:", slot, "");
}

struct strview keys_status_end(struct arena *arena, struct strview slot)
{
    return join(arena, "end:", slot, "");
}
