/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/batch.h"

#include "projector-svc/core/keys.h"
#include "projector-svc/views/decision_json.h"

#include <assert.h>
#include <string.h>

static enum error_kind exhausted(struct error *err)
{
    return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory");
}

enum error_kind batch_init(struct batch *batch, struct arena *arena, struct error *err)
{
    struct batch_aggregate **aggregates =
        arena_array(arena, BATCH_EVENTS_MAX + 1, sizeof(struct batch_aggregate *));
    if (aggregates == NULL) {
        return exhausted(err);
    }
    *batch = (struct batch){.arena = arena, .aggregates = aggregates, .partition = KEYS_ALL};
    return ERROR_NONE;
}

static struct batch_aggregate *find_aggregate(const struct batch *batch, enum aggregate_type type,
                                              struct strview id)
{
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->type == type && strview_equal(aggregate->id, id)) {
            return aggregate;
        }
    }
    return NULL;
}

static struct batch_aggregate *new_aggregate(struct batch *batch, enum aggregate_type type,
                                             struct strview id)
{
    struct batch_aggregate *aggregate = arena_alloc(batch->arena, sizeof *aggregate);
    if (aggregate != NULL) {
        aggregate->type = type;
        aggregate->id = id;
        batch->aggregates[batch->aggregate_count++] = aggregate;
    }
    return aggregate;
}

static bool add_item(struct arena *arena, struct batch_aggregate *aggregate,
                     const struct lineup_item *item)
{
    struct lineup_item *items = arena_grow(arena, aggregate->items, aggregate->item_count,
                                           &aggregate->item_cap, sizeof *items);
    if (items == NULL) {
        return false;
    }
    aggregate->items = items;
    aggregate->items[aggregate->item_count++] = *item;
    return true;
}

enum error_kind batch_add(struct batch *batch, struct incoming *incoming, struct error *err)
{
    assert(batch->event_count < BATCH_EVENTS_MAX);
    struct batch_aggregate *aggregate =
        find_aggregate(batch, incoming->aggregate, incoming->aggregate_id);
    if (aggregate == NULL) {
        aggregate = new_aggregate(batch, incoming->aggregate, incoming->aggregate_id);
    }
    if (aggregate == NULL) {
        return exhausted(err);
    }
    if (!add_item(batch->arena, aggregate,
                  &(struct lineup_item){
                      .version = incoming->version,
                      .event_id = incoming->event_id,
                      .is_readable = incoming_is_readable(incoming),
                      .event = incoming,
                  })) {
        return exhausted(err);
    }
    batch->event_count++;
    batch->last = incoming;
    batch->last_identified = incoming->event_id.len > 0 ? incoming : batch->last_identified;
    return ERROR_NONE;
}

enum error_kind batch_add_drained(struct batch *batch, enum aggregate_type type, struct strview id,
                                  struct error *err)
{
    struct batch_aggregate *aggregate = find_aggregate(batch, type, id);
    if (aggregate == NULL) {
        const struct strview copy = arena_view(batch->arena, id);
        aggregate = copy.data == NULL ? NULL : new_aggregate(batch, type, copy);
    }
    if (aggregate == NULL) {
        return exhausted(err);
    }
    aggregate->is_drained = true;
    return ERROR_NONE;
}

/* --- what else must be known */

static bool wants_old_id(const struct batch_aggregate *aggregate, const struct lineup_item *item)
{
    return aggregate->type == AGGREGATE_ORDER && item->version > 0 && item->event_id.len > 0 &&
           item->version < aggregate->before.order.version;
}

static bool look_for_old(struct batch *batch, struct batch_aggregate *aggregate)
{
    for (size_t i = 0; i < aggregate->item_count; i++) {
        if (!wants_old_id(aggregate, &aggregate->items[i])) {
            continue;
        }
        if (aggregate->old_versions == NULL) {
            aggregate->old_versions =
                arena_array(batch->arena, aggregate->item_count, sizeof *aggregate->old_versions);
        }
        if (aggregate->old_versions == NULL) {
            return false;
        }
        aggregate->old_versions[aggregate->old_count++].version = aggregate->items[i].version;
    }
    return true;
}

/* One that is drained is tried again by a program, or by a person. */
static bool wants_parked(const struct batch_aggregate *aggregate)
{
    const bool is_tried = aggregate->is_drained && aggregate->lineup.state != LINEUP_FLOWING;
    return is_tried ||
           lineup_needs_parked(&aggregate->lineup, aggregate->items, aggregate->item_count);
}

/* A pass ends where its list ended when it began. */
static int64_t portion_of(const struct batch *batch, const struct batch_aggregate *aggregate)
{
    const int64_t most = batch->portion > 0 ? batch->portion : BATCH_EVENTS_MAX;
    const int64_t left = aggregate->frozen.pass_left;
    return aggregate->lineup.state == LINEUP_DRAINING && left > 0 && left < most ? left : most;
}

