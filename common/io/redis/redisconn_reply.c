/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/checked.h"
#include "common/base/parse.h"
#include "common/io/redis/redisconn_internal.h"

#include <hiredis/hiredis.h>

/* ---- error words --------------------------------------------------------------------------- */

/* Redis's error words. What is not listed is a fault in our commands or rights, which no
 * retry can cure. Some say that this server is not the one to write to any more. */
static const struct {
    const char *prefix;
    enum error_kind kind;
    bool ends_connection;
} ERROR_WORDS[] = {
    {"LOADING", ERROR_TRANSIENT, false},
    {"BUSY", ERROR_TRANSIENT, false},
    {"OOM", ERROR_TRANSIENT, false},
    {"MISCONF", ERROR_TRANSIENT, false},
    {"READONLY", ERROR_TRANSIENT, true},
    {"MASTERDOWN", ERROR_TRANSIENT, true},
    {"NOREPLICAS", ERROR_TRANSIENT, true},
    {"CLUSTERDOWN", ERROR_TRANSIENT, false},
    {"TRYAGAIN", ERROR_TRANSIENT, false},
    {"ERR Function not found", ERROR_NOT_FOUND, false},
    /* a function of another version: it hands on what it does not know by itself */
    {"ERR Unknown Redis command called", ERROR_NOT_FOUND, false},
    {"ERR max number of clients", ERROR_TRANSIENT, false},
};

enum error_kind redisconn_translate(const redisReply *reply, bool *ret_ends_connection,
                                    struct error *err)
{
    enum error_kind kind = ERROR_INVALID;
    *ret_ends_connection = false;
    for (size_t i = 0; i < sizeof ERROR_WORDS / sizeof ERROR_WORDS[0]; i++) {
        const size_t len = strlen(ERROR_WORDS[i].prefix);
        if (reply->len >= len && memcmp(reply->str, ERROR_WORDS[i].prefix, len) == 0) {
            kind = ERROR_WORDS[i].kind;
            *ret_ends_connection = ERROR_WORDS[i].ends_connection;
            break;
        }
    }
    return error_set(err, kind, "Redis: %s", reply->str);
}

/* ---- what a reply holds -------------------------------------------------------------------- */

static const redisReply *raw(const struct redisconn_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

bool redisconn_reply_is_nil(const struct redisconn_reply *reply)
{
    return reply == NULL || raw(reply)->type == REDIS_REPLY_NIL;
}

struct strview redisconn_reply_text(const struct redisconn_reply *reply)
{
    if (reply == NULL ||
        (raw(reply)->type != REDIS_REPLY_STRING && raw(reply)->type != REDIS_REPLY_STATUS)) {
        return (struct strview){.data = NULL};
    }
    return (struct strview){.data = raw(reply)->str, .len = (size_t)raw(reply)->len};
}

int64_t redisconn_reply_integer(const struct redisconn_reply *reply, int64_t fallback)
{
    int64_t value;
    if (reply != NULL && raw(reply)->type == REDIS_REPLY_INTEGER) {
        value = raw(reply)->integer;
    } else if (!parse_i64(redisconn_reply_text(reply), &value)) {
        return fallback;
    }
    return checked_is_modest(value) ? value : fallback;
}

size_t redisconn_reply_count(const struct redisconn_reply *reply)
{
    return reply != NULL && raw(reply)->type == REDIS_REPLY_ARRAY ? raw(reply)->elements : 0;
}

const struct redisconn_reply *redisconn_reply_at(const struct redisconn_reply *reply, size_t index)
{
    if (index >= redisconn_reply_count(reply)) {
        return NULL;
    }
    return (const struct redisconn_reply *)raw(reply)->element[index];
}

const struct redisconn_reply *redisconn_reply_field(const struct redisconn_reply *reply,
                                                    struct strview name)
{
    for (size_t i = 0; i + 1 < redisconn_reply_count(reply); i += 2) {
        if (strview_equal(redisconn_reply_text(redisconn_reply_at(reply, i)), name)) {
            return redisconn_reply_at(reply, i + 1);
        }
    }
    return NULL;
}
