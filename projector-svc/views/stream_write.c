/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/stream_write.h"

#include "projector-svc/core/keys.h"
#include "projector-svc/views/batch.h"

#include <assert.h>

enum {
    VALUES = 9,
    ENTRIES_PER_WRITE = 400, /* see ARGS_MAX in orderspine.lua */
};

static void add(struct write_set *set, struct strview value)
{
    write_set_add(set, WRITE_XADD, keys_named(set->arena, set->partition, KEYS_STREAM_ORDERS),
                  value.data == NULL ? STRVIEW("") : value);
}

/* What an entry's values are called. */
static void begin(const struct view_moment *moment, struct write_set *set)
{
    static const char *const FIELDS[] = {"order_id", "customer_id", "version",   "type",  "status",
                                         "event_id", "topic",       "partition", "offset"};
    static_assert(sizeof FIELDS / sizeof FIELDS[0] == VALUES, "a name for each value");
    write_set_append(set, WRITE_XADD, keys_named(set->arena, set->partition, KEYS_STREAM_ORDERS),
                     write_set_number(set, moment->stream_cap));
    add(set, write_set_number(set, VALUES));
    for (size_t i = 0; i < VALUES; i++) {
        add(set, strview_of(FIELDS[i]));
    }
}

static void add_entry(const struct batch_aggregate *order, const struct batch_applied *applied,
                      struct write_set *set)
{
    const struct incoming *event = applied->event;
    const struct strview values[] = {
        event->aggregate_id,
        order->after.order.placed.customer_id,
        write_set_number(set, event->version),
        event->event_type,
        strview_of(order_status_name(applied->status)),
        event->event_id,
        event->topic,
        write_set_number(set, event->partition),
        write_set_number(set, event->offset),
    };
    static_assert(sizeof values / sizeof values[0] == VALUES, "each value");
    for (size_t i = 0; i < VALUES; i++) {
        add(set, values[i]);
    }
}

void stream_write(const struct batch *batch, const struct view_moment *moment,
                  struct write_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        const size_t applied = aggregate->type == AGGREGATE_ORDER ? aggregate->applied_count : 0;
        for (size_t j = 0; j < applied; j++) {
            if (count++ % ENTRIES_PER_WRITE == 0) {
                begin(moment, set);
            }
            add_entry(aggregate, &aggregate->applied[j], set);
        }
    }
}
