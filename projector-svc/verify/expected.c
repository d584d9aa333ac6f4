/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/expected.h"

#include "projector-svc/core/keys.h"
#include "projector-svc/views/batch.h"
#include "projector-svc/views/batch_write.h"

/* Up to so many events one is folded after the other; more, in batches: each writes its documents.
 */
enum { SINGLE_MAX = 16 };

/* --- a batch's writes */

static struct expected_item *find(const struct expected *expected, enum expected_kind kind,
                                  struct strview key, struct strview member)
{
    for (size_t i = 0; i < expected->count; i++) {
        struct expected_item *item = &expected->items[i];
        if (item->kind == kind && strview_equal(item->key, key) &&
            strview_equal(item->member, member)) {
            return item;
        }
    }
    return NULL;
}

static void add(struct expected *expected, const struct expected_item *item)
{
    struct expected_item *items = arena_grow(expected->arena, expected->items, expected->count,
                                             &expected->cap, sizeof *items);
    expected->failed = expected->failed || items == NULL;
    if (items != NULL) {
        expected->items = items;
        expected->items[expected->count++] = *item;
    }
}

static void put(struct expected *expected, const struct expected_item *item)
{
    struct expected_item *known = find(expected, item->kind, item->key, item->member);
    if (known == NULL) {
        add(expected, item);
    } else {
        *known = *item;
    }
}

/* Fields and members: each with what stands beside it, or alone. */
static void put_pairs(struct expected *expected, const struct write *write, enum expected_kind kind)
{
    const bool is_scored = kind == EXPECTED_SCORE; /* the score comes first */
    for (size_t i = 0; i + 1 < write->count; i += 2) {
        put(expected, &(struct expected_item){.kind = kind,
                                              .key = write->key,
                                              .member = write->args[is_scored ? i + 1 : i],
                                              .value = write->args[is_scored ? i : i + 1]});
    }
}

static void put_each(struct expected *expected, const struct write *write, enum expected_kind kind,
                     enum expected_presence presence)
{
    for (size_t i = 0; i < write->count; i++) {
        put(expected,
            &(struct expected_item){
                .kind = kind, .presence = presence, .key = write->key, .member = write->args[i]});
    }
}

static void take_hset(struct expected *expected, const struct write *write)
{
    put_pairs(expected, write, EXPECTED_FIELD);
}

static void take_hdel(struct expected *expected, const struct write *write)
{
    put_each(expected, write, EXPECTED_FIELD, EXPECTED_GONE);
}

static void take_set(struct expected *expected, const struct write *write)
{
    put(expected, &(struct expected_item){.kind = EXPECTED_STRING,
                                          .key = write->key,
                                          .value = write->args[write->count - 1]});
}

static void take_rpush_at(struct expected *expected, const struct write *write)
{
    for (size_t i = 1; i < write->count; i++) {
        add(expected, &(struct expected_item){
                          .kind = EXPECTED_ELEMENT, .key = write->key, .value = write->args[i]});
    }
}

static void take_sadd(struct expected *expected, const struct write *write)
{
    put_each(expected, write, EXPECTED_MEMBER, EXPECTED_THERE);
}

static void take_srem(struct expected *expected, const struct write *write)
{
    put_each(expected, write, EXPECTED_MEMBER, EXPECTED_GONE);
}

static void take_zadd(struct expected *expected, const struct write *write)
{
    put_pairs(expected, write, EXPECTED_SCORE);
}

static void take_zrem(struct expected *expected, const struct write *write)
{
    put_each(expected, write, EXPECTED_SCORE, EXPECTED_GONE);
}

static void take_zcap(struct expected *expected, const struct write *write)
{
    for (size_t i = 0; i < expected->count; i++) {
        struct expected_item *item = &expected->items[i];
        if (item->kind == EXPECTED_SCORE && item->presence == EXPECTED_THERE &&
            strview_equal(item->key, write->key)) {
            item->presence = EXPECTED_PERHAPS;
        }
    }
}

