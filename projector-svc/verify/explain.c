/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/explain.h"

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/verify/state_row.h"
#include "projector-svc/verify/verify_internal.h"
#include "projector-svc/verify/verify_sql.h"
#include "projector-svc/views/view_read.h"

#include <stdio.h>

/* Records of ours that one step of a search reads; all of them are compared with all rows. */
enum { STEP_RECORDS = 200, ARENA_MAX = 64 << 10 };

struct explaining {
    struct verify *verify;
    struct explained *found;
    const char *order;
    int64_t first; /* of the partition */
    /* One step. */
    int64_t wanted; /* seq */
    int64_t next_offset;
    size_t below;
    size_t above;
};

static void copy_text(struct strview text, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%.*s", STRVIEW_ARG(text));
    for (char *at = ret; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
}

/* Of whoever wrote it. */
static int64_t moment(int64_t at_ms)
{
    return time_has_text(at_ms) ? at_ms : 0;
}

/* --- PostgreSQL */

/* $1 the order. */
#define OF_ORDER "aggregatetype = 'order' AND aggregateid = $1"
static const char STATE[] =
    "SELECT EXISTS (SELECT FROM orders WHERE order_id = $1::uuid),"
    " (SELECT count(*) FROM outbox WHERE " OF_ORDER "), coalesce(o.shard, -1),"
    " r.position, (SELECT reason FROM relay_quarantine q WHERE q.shard = o.shard AND q." OF_ORDER
    ") FROM (VALUES (0)) one"
    " LEFT JOIN (SELECT shard FROM outbox WHERE " OF_ORDER " LIMIT 1) o ON true"
    " LEFT JOIN relay_shard r ON r.shard = o.shard";
enum { STATE_IS_ORDER = 0, STATE_EVENTS, STATE_SHARD, STATE_RELAYED, STATE_REASON };

/* $2 how many of its newest events. */
static const char EVENTS[] =
    "SELECT o.aggregateversion, o.seq, o.id, " VERIFY_TYPE ", " STATE_ROW_MS(
        "o.occurred_at") ", o.headers->>'correlation_id',"
                         " EXISTS (SELECT FROM relay_quarantine q WHERE q.shard = o.shard AND "
                         "q." OF_ORDER "  AND q.seq <= o.seq), r.key, r.status, " STATE_ROW_MS(
                             "r.created_at") " FROM (SELECT * FROM outbox WHERE " OF_ORDER
                                             "  ORDER BY aggregateversion DESC LIMIT $2::int) o"
                                             " LEFT JOIN LATERAL (SELECT key, status, created_at "
                                             "FROM receipt"
                                             "  WHERE created_at BETWEEN o.occurred_at - interval "
                                             "'" EXPLAIN_RECEIPT_S " s'"
                                             "  AND o.occurred_at + interval '" EXPLAIN_RECEIPT_S
                                             " s' AND status < 300"
                                             "  AND version = o.aggregateversion AND strpos(body, "
                                             "$1) > 0 LIMIT 1) r ON true"
                                             " ORDER BY o.aggregateversion";
enum {
    EVENT_VERSION = 0,
    EVENT_SEQ,
    EVENT_ID,
    EVENT_TYPE,
    EVENT_OCCURRED,
    EVENT_CORRELATION,
    EVENT_WAITS,
    EVENT_RECEIPT,
    EVENT_RECEIPT_STATUS,
    EVENT_RECEIPT_CREATED,
};

static void on_state(void *user, const struct pgsession *session)
{
    const struct explaining *explaining = user;
    struct explained *found = explaining->found;
    found->is_order = strview_is(pgsession_value(session, STATE_IS_ORDER), "t");
    found->events = pgsession_value_i64(session, STATE_EVENTS);
    found->shard = (int)pgsession_value_i64(session, STATE_SHARD);
    found->relayed = pgsession_value_i64(session, STATE_RELAYED);
    copy_text(pgsession_value(session, STATE_REASON), found->quarantine, sizeof found->quarantine);
    (void)snprintf(found->slot, sizeof found->slot, "%s/%d",
                   explaining->verify->topics[AGGREGATE_ORDER], found->shard);
}

static void on_event(void *user, const struct pgsession *session)
{
    struct explained *found = ((struct explaining *)user)->found;
    if (found->count == EXPLAIN_EVENTS_MAX) {
        return;
    }
    struct explained_event *event = &found->list[found->count++];
    *event = (struct explained_event){
        .at = {.version = pgsession_value_i64(session, EVENT_VERSION),
               .seq = pgsession_value_i64(session, EVENT_SEQ),
               .offset = -1,
               .relayed = found->relayed,
               .is_quarantined = strview_is(pgsession_value(session, EVENT_WAITS), "t")},
        .occurred_ms = moment(pgsession_value_i64(session, EVENT_OCCURRED)),
        .receipt_status = pgsession_value_i64(session, EVENT_RECEIPT_STATUS),
        .receipt_ms = moment(pgsession_value_i64(session, EVENT_RECEIPT_CREATED)),
    };
    copy_text(pgsession_value(session, EVENT_ID), event->id, sizeof event->id);
    copy_text(pgsession_value(session, EVENT_TYPE), event->type, sizeof event->type);
    copy_text(pgsession_value(session, EVENT_CORRELATION), event->correlation,
              sizeof event->correlation);
    copy_text(pgsession_value(session, EVENT_RECEIPT), event->receipt, sizeof event->receipt);
}

static enum error_kind read_rows(struct explaining *explaining, struct error *err)
{
    struct pgsession *session = explaining->verify->session;
    const char *const params[] = {explaining->order, NUMBER_TEXT(EXPLAIN_EVENTS_MAX)};
    enum error_kind kind = pgsession_run(session, VERIFY_BEGIN, err);
    if (kind == ERROR_NONE) {
        kind = pgsession_each(session, STATE, params, 1, on_state, explaining, err);
    }
    if (kind == ERROR_NONE) {
        kind = pgsession_each(session, EVENTS, params, 2, on_event, explaining, err);
    }
    return kind == ERROR_NONE ? pgsession_run(session, VERIFY_END, err) : kind;
}

/* --- Kafka */

static void on_surveyed(void *user, const struct kafka_survey_place *places, size_t count,
                        const struct error *failure)
{
    struct verify *verify = user;
    struct explaining *explaining = verify->reading;
    for (size_t i = 0; i < count && failure == NULL; i++) {
        if (places[i].topic == AGGREGATE_ORDER && places[i].partition == explaining->found->shard &&
            places[i].end > 0) {
            explaining->first = places[i].first > 0 ? places[i].first : 0;
            explaining->found->end = places[i].end;
        }
    }
    verify_arrived(verify, failure);
}

/* The first of them, where it came more than once. */
static void take_record(const struct explaining *explaining, const struct kafka_record *record,
                        int64_t seq)
{
    for (size_t i = 0; i < explaining->found->count; i++) {
        struct explained_event *event = &explaining->found->list[i];
        const bool is_it = event->at.seq == seq &&
                           strview_is(kafka_record_header(record, TOPICS_HEADER_CE_ID), event->id);
        if (is_it && (event->at.offset < 0 || record->offset < event->at.offset)) {
            event->at.offset = record->offset;
            event->record_ms = record->timestamp_ms > 0 ? moment(record->timestamp_ms) : 0;
        }
    }
}

static void on_records(void *user, struct kafka_record *records, size_t count)
{
    struct verify *verify = user;
    struct explaining *explaining = verify->reading;
    for (size_t i = 0; i < count; i++) {
        int64_t seq;
        explaining->next_offset = records[i].offset + 1;
        if (topics_read_sequence(kafka_record_header(&records[i], TOPICS_HEADER_CE_SEQUENCE),
                                 &seq)) {
            explaining->below += seq < explaining->wanted ? 1 : 0;
            explaining->above += seq > explaining->wanted ? 1 : 0;
            take_record(explaining, &records[i], seq);
        }
        kafka_record_done(&records[i]);
    }
    if (explaining->next_offset >= explaining->found->end ||
        explaining->below + explaining->above >= STEP_RECORDS) {
        verify_arrived(verify, NULL);
    }
}

static void on_end(void *user, const struct kafka_position *end)
{
    (void)end; /* one partition at a time is read */
    verify_arrived(user, NULL);
}

static const struct kafka_consumer_callbacks CONSUMER = {
    .on_records = on_records,
    .on_end = on_end,
    .on_partition_error = verify_partition_failed,
    .on_error = verify_consumer_failed,
    .on_surveyed = on_surveyed,
};

static enum error_kind read_step(struct explaining *explaining, int64_t offset, struct error *err)
{
    const struct kafka_position from = {
        .topic = AGGREGATE_ORDER, .partition = explaining->found->shard, .offset = offset};
    explaining->next_offset = offset;
    explaining->below = 0;
    explaining->above = 0;
    return verify_read_from(explaining->verify, &from, err);
}

static enum error_kind find_record(struct explaining *explaining,
                                   const struct explained_event *event, struct error *err)
{
    struct trace_search search = {.low = explaining->first, .high = explaining->found->end};
    enum error_kind kind = ERROR_NONE;
    int64_t offset;
    explaining->wanted = event->at.seq;
    while (kind == ERROR_NONE && event->at.offset < 0 && trace_search_next(&search, &offset)) {
        kind = read_step(explaining, offset, err);
        trace_search_narrow(&search, offset, explaining->next_offset, explaining->below,
                            explaining->above);
    }
    return kind;
}

static enum error_kind read_records(struct explaining *explaining, struct error *err)
{
    struct verify *verify = explaining->verify;
    verify->awaited = 1;
    kafka_consumer_survey(verify->consumer, KAFKA_SURVEY_FIRSTS);
    enum error_kind kind = verify_await(verify, VERIFY_ANSWER_MS, "Kafka", err);
    for (size_t i = 0; i < explaining->found->count && kind == ERROR_NONE; i++) {
        kind = find_record(explaining, &explaining->found->list[i], err);
    }
    return kind;
}

/* --- Redis */

static void on_view(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct explaining *explaining = user;
    struct explained *found = explaining->found;
    const struct redisconn_reply *view = redisconn_reply_at(reply, 0);
    if (failure == NULL) {
        found->shown_version = redisconn_reply_integer_at(view, 0, 0);
        found->projected_ms = moment(redisconn_reply_integer_at(view, 1, 0));
        found->waiting_for = redisconn_reply_integer_at(view, 2, 0);
        copy_text(redisconn_reply_text_at(reply, 1), found->frozen, sizeof found->frozen);
        found->parked = redisconn_reply_integer_at(reply, 2, 0);
        found->position = redisconn_reply_integer_at(reply, 3, -1);
    }
    verify_arrived(explaining->verify, failure);
}

static enum error_kind read_view(struct explaining *explaining, struct error *err)
{
    const struct strview id = strview_of(explaining->order);
    const int32_t partition = keys_partition_of(id);
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    const struct redisconn_command commands[] = {
        REDISCONN_COMMAND(STRVIEW("HMGET"), keys_view(&arena, partition, AGGREGATE_ORDER, id),
                          STRVIEW("source_version"), STRVIEW("projected_at"),
                          STRVIEW("waiting_for")),
        REDISCONN_COMMAND(STRVIEW("HGET"), keys_named(&arena, partition, KEYS_FROZEN),
                          keys_frozen_field(&arena, AGGREGATE_ORDER, id)),
        REDISCONN_COMMAND(STRVIEW("LLEN"), keys_parked(&arena, partition, AGGREGATE_ORDER, id)),
        REDISCONN_COMMAND(STRVIEW("HGET"), keys_named(&arena, partition, KEYS_POSITION),
                          strview_of(explaining->found->slot))};
    struct verify *verify = explaining->verify;
    verify->awaited = 1;
    const enum error_kind kind =
        view_read(verify->redis, &arena, commands, 4, on_view, explaining, err);
    return kind == ERROR_NONE ? verify_await(verify, VERIFY_ANSWER_MS, "Redis", err) : kind;
}

/* --- all of them */

static enum error_kind read_all(struct explaining *explaining, struct error *err)
{
    struct explained *found = explaining->found;
    enum error_kind kind = read_rows(explaining, err);
    if (kind == ERROR_NONE && found->shard >= 0) {
        kind = read_records(explaining, err);
    }
    kind = kind == ERROR_NONE ? read_view(explaining, err) : kind;
    for (size_t i = 0; i < found->count; i++) {
        found->list[i].at.shown_version = found->shown_version;
        found->list[i].at.is_frozen = found->frozen[0] != '\0' || found->waiting_for > 0;
    }
    if (kind == ERROR_NONE && !found->is_order && found->events == 0 && found->shown_version == 0) {
        kind = error_set(err, ERROR_NOT_FOUND, "no order %s", explaining->order);
    }
    return kind;
}

enum error_kind explain_order(const struct verify_options *stations, const char *order,
                              struct explained *ret, struct error *err)
{
    struct uuid id;
    *ret = (struct explained){.shard = -1, .position = -1};
    if (!uuid_parse(strview_of(order), &id)) {
        return error_set(err, ERROR_NOT_FOUND, "no order %.64s: an order's id is a UUID", order);
    }
    struct verify *verify;
    enum error_kind kind = verify_open(stations, &CONSUMER, &verify, err);
    struct explaining explaining = {.verify = verify, .found = ret, .order = id.text};
    verify->reading = &explaining;
    kind = kind == ERROR_NONE ? read_all(&explaining, err) : kind;
    verify_close(verify);
    return kind;
}
