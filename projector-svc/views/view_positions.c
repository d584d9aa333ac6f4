/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_positions.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/mark_json.h"
#include "projector-svc/views/view_read.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char TIMES_AS_TEXT[] = "rfc3339"; /* as function/orderspine.lua writes it */

struct opening {
    size_t count;
    view_positions_fn *done;
    void *user;
};

static void read_numbers(const struct redisconn_reply *reply, size_t count, int64_t fallback,
                         int64_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = redisconn_reply_integer_at(reply, i, fallback);
    }
}

static void read_identities(const struct redisconn_reply *reply, size_t count,
                            struct anchor_identity *ret)
{
    enum { ARENA_MAX = 1 << 16 };
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    for (size_t i = 0; i < count; i++) {
        arena_reset(&arena);
        ret[i] = mark_json_read_identity(redisconn_reply_text_at(reply, i), &arena);
    }
}

static void give_positions(const struct opening *opening, const struct redisconn_reply *reply)
{
    enum { NAMES = 0, POSITIONS, GOALS, IDENTITIES, DRAINING, RECOVERING, HELD };
    CLEANUP_FREE
    int64_t *numbers = must_allocate(opening->count * 2, sizeof *numbers);
    CLEANUP_FREE
    struct anchor_identity *identities = must_allocate(opening->count, sizeof *identities);
    int64_t *goals = numbers + opening->count;
    read_numbers(redisconn_reply_at(reply, POSITIONS), opening->count, VIEW_POSITIONS_NONE,
                 numbers);
    read_numbers(redisconn_reply_at(reply, GOALS), opening->count, 0, goals);
    read_identities(redisconn_reply_at(reply, IDENTITIES), opening->count, identities);
    struct view_positions reading = {.count = opening->count,
                                     .positions = numbers,
                                     .goals = goals,
                                     .identities = identities,
                                     .draining = redisconn_reply_at(reply, DRAINING),
                                     .is_recovering =
                                         redisconn_reply_integer_at(reply, RECOVERING, 0) == 1,
                                     .is_held = redisconn_reply_integer_at(reply, HELD, 0) == 1};
    const struct redisconn_reply *names = redisconn_reply_at(reply, NAMES);
    const struct strview generation = redisconn_reply_text_at(names, 0);
    const struct strview copy = redisconn_reply_text_at(names, 1);
    (void)snprintf(reading.generation, sizeof reading.generation, "%.*s", STRVIEW_ARG(generation));
    (void)snprintf(reading.copy, sizeof reading.copy, "%.*s", STRVIEW_ARG(copy));
    const struct strview times = redisconn_reply_text_at(names, 2);
    reading.times = strview_is(times, TIMES_AS_TEXT) ? JSON_TIMES_TEXT : JSON_TIMES_NUMBERS;
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
    arglist_add(args, STRVIEW("HMGET"));
    arglist_add(args, key);
    for (size_t i = 0; i < count; i++) {
        arglist_add(args, slots[i]);
    }
}

enum error_kind view_positions_ask(struct redisconn *conn, const struct strview *slots,
                                   size_t count, view_positions_fn *done, void *user,
                                   struct error *err)
{
    enum { ARENA_MAX = 1 << 20 };
    assert(count > 0);
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    struct arglist positions = {.arena = &arena};
    struct arglist goals = {.arena = &arena};
    ask_slots(&positions, STRVIEW(KEYS_POSITION), slots, count);
    struct arglist identities = {.arena = &arena};
    ask_slots(&goals, STRVIEW(KEYS_RECOVERING), slots, count);
    ask_slots(&identities, STRVIEW(KEYS_IDENTITY), slots, count);
    CLEANUP_FREE
    struct opening *opening = must_allocate(1, sizeof *opening);
    if (positions.failed || goals.failed || identities.failed) {
        return error_set(err, ERROR_EXHAUSTED, "too many partitions to ask for");
    }
    *opening = (struct opening){.count = count, .done = done, .user = user};
    const struct redisconn_command commands[] = {
        REDISCONN_COMMAND(STRVIEW("HMGET"), STRVIEW(KEYS_STATUS), STRVIEW("generation"),
                          STRVIEW("copy"), STRVIEW("times")),
        {positions.args, positions.count},
        {goals.args, goals.count},
        {identities.args, identities.count},
        REDISCONN_COMMAND(STRVIEW("HGETALL"), STRVIEW(KEYS_DRAINING)),
        REDISCONN_COMMAND(STRVIEW("EXISTS"), STRVIEW(KEYS_RECOVERING)),
        REDISCONN_COMMAND(STRVIEW("EXISTS"), STRVIEW(KEYS_HELD)),
    };
    const enum error_kind kind = view_read(
        conn, &arena, commands, sizeof commands / sizeof commands[0], on_positions, opening, err);
    if (kind == ERROR_NONE) {
        (void)TAKE_PTR(opening); /* on_positions frees it */
    }
    return kind;
}

bool view_positions_draining(const struct view_positions *reading, size_t index,
                             struct strview *ret_aggregate, struct strview *ret_slot)
{
    if (index * 2 + 1 >= redisconn_reply_count(reading->draining)) {
        return false;
    }
    *ret_aggregate = redisconn_reply_text_at(reading->draining, index * 2);
    *ret_slot = redisconn_reply_text_at(reading->draining, index * 2 + 1);
    return true;
}

void view_positions_begin(struct redisconn *conn)
{
    redisconn_tell(conn,
                   REDISCONN_COMMAND(STRVIEW("FCALL"), STRVIEW("orderspine_begin"), STRVIEW("2"),
                                     STRVIEW(KEYS_STATUS), STRVIEW(KEYS_POSITION)));
}

void view_positions_name_copy(struct redisconn *conn, struct strview server, uint64_t number)
{
    char copy[VIEW_POSITIONS_COPY_MAX];
    (void)snprintf(copy, sizeof copy, "%.*s.%016llx", STRVIEW_ARG(server),
                   (unsigned long long)number);
    redisconn_tell(conn, REDISCONN_COMMAND(STRVIEW("HSET"), STRVIEW(KEYS_STATUS), STRVIEW("copy"),
                                           strview_of(copy)));
}

bool view_positions_is_named(const struct view_positions *reading, struct strview server)
{
    return strncmp(reading->copy, server.data, server.len) == 0 && reading->copy[server.len] == '.';
}
