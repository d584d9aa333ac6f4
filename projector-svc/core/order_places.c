/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/order_places.h"

#include "projector-svc/core/keys.h"

#include <stdbool.h>

enum { VALUES_MAX = RISK_FLAGS_MAX };

struct values {
    struct strview list[VALUES_MAX];
    size_t count;
};

static void add(struct values *values, struct strview value)
{
    if (value.len > 0) {
        values->list[values->count++] = value;
    }
}

static bool has(const struct values *values, struct strview value)
{
    for (size_t i = 0; i < values->count; i++) {
        if (strview_equal(values->list[i], value)) {
            return true;
        }
    }
    return false;
}

/* --- what an order is found by, a function each */

static void find_tracking(const struct order_view *view, struct values *ret)
{
    add(ret, view->shipment.tracking_number);
}

static void find_payment_reference(const struct order_view *view, struct values *ret)
{
    add(ret, view->authorization.reference);
}

/* RANKED: by when the order changed last, so that each event moves it. */
enum place_kind { PLACE_SET = 0, PLACE_RANKED };

static const struct place {
    struct strview (*key)(struct arena *arena, struct strview value);
    void (*find)(const struct order_view *view, struct values *ret);
    enum place_kind kind;
} PLACES[] = {
    {keys_lookup_tracking, find_tracking, PLACE_SET},
    {keys_lookup_payment, find_payment_reference, PLACE_SET},
};

/* --- from one place to another */

/* Of an order that was never placed nothing is known. */
static struct values values_of(const struct place *place, const struct order_view *view)
{
    struct values values = {.count = 0};
    if (view->placed.customer_id.len > 0) {
        place->find(view, &values);
    }
    return values;
}

static void leave(const struct place *place, struct strview value, struct strview order_id,
                  struct write_set *set)
{
    const struct strview key = place->key(set->arena, value);
    write_set_add(set, place->kind == PLACE_RANKED ? WRITE_ZREM : WRITE_SREM, key, order_id);
}

static void enter(const struct place *place, struct strview value, const struct order_view *view,
                  struct write_set *set)
{
    const struct strview key = place->key(set->arena, value);
    if (place->kind == PLACE_RANKED) {
        write_set_add2(set, WRITE_ZADD, key, write_set_number(set, view->updated_at_ms),
                       view->order_id);
    } else {
        write_set_add(set, WRITE_SADD, key, view->order_id);
    }
}

void order_places_diff(const struct order_view *old_view, const struct order_view *new_view,
                       struct write_set *set)
{
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        const struct place *place = &PLACES[i];
        const struct values before = values_of(place, old_view);
        const struct values now = values_of(place, new_view);
        for (size_t j = 0; j < before.count; j++) {
            if (!has(&now, before.list[j])) {
                leave(place, before.list[j], new_view->order_id, set);
            }
        }
        for (size_t j = 0; j < now.count; j++) {
            if (place->kind == PLACE_RANKED || !has(&before, now.list[j])) {
                enter(place, now.list[j], new_view, set);
            }
        }
    }
}
