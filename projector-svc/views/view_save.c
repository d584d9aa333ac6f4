/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_save.h"

#include "common/base/arena.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/view_positions.h"

#define WORD_ROW(KIND, word) [WRITE_##KIND] = (word),
static const char *const WRITE_NAMES[] = {WRITE_KINDS(WORD_ROW)};

static void add_position(struct arglist *args, int64_t position)
{
    if (position == VIEW_POSITIONS_NONE) {
        arglist_add(args, STRVIEW(""));
    } else {
        arglist_add_number(args, position);
    }
}

/* A channel is no key: it stands among the arguments, and number 0 says so. */
static void add_write(struct arglist *args, const struct write *write, int64_t key_number)
{
    const bool is_message = write->kind == WRITE_PUBLISH;
    arglist_add(args, strview_of(WRITE_NAMES[write->kind]));
    arglist_add_number(args, is_message ? 0 : key_number);
    arglist_add_number(args, (int64_t)write->count + (is_message ? 1 : 0));
    if (is_message) {
        arglist_add(args, write->key);
    }
    for (size_t i = 0; i < write->count; i++) {
        arglist_add(args, write->args[i]);
    }
}

static void add_call(struct arglist *args, const struct view_save_move *move,
                     const struct write_set *set)
{
    enum { FIRST_KEY = 3 };
    arglist_add(args, STRVIEW("FCALL"));
    arglist_add(args, STRVIEW("orderspine_project"));
    arglist_add_number(args, (int64_t)set->count + FIRST_KEY - 1);
    arglist_add(args, keys_named(args->arena, set->partition, KEYS_STATUS));
    arglist_add(args, keys_named(args->arena, set->partition, KEYS_POSITION));
    for (size_t i = 0; i < set->count; i++) {
        const bool is_message = set->writes[i].kind == WRITE_PUBLISH;
        arglist_add(args, is_message ? keys_named(args->arena, set->partition, KEYS_STATUS)
                                     : set->writes[i].key);
    }
    arglist_add(args, move->slot);
    arglist_add(args, strview_of(move->generation));
    add_position(args, move->from);
    arglist_add_number(args, move->to);
    for (size_t i = 0; i < set->count; i++) {
        add_write(args, &set->writes[i], (int64_t)i + FIRST_KEY);
    }
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
    if (strview_is(verdict, "held")) {
        return error_set(err, ERROR_CONFLICT, "these views are being exchanged for rebuilt ones");
    }
    if (strview_is(verdict, "malformed")) {
        return error_set(err, ERROR_NOT_FOUND, "the functions in Redis do not know what is asked");
    }
    const char *rest;
    const struct strview key = keys_shown(first, &rest);
    return error_set(err, ERROR_INVALID, "Redis refused the batch: %.*s of key %.*s%s (%.*s)",
                     STRVIEW_ARG(verdict), STRVIEW_ARG(key), rest, STRVIEW_ARG(second));
}

/* A call on its way; lives in the batch's arena. */
struct trip {
    view_save_done_fn *done;
    void *user;
};

static void on_verdict(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && read_verdict(reply, &err) != ERROR_NONE) {
        failure = &err;
    }
    trip->done(trip->user, failure);
}

enum error_kind view_save(struct redisconn *conn, struct arena *arena,
                          const struct view_save_move *move, const struct write_set *set,
                          view_save_done_fn *done, void *user, struct error *err)
{
    struct arglist args = {.arena = arena};
    add_call(&args, move, set);
    struct trip *trip = arena_alloc(arena, sizeof *trip);
    if (trip == NULL || args.failed) {
        return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory to be sent");
    }
    *trip = (struct trip){.done = done, .user = user};
    return redisconn_send(conn, (struct redisconn_command){.args = args.args, .count = args.count},
                          on_verdict, trip, err);
}
