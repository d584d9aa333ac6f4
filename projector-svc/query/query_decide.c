/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator decides about an aggregate that stands still.
 *
 * Why it is only written down here: views are written by who owns the partition, and by nobody
 * else. It is told in the same call (projection:draining), and finds what was decided.
 */
#include "common/base/parse.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/dead_letter.h"
#include "projector-svc/views/decision_json.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/told_times.h"

#include <string.h>

enum { DOCUMENT_MAX = 1 << 20, REASON_MAX = 200 };

static void refuse_decision(struct query *query, const char *why)
{
    query_refuse(query, 409, "decision-outdated", why);
}

static void on_decided(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct query *query = user;
    const struct dead_letter *asked = dead_letter_of(query);
    if (failure != NULL) {
        query_unavailable(query, "the decision cannot be written down now");
        return;
    }
    const struct strview verdict = redisconn_reply_text_at(reply, 0);
    if (strview_is(verdict, "held")) {
        query_unavailable(query, "the views are being exchanged for rebuilt ones; ask again");
        return;
    }
    if (!strview_is(verdict, "ok")) {
        refuse_decision(query, "it changed while this was written down");
        return;
    }
    const struct strview told = told_times_in(asked->decided, query->arena);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    json_put_member_string(writer, "type", strview_of(aggregate_name(asked->type)));
    json_put_member_string(writer, "id", asked->id);
    if (told.data != NULL) {
        json_key(writer, "decisions");
        json_put_raw(writer, told);
    }
    query_end(query, NULL);
}

/* "<type>.events", with or without a prefix before it. */
static bool is_topic_of(struct strview topic, enum aggregate_type type)
{
    char name[TOPIC_NAME_MAX + 1];
    const bool is_named = topic_name("", strview_of(aggregate_name(type)), name);
    const size_t len = is_named ? strlen(name) : 0;
    return is_named && topic.len >= len && memcmp(topic.data + topic.len - len, name, len) == 0;
}

/* Where its id leads to, by the number of partitions of its topic. "-": that is not known, as not
 * all of them are reported, or there are topics of several prefixes. */
static struct strview home_of(const struct dead_letter *asked, const struct redisconn_reply *reply)
{
    struct arena *arena = asked->query.arena;
    struct slot *slots = NULL;
    struct strview topic = STRVIEW("");
    int64_t partitions = 0;
    int64_t highest = -1;
    const size_t count = slots_read(arena, reply, DEAD_LETTER_SLOTS, &slots);
    for (size_t i = 0; i < count; i++) {
        struct strview rest = slots[i].name;
        const struct strview its = strview_take(&rest, '/');
        if (is_topic_of(its, asked->type)) {
            if (partitions++ > 0 && !strview_equal(its, topic)) {
                return STRVIEW("-");
            }
            topic = its;
            int64_t partition = 0;
            if (!parse_i64(rest, &partition) || partition < 0 || partition >= SHARDS_MAX) {
                return STRVIEW("-");
            }
            highest = partition > highest ? partition : highest;
        }
    }
    return partitions == 0 || partitions != highest + 1
               ? STRVIEW("-")
               : keys_slot(arena, topic, shard_of(asked->id, (int)partitions));
}

/* Where the first record came from that waits and can be read; else, where it would come from. */
static struct strview slot_of(const struct dead_letter *asked, const struct redisconn_reply *reply)
{
    struct arena *arena = asked->query.arena;
    for (size_t i = 0; i < dead_letter_records(reply); i++) {
        const struct json_value *record = dead_letter_record(reply, i, arena);
        const struct strview topic = json_text(record, "topic");
        if (topic.len > 0) {
            return keys_slot(arena, topic, (int32_t)json_integer(record, "partition", -1));
        }
    }
    return home_of(asked, reply);
}

/* How far the partition has been read: what waits lies before. */
static int64_t position_of(struct strview slot, const struct redisconn_reply *positions)
{
    size_t at = 0;
    while (at + 1 < redisconn_reply_count(positions) &&
           !strview_equal(redisconn_reply_text_at(positions, at), slot)) {
        at += 2;
    }
    return redisconn_reply_integer_at(positions, at + 1, 0);
}

