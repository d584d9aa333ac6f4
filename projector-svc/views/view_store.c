/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_store.h"

#include "common/base/cleanup.h"
#include "common/io/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/view_json.h"
#include "projector-svc/views/view_read.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- commands being put together */

struct arglist {
    struct arena *arena;
    struct strview *args;
    size_t count;
    size_t cap;
    bool failed;
};

static void add(struct arglist *list, struct strview arg)
{
    if (list->count == list->cap) {
        const size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct strview *args = arena_array(list->arena, cap, sizeof *args);
        if (args == NULL) {
            list->failed = true;
            return;
        }
        if (list->count > 0) {
            memcpy(args, list->args, list->count * sizeof *args);
        }
        list->args = args;
        list->cap = cap;
    }
    list->failed = list->failed || arg.data == NULL;
    list->args[list->count++] = arg;
}

static void add_number(struct arglist *list, int64_t value)
{
    char text[sizeof "-9223372036854775808"];
    const int len = snprintf(text, sizeof text, "%" PRId64, value);
    const char *copy = arena_copy(list->arena, (struct strview){.data = text, .len = (size_t)len});
    add(list, (struct strview){.data = copy, .len = (size_t)len});
}

enum { COMMANDS_MAX = 4 + 3 * BATCH_EVENTS_MAX };

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
    view_store_done_fn *done;
    void *user;
};

static enum error_kind send_trip(struct redisconn *conn, const struct commands *commands,
                                 struct batch *batch, redisconn_reply_fn *on_reply,
                                 const struct trip *values, struct error *err)
{
    struct trip *trip = arena_alloc(batch->arena, sizeof *trip);
    if (trip == NULL || commands->failed) {
        return exhausted(err);
    }
    *trip = *values;
    return view_read(conn, batch->arena, commands->list, commands->count, on_reply, trip, err);
}

/* --- the first trip: frozen states and views */

static const char *const CUSTOMER_FIELDS[] = {
    "name", "email", "phone", "active", "source_version", "last_event_id", BATCH_IDS_FIELD};
static const char *const PRODUCT_FIELDS[] = {"name",           "currency",      "unit_price_minor",
                                             "source_version", "last_event_id", BATCH_IDS_FIELD};
enum {
    CUSTOMER_FIELD_COUNT = sizeof CUSTOMER_FIELDS / sizeof CUSTOMER_FIELDS[0],
    PRODUCT_FIELD_COUNT = sizeof PRODUCT_FIELDS / sizeof PRODUCT_FIELDS[0],
};

static void ask_frozen(const struct batch *batch, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    add(&args, STRVIEW("HMGET"));
    add(&args, STRVIEW(KEYS_FROZEN));
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        add(&args, keys_frozen_field(batch->arena, aggregate->type, aggregate->id));
    }
    add_command(commands, &args);
}

static void ask_view(const struct batch *batch, const struct batch_aggregate *aggregate,
                     struct commands *commands)
{
    static const struct {
        const char *const *fields;
        size_t count;
    } HASHES[AGGREGATE_COUNT] = {
        [AGGREGATE_CUSTOMER] = {CUSTOMER_FIELDS, CUSTOMER_FIELD_COUNT},
        [AGGREGATE_PRODUCT] = {PRODUCT_FIELDS, PRODUCT_FIELD_COUNT},
    };
    struct arglist args = {.arena = batch->arena};
    if (aggregate->type == AGGREGATE_ORDER) {
        add(&args, STRVIEW("GET"));
        add(&args, keys_order_details(batch->arena, aggregate->id));
    } else {
        add(&args, STRVIEW("HMGET"));
        add(&args, keys_view(batch->arena, aggregate->type, aggregate->id));
        for (size_t i = 0; i < HASHES[aggregate->type].count; i++) {
            add(&args, strview_of(HASHES[aggregate->type].fields[i]));
        }
    }
    add_command(commands, &args);
}

/* Replies live for their callback only; what a batch keeps of them moves to its arena. */
static struct strview keep(struct batch *batch, const struct redisconn_reply *reply, bool *failed)
{
    const struct strview text = redisconn_reply_text(reply);
    const char *copy = arena_copy(batch->arena, text);
    *failed = *failed || copy == NULL;
    return (struct strview){.data = copy, .len = copy == NULL ? 0 : text.len};
}

