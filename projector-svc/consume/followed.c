/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/followed.h"

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/view_read.h"

#include <stdio.h>

enum {
    SILENT_AFTER_MS = 15000, /* owners report every second */
    ARENA_MAX = 64 << 10,
    NAMES_MAX = 1024, /* bytes */
};

static void set_followed(struct followed *followed, size_t type, bool is_followed)
{
    if (followed->is_known[type] && followed->is_followed[type] == is_followed) {
        return;
    }
    if (is_followed) {
        log_event(LOG_INFO, "topic_followed", LOG_STR("topic", followed->topics[type]));
    } else {
        log_event(LOG_WARN, "topic_not_followed", LOG_STR("topic", followed->topics[type]),
                  LOG_TEXT("nobody holds a partition of it: it is not in Kafka (yet), or "
                           "TOPIC_PREFIX is another one than relay-svc's; views miss its events"));
    }
    followed->is_known[type] = true;
    followed->is_followed[type] = is_followed;
}

/* --- what others report of a topic's first partition */

static struct strview first_slot_field(const struct followed *followed, size_t type,
                                       struct arena *arena)
{
    return keys_status_end(arena, keys_slot(arena, strview_of(followed->topics[type]), 0));
}

static bool is_reported(const struct redisconn_reply *reply, struct arena *arena)
{
    const struct json_value *report = NULL;
    struct error ignored; /* what is missing says that nobody reports */
    if (json_parse(redisconn_reply_text(reply), arena, &report, &ignored) != ERROR_NONE) {
        return false;
    }
    return json_integer(report, "end_offset", -1) >= 0 &&
           loop_wall_ms() - json_integer(report, "reported_at", 0) < SILENT_AFTER_MS;
}

static void tell_readers(const struct followed *followed, size_t type, struct arena *arena)
{
    const struct partition_report nothing = {.end = -1, .lag_ms = -1};
    const struct strview args[] = {STRVIEW("HSET"), STRVIEW(KEYS_STATUS),
                                   first_slot_field(followed, type, arena),
                                   report_document(arena, &nothing, loop_wall_ms())};
    if (args[2].data != NULL && args[3].data != NULL) {
        redisconn_tell(followed->redis, (struct redisconn_command){args, 4});
    }
}

static void on_answer(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct followed *followed = user;
    const struct redisconn_reply *reports = redisconn_reply_at(reply, 0);
    followed->is_asking = false;
    for (size_t type = 0; failure == NULL && type < AGGREGATE_COUNT; type++) {
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        if (!followed->is_own[type]) {
            const bool is_others = is_reported(redisconn_reply_at(reports, type), &arena);
            set_followed(followed, type, is_others);
            if (!is_others) {
                tell_readers(followed, type, &arena);
            }
        }
        arena_done(&arena);
    }
}

static void ask(struct followed *followed)
{
    struct arena arena;
    struct error ignored; /* asked again in a second */
    struct strview args[2 + AGGREGATE_COUNT] = {STRVIEW("HMGET"), STRVIEW(KEYS_STATUS)};
    bool is_complete = true;
    arena_init(&arena, ARENA_MAX);
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        args[2 + type] = first_slot_field(followed, type, &arena);
        is_complete = is_complete && args[2 + type].data != NULL;
    }
    const struct redisconn_command command = {args, sizeof args / sizeof args[0]};
    followed->is_asking = is_complete && view_read(followed->redis, &arena, &command, 1, on_answer,
                                                   followed, &ignored) == ERROR_NONE;
    arena_done(&arena);
}

void followed_look(struct followed *followed, const size_t own[static AGGREGATE_COUNT])
{
    bool wants_others = false;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        followed->is_own[type] = own[type] > 0;
        if (followed->is_own[type]) {
            set_followed(followed, type, true);
        } else {
            wants_others = true;
        }
    }
    if (wants_others && !followed->is_asking && redisconn_is_ready(followed->redis)) {
        ask(followed);
    }
}

size_t followed_count(const struct followed *followed)
{
    size_t count = 0;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        count += followed->is_followed[type] ? 1 : 0;
    }
    return count;
}

enum error_kind followed_probe(void *user, struct error *err)
{
    const struct followed *followed = user;
    char names[NAMES_MAX] = "";
    size_t len = 0;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        if (!followed->is_followed[type] && len < sizeof names) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "",
                                    followed->topics[type]);
        }
    }
    return len == 0 ? ERROR_NONE : error_set(err, ERROR_TRANSIENT, "not followed: %s", names);
}
