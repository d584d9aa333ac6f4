/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/batch.h"

#include "projector-svc/core/keys.h"

#include <assert.h>

enum {
    FIRST_ITEMS = 2,
    FIRST_APPLIED = 2,
    DOCUMENT_MAX = 16 << 20, /* bytes of one document; an order has at most 500 lines */
    PARKED_PER_WRITE = 1000, /* see ARGS_MAX in orderspine.lua */
};

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
    *batch = (struct batch){.arena = arena, .aggregates = aggregates};
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
    if (aggregate->item_count == aggregate->item_cap) {
        const size_t cap = aggregate->item_cap == 0 ? FIRST_ITEMS : aggregate->item_cap * 2;
        struct lineup_item *items = arena_array(arena, cap, sizeof *items);
        if (items == NULL) {
            return false;
        }
        if (aggregate->item_count > 0) {
            memcpy(items, aggregate->items, aggregate->item_count * sizeof *items);
        }
        aggregate->items = items;
        aggregate->item_cap = cap;
    }
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
                      .is_readable = incoming->is_readable,
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
        const char *copy = arena_copy(batch->arena, id);
        if (copy != NULL) {
            aggregate = new_aggregate(batch, type, (struct strview){.data = copy, .len = id.len});
        }
    }
    if (aggregate == NULL) {
        return exhausted(err);
    }
    aggregate->is_drained = true;
    return ERROR_NONE;
}

/* --- one aggregate's line */

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

#define VIEW_ROW(NAME, name)                                                                       \
    [AGGREGATE_##NAME] = {name##_version, name##_last_event_id, name##_apply, name##_pass},
static const struct {
    int64_t (*version)(const struct batch_view *view);
    struct strview (*last_event_id)(const struct batch_view *view);
    apply_fn *apply;
    void (*pass)(struct batch_view *view, const struct incoming *incoming);
} VIEWS[] = {AGGREGATES(VIEW_ROW)};

static int64_t version_of(enum aggregate_type type, const struct batch_view *view)
{
    return VIEWS[type].version(view);
}

static struct strview last_event_id_of(enum aggregate_type type, const struct batch_view *view)
{
    return VIEWS[type].last_event_id(view);
}

static size_t count_ids(struct strview ids)
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
    int64_t at = version_of(aggregate->type, &aggregate->before) - (int64_t)count_ids(rest);
    for (; rest.len > 0; at++) {
        const struct strview id = strview_take(&rest, ' ');
        if (at == version) {
            return id;
        }
    }
    return STRVIEW("");
}

static struct strview id_of_version(void *user, int64_t version)
{
    const struct batch_aggregate *aggregate = user;
    const int64_t stored = version_of(aggregate->type, &aggregate->before);
    if (version > stored) {
        return aggregate->applied[version - stored - 1].event->event_id;
    }
    if (version == stored) {
        return last_event_id_of(aggregate->type, &aggregate->before);
    }
    for (size_t i = 0; i < aggregate->old_count; i++) {
        if (aggregate->old_versions[i].version == version) {
            return aggregate->old_versions[i].event_id;
        }
    }
    return id_before(aggregate, version);
}

static bool remember_applied(struct batch_aggregate *aggregate, const struct incoming *incoming)
{
    struct arena *arena = aggregate->lineup.arena;
    if (aggregate->applied_count == aggregate->applied_cap) {
        const size_t cap = aggregate->applied_cap == 0 ? FIRST_APPLIED : aggregate->applied_cap * 2;
        struct batch_applied *applied = arena_array(arena, cap, sizeof *applied);
        if (applied == NULL) {
            aggregate->lineup.failed = true;
            return false;
        }
        if (aggregate->applied_count > 0) {
            memcpy(applied, aggregate->applied, aggregate->applied_count * sizeof *applied);
        }
        aggregate->applied = applied;
        aggregate->applied_cap = cap;
    }
    aggregate->applied[aggregate->applied_count++] =
        (struct batch_applied){.event = incoming, .status = aggregate->after.order.status};
    return true;
}

static bool apply_item(void *user, struct lineup_item *item)
{
    struct batch_aggregate *aggregate = user;
    struct incoming *incoming = item->event;
    struct error err;
    if (incoming->is_skipped) {
        VIEWS[aggregate->type].pass(&aggregate->after, incoming);
    } else if (VIEWS[aggregate->type].apply(&aggregate->after, incoming, &err) != ERROR_NONE) {
        incoming->is_readable = false;
        incoming->why = arena_copy(aggregate->lineup.arena, strview_of(err.text));
        return false;
    }
    return remember_applied(aggregate, incoming);
}