static enum error_kind take_order(struct batch *batch, struct batch_aggregate *aggregate,
                                  const struct redisconn_reply *reply, struct error *err)
{
    if (redisconn_reply_is_nil(reply)) {
        return ERROR_NONE;
    }
    const enum error_kind kind = view_json_read_details(redisconn_reply_text(reply), batch->arena,
                                                        &aggregate->before.order, err);
    return kind == ERROR_NONE
               ? kind
               : error_context(err, "stored details of order %.*s", STRVIEW_ARG(aggregate->id));
}

static enum error_kind take_customer(struct batch *batch, struct batch_aggregate *aggregate,
                                     const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    aggregate->before.customer = (struct customer_view){
        .name = keep(batch, redisconn_reply_at(reply, 0), &failed),
        .email = keep(batch, redisconn_reply_at(reply, 1), &failed),
        .phone = keep(batch, redisconn_reply_at(reply, 2), &failed),
        .is_active = redisconn_reply_integer(redisconn_reply_at(reply, 3), 0) == 1,
        .version = redisconn_reply_integer(redisconn_reply_at(reply, 4), 0),
        .last_event_id = keep(batch, redisconn_reply_at(reply, 5), &failed),
    };
    aggregate->ids_before = keep(batch, redisconn_reply_at(reply, 6), &failed);
    return failed ? exhausted(err) : ERROR_NONE;
}

static enum error_kind take_product(struct batch *batch, struct batch_aggregate *aggregate,
                                    const struct redisconn_reply *reply, struct error *err)
{
    bool failed = false;
    aggregate->before.product = (struct product_view){
        .name = keep(batch, redisconn_reply_at(reply, 0), &failed),
        .currency = keep(batch, redisconn_reply_at(reply, 1), &failed),
        .unit_price_minor = redisconn_reply_integer(redisconn_reply_at(reply, 2), 0),
        .version = redisconn_reply_integer(redisconn_reply_at(reply, 3), 0),
        .last_event_id = keep(batch, redisconn_reply_at(reply, 4), &failed),
    };
    aggregate->ids_before = keep(batch, redisconn_reply_at(reply, 5), &failed);
    return failed ? exhausted(err) : ERROR_NONE;
}

typedef enum error_kind take_fn(struct batch *batch, struct batch_aggregate *aggregate,
                                const struct redisconn_reply *reply, struct error *err);

#define TAKE_ROW(NAME, name) [AGGREGATE_##NAME] = take_##name,
static take_fn *const TAKE[] = {AGGREGATES(TAKE_ROW)};

static enum error_kind take_views(struct batch *batch, const struct redisconn_reply *reply,
                                  struct error *err)
{
    const struct redisconn_reply *frozen = redisconn_reply_at(reply, 0);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        const struct redisconn_reply *state = redisconn_reply_at(frozen, i);
        if (!redisconn_reply_is_nil(state)) {
            aggregate->was_frozen = true;
            aggregate->frozen = view_json_read_frozen(redisconn_reply_text(state), batch->arena);
        }
        const enum error_kind kind =
            TAKE[aggregate->type](batch, aggregate, redisconn_reply_at(reply, i + 1), err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

static void on_views(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && take_views(trip->batch, reply, &err) != ERROR_NONE) {
        failure = &err;
    }
    trip->done(trip->user, failure);
}

enum error_kind view_store_load(struct redisconn *conn, struct batch *batch,
                                view_store_done_fn *done, void *user, struct error *err)
{
    struct commands commands = {.count = 0};
    ask_frozen(batch, &commands);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        ask_view(batch, batch->aggregates[i], &commands);
    }
    return send_trip(conn, &commands, batch, on_views,
                     &(struct trip){.batch = batch, .done = done, .user = user}, err);
}

/* --- the rare second trip: parked events, ids of old versions */

static void ask_parked(const struct batch *batch, const struct batch_aggregate *aggregate,
                       struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    add(&args, STRVIEW("LRANGE"));
    add(&args, keys_parked(batch->arena, aggregate->type, aggregate->id));
    add(&args, STRVIEW("0"));
    add_number(&args, aggregate->portion - 1);
    add_command(commands, &args);
    struct arglist total = {.arena = batch->arena};
    add(&total, STRVIEW("LLEN"));
    add(&total, keys_parked(batch->arena, aggregate->type, aggregate->id));
    add_command(commands, &total);
}

