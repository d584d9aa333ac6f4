/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_save.h"

#include "common/base/arena.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/packed.h"
#include "projector-svc/views/view_positions.h"

#define WORD_ROW(KIND, word) [WRITE_##KIND] = (word),
static const char *const WRITE_NAMES[] = {WRITE_KINDS(WORD_ROW)};

enum {
    FIRST_KEY = 3,                      /* behind those that every call has */
    ROW_MAX = 6 * PACKED_HEAD_MAX + 16, /* bytes of a row but its arguments and channels */
    POSITION_SHOWN = 24,                /* of a position that is none */
};

static void add_position(struct arglist *args, int64_t position)
{
    if (position == VIEW_POSITIONS_NONE) {
        arglist_add(args, STRVIEW(""));
    } else {
        arglist_add_number(args, position);
    }
}

/* --- the writes, as one argument */

static bool is_message(const struct write *write)
{
    return write->kind == WRITE_PUBLISH;
}

/* The same text for another channel, right behind it. */
static bool repeats_message(const struct write *write, const struct write *before)
{
    return is_message(write) && is_message(before) &&
           strview_equal(write->args[0], before->args[0]);
}

/* How many writes from this one on are told as one. */
static size_t count_told(const struct write_set *set, size_t at)
{
    size_t count = 1;
    while (at + count < set->count && repeats_message(&set->writes[at + count], &set->writes[at])) {
        count++;
    }
    return count;
}

/* Of the writes of a set, what Redis has to take apart. */
struct extent {
    size_t keys;
    size_t rows;
    size_t bytes;
};

static struct extent measure(const struct write_set *set)
{
    struct extent extent = {.bytes = PACKED_HEAD_MAX};
    for (size_t at = 0; at < set->count; at += count_told(set, at)) {
        extent.rows++;
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->writes[i];
        extent.keys += is_message(write) ? 0 : 1;
        extent.bytes += ROW_MAX + write->key.len;
        for (size_t j = 0; j < write->count; j++) {
            extent.bytes += PACKED_HEAD_MAX + write->args[j].len;
        }
    }
    return extent;
}

/* name, number of its key, {arguments} */
static void pack_write(struct packed *packed, const struct write *write, size_t key_number)
{
    packed_list(packed, 3);
    packed_text(packed, strview_of(WRITE_NAMES[write->kind]));
    packed_number(packed, (uint32_t)key_number);
    packed_list(packed, write->count);
    for (size_t i = 0; i < write->count; i++) {
        packed_text(packed, write->args[i]);
    }
}

/* A channel is no key: it stands among the arguments, and number 0 says so. What several are told
 * stands there once. */
static void pack_message(struct packed *packed, const struct write *writes, size_t channels)
{
    packed_list(packed, 3);
    packed_text(packed, strview_of(WRITE_NAMES[WRITE_PUBLISH]));
    packed_number(packed, 0);
    packed_list(packed, 1 + channels);
    packed_text(packed, writes[0].key);
    packed_text(packed, writes[0].args[0]);
    for (size_t i = 1; i < channels; i++) {
        packed_text(packed, writes[i].key);
    }
}

static struct strview pack(struct arena *arena, const struct write_set *set,
                           const struct extent *extent)
{
    struct packed packed;
    size_t key_number = FIRST_KEY;
    if (!packed_open(&packed, arena, extent->bytes)) {
        return (struct strview){.data = NULL};
    }
    packed_list(&packed, extent->rows);
    for (size_t at = 0; at < set->count; at += count_told(set, at)) {
        if (is_message(&set->writes[at])) {
            pack_message(&packed, &set->writes[at], count_told(set, at));
        } else {
            pack_write(&packed, &set->writes[at], key_number++);
        }
    }
    return packed_view(&packed);
}

static void add_call(struct arglist *args, const struct view_save_move *move,
                     const struct write_set *set)
{
    const struct extent extent = measure(set);
    arglist_add(args, STRVIEW("FCALL"));
    arglist_add(args, STRVIEW("orderspine_write"));
    arglist_add_number(args, (int64_t)extent.keys + FIRST_KEY - 1);
    arglist_add(args, keys_named(args->arena, set->partition, KEYS_STATUS));
    arglist_add(args, keys_named(args->arena, set->partition, KEYS_POSITION));
    for (size_t i = 0; i < set->count; i++) {
        if (!is_message(&set->writes[i])) {
            arglist_add(args, set->writes[i].key);
        }
    }
    arglist_add(args, move->slot);
    arglist_add(args, strview_of(move->generation));
    add_position(args, move->from);
    arglist_add_number(args, move->to);
    arglist_add(args, pack(args->arena, set, &extent));
}

/* Where no process of ours wrote the position, none can go on from it, however often it is read. */
static enum error_kind tell_moved(const struct redisconn_reply *reply, struct strview slot,
                                  struct error *err)
{
    const struct strview generation = redisconn_reply_text_at(reply, 1);
    const struct redisconn_reply *found = redisconn_reply_at(reply, 2);
    const struct strview position = redisconn_reply_text(found);
    const int64_t number = redisconn_reply_integer(found, VIEW_POSITIONS_NONE);
    if (position.len > 0 && number == VIEW_POSITIONS_NONE) {
        return error_set(err, ERROR_INVALID,
                         "the position in Redis is no offset: '%.*s'; `redis-cli HDEL %s %.*s`, "
                         "and the partition is read from its beginning",
                         (int)(position.len < POSITION_SHOWN ? position.len : POSITION_SHOWN),
                         position.data, KEYS_POSITION, STRVIEW_ARG(slot));
    }
    return error_set(err, ERROR_CONFLICT, "Redis is at generation '%.*s', position '%.*s'",
                     STRVIEW_ARG(generation), STRVIEW_ARG(position));
}

static enum error_kind read_verdict(const struct redisconn_reply *reply, struct strview slot,
                                    struct error *err)
{
    const struct strview verdict = redisconn_reply_text_at(reply, 0);
    const struct strview first = redisconn_reply_text_at(reply, 1);
    const struct strview second = redisconn_reply_text_at(reply, 2);
    if (strview_is(verdict, "ok")) {
        return ERROR_NONE;
    }
    if (strview_is(verdict, "moved")) {
        return tell_moved(reply, slot, err);
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
    struct strview slot;
    view_save_done_fn *done;
    void *user;
};

static void on_verdict(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct trip *trip = user;
    struct error err;
    if (failure == NULL && read_verdict(reply, trip->slot, &err) != ERROR_NONE) {
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
    const struct strview slot = arena_view(arena, move->slot);
    struct trip *trip = arena_alloc(arena, sizeof *trip);
    if (trip == NULL || slot.data == NULL || args.failed) {
        return error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory to be sent");
    }
    *trip = (struct trip){.slot = slot, .done = done, .user = user};
    return redisconn_send(conn, (struct redisconn_command){.args = args.args, .count = args.count},
                          on_verdict, trip, err);
}
