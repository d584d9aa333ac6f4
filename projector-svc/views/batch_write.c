/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/batch_write.h"

#include "common/base/strbuf.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/ops_minute.h"
#include "projector-svc/views/mark_json.h"
#include "projector-svc/views/stream_write.h"
#include "projector-svc/views/view_json.h"

enum {
    DOCUMENT_MAX = 16 << 20, /* bytes of one document; an order has at most 500 lines */
    PARKED_PER_WRITE = 1000, /* see ARGS_MAX in orderspine.lua */
    STRAYS_MAX = 1000,       /* parked records that belong to no aggregate; the newest are kept */
};

struct writing {
    struct batch *batch;
    const struct view_moment *moment;
    struct write_set *set;
    struct strbuf scratch; /* one document after the other, in the batch's arena */
};

/* Leaves the document where it was written; the set fails when it is not whole. */
static struct strview keep_document(struct writing *writing, bool is_coded)
{
    const struct strview kept = strbuf_keep(&writing->scratch);
    writing->set->failed = writing->set->failed || !is_coded || kept.data == NULL;
    return kept;
}

/* Each by itself, also where several came in one batch: a replay counts the same. */
static void count_transitions(struct writing *writing, const struct batch_aggregate *aggregate)
{
    enum order_status status = aggregate->before.order.status;
    for (size_t i = 0; i < aggregate->applied_count; i++) {
        const struct batch_applied *applied = &aggregate->applied[i];
        if (applied->status != status) {
            const struct ops_transition transition = {
                .at_ms = applied->event->at_ms,
                .region = applied->region,
                .provider = aggregate->after.order.placed.provider,
                .status = applied->status,
            };
            ops_minute_count(&transition, writing->moment->projected_at_ms, writing->set);
        }
        status = applied->status;
    }
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
        timeline[i] =
            keep_document(writing, view_json_timeline(applied->event, writing->batch->times, out));
        messages[i] =
            keep_document(writing, view_json_message(applied->event, after->placed.customer_id,
                                                     applied->status, out));
    }
    const struct order_documents documents = {
        .details = keep_document(writing, view_json_details(after, writing->moment->projected_at_ms,
                                                            writing->batch->times, out)),
        .timeline = timeline,
        .messages = messages,
        .count = count,
    };
    if (write_set_ok(writing->set)) {
        view_diff_order(&aggregate->before.order, after, &documents, writing->moment, writing->set);
        count_transitions(writing, aggregate);
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
    const struct strview last = batch_aggregate_last_id(aggregate);
    const size_t count = batch_aggregate_count_ids(rest) + batch_aggregate_count_ids(last) +
                         aggregate->applied_count - 1;
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
    write_set_add2(
        writing->set, WRITE_HSET,
        keys_view(writing->set->arena, writing->set->partition, aggregate->type, aggregate->id),
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

/* Levels come in thousands and each says all: which event an old one was is not kept. */
static void write_stock(struct writing *writing, const struct batch_aggregate *aggregate)
{
    view_diff_stock(&aggregate->before.stock, &aggregate->after.stock, writing->set);
}

/* All of them when the list shrank, else those that are new. */
static void write_parked(struct writing *writing, const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    struct write_set *set = writing->set;
    const struct strview key =
        keys_parked(set->arena, set->partition, aggregate->type, aggregate->id);
    const bool takes_portion = lineup_takes_portion(lineup);
    if (takes_portion && lineup->portion.stored > 0) {
        write_set_add2(
            set, WRITE_LTRIM_AT, key,
            write_set_number(set, (int64_t)(lineup->portion.stored + lineup->portion.beyond)),
            write_set_number(set, (int64_t)lineup->portion.stored));
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
    if (written > 0 && strview_is(aggregate->id, INCOMING_NO_ID)) {
        write_set_add(set, WRITE_LCAP, key, write_set_number(set, STRAYS_MAX));
    }
}

/* Who has looked at the version that comes next: not we where it was parked before and stayed
 * there, nor where the pass that ends now was begun by another. */
static struct strview reader_after(const struct writing *writing,
                                   const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    const bool is_apart = lineup->before == LINEUP_PARKED_APART &&
                          lineup->state == batch_aggregate_state_before(aggregate);
    return is_apart || lineup->portion.was_draining ? aggregate->frozen.reader
                                                    : writing->batch->reader;
}

/* How much of what was decided has been looked at: what was when the pass began. */
static int64_t decided_after(const struct batch_aggregate *aggregate)
{
    const bool begins = aggregate->portion > 0 && !batch_aggregate_stays(aggregate) &&
                        !aggregate->lineup.portion.was_draining;
    return begins ? aggregate->decided : aggregate->frozen.decided;
}

/* The same whatever the batches were: since when the first of the parked ones waits. */
static struct mark_frozen frozen_after(const struct writing *writing,
                                       const struct batch_aggregate *aggregate)
{
    const struct lineup *lineup = &aggregate->lineup;
    const bool is_first_known = lineup->before != LINEUP_PARKED_APART && lineup->parked_count > 0 &&
                                !lineup_takes_portion(lineup);
    const struct incoming *first = is_first_known ? lineup->parked[0].event : NULL;
    return (struct mark_frozen){
        .reason = lineup->state,
        .waits_for = lineup->version + 1,
        .since_ms = first == NULL ? aggregate->frozen.since_ms : first->at_ms,
        .pass_left = lineup->state == LINEUP_DRAINING ? (int64_t)lineup->portion.pass_left : 0,
        .pass = lineup->state == LINEUP_DRAINING ? lineup->portion.pass : LINEUP_PASS_NOTHING,
        .reader = reader_after(writing, aggregate),
        .decided = decided_after(aggregate),
    };
}

static bool is_same_frozen(const struct batch_aggregate *aggregate,
                           const struct mark_frozen *frozen)
{
    return aggregate->was_frozen && aggregate->frozen.reason == frozen->reason &&
           aggregate->frozen.waits_for == frozen->waits_for &&
           aggregate->frozen.since_ms == frozen->since_ms &&
           aggregate->frozen.pass_left == frozen->pass_left &&
           aggregate->frozen.pass == frozen->pass && aggregate->frozen.decided == frozen->decided &&
           !mark_wants_reader(&aggregate->frozen, frozen->reader);
}

static void write_frozen(struct writing *writing, const struct batch_aggregate *aggregate)
{
    struct write_set *set = writing->set;
    const struct strview field = keys_frozen_field(set->arena, aggregate->type, aggregate->id);
    const int64_t waited_for = aggregate->was_frozen ? aggregate->frozen.waits_for : 0;
    int64_t waits_for = 0;
    if (aggregate->lineup.state != LINEUP_FLOWING) {
        const struct mark_frozen frozen = frozen_after(writing, aggregate);
        waits_for = frozen.waits_for;
        /* an operator may have emptied the list of those of no aggregate just now */
        if (!is_same_frozen(aggregate, &frozen) || strview_is(aggregate->id, INCOMING_NO_ID)) {
            const struct strview document =
                keep_document(writing, mark_json_frozen(&frozen, &writing->scratch));
            write_set_add2(set, WRITE_HSET, keys_named(set->arena, set->partition, KEYS_FROZEN),
                           field, document);
        }
    } else if (aggregate->was_frozen) {
        write_set_add(set, WRITE_HDEL, keys_named(set->arena, set->partition, KEYS_FROZEN), field);
    }
    if (!strview_is(aggregate->id, INCOMING_NO_ID)) {
        const bool is_stock = aggregate->type == AGGREGATE_STOCK; /* in the product's hash */
        view_diff_waiting(keys_view(set->arena, set->partition, aggregate->type, aggregate->id),
                          is_stock ? "stock_waiting_for" : "waiting_for", waited_for, waits_for,
                          set);
    }
}

/* Who takes over goes on with it, also when no event of it comes. One that is drained may be listed
 * or not: a person lists it, a program that tries again does not. */
static void write_draining(struct writing *writing, const struct batch_aggregate *aggregate)
{
    struct write_set *set = writing->set;
    const bool was = batch_aggregate_state_before(aggregate) == LINEUP_DRAINING;
    const bool is = aggregate->lineup.state == LINEUP_DRAINING;
    const struct strview field = keys_frozen_field(set->arena, aggregate->type, aggregate->id);
    if (is && !was) {
        write_set_add2(set, WRITE_HSET, keys_named(set->arena, set->partition, KEYS_DRAINING),
                       field, writing->batch->slot);
    } else if (!is && (was || aggregate->is_drained)) {
        write_set_add(set, WRITE_HDEL, keys_named(set->arena, set->partition, KEYS_DRAINING),
                      field);
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
        {"stale", counts->untold},    {"untold", counts->untold},
        {"retries", counts->retries},
    };
    struct write_set *set = writing->set;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (counters[i].amount > 0) {
            write_set_add2(set, WRITE_HINCRBY, keys_named(set->arena, set->partition, KEYS_STATUS),
                           strview_of(counters[i].field),
                           write_set_number(set, (int64_t)counters[i].amount));
        }
    }
}

static void write_last(struct writing *writing)
{
    const struct incoming *last = writing->batch->last;
    struct write_set *set = writing->set;
    const struct strview document = keep_document(
        writing, mark_json_last(last, writing->moment->projected_at_ms, &writing->scratch));
    const struct strview slot = keys_slot(set->arena, last->topic, last->partition);
    write_set_add2(set, WRITE_HSET, keys_named(set->arena, set->partition, KEYS_STATUS),
                   keys_status_last(set->arena, slot), document);
    if (writing->batch->last_identified != NULL) {
        const struct strview identity = keep_document(
            writing, mark_json_identity(writing->batch->last_identified, &writing->scratch));
        write_set_add2(set, WRITE_HSET, keys_named(set->arena, set->partition, KEYS_IDENTITY), slot,
                       identity);
    }
}

enum error_kind batch_write(struct batch *batch, const struct view_moment *moment,
                            struct write_set *set, struct error *err)
{
    struct writing writing = {.batch = batch, .moment = moment, .set = set};
    strbuf_init_in(&writing.scratch, batch->arena, DOCUMENT_MAX);
    write_set_init(set, batch->arena);
    set->partition = batch->partition;
    set->is_quiet = batch->is_quiet;
    if (!batch->is_quiet) {
        stream_write(batch, moment, set);
    }
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
    return write_set_ok(set)
               ? ERROR_NONE
               : error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory to be written");
}