static void ask_old(const struct batch *batch, const struct batch_aggregate *aggregate,
                    int64_t version, struct commands *commands)
{
    struct arglist args = {.arena = batch->arena};
    add(&args, STRVIEW("LINDEX"));
    add(&args, keys_order_timeline(batch->arena, aggregate->id));
    add_number(&args, version - 1);
    add_command(commands, &args);
}

static enum error_kind take_parked(struct batch *batch, struct batch_aggregate *aggregate,
                                   const struct redisconn_reply *reply, struct error *err)
{
    for (size_t i = 0; i < redisconn_reply_count(reply); i++) {
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

static enum error_kind take_more(struct batch *batch, const struct redisconn_reply *reply,
                                 struct error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->wants_parked) {
            const enum error_kind kind =
                take_parked(batch, aggregate, redisconn_reply_at(reply, at++), err);
            aggregate->parked_total = redisconn_reply_integer(redisconn_reply_at(reply, at++), 0);
            if (kind != ERROR_NONE) {
                return kind;
            }
        }
        for (size_t j = 0; j < aggregate->old_count; j++) {
            aggregate->old_versions[j].event_id = view_json_timeline_event_id(
                redisconn_reply_text(redisconn_reply_at(reply, at++)), batch->arena);
        }
    }
    return ERROR_NONE;
}

static void on_more(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && take_more(trip->batch, reply, &err) != ERROR_NONE) {
        failure = &err;
    }
    trip->done(trip->user, failure);
}

enum error_kind view_store_load_more(struct redisconn *conn, struct batch *batch,
                                     view_store_done_fn *done, void *user, struct error *err)
{
    struct commands commands = {.count = 0};
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        const struct batch_aggregate *aggregate = batch->aggregates[i];
        if (aggregate->wants_parked) {
            ask_parked(batch, aggregate, &commands);
        }
        for (size_t j = 0; j < aggregate->old_count; j++) {
            ask_old(batch, aggregate, aggregate->old_versions[j].version, &commands);
        }
    }
    return send_trip(conn, &commands, batch, on_more,
                     &(struct trip){.batch = batch, .done = done, .user = user}, err);
}

/* --- the function call */

static const char *const WRITE_NAMES[] = {
    [WRITE_HSET] = "HSET",       [WRITE_HDEL] = "HDEL",        [WRITE_HINCRBY] = "HINCRBY",
    [WRITE_SET] = "SET",         [WRITE_DEL] = "DEL",          [WRITE_RPUSH] = "RPUSH",
    [WRITE_SADD] = "SADD",       [WRITE_RPUSH_AT] = "RPUSHAT", [WRITE_SREM] = "SREM",
    [WRITE_ZADD] = "ZADD",       [WRITE_ZREM] = "ZREM",        [WRITE_ZCAP] = "ZCAP",
    [WRITE_PUBLISH] = "PUBLISH", [WRITE_LTRIM_AT] = "LTRIMAT",
};
static_assert(sizeof WRITE_NAMES / sizeof WRITE_NAMES[0] == WRITE_KIND_COUNT, "every kind");

static void add_position(struct arglist *args, int64_t position)
{
    if (position == VIEW_STORE_NO_POSITION) {
        add(args, STRVIEW(""));
    } else {
        add_number(args, position);
    }
}

/* A channel is no key: it stands among the arguments, and number 0 says so. */
static void add_write(struct arglist *args, const struct write *write, int64_t key_number)
{
    const bool is_message = write->kind == WRITE_PUBLISH;
    add(args, strview_of(WRITE_NAMES[write->kind]));
    add_number(args, is_message ? 0 : key_number);
    add_number(args, (int64_t)write->count + (is_message ? 1 : 0));
    if (is_message) {
        add(args, write->key);
    }
    for (size_t i = 0; i < write->count; i++) {
        add(args, write->args[i]);
    }
}