/* --- what else must be known */

static void name_after(struct batch_aggregate *aggregate)
{
    aggregate->before.order.order_id = aggregate->id;
    aggregate->before.customer.customer_id = aggregate->id;
    aggregate->before.product.sku = aggregate->id;
    aggregate->after = aggregate->before;
}

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

static bool wants_parked(const struct batch_aggregate *aggregate)
{
    const enum lineup_state state = aggregate->lineup.state;
    const bool is_freed = aggregate->is_drained &&
                          (state == LINEUP_GAP || state == LINEUP_UNREADABLE); /* by a person */
    return is_freed ||
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
        name_after(aggregate);
        aggregate->callbacks = (struct lineup_callbacks){
            .apply = apply_item, .id_of = id_of_version, .user = aggregate};
        lineup_init(&aggregate->lineup, batch->arena, &aggregate->callbacks,
                    version_of(aggregate->type, &aggregate->before),
                    aggregate->was_frozen ? aggregate->frozen.reason : LINEUP_FLOWING);
        lineup_resume(&aggregate->lineup, (size_t)aggregate->frozen.pass_left,
                      aggregate->frozen.has_moved);
        aggregate->wants_parked = wants_parked(aggregate);
        aggregate->portion = portion_of(batch, aggregate);
        if (!look_for_old(batch, aggregate)) {
            return exhausted(err);
        }
        wants_more = wants_more || aggregate->wants_parked || aggregate->old_count > 0;
    }
    *ret_wants_more = wants_more;
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
    lineup_add_stored(&aggregate->lineup,
                      &(struct lineup_item){.version = incoming->version,
                                            .event_id = incoming->event_id,
                                            .is_readable = incoming->is_readable,
                                            .is_stored = true,
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
    for (size_t i = 0; i < lineup->parked_count; i++) {
        if (!lineup->parked[i].is_stored) {
            counts->parked++;
            const struct incoming *incoming = lineup->parked[i].event;
            counts->foreign += incoming->is_foreign ? 1 : 0;
            counts->unreadable += lineup->parked[i].is_readable || incoming->is_foreign ? 0 : 1;
        }
    }
    const enum lineup_state before =
        aggregate->was_frozen ? aggregate->frozen.reason : LINEUP_FLOWING;
    if (lineup->state != before) {
        counts->gaps += lineup->state == LINEUP_GAP ? 1 : 0;
        counts->forks += lineup->state == LINEUP_FORKED ? 1 : 0;
    }
}

enum error_kind batch_fold(struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->wants_parked) {
            lineup_parked_known(&aggregate->lineup, (size_t)aggregate->parked_total);
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

/* --- writing */

struct writing {
    struct batch *batch;
    const struct view_moment *moment;
    struct write_set *set;
    struct strbuf scratch; /* one document after the other */
};

/* Moves the document in the scratch buffer to the arena; data is NULL when that fails. */
static struct strview keep_document(struct writing *writing, bool is_coded)
{
    const struct strview document = strbuf_view(&writing->scratch);
    const char *copy = is_coded ? arena_copy(writing->batch->arena, document) : NULL;
    const struct strview kept = {.data = copy, .len = copy == NULL ? 0 : document.len};
    strbuf_reset(&writing->scratch);
    writing->set->failed = writing->set->failed || copy == NULL;
    return kept;
}

static void write_order(struct writing *writing, const struct batch_aggregate *aggregate)
{
    const size_t count = aggregate->applied_count;
    const struct order_view *after = &aggregate->after.order;
    struct arena *arena = writing->batch->arena;
    struct strview *timeline = arena_array(arena, count, sizeof *timeline);
    struct strview *messages = arena_array(arena, count, sizeof *messages);
    if (timeline == NULL || messages == NULL) {
        writing->set->failed = true;
        return;
    }
    struct strbuf *out = &writing->scratch;
    for (size_t i = 0; i < count; i++) {
        const struct batch_applied *applied = &aggregate->applied[i];
        timeline[i] = keep_document(writing, view_json_timeline(applied->event, out));
        messages[i] =
            keep_document(writing, view_json_message(applied->event, after->placed.customer_id,
                                                     applied->status, out));
    }
    const struct order_documents documents = {
        .details =
            keep_document(writing, view_json_details(after, writing->moment->projected_at_ms, out)),
        .timeline = timeline,
        .messages = messages,
        .count = count,
    };
    if (write_set_ok(writing->set)) {
        view_diff_order(&aggregate->before.order, after, &documents, writing->moment, writing->set);
    }
}

static void put_id(struct strbuf *out, struct strview id, size_t *skip)
{
    if (*skip > 0) {
        (*skip)--;
        return;
    }
    strbuf_append(out, out->len > 0 ? STRVIEW(" ") : STRVIEW(""));
    strbuf_append(out, id);
}

/* Of the last versions but the very last, which is last_event_id. */
static void write_ids(struct writing *writing, const struct batch_aggregate *aggregate)
{
    enum { BEFORE_MAX = BATCH_IDS_KEPT - 1 };
    struct strview rest = aggregate->ids_before;
    const struct strview last = last_event_id_of(aggregate->type, &aggregate->before);
    const size_t count = count_ids(rest) + count_ids(last) + aggregate->applied_count - 1;
    size_t skip = count > BEFORE_MAX ? count - BEFORE_MAX : 0;
    if (count == 0) {
        return; /* it is new */
    }
    while (rest.len > 0) {
        put_id(&writing->scratch, strview_take(&rest, ' '), &skip);
    }
    if (last.len > 0) {
        put_id(&writing->scratch, last, &skip);
    }
    for (size_t i = 0; i + 1 < aggregate->applied_count; i++) {
        put_id(&writing->scratch, aggregate->applied[i].event->event_id, &skip);
    }
    const struct strview ids = keep_document(writing, strbuf_ok(&writing->scratch));
    write_set_add2(writing->set, WRITE_HSET,
                   keys_view(writing->set->arena, aggregate->type, aggregate->id),
                   STRVIEW(BATCH_IDS_FIELD), ids);
}

static void write_customer(struct writing *writing, const struct batch_aggregate *aggregate)
{
    write_ids(writing, aggregate);
    view_diff_customer(&aggregate->before.customer, &aggregate->after.customer, writing->moment,
                       writing->set);
}

static void write_product(struct writing *writing, const struct batch_aggregate *aggregate)
{
    write_ids(writing, aggregate);
    view_diff_product(&aggregate->before.product, &aggregate->after.product, writing->moment,
                      writing->set);
}

/* All of them when the list shrank, else those that are new. */
static void write_parked(struct writing *writing, const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    struct write_set *set = writing->set;
    const struct strview key = keys_parked(set->arena, aggregate->type, aggregate->id);
    const bool takes_portion = lineup_takes_portion(lineup);
    if (takes_portion && lineup->stored > 0) {
        write_set_add2(set, WRITE_LTRIM_AT, key,
                       write_set_number(set, (int64_t)(lineup->stored + lineup->beyond)),
                       write_set_number(set, (int64_t)lineup->stored));
    } else if (lineup->has_shrunk) {
        write_set_del(set, key);
    }
    const bool is_anew = lineup->has_shrunk || takes_portion;
    size_t written = 0;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        const struct lineup_item *item = &lineup->parked[i];
        if (item->is_stored && !is_anew) {
            continue;
        }
        const struct strview form =
            keep_document(writing, incoming_park(item->event, &writing->scratch));
        if (written++ % PARKED_PER_WRITE == 0) {
            write_set_append(set, WRITE_RPUSH, key, form);
        } else {
            write_set_add(set, WRITE_RPUSH, key, form);
        }
    }
}

/* The same whatever the batches were: since when the first of the parked ones waits. */
static struct view_frozen frozen_after(const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    const bool is_first_known =
        lineup->is_parked_known && lineup->parked_count > 0 && !lineup_takes_portion(lineup);
    const struct incoming *first = is_first_known ? lineup->parked[0].event : NULL;
    return (struct view_frozen){
        .reason = lineup->state,
        .waits_for = lineup->version + 1,
        .since_ms = first == NULL ? aggregate->frozen.since_ms : first->at_ms,
        .pass_left = lineup->state == LINEUP_DRAINING ? (int64_t)lineup->pass_left : 0,
        .has_moved = lineup->state == LINEUP_DRAINING && lineup->has_moved,
    };
}

static bool is_same_frozen(const struct batch_aggregate *aggregate,
                           const struct view_frozen *frozen)
{
    return aggregate->was_frozen && aggregate->frozen.reason == frozen->reason &&
           aggregate->frozen.waits_for == frozen->waits_for &&
           aggregate->frozen.since_ms == frozen->since_ms &&
           aggregate->frozen.pass_left == frozen->pass_left &&
           aggregate->frozen.has_moved == frozen->has_moved;
}

static void write_frozen(struct writing *writing, const struct batch_aggregate *aggregate)
{
    struct write_set *set = writing->set;
    const struct strview field = keys_frozen_field(set->arena, aggregate->type, aggregate->id);
    const int64_t waited_for = aggregate->was_frozen ? aggregate->frozen.waits_for : 0;
    int64_t waits_for = 0;
    if (aggregate->lineup.state != LINEUP_FLOWING) {
        const struct view_frozen frozen = frozen_after(aggregate);
        waits_for = frozen.waits_for;
        if (!is_same_frozen(aggregate, &frozen)) {
            const struct strview document =
                keep_document(writing, view_json_frozen(&frozen, &writing->scratch));
            write_set_add2(set, WRITE_HSET, STRVIEW(KEYS_FROZEN), field, document);
        }
    } else if (aggregate->was_frozen) {
        write_set_add(set, WRITE_HDEL, STRVIEW(KEYS_FROZEN), field);
    }
    if (!strview_is(aggregate->id, INCOMING_NO_ID)) {
        view_diff_waiting(keys_view(set->arena, aggregate->type, aggregate->id), waited_for,
                          waits_for, set);
    }
}

/* Who takes over goes on with it, also when no event of it comes. */
static void write_draining(struct writing *writing, const struct batch_aggregate *aggregate)
{
    struct write_set *set = writing->set;
    const bool was = aggregate->is_drained ||
                     (aggregate->was_frozen && aggregate->frozen.reason == LINEUP_DRAINING);
    const bool is = aggregate->lineup.state == LINEUP_DRAINING;
    const struct strview field = keys_frozen_field(set->arena, aggregate->type, aggregate->id);
    if (is && !was) {
        write_set_add2(set, WRITE_HSET, STRVIEW(KEYS_DRAINING), field, writing->batch->slot);
    } else if (was && !is) {
        write_set_add(set, WRITE_HDEL, STRVIEW(KEYS_DRAINING), field);
    }
}

static void write_aggregate(struct writing *writing, const struct batch_aggregate *aggregate)
{
    typedef void write_fn(struct writing * writing, const struct batch_aggregate *aggregate);
#define WRITE_ROW(NAME, name) [AGGREGATE_##NAME] = write_##name,
    static write_fn *const WRITE[] = {AGGREGATES(WRITE_ROW)};
    if (aggregate->applied_count > 0) {
        WRITE[aggregate->type](writing, aggregate);
    }
    write_parked(writing, aggregate);
    write_frozen(writing, aggregate);
    write_draining(writing, aggregate);
}

static void write_counters(struct writing *writing)
{
    const struct batch_counts *counts = &writing->batch->counts;
    const struct {
        const char *field;
        size_t amount;
    } counters[] = {
        {"applied", counts->applied}, {"duplicates", counts->duplicates},
        {"parked", counts->parked},   {"dead", counts->unreadable},
        {"gaps", counts->gaps},       {"forks", counts->forks},
        {"untold", counts->untold},
    };
    struct write_set *set = writing->set;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (counters[i].amount > 0) {
            write_set_add2(set, WRITE_HINCRBY, STRVIEW(KEYS_STATUS), strview_of(counters[i].field),
                           write_set_number(set, (int64_t)counters[i].amount));
        }
    }
}

