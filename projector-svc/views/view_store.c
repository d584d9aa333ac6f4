/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_store.h"

#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/mark_json.h"
#include "projector-svc/views/view_json.h"
#include "projector-svc/views/view_read.h"

#include <assert.h>

enum {
    COMMANDS_MAX = 4 + 3 * BATCH_EVENTS_MAX,
    /* That a batch loads: folded on, they are in memory several times over. Two of the largest
     * orders there are fit, so that a batch of one event, with one aggregate drained, always does.
     */
    DOCUMENTS_BYTES = 1 << 20,
};

struct commands {
    struct redisconn_command list[COMMANDS_MAX];
    size_t count;
    bool failed;
};

static void add_command(struct commands *commands, const struct arglist *args)
{
    assert(commands->count < COMMANDS_MAX);
    commands->failed = commands->failed || args->failed;
    commands->list[commands->count++] =
        (struct redisconn_command){.args = args->args, .count = args->count};
}

static enum error_kind exhausted(struct error *err)
{
    return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory");
}

/* A call on its way; lives in the batch's arena. */
struct trip {
    struct batch *batch;
    enum error_kind (*read)(struct batch *batch, const struct redisconn_reply *reply,
                            struct error *err);
    view_store_done_fn *done;
    void *user;
};

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && trip->read(trip->batch, reply, &err) != ERROR_NONE) {
        failure = &err;
    }
    trip->done(trip->user, failure);
}

static enum error_kind send_trip(struct redisconn *conn, const struct commands *commands,
                                 const struct trip *values, struct error *err)
{
    struct arena *arena = values->batch->arena;
    struct trip *trip = arena_alloc(arena, sizeof *trip);
    if (trip == NULL || commands->failed) {
        return exhausted(err);
    }
    *trip = *values;
    return view_read(conn, arena, commands->list, commands->count, on_reply, trip, err);
}

/* --- the first trip: frozen states and views */

static const char *const CUSTOMER_FIELDS[] = {
    "name", "email", "phone", "active", "source_version", "last_event_id", BATCH_IDS_FIELD};
static const char *const PRODUCT_FIELDS[] = {"name",         "currency",       "unit_price_minor",
                                             "discontinued", "source_version", "last_event_id",
                                             BATCH_IDS_FIELD};
static const char *const STOCK_FIELDS[] = {"available", "stock_version", "stock_event_id"};
enum {
    CUSTOMER_FIELD_COUNT = sizeof CUSTOMER_FIELDS / sizeof CUSTOMER_FIELDS[0],
    PRODUCT_FIELD_COUNT = sizeof PRODUCT_FIELDS / sizeof PRODUCT_FIELDS[0],
    STOCK_FIELD_COUNT = sizeof STOCK_FIELDS / sizeof STOCK_FIELDS[0],
};

/* What stands of each aggregate in this hash. */
static void ask_marks(const struct batch *batch, struct strview key, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    arglist_add(&args, STRVIEW("HMGET"));
    arglist_add(&args, key);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        arglist_add(&args, keys_frozen_field(batch->arena, aggregate->type, aggregate->id));
    }
    add_command(commands, &args);
}

static size_t count_orders(const struct batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        count += batch->aggregates[i]->type == AGGREGATE_ORDER ? 1 : 0;
    }
    return count;
}

/* Documents have no small bound of their own, so all of a batch's orders share one. */
static void ask_orders(const struct batch *batch, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    if (count_orders(batch) == 0) {
        return;
    }
    arglist_add(&args, STRVIEW("STRINGS"));
    arglist_add_number(&args, DOCUMENTS_BYTES);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        if (batch->aggregates[i]->type == AGGREGATE_ORDER) {
            arglist_add(&args, keys_order_details(batch->arena, batch->partition,
                                                  batch->aggregates[i]->id));
        }
    }
    add_command(commands, &args);
}

static void ask_hash(const struct batch *batch, const struct batch_aggregate *aggregate,
                     struct commands *commands)
{
    static const struct {
        const char *const *fields;
        size_t count;
    } HASHES[AGGREGATE_COUNT] = {
        [AGGREGATE_CUSTOMER] = {CUSTOMER_FIELDS, CUSTOMER_FIELD_COUNT},
        [AGGREGATE_PRODUCT] = {PRODUCT_FIELDS, PRODUCT_FIELD_COUNT},
        [AGGREGATE_STOCK] = {STOCK_FIELDS, STOCK_FIELD_COUNT},
    };
    struct arglist args = {.arena = batch->arena};
    arglist_add(&args, STRVIEW("HMGET"));
    arglist_add(&args, keys_view(batch->arena, batch->partition, aggregate->type, aggregate->id));
    for (size_t i = 0; i < HASHES[aggregate->type].count; i++) {
        arglist_add(&args, strview_of(HASHES[aggregate->type].fields[i]));
    }
    add_command(commands, &args);
}