static void add_call(struct arglist *args, const struct view_store_move *move,
                     const struct write_set *set)
{
    enum { FIRST_KEY = 3 };
    add(args, STRVIEW("FCALL"));
    add(args, STRVIEW("orderspine_project"));
    add_number(args, (int64_t)set->count + FIRST_KEY - 1);
    add(args, STRVIEW(KEYS_STATUS));
    add(args, STRVIEW(KEYS_POSITION));
    for (size_t i = 0; i < set->count; i++) {
        const bool is_message = set->writes[i].kind == WRITE_PUBLISH;
        add(args, is_message ? STRVIEW(KEYS_STATUS) : set->writes[i].key);
    }
    add(args, move->slot);
    add(args, strview_of(move->generation));
    add_position(args, move->from);
    add_number(args, move->to);
    for (size_t i = 0; i < set->count; i++) {
        add_write(args, &set->writes[i], (int64_t)i + FIRST_KEY);
    }
}

/* A key as it may be shown to anybody: names of customers and what is looked up stay untold. */
static struct strview key_shown(struct strview key, const char **ret_rest)
{
    static const struct strview PERSONAL[] = {
        {"lookup:email:", 13}, {"lookup:phone:", 13}, {"customer:", 9}};
    for (size_t i = 0; i < sizeof PERSONAL / sizeof PERSONAL[0]; i++) {
        if (key.len > PERSONAL[i].len && memcmp(key.data, PERSONAL[i].data, PERSONAL[i].len) == 0) {
            *ret_rest = "*";
            return PERSONAL[i];
        }
    }
    *ret_rest = "";
    return key;
}

static enum error_kind read_verdict(const struct redisconn_reply *reply, struct error *err)
{
    const struct strview verdict = redisconn_reply_text(redisconn_reply_at(reply, 0));
    const struct strview first = redisconn_reply_text(redisconn_reply_at(reply, 1));
    const struct strview second = redisconn_reply_text(redisconn_reply_at(reply, 2));
    if (strview_is(verdict, "ok")) {
        return ERROR_NONE;
    }
    if (strview_is(verdict, "moved")) {
        return error_set(err, ERROR_CONFLICT, "Redis is at generation '%.*s', position '%.*s'",
                         STRVIEW_ARG(first), STRVIEW_ARG(second));
    }
    const char *rest;
    const struct strview key = key_shown(first, &rest);
    return error_set(err, ERROR_INVALID, "Redis refused the batch: %.*s of key %.*s%s (%.*s)",
                     STRVIEW_ARG(verdict), STRVIEW_ARG(key), rest, STRVIEW_ARG(second));
}

static void on_verdict(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && read_verdict(reply, &err) != ERROR_NONE) {
        failure = &err;
    }
    trip->done(trip->user, failure);
}

enum error_kind view_store_save(struct redisconn *conn, struct arena *arena,
                                const struct view_store_move *move, const struct write_set *set,
                                view_store_done_fn *done, void *user, struct error *err)
{
    struct arglist args = {.arena = arena};
    add_call(&args, move, set);
    struct trip *trip = arena_alloc(arena, sizeof *trip);
    if (trip == NULL || args.failed) {
        return exhausted(err);
    }
    *trip = (struct trip){.done = done, .user = user};
    return redisconn_send(conn, (struct redisconn_command){.args = args.args, .count = args.count},
                          on_verdict, trip, err);
}

/* --- positions */

struct opening {
    size_t count;
    view_store_positions_fn *done;
    void *user;
};

static void read_numbers(const struct redisconn_reply *reply, size_t count, int64_t fallback,
                         int64_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = redisconn_reply_integer(redisconn_reply_at(reply, i), fallback);
    }
}

static void cleanup_arena(struct arena *arena)
{
    arena_done(arena);
}

static void read_identities(const struct redisconn_reply *reply, size_t count,
                            struct anchor_identity *ret)
{
    enum { ARENA_MAX = 1 << 16 };
    CLEANUP(cleanup_arena) struct arena arena;
    arena_init(&arena, ARENA_MAX);
    for (size_t i = 0; i < count; i++) {
        arena_reset(&arena);
        ret[i] =
            view_json_read_identity(redisconn_reply_text(redisconn_reply_at(reply, i)), &arena);
    }
}