/* FCALL orderspine_decide: about what was read, and nothing else. */
static bool send_decision(struct dead_letter *asked, const struct redisconn_reply *reply,
                          struct strview slot)
{
    struct query *query = &asked->query;
    const int32_t partition = keys_partition_of(asked->id);
    const struct strview before = redisconn_reply_text_at(reply, DEAD_LETTER_DECIDED);
    struct error ignored;
    struct strbuf now = STRBUF_IN(query->arena, DOCUMENT_MAX);
    const bool is_coded = decision_json_append(before, &asked->decision, &now);
    asked->decided = strbuf_keep(&now); /* before anything else is made there */
    const struct strview args[] = {
        STRVIEW("FCALL"),
        STRVIEW("orderspine_decide"),
        STRVIEW("4"),
        keys_named(query->arena, partition, KEYS_FROZEN),
        keys_named(query->arena, partition, KEYS_DECIDED),
        keys_named(query->arena, partition, KEYS_DRAINING),
        keys_parked(query->arena, partition, asked->type, asked->id),
        asked->field,
        redisconn_reply_text_at(reply, DEAD_LETTER_MARK),
        before.data == NULL ? STRVIEW("") : before,
        asked->decided,
        asked->decision.is_of_none ? STRVIEW("") : slot,
    };
    enum { ARGS = sizeof args / sizeof args[0] };
    bool is_whole = is_coded;
    for (size_t i = 0; i < ARGS; i++) {
        is_whole = is_whole && args[i].data != NULL;
    }
    return is_whole &&
           redisconn_send(query->context->decider, (struct redisconn_command){args, ARGS},
                          on_decided, query, &ignored) == ERROR_NONE;
}

/* What is there now says whether the decision fits. */
static void on_looked_at(struct query *query, const struct redisconn_reply *reply)
{
    struct dead_letter *asked = dead_letter_of(query);
    struct decisions taken;
    struct error err;
    const struct mark_frozen mark = dead_letter_mark(reply, query->arena);
    const struct strview slot = slot_of(asked, reply);
    const struct strview before = redisconn_reply_text_at(reply, DEAD_LETTER_DECIDED);
    if (decision_json_read(before, query->arena, &taken, &err) != ERROR_NONE) {
        query_refuse(query, 500, "internal", "what was decided before cannot be read");
        return;
    }
    const char *refusal =
        decision_refusal(&asked->decision, mark.reason, mark.waits_for, taken.count);
    asked->decision.state = mark.reason;
    if (decision_drops_records(&asked->decision) && !asked->decision.is_of_none) {
        asked->decision.slot = slot;
        asked->decision.below = position_of(slot, redisconn_reply_at(reply, DEAD_LETTER_POSITIONS));
    }
    if (refusal != NULL) {
        refuse_decision(query, refusal);
    } else if (strview_is(slot, "-") && !asked->decision.is_of_none) {
        query_unavailable(query, "no projector reports all partitions of its topic, or there are "
                                 "topics of two prefixes, so it is not known who would carry it "
                                 "out: start projectors until all are reported, then ask again");
    } else if (slot.data == NULL || !send_decision(asked, reply, slot)) {
        query_unavailable(query, "the decision cannot be written down now");
    }
}

static bool read_body(struct dead_letter *asked)
{
    const struct json_value *body = NULL;
    struct decision *decision = &asked->decision;
    struct error err;
    const struct strview bytes = http_request_body(asked->query.request);
    if (json_parse(bytes, asked->query.arena, &body, &err) != ERROR_NONE) {
        query_malformed(&asked->query, err.text);
        return false;
    }
    const struct json_value *reason = json_member(body, "reason");
    decision->version = json_integer(body, "waits_for", 0);
    decision->reason = json_text(body, "reason");
    const size_t known = reason == NULL && decision->kind == DECISION_RETRY ? 1 : 2;
    if (body->type != JSON_OBJECT || decision->version < 1 || body->count != known ||
        (known == 2 && (decision->reason.len == 0 || decision->reason.len > REASON_MAX))) {
        query_refuse(&asked->query, 422, "invalid-command",
                     "waits_for is the version that it waits for as you saw it; to skip, reason "
                     "says why in 1 to 200 bytes");
        return false;
    }
    return true;
}

void dead_letter_on_decide(struct http_request *request, void *user)
{
    struct dead_letter *asked = dead_letter_begin(request, user);
    if (asked == NULL) {
        return;
    }
    struct query *query = &asked->query;
    const struct principal *principal = auth_of_request(query->context->auth, request);
    if (query->context->decider == NULL) {
        query_unavailable(query, "this process only answers queries: ask one that projects");
        return;
    }
    asked->decision.kind = (enum decision_kind)http_request_tag(request);
    asked->decision.is_of_none = strview_is(asked->id, INCOMING_NO_ID);
    asked->decision.at_ms = loop_wall_ms();
    asked->decision.by =
        principal == NULL ? STRVIEW("") : arena_view(query->arena, strview_of(principal->subject));
    if (asked->decision.by.data == NULL) {
        query_unavailable(query, "no memory for this request");
    } else if (read_body(asked)) {
        dead_letter_read(asked, on_looked_at);
    }
}