/* Replies live for their callback only; what a batch keeps of them moves to its arena. */
static struct strview keep(struct batch *batch, const struct redisconn_reply *reply, bool *failed)
{
    const struct strview text = redisconn_reply_text(reply);
    const struct strview copy = arena_view(batch->arena, text);
    *failed = *failed || copy.data == NULL;
    return copy;
}

static enum error_kind read_order(struct batch *batch, struct batch_aggregate *aggregate,
                                  const struct redisconn_reply *reply, struct error *err)
{
    if (redisconn_reply_is_nil(reply)) {
        return ERROR_NONE;
    }
    bool failed = false;
    const struct strview details = keep(batch, reply, &failed);
    if (failed) {
        return exhausted(err);
    }
    const enum error_kind kind =
        view_json_read_details(details, batch->arena, &aggregate->before.order, err);
    return kind == ERROR_NONE
               ? kind
               : error_context(err, "stored details of order %.*s", STRVIEW_ARG(aggregate->id));
}

static enum error_kind read_customer(struct batch *batch, struct batch_aggregate *aggregate,
                                     const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    aggregate->before.customer = (struct customer_view){
        .name = keep(batch, redisconn_reply_at(reply, 0), &failed),
        .email = keep(batch, redisconn_reply_at(reply, 1), &failed),
        .phone = keep(batch, redisconn_reply_at(reply, 2), &failed),
        .is_active = redisconn_reply_integer_at(reply, 3, 0) == 1,
        .version = redisconn_reply_integer_at(reply, 4, 0),
        .last_event_id = keep(batch, redisconn_reply_at(reply, 5), &failed),
    };
    aggregate->ids_before = keep(batch, redisconn_reply_at(reply, 6), &failed);
    return failed ? exhausted(err) : ERROR_NONE;
}

static enum error_kind read_product(struct batch *batch, struct batch_aggregate *aggregate,
                                    const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    aggregate->before.product = (struct product_view){
        .name = keep(batch, redisconn_reply_at(reply, 0), &failed),
        .currency = keep(batch, redisconn_reply_at(reply, 1), &failed),
        .unit_price_minor = redisconn_reply_integer_at(reply, 2, 0),
        .is_discontinued = redisconn_reply_integer_at(reply, 3, 0) == 1,
        .version = redisconn_reply_integer_at(reply, 4, 0),
        .last_event_id = keep(batch, redisconn_reply_at(reply, 5), &failed),
    };
    aggregate->ids_before = keep(batch, redisconn_reply_at(reply, 6), &failed);
    return failed ? exhausted(err) : ERROR_NONE;
}

static enum error_kind read_stock(struct batch *batch, struct batch_aggregate *aggregate,
                                  const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    aggregate->before.stock = (struct stock_view){
        .available = redisconn_reply_integer_at(reply, 0, 0),
        .version = redisconn_reply_integer_at(reply, 1, 0),
        .last_event_id = keep(batch, redisconn_reply_at(reply, 2), &failed),
    };
    return failed ? exhausted(err) : ERROR_NONE;
}

typedef enum error_kind read_fn(struct batch *batch, struct batch_aggregate *aggregate,
                                const struct redisconn_reply *reply, struct error *err);

#define READ_ROW(NAME, name) [AGGREGATE_##NAME] = read_##name,
static read_fn *const READ[] = {AGGREGATES(READ_ROW)};

static bool read_frozen(struct batch *batch, const struct redisconn_reply *frozen)
{
    bool failed = false;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        const struct redisconn_reply *state = redisconn_reply_at(frozen, i);
        if (!redisconn_reply_is_nil(state)) {
            aggregate->was_frozen = true;
            aggregate->frozen = mark_json_read_frozen(keep(batch, state, &failed), batch->arena);
        }
    }
    return !failed;
}

/* The orders' documents come as one reply, of which as much is there as may be. */
static enum error_kind read_views(struct batch *batch, const struct redisconn_reply *reply,
                                  struct error *err)
{
    const struct redisconn_reply *documents = redisconn_reply_at(reply, 1);
    size_t order = 0;
    size_t hash = count_orders(batch) > 0 ? 2 : 1;
    enum error_kind kind = ERROR_NONE;
    if (!read_frozen(batch, redisconn_reply_at(reply, 0)) ||
        redisconn_reply_count(documents) < count_orders(batch)) {
        return exhausted(err);
    }
    for (size_t i = 0; i < batch->aggregate_count && kind == ERROR_NONE; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        const bool is_order = aggregate->type == AGGREGATE_ORDER;
        kind = READ[aggregate->type](batch, aggregate,
                                     is_order ? redisconn_reply_at(documents, order++)
                                              : redisconn_reply_at(reply, hash++),
                                     err);
    }
    return kind;
}