static void give_positions(const struct opening *opening, const struct redisconn_reply *reply)
{
    enum { GENERATION = 0, POSITIONS, GOALS, IDENTITIES, DRAINING };
    CLEANUP_FREE
    int64_t *numbers = calloc(opening->count * 2 + 1, sizeof *numbers);
    CLEANUP_FREE
    struct anchor_identity *identities = calloc(opening->count + 1, sizeof *identities);
    if (numbers == NULL || identities == NULL) {
        struct error err;
        (void)error_set(&err, ERROR_TRANSIENT, "no memory for positions");
        opening->done(opening->user, NULL, &err);
        return;
    }
    int64_t *goals = numbers + opening->count;
    read_numbers(redisconn_reply_at(reply, POSITIONS), opening->count, VIEW_STORE_NO_POSITION,
                 numbers);
    read_numbers(redisconn_reply_at(reply, GOALS), opening->count, 0, goals);
    read_identities(redisconn_reply_at(reply, IDENTITIES), opening->count, identities);
    struct view_store_reading reading = {.count = opening->count,
                                         .positions = numbers,
                                         .goals = goals,
                                         .identities = identities,
                                         .draining = redisconn_reply_at(reply, DRAINING)};
    const struct strview generation = redisconn_reply_text(redisconn_reply_at(reply, GENERATION));
    (void)snprintf(reading.generation, sizeof reading.generation, "%.*s", STRVIEW_ARG(generation));
    opening->done(opening->user, &reading, NULL);
}

static void on_positions(void *user, const struct redisconn_reply *reply,
                         const struct error *failure)
{
    CLEANUP_FREE
    struct opening *opening = user;
    if (failure != NULL) {
        opening->done(opening->user, NULL, failure);
        return;
    }
    give_positions(opening, reply);
}

static void ask_slots(struct arglist *args, struct strview key, const struct strview *slots,
                      size_t count)
{
    add(args, STRVIEW("HMGET"));
    add(args, key);
    for (size_t i = 0; i < count; i++) {
        add(args, slots[i]);
    }
}

enum error_kind view_store_positions(struct redisconn *conn, const struct strview *slots,
                                     size_t count, view_store_positions_fn *done, void *user,
                                     struct error *err)
{
    enum { ARENA_MAX = 1 << 20 };
    assert(count > 0);
    CLEANUP(cleanup_arena) struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct arglist positions = {.arena = &arena};
    struct arglist goals = {.arena = &arena};
    ask_slots(&positions, STRVIEW(KEYS_POSITION), slots, count);
    struct arglist identities = {.arena = &arena};
    ask_slots(&goals, STRVIEW(KEYS_RECOVERING), slots, count);
    ask_slots(&identities, STRVIEW(KEYS_IDENTITY), slots, count);
    CLEANUP_FREE
    struct opening *opening = malloc(sizeof *opening);
    if (opening == NULL || positions.failed || goals.failed || identities.failed) {
        return exhausted(err);
    }
    *opening = (struct opening){.count = count, .done = done, .user = user};
    const struct strview generation[] = {STRVIEW("HGET"), STRVIEW(KEYS_STATUS),
                                         STRVIEW("generation")};
    const struct strview draining[] = {STRVIEW("HGETALL"), STRVIEW(KEYS_DRAINING)};
    const struct redisconn_command commands[] = {
        {generation, 3},
        {positions.args, positions.count},
        {goals.args, goals.count},
        {identities.args, identities.count},
        {draining, 2},
    };
    const enum error_kind kind = view_read(
        conn, &arena, commands, sizeof commands / sizeof commands[0], on_positions, opening, err);
    if (kind == ERROR_NONE) {
        (void)TAKE_PTR(opening); /* on_positions frees it */
    }
    return kind;
}

bool view_store_draining(const struct view_store_reading *reading, size_t index,
                         struct strview *ret_aggregate, struct strview *ret_slot)
{
    if (index * 2 + 1 >= redisconn_reply_count(reading->draining)) {
        return false;
    }
    *ret_aggregate = redisconn_reply_text(redisconn_reply_at(reading->draining, index * 2));
    *ret_slot = redisconn_reply_text(redisconn_reply_at(reading->draining, index * 2 + 1));
    return true;
}

void view_store_start_generation(struct redisconn *conn)
{
    const struct strview args[] = {STRVIEW("HSETNX"), STRVIEW(KEYS_STATUS), STRVIEW("generation"),
                                   STRVIEW("1")};
    redisconn_tell(conn, (struct redisconn_command){args, sizeof args / sizeof args[0]});
}
