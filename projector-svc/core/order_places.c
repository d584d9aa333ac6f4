/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/order_places.h"

#include "projector-svc/core/keys.h"

#include <assert.h>
#include <stdbool.h>

enum { VALUES_MAX = RISK_FLAGS_MAX };

struct values {
    struct strview list[VALUES_MAX];
    size_t count;
};

static bool has(const struct values *values, struct strview value)
{
    assert(values->count <= VALUES_MAX);
    for (size_t i = 0; i < values->count; i++) {
        if (strview_equal(values->list[i], value)) {
            return true;
        }
    }
    return false;
}

static void add(struct values *values, struct strview value)
{
    assert(values->count < VALUES_MAX);
    assert(!has(values, value)); /* it is in each place once */
    if (value.len > 0) {
        values->list[values->count++] = value;
    }
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

static void find_status(const struct order_view *view, struct values *ret)
{
    add(ret, strview_of(order_status_name(view->status)));
}

static void find_payment_status(const struct order_view *view, struct values *ret)
{
    add(ret, strview_of(payment_status_name(view->payment_status)));
}

static void find_refund_state(const struct order_view *view, struct values *ret)
{
    if (view->refund_state != REFUND_NONE) {
        add(ret, strview_of(refund_state_name(view->refund_state)));
    }
}

static void find_carrier(const struct order_view *view, struct values *ret)
{
    add(ret, view->shipment.carrier);
}

static void find_risk_flags(const struct order_view *view, struct values *ret)
{
    assert(view->risk_flags.count <= RISK_FLAGS_MAX);
    for (size_t i = 0; i < view->risk_flags.count; i++) {
        add(ret, view->risk_flags.names[i]);
    }
}

/* RANKED: by when the order changed last, so that each event moves it. */
enum place_kind { PLACE_SET = 0, PLACE_RANKED };

static const struct place {
    struct strview (*key)(struct arena *arena, int32_t partition, struct strview value);
    void (*find)(const struct order_view *view, struct values *ret);
    enum place_kind kind;
} PLACES[] = {
    {keys_lookup_tracking, find_tracking, PLACE_SET},
    {keys_lookup_payment, find_payment_reference, PLACE_SET},
    {keys_idx_status, find_status, PLACE_RANKED},
    {keys_idx_payment, find_payment_status, PLACE_RANKED},
    {keys_idx_refund, find_refund_state, PLACE_RANKED},
    {keys_idx_carrier, find_carrier, PLACE_RANKED},
    {keys_idx_risk, find_risk_flags, PLACE_RANKED},
};

/* --- from one place to another */

/* Of an order that was never placed nothing is known. */
static struct values values_of(const struct place *place, const struct order_view *view)
{
    struct values values = {.count = 0};
    if (view->placed.customer_id.len > 0) {
        place->find(view, &values);
    }
    assert(values.count <= VALUES_MAX);
    return values;
}

static void leave(const struct place *place, struct strview value, struct strview order_id,
                  struct write_set *set)
{
    assert(value.len > 0);
    assert(order_id.len > 0);
    const struct strview key = place->key(set->arena, set->partition, value);
    write_set_add(set, place->kind == PLACE_RANKED ? WRITE_ZREM : WRITE_SREM, key, order_id);
    assert(key.data != NULL || !write_set_ok(set)); /* it leaves, or nothing is written */
}

static void enter(const struct place *place, struct strview value, const struct order_view *view,
                  struct write_set *set)
{
    assert(value.len > 0);
    assert(view->order_id.len > 0);
    const struct strview key = place->key(set->arena, set->partition, value);
    if (place->kind == PLACE_RANKED) {
        write_set_add2(set, WRITE_ZADD, key, write_set_number(set, view->updated_at_ms),
                       view->order_id);
    } else {
        write_set_add(set, WRITE_SADD, key, view->order_id);
    }
    assert(key.data != NULL || !write_set_ok(set));
}

static void move_between(const struct place *place, const struct order_view *old_view,
                         const struct order_view *new_view, struct write_set *set)
{
    const struct values before = values_of(place, old_view);
    const struct values now = values_of(place, new_view);
    for (size_t i = 0; i < before.count; i++) {
        if (!has(&now, before.list[i])) {
            leave(place, before.list[i], new_view->order_id, set);
        }
    }
    for (size_t i = 0; i < now.count; i++) {
        if (place->kind == PLACE_RANKED || !has(&before, now.list[i])) {
            enter(place, now.list[i], new_view, set);
        }
    }
}

/* --- what is open: by when it should have got further; 0: it may stay as it is */

static int64_t deadline_of(const struct order_view *view, const struct order_limits *limits)
{
    assert(view->status < ORDER_STATUS_COUNT);
    /* nobody waits for what has come to an end: it would be stuck for ever */
    assert(view->status < ORDER_STATUS_DELIVERED || limits->ms[view->status] == 0);
    const int64_t limit_ms = limits->ms[view->status];
    assert(limit_ms >= 0);
    return limit_ms == 0 ? 0 : view->status_since_ms + limit_ms;
}

static void move_deadline(int64_t before_ms, int64_t now_ms, struct strview order_id,
                          struct write_set *set)
{
    const struct strview key = keys_named(set->arena, set->partition, KEYS_OPS_OPEN);
    assert(order_id.len > 0);
    if (now_ms == 0 && before_ms != 0) {
        write_set_add(set, WRITE_ZREM, key, order_id);
    } else if (now_ms != before_ms) {
        write_set_add2(set, WRITE_ZADD, key, write_set_number(set, now_ms), order_id);
    }
}

void order_places_diff(const struct order_view *old_view, const struct order_view *new_view,
                       const struct order_limits *limits, struct write_set *set)
{
    assert(new_view->version >= old_view->version);
    assert(new_view->order_id.len > 0);
    /* who was placed stays so, or would leave all its places */
    assert(old_view->placed.customer_id.len == 0 || new_view->placed.customer_id.len > 0);
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        move_between(&PLACES[i], old_view, new_view, set);
    }
    move_deadline(deadline_of(old_view, limits), deadline_of(new_view, limits), new_view->order_id,
                  set);
}