enum error_kind view_store_load(struct redisconn *conn, struct batch *batch,
                                view_store_done_fn *done, void *user, struct error *err)
{
    struct commands commands = {.count = 0};
    ask_marks(batch, keys_named(batch->arena, batch->partition, KEYS_FROZEN), &commands);
    ask_orders(batch, &commands);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        if (batch->aggregates[i]->type != AGGREGATE_ORDER) {
            ask_hash(batch, batch->aggregates[i], &commands);
        }
    }
    const struct trip trip = {.batch = batch, .read = read_views, .done = done, .user = user};
    return send_trip(conn, &commands, &trip, err);
}

/* --- the rare second trip: decisions, parked events, ids of old versions */

/* All that want some share what one batch may load: who gets none of it is left draining. */
static void ask_parked(const struct batch *batch, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    arglist_add(&args, STRVIEW("HEADS"));
    arglist_add_number(&args, BATCH_PARKED_BYTES);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->portion > 0) {
            arglist_add(
                &args, keys_parked(batch->arena, batch->partition, aggregate->type, aggregate->id));
            arglist_add_number(&args, aggregate->portion);
        }
    }
    add_command(commands, &args);
}

static void ask_old(const struct batch *batch, const struct batch_aggregate *aggregate,
                    int64_t version, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    arglist_add(&args, STRVIEW("LINDEX"));
    arglist_add(&args, keys_order_timeline(batch->arena, batch->partition, aggregate->id));
    arglist_add_number(&args, version - 1);
    add_command(commands, &args);
}

/* The list's length, then its first elements. */
static enum error_kind read_parked(struct batch *batch, struct batch_aggregate *aggregate,
                                   const struct redisconn_reply *reply, struct error *err)
{
    aggregate->parked_total = redisconn_reply_integer_at(reply, 0, 0);
    for (size_t i = 1; i < redisconn_reply_count(reply); i++) {
        bool failed = false;
        const struct strview form = keep(batch, redisconn_reply_at(reply, i), &failed);
        const enum error_kind kind =
            failed ? exhausted(err) : batch_add_parked(batch, aggregate, form, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

static enum error_kind read_decided(struct batch *batch, struct batch_aggregate *aggregate,
                                    const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    const struct strview json = keep(batch, reply, &failed);
    return failed ? exhausted(err) : batch_decide(batch, aggregate, json, err);
}

/* What was decided says what becomes of what was parked, so it comes first. */
static enum error_kind read_waiting(struct batch *batch, const struct redisconn_reply *decided,
                                    const struct redisconn_reply *heads, struct error *err)
{
    size_t at = 0;
    enum error_kind kind = ERROR_NONE;
    for (size_t i = 0; i < batch->aggregate_count && kind == ERROR_NONE; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->portion == 0) {
            continue;
        }
        kind = read_decided(batch, aggregate, redisconn_reply_at(decided, i), err);
        const struct redisconn_reply *head = redisconn_reply_at(heads, at++);
        if (kind == ERROR_NONE && !batch_aggregate_stays(aggregate)) {
            kind = read_parked(batch, aggregate, head, err);
        }
    }
    return kind;
}

static enum error_kind read_more(struct batch *batch, const struct redisconn_reply *reply,
                                 struct error *err)
{
    size_t at = 0;
    if (batch->wants_parked) {
        const struct redisconn_reply *decided = redisconn_reply_at(reply, at++);
        const struct redisconn_reply *heads = redisconn_reply_at(reply, at++);
        if (read_waiting(batch, decided, heads, err) != ERROR_NONE) {
            return err->kind;
        }
    }
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        for (size_t j = 0; j < aggregate->old_count; j++) {
            aggregate->old_versions[j].event_id =
                view_json_timeline_event_id(redisconn_reply_text_at(reply, at++), batch->arena);
        }
    }
    return ERROR_NONE;
}

enum error_kind view_store_load_more(struct redisconn *conn, struct batch *batch,
                                     view_store_done_fn *done, void *user, struct error *err)
{
    struct commands commands = {.count = 0};
    if (batch->wants_parked) {
        ask_marks(batch, keys_named(batch->arena, batch->partition, KEYS_DECIDED), &commands);
        ask_parked(batch, &commands);
    }
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        for (size_t j = 0; j < aggregate->old_count; j++) {
            ask_old(batch, aggregate, aggregate->old_versions[j].version, &commands);
        }
    }
    const struct trip trip = {.batch = batch, .read = read_more, .done = done, .user = user};
    return send_trip(conn, &commands, &trip, err);
}
