/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_read.h"

#include "common/base/arena.h"
#include "common/base/parse.h"

enum { HEAD = 3 };

static size_t total_args(const struct redisconn_command *commands, size_t count)
{
    size_t total = HEAD;
    for (size_t i = 0; i < count; i++) {
        total += 1 + commands[i].count;
    }
    return total;
}

/* Copies the command behind its count; false when the arena is full. */
static bool append(struct arena *arena, const struct redisconn_command *command,
                   struct strview *args)
{
    args[0] = arena_view(arena, strview_of(NUMBER_TEXT((int64_t)command->count)));
    bool is_whole = args[0].data != NULL;
    for (size_t i = 0; i < command->count; i++) {
        args[1 + i] = arena_view(arena, command->args[i]);
        is_whole = is_whole && args[1 + i].data != NULL;
    }
    return is_whole;
}

enum error_kind view_read_make(struct arena *arena, const struct redisconn_command *commands,
                               size_t count, struct redisconn_command *ret, struct error *err)
{
    struct strview *args = arena_array(arena, total_args(commands, count), sizeof *args);
    if (args == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "a reading needs too much memory");
    }
    args[0] = STRVIEW("FCALL_RO");
    args[1] = STRVIEW("orderspine_read");
    args[2] = STRVIEW("0");
    size_t used = HEAD;
    for (size_t i = 0; i < count; i++) {
        if (!append(arena, &commands[i], args + used)) {
            return error_set(err, ERROR_EXHAUSTED, "a reading needs too much memory");
        }
        used += 1 + commands[i].count;
    }
    *ret = (struct redisconn_command){.args = args, .count = used};
    return ERROR_NONE;
}

enum error_kind view_read(struct redisconn *conn, struct arena *arena,
                          const struct redisconn_command *commands, size_t count,
                          redisconn_reply_fn *on_reply, void *user, struct error *err)
{
    struct redisconn_command command;
    const enum error_kind kind = view_read_make(arena, commands, count, &command, err);
    return kind == ERROR_NONE ? redisconn_send(conn, command, on_reply, user, err) : kind;
}