void expected_take(struct expected *expected, const struct write_set *set)
{
    typedef void take_fn(struct expected * expected, const struct write *write);
    static take_fn *const TAKE[WRITE_KIND_COUNT] = {
        [WRITE_HSET] = take_hset,         [WRITE_HDEL] = take_hdel, [WRITE_SET] = take_set,
        [WRITE_RPUSH_AT] = take_rpush_at, [WRITE_SADD] = take_sadd, [WRITE_SREM] = take_srem,
        [WRITE_ZADD] = take_zadd,         [WRITE_ZREM] = take_zrem, [WRITE_ZCAP] = take_zcap,
    };
    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->writes[i];
        if (TAKE[write->kind] != NULL && !keys_is_ours(write->key)) {
            TAKE[write->kind](expected, write);
        }
    }
}

/* --- folding */

struct folding {
    const struct expected_events *events;
    const struct view_moment *moment;
    struct arena *arena;
    struct batch_view view;
};

static enum error_kind exhausted(struct error *err)
{
    return error_set(err, ERROR_EXHAUSTED, "an aggregate needs too much memory");
}

/* What an earlier batch left behind, as the store would load it. */
static void begin(const struct folding *folding, struct batch_aggregate *aggregate,
                  const struct expected *expected)
{
    const struct expected_item *ids = find(
        expected, EXPECTED_FIELD,
        keys_view(folding->arena, keys_partition_of(aggregate->id), aggregate->type, aggregate->id),
        STRVIEW(BATCH_IDS_FIELD));
    aggregate->before = folding->view;
    aggregate->ids_before = ids == NULL ? STRVIEW("") : ids->value;
}

static enum error_kind fold(struct folding *folding, size_t from, size_t count,
                            struct expected *expected, struct error *err)
{
    struct batch batch;
    struct write_set set;
    bool wants_more;
    enum error_kind kind = batch_init(&batch, folding->arena, err);
    for (size_t i = 0; i < count && kind == ERROR_NONE; i++) {
        kind = batch_add(&batch, folding->events->list[from + i], err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct batch_aggregate *aggregate = batch.aggregates[0];
    begin(folding, aggregate, expected);
    kind = batch_look(&batch, &wants_more, err);
    kind = kind == ERROR_NONE ? batch_fold(&batch, err) : kind;
    if (kind == ERROR_NONE && aggregate->lineup.state != LINEUP_FLOWING) {
        return error_set(err, ERROR_INVALID, "version %lld cannot be read",
                         (long long)aggregate->lineup.version + 1);
    }
    kind = kind == ERROR_NONE ? batch_write(&batch, folding->moment, &set, err) : kind;
    if (kind == ERROR_NONE) {
        expected_take(expected, &set);
        folding->view = aggregate->after;
    }
    return kind;
}

/* Of a level nothing is kept but the last, which is told from any that may have been before. */
static struct batch_view view_before(const struct expected_events *events)
{
    struct batch_view view = {.order = {.version = 0}};
    if (events->type == AGGREGATE_STOCK && events->count > 0) {
        view.stock = (struct stock_view){
            .sku = events->id, .version = events->list[0]->version - 1, .available = -1};
    }
    return view;
}

enum error_kind expected_make(const struct expected_events *events,
                              const struct view_moment *moment, struct arena *arena,
                              struct expected *ret, struct error *err)
{
    struct expected expected = {.arena = arena,
                                .is_shared = events->type == AGGREGATE_PRODUCT ||
                                             events->type == AGGREGATE_STOCK};
    struct folding folding = {
        .events = events,
        .moment = moment,
        .arena = arena,
        .view = view_before(events),
    };
    const size_t portion = events->count <= SINGLE_MAX ? 1 : BATCH_EVENTS_MAX;
    for (size_t from = 0; from < events->count; from += portion) {
        const size_t left = events->count - from;
        const enum error_kind kind =
            fold(&folding, from, left < portion ? left : portion, &expected, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    *ret = expected;
    return expected.failed ? exhausted(err) : ERROR_NONE;
}
