/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projector-svc/batch_fixture.h"

#include <stdio.h>

struct arena arena;
struct batch batch;
struct write_set set;
struct error err;

const struct view_moment MOMENT = {.projected_at_ms = 9999,
                                   .recent_cap = 100,
                                   .stream_cap = 1000,
                                   .limits = &(const struct order_limits){{0}}};

void open_batch(void)
{
    arena_init(&arena, 1 << 20);
    ck_assert_int_eq(batch_init(&batch, &arena, &err), ERROR_NONE);
    batch.slot = STRVIEW("order.events/0");
}

void close_batch(void)
{
    arena_done(&arena);
}

void add(enum order_event_kind kind, int64_t version, const char *event_id)
{
    struct incoming *incoming = arena_alloc(&arena, sizeof *incoming);
    *incoming = (struct incoming){
        .aggregate = AGGREGATE_ORDER,
        .aggregate_id = STRVIEW(AN_ORDER_ID),
        .version = version,
        .event_id = strview_of(event_id),
        .event_type = strview_of(order_event_type(kind)),
        .at_ms = T0 + version,
        .kind = INCOMING_EVENT,
        .event.order = an_event(kind, version),
        .topic = STRVIEW("order.events"),
        .value = STRVIEW("{}"),
    };
    ck_assert_int_eq(batch_add(&batch, incoming, &err), ERROR_NONE);
}

void add_product_event(enum product_event_kind kind, int64_t version, const char *event_id)
{
    struct incoming *incoming = arena_alloc(&arena, sizeof *incoming);
    *incoming = (struct incoming){
        .aggregate = AGGREGATE_PRODUCT,
        .aggregate_id = STRVIEW("PEN"),
        .version = version,
        .event_id = strview_of(event_id),
        .event_type = strview_of(product_event_type(kind)),
        .kind = INCOMING_EVENT,
        .event.product = {.kind = kind,
                          .envelope = {.aggregate_id = STRVIEW("PEN"), .version = version},
                          .added = {.name = STRVIEW("Pen"), .currency = STRVIEW("GBP")}},
        .topic = STRVIEW("product.events"),
        .value = STRVIEW("{}"),
    };
    ck_assert_int_eq(batch_add(&batch, incoming, &err), ERROR_NONE);
}

void store_life(int64_t version)
{
    static const enum order_event_kind LIFE[] = {ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED,
                                                 ORDER_SHIPPED, ORDER_DELIVERED};
    static char ids[4][3] = {"e1", "e2", "e3", "e4"};
    struct order_view *view = &batch.aggregates[0]->before.order;
    for (int64_t i = 0; i < version; i++) {
        const struct order_event event = an_event(LIFE[i], i + 1);
        ck_assert_int_eq(order_view_apply(view, &event, strview_of(ids[i]), &err), ERROR_NONE);
    }
}

void store_product(int64_t version, const char *last, const char *before)
{
    batch.aggregates[0]->before.product = (struct product_view){
        .version = version, .last_event_id = strview_of(last), .name = STRVIEW("Pen")};
    batch.aggregates[0]->ids_before = strview_of(before);
}

void park(int version, const char *event_id, const char *type)
{
    char form[512];
    (void)snprintf(form, sizeof form,
                   "{\"ce_id\":\"%s\",\"ce_type\":\"%s\",\"ce_aggregateversion\":%d,"
                   "\"topic\":\"product.events\",\"partition\":3,\"offset\":%d}\n"
                   "{\"sku\":\"PEN\",\"version\":%d,\"occurred_at\":\"2026-01-02T03:04:05.000Z\","
                   "\"actor\":{\"role\":\"agent\",\"subject\":\"a\"},\"quantity\":1}",
                   event_id, type, version, 10 * version, version);
    const struct strview kept = {.data = arena_copy(&arena, strview_of(form)), .len = strlen(form)};
    ck_assert_int_eq(batch_add_parked(&batch, batch.aggregates[0], kept, &err), ERROR_NONE);
    batch.aggregates[0]->parked_total++;
}

bool look(void)
{
    bool wants_more = false;
    ck_assert_int_eq(batch_look(&batch, &wants_more, &err), ERROR_NONE);
    return wants_more;
}

void fold_and_write(void)
{
    ck_assert_int_eq(batch_fold(&batch, &err), ERROR_NONE);
    ck_assert_int_eq(batch_write(&batch, &MOMENT, &set, &err), ERROR_NONE);
}

const struct write *find(enum write_kind kind, const char *key)
{
    for (size_t i = 0; i < set.count; i++) {
        if (set.writes[i].kind == kind && strview_is(set.writes[i].key, key)) {
            return &set.writes[i];
        }
    }
    return NULL;
}

bool has_arg(const struct write *write, const char *arg)
{
    for (size_t i = 0; write != NULL && i < write->count; i++) {
        if (strview_is(write->args[i], arg)) {
            return true;
        }
    }
    return false;
}
