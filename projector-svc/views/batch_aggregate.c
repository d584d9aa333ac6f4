/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/batch_aggregate.h"

#include <assert.h>
#include <string.h>

typedef enum error_kind apply_fn(struct batch_view *view, const struct incoming *incoming,
                                 struct error *err);

#define DEFINE_VIEW(NAME, name)                                                                    \
    static int64_t name##_version(const struct batch_view *view)                                   \
    {                                                                                              \
        return view->name.version;                                                                 \
    }                                                                                              \
    static struct strview name##_last_event_id(const struct batch_view *view)                      \
    {                                                                                              \
        return view->name.last_event_id;                                                           \
    }                                                                                              \
    static enum error_kind name##_apply(struct batch_view *view, const struct incoming *incoming,  \
                                        struct error *err)                                         \
    {                                                                                              \
        return name##_view_apply(&view->name, &incoming->event.name, incoming->event_id, err);     \
    }
AGGREGATES(DEFINE_VIEW)

static void order_pass(struct batch_view *view, const struct incoming *incoming)
{
    order_view_pass(&view->order, incoming->event_id, incoming->event_type, incoming->at_ms);
}

static void customer_pass(struct batch_view *view, const struct incoming *incoming)
{
    customer_view_pass(&view->customer, incoming->event_id);
}

static void product_pass(struct batch_view *view, const struct incoming *incoming)
{
    product_view_pass(&view->product, incoming->event_id);
}

static void stock_pass(struct batch_view *view, const struct incoming *incoming)
{
    stock_view_pass(&view->stock, incoming->event_id);
}

#define VIEW_ROW(NAME, name)                                                                       \
    [AGGREGATE_##NAME] = {name##_version, name##_last_event_id, name##_apply, name##_pass},
static const struct {
    int64_t (*version)(const struct batch_view *view);
    struct strview (*last_event_id)(const struct batch_view *view);
    apply_fn *apply;
    void (*pass)(struct batch_view *view, const struct incoming *incoming);
} VIEWS[] = {AGGREGATES(VIEW_ROW)};

static int64_t stored_version(const struct batch_aggregate *aggregate)
{
    return VIEWS[aggregate->type].version(&aggregate->before);
}

struct strview batch_aggregate_last_id(const struct batch_aggregate *aggregate)
{
    return VIEWS[aggregate->type].last_event_id(&aggregate->before);
}

size_t batch_aggregate_count_ids(struct strview ids)
{
    size_t count = ids.len > 0 ? 1 : 0;
    for (size_t i = 0; i < ids.len; i++) {
        count += ids.data[i] == ' ' ? 1 : 0;
    }
    return count;
}

/* ids_before ends with the id of the version before the stored one. */
static struct strview id_before(const struct batch_aggregate *aggregate, int64_t version)
{
    struct strview rest = aggregate->ids_before;
    int64_t at = stored_version(aggregate) - (int64_t)batch_aggregate_count_ids(rest);
    for (; rest.len > 0; at++) {
        const struct strview id = strview_take(&rest, ' ');
        if (at == version) {
            return id;
        }
    }
    return STRVIEW("");
}

static struct strview find_id(const struct batch_aggregate *aggregate, int64_t version)
{
    const int64_t stored = stored_version(aggregate);
    if (version > stored) {
        /* asked of versions in the line only, and it has applied each up to its own */
        assert((size_t)(version - stored) <= aggregate->applied_count);
        return aggregate->applied[version - stored - 1].event->event_id;
    }
    if (version == stored) {
        return batch_aggregate_last_id(aggregate);
    }
    for (size_t i = 0; i < aggregate->old_count; i++) {
        if (aggregate->old_versions[i].version == version) {
            return aggregate->old_versions[i].event_id;
        }
    }
    return id_before(aggregate, version);
}

static struct strview id_of_version(void *user, int64_t version)
{
    const struct strview id = find_id(user, version);
    return strview_is(id, INCOMING_UNSEEN_ID) ? STRVIEW("") : id;
}

static bool remember_applied(struct batch_aggregate *aggregate, const struct incoming *incoming)
{
    struct arena *arena = aggregate->lineup.arena;
    struct batch_applied *applied = arena_grow(arena, aggregate->applied, aggregate->applied_count,
                                               &aggregate->applied_cap, sizeof *applied);
    if (applied == NULL) {
        aggregate->lineup.failed = true;
        return false;
    }
    aggregate->applied = applied;
    aggregate->applied[aggregate->applied_count++] =
        (struct batch_applied){.event = incoming,
                               .status = aggregate->after.order.status,
                               .region = aggregate->after.order.placed.region};
    return true;
}

static bool apply_item(void *user, struct lineup_item *item)
{
    struct batch_aggregate *aggregate = user;
    struct incoming *incoming = item->event;
    struct error err;
    if (incoming->kind == INCOMING_SKIP) {
        VIEWS[aggregate->type].pass(&aggregate->after, incoming);
    } else if (VIEWS[aggregate->type].apply(&aggregate->after, incoming, &err) != ERROR_NONE) {
        incoming->kind = INCOMING_UNREADABLE;
        incoming->why = arena_copy(aggregate->lineup.arena, strview_of(err.text));
        return false;
    }
    return remember_applied(aggregate, incoming);
}

static void name_after(struct batch_aggregate *aggregate)
{
    aggregate->before.order.order_id = aggregate->id;
    aggregate->before.customer.customer_id = aggregate->id;
    aggregate->before.product.sku = aggregate->id;
    aggregate->before.stock.sku = aggregate->id;
    aggregate->after = aggregate->before;
}

enum lineup_state batch_aggregate_state_before(const struct batch_aggregate *aggregate)
{
    return aggregate->was_frozen ? aggregate->frozen.reason : LINEUP_FLOWING;
}

bool batch_aggregate_stays(const struct batch_aggregate *aggregate)
{
    const enum lineup_state state = batch_aggregate_state_before(aggregate);
    return (state == LINEUP_FORKED || state == LINEUP_UNIDENTIFIED) &&
           aggregate->decided == aggregate->frozen.decided;
}

void batch_aggregate_begin(struct batch_aggregate *aggregate, struct arena *arena)
{
    assert(aggregate->applied_count == 0);
    name_after(aggregate);
    aggregate->callbacks =
        (struct lineup_callbacks){.apply = apply_item, .id_of = id_of_version, .user = aggregate};
    lineup_init(&aggregate->lineup, arena, &aggregate->callbacks, stored_version(aggregate),
                batch_aggregate_state_before(aggregate));
    lineup_resume(&aggregate->lineup, (size_t)aggregate->frozen.pass_left, aggregate->frozen.pass);
}
