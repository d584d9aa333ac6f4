/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/order_answer.h"

#include "projector-svc/query/view_filter.h"

enum { FIELD_CUSTOMER = 0, FIELD_VERSION, FIELD_WAITING, FIELD_EVENT_ID, FIELD_PROJECTED };

struct order_state order_state_of(const struct query *query, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *hash = redisconn_reply_at(reply, READ_HASH);
    if (!may_see(query->only, redisconn_reply_text_at(hash, FIELD_CUSTOMER))) {
        return (struct order_state){.version = 0};
    }
    return (struct order_state){
        .version = redisconn_reply_integer_at(hash, FIELD_VERSION, 0),
        .waiting_for = redisconn_reply_integer_at(hash, FIELD_WAITING, 0),
        .event_id = redisconn_reply_text_at(hash, FIELD_EVENT_ID),
        .projected_at_ms = redisconn_reply_integer_at(hash, FIELD_PROJECTED, 0),
    };
}

/* The reply is the whole timeline's length, then its events, the newest first. */
static void put_timeline(struct json_writer *writer, const struct order_answer *answer,
                         const char *name, const char *truncated_name)
{
    const struct redisconn_reply *timeline = redisconn_reply_at(answer->reply, READ_TIMELINE);
    const size_t count = redisconn_reply_count(timeline);
    const int64_t before = answer->before;
    int64_t left_out = redisconn_reply_integer_at(timeline, 0, 0);
    if (before > 0 && left_out >= before) {
        left_out = before - 1;
    }
    json_open_member_array(writer, name);
    for (size_t i = count; i > 1; i--) {
        const struct strview element = redisconn_reply_text_at(timeline, i - 1);
        view_filter_timeline(writer, element, answer->query->role);
        json_close_object(writer);
        left_out--;
    }
    json_close_array(writer);
    if (left_out > 0) {
        json_put_member_bool(writer, truncated_name, true);
    }
}

void order_answer_put_state(struct json_writer *writer, const struct order_answer *answer)
{
    if (answer->state->waiting_for > 0) {
        json_put_member_integer(writer, "waiting_for", answer->state->waiting_for);
    }
    query_put_recovering(answer->query, writer);
}

/* Of the stored document what the role may read is the answer, with what changes without an event
 * put behind it. */
static void put_order(struct json_writer *writer, const struct order_answer *answer)
{
    const struct redisconn_reply *reply = answer->reply;
    const struct strview details = redisconn_reply_text_at(reply, READ_DETAILS);
    view_filter_details(writer, details, answer->query->role);
    if (answer->part == PART_BOTH) {
        put_timeline(writer, answer, "timeline", "timeline_truncated");
    }
    order_answer_put_state(writer, answer);
    json_close_object(writer);
}

static void put_timeline_page(struct json_writer *writer, const struct order_answer *answer)
{
    json_open_object(writer);
    json_put_member_string(writer, "order_id", uuid_view(answer->order_id));
    put_timeline(writer, answer, "events", "truncated");
    json_open_member_object(writer, "freshness");
    json_put_member_integer(writer, "source_version", answer->state->version);
    json_put_member_string(writer, "last_event_id", answer->state->event_id);
    json_put_member_time(writer, "projected_at", answer->state->projected_at_ms);
    json_close_object(writer);
    order_answer_put_state(writer, answer);
    json_close_object(writer);
}

void order_answer_write(const struct order_answer *answer, struct json_writer *writer)
{
    if (answer->part == PART_TIMELINE) {
        put_timeline_page(writer, answer);
    } else {
        put_order(writer, answer);
    }
}
