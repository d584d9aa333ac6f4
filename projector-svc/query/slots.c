/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/slots.h"

#include "common/contract/json.h"
#include "common/io/loop.h"
#include "projector-svc/core/doubt.h"
#include "projector-svc/core/following.h"
#include "projector-svc/core/keys.h"

enum { SLOTS_MAX = 4096 };

void slots_ask(struct redisconn_command ret_commands[static SLOTS_COMMANDS])
{
    static const struct strview STATUS[] = {{"HGETALL", 7}, {KEYS_STATUS, sizeof KEYS_STATUS - 1}};
    static const struct strview POSITION[] = {{"HGETALL", 7},
                                              {KEYS_POSITION, sizeof KEYS_POSITION - 1}};
    ret_commands[SLOTS_STATUS] = (struct redisconn_command){STATUS, 2};
    ret_commands[SLOTS_POSITION] = (struct redisconn_command){POSITION, 2};
}

/* --- one partition */

static const struct json_value *
hash_document(struct arena *arena, const struct redisconn_reply *hash, struct strview field)
{
    const struct json_value *document = NULL;
    struct error ignored; /* what is missing or damaged says nothing */
    const struct strview text = redisconn_reply_text(redisconn_reply_field(hash, field));
    if (json_parse(text, arena, &document, &ignored) != ERROR_NONE) {
        return NULL;
    }
    return document;
}

static void judge_lag(struct slot *slot, int64_t lag_ms, int64_t now_ms)
{
    const int64_t behind = slot->end_offset - slot->position;
    const int64_t silent_ms = now_ms - slot->reported_at;
    const bool is_silent = silent_ms >= FOLLOWING_SILENT_AFTER_MS;
    slot->is_reported = slot->end_offset >= 0 && !is_silent;
    slot->lag_events = lag_ms != 0 && behind > 0 ? behind : 0;
    slot->lag_ms = -1;
    if (slot->end_offset >= 0 && slot->reported_at > 0) {
        slot->lag_ms = behind > 0 ? lag_ms : 0; /* the position is newer than the report */
        slot->lag_ms += is_silent ? silent_ms : 0;
    }
}

static struct slot read_slot(struct arena *arena, const struct redisconn_reply *status,
                             struct strview name, int64_t position, int64_t now_ms)
{
    const struct json_value *last = hash_document(arena, status, keys_status_last(arena, name));
    const struct json_value *end = hash_document(arena, status, keys_status_end(arena, name));
    struct slot slot = {
        .name = name,
        .position = position,
        .end_offset = json_integer(end, "end_offset", -1),
        .reported_at = json_time(end, "reported_at", 0),
        .told_lag_ms = json_integer(end, "lag_ms", -1),
        .reached = json_integer(end, "reached", DOUBT_REACHED_NEITHER),
        .processed_at = json_time(last, "processed_at", 0),
        .last_event_id = json_text(last, "event_id"),
        .aggregate_id = json_text(last, "aggregate_id"),
        .version = json_integer(last, "version", 0),
    };
    judge_lag(&slot, json_integer(end, "lag_ms", 0), now_ms);
    return slot;
}

/* The partitions are those anybody reported or applied anything of. */
static bool is_end_field(struct strview field, struct strview *ret_slot)
{
    const struct strview before = STRVIEW("end:");
    if (field.len <= before.len || memcmp(field.data, before.data, before.len) != 0) {
        return false;
    }
    *ret_slot = (struct strview){.data = field.data + before.len, .len = field.len - before.len};
    return true;
}

size_t slots_read(struct arena *arena, const struct redisconn_reply *reply, size_t first,
                  struct slot **ret_slots)
{
    const struct redisconn_reply *status = redisconn_reply_at(reply, first + SLOTS_STATUS);
    const struct redisconn_reply *positions = redisconn_reply_at(reply, first + SLOTS_POSITION);
    const int64_t now_ms = loop_wall_ms();
    struct slot *slots = arena_array(arena, SLOTS_MAX, sizeof *slots);
    size_t count = 0;
    for (size_t i = 0; slots != NULL && i + 1 < redisconn_reply_count(status); i += 2) {
        struct strview name;
        if (count < SLOTS_MAX && is_end_field(redisconn_reply_text_at(status, i), &name)) {
            const int64_t position =
                redisconn_reply_integer(redisconn_reply_field(positions, name), 0);
            slots[count++] = read_slot(arena, status, name, position, now_ms);
        }
    }
    *ret_slots = slots;
    return count;
}