enum error_kind batch_look(struct batch *batch, bool *ret_wants_more, struct error *err)
{
    bool wants_more = false;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        batch_aggregate_begin(aggregate, batch->arena);
        aggregate->portion = wants_parked(aggregate) ? portion_of(batch, aggregate) : 0;
        if (!look_for_old(batch, aggregate)) {
            return exhausted(err);
        }
        batch->wants_parked = batch->wants_parked || aggregate->portion > 0;
        wants_more = wants_more || aggregate->old_count > 0;
    }
    *ret_wants_more = wants_more || batch->wants_parked;
    return ERROR_NONE;
}

enum error_kind batch_decide(struct batch *batch, struct batch_aggregate *aggregate,
                             struct strview json, struct error *err)
{
    const enum error_kind kind = decision_json_read(json, batch->arena, &aggregate->decisions, err);
    if (kind == ERROR_EXHAUSTED) {
        return kind;
    }
    aggregate->decided = (int64_t)json.len;
    if (!batch_aggregate_stays(aggregate)) {
        lineup_release(&aggregate->lineup);
    }
    for (size_t i = 0; i < aggregate->item_count; i++) {
        const struct incoming *incoming = aggregate->items[i].event;
        aggregate->items[i].is_dropped =
            decisions_drop(&aggregate->decisions, batch->slot, incoming->offset);
    }
    return ERROR_NONE;
}

enum error_kind batch_add_parked(struct batch *batch, struct batch_aggregate *aggregate,
                                 struct strview form, struct error *err)
{
    struct incoming *incoming = NULL;
    const enum error_kind kind =
        incoming_of_parked(form, aggregate->type, aggregate->id, batch->arena, &incoming, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    lineup_add_stored(
        &aggregate->lineup,
        &(struct lineup_item){
            .version = incoming->version,
            .event_id = incoming->event_id,
            .is_readable = incoming_is_readable(incoming),
            .is_stored = true,
            .is_dropped = decisions_drop(&aggregate->decisions, batch->slot, incoming->offset),
            .event = incoming});
    return aggregate->lineup.failed ? exhausted(err) : ERROR_NONE;
}

/* --- folding */

static void count_aggregate(struct batch_counts *counts, const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    counts->applied += lineup->applied;
    counts->duplicates += lineup->duplicates;
    counts->untold += lineup->untold;
    counts->dropped += lineup->dropped;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        if (!lineup->parked[i].is_stored) {
            counts->parked++;
            const struct incoming *incoming = lineup->parked[i].event;
            const bool is_foreign = incoming->kind == INCOMING_FOREIGN;
            counts->foreign += is_foreign ? 1 : 0;
            counts->unreadable += lineup->parked[i].is_readable || is_foreign ? 0 : 1;
        }
    }
    const enum lineup_state before = batch_aggregate_state_before(aggregate);
    if (lineup->state != before) {
        counts->gaps += lineup->state == LINEUP_GAP ? 1 : 0;
        counts->forks += lineup->state == LINEUP_FORKED ? 1 : 0;
    }
}

/* As if EventSkipped had come under each version that an operator skipped. */
static bool skip_versions(struct batch *batch, struct batch_aggregate *aggregate)
{
    for (size_t i = 0; i < aggregate->decisions.count; i++) {
        const struct decision *decision = &aggregate->decisions.list[i];
        if (!decision_skips_version(decision) || decision->version <= aggregate->lineup.version) {
            continue;
        }
        struct incoming *incoming = arena_alloc(batch->arena, sizeof *incoming);
        if (incoming == NULL) {
            return false;
        }
        *incoming = (struct incoming){.kind = INCOMING_SKIP,
                                      .aggregate = aggregate->type,
                                      .aggregate_id = aggregate->id,
                                      .version = decision->version,
                                      .event_id = STRVIEW(INCOMING_UNSEEN_ID),
                                      .event_type = STRVIEW(INCOMING_SKIPPED),
                                      .at_ms = decision->at_ms,
                                      .partition = -1,
                                      .offset = -1};
        lineup_skip(&aggregate->lineup, &(struct lineup_item){.version = incoming->version,
                                                              .event_id = incoming->event_id,
                                                              .is_readable = true,
                                                              .event = incoming});
    }
    return true;
}

enum error_kind batch_fold(struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->portion > 0 && !batch_aggregate_stays(aggregate)) {
            lineup_parked_known(&aggregate->lineup, (size_t)aggregate->parked_total);
        }
        if (!skip_versions(batch, aggregate)) {
            return exhausted(err);
        }
        for (size_t j = 0; j < aggregate->item_count; j++) {
            lineup_offer(&aggregate->lineup, &aggregate->items[j]);
        }
        lineup_finish(&aggregate->lineup);
        if (aggregate->lineup.failed) {
            return exhausted(err);
        }
        count_aggregate(&batch->counts, aggregate);
    }
    return ERROR_NONE;
}