static void write_last(struct writing *writing)
{
    const struct incoming *last = writing->batch->last;
    struct write_set *set = writing->set;
    const struct strview document = keep_document(
        writing, view_json_last(last, writing->moment->projected_at_ms, &writing->scratch));
    const struct strview slot = keys_slot(set->arena, last->topic, last->partition);
    write_set_add2(set, WRITE_HSET, STRVIEW(KEYS_STATUS), keys_status_last(set->arena, slot),
                   document);
    if (writing->batch->last_identified != NULL) {
        const struct strview identity = keep_document(
            writing, view_json_identity(writing->batch->last_identified, &writing->scratch));
        write_set_add2(set, WRITE_HSET, STRVIEW(KEYS_IDENTITY), slot, identity);
    }
}

enum error_kind batch_write(struct batch *batch, const struct view_moment *moment,
                            struct write_set *set, struct error *err)
{
    struct writing writing = {.batch = batch, .moment = moment, .set = set};
    strbuf_init(&writing.scratch, DOCUMENT_MAX);
    write_set_init(set, batch->arena);
    for (size_t i = 0; i < batch->aggregate_count && write_set_ok(set); i++) {
        write_aggregate(&writing, batch->aggregates[i]);
    }
    if (write_set_ok(set)) {
        write_counters(&writing);
        if (batch->last != NULL) {
            write_last(&writing);
        }
    }
    strbuf_done(&writing.scratch);
    return write_set_ok(set) ? ERROR_NONE : exhausted(err);
}
