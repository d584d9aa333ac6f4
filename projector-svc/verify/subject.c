/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/subject.h"

#include "common/base/parse.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/verify/verify_sql.h"
#include "projector-svc/views/decision_json.h"
#include "projector-svc/views/view_read.h"

#include <inttypes.h>
#include <stdio.h>

enum { PARKED_MAX = 2 << 20 };

static enum error_kind exhausted(struct error *err)
{
    return error_set(err, ERROR_EXHAUSTED, "an aggregate needs too much memory");
}

/* --- its rows */

static struct strview copy(struct subject *subject, const struct pgsession *session, size_t column)
{
    const struct strview value = pgsession_value(session, column);
    return value.data == NULL ? value : arena_view(subject->arena, value);
}

/* As if the record had been parked and came back: one way to read an event, and what a damaged one
 * is, is said there. */
static enum error_kind read_event(struct subject *subject, const struct pgsession *session,
                                  struct incoming **ret, struct error *err)
{
    const struct incoming raw = {
        .event_id = pgsession_value(session, ROW_ID),
        .event_type = pgsession_value(session, ROW_TYPE),
        .version = pgsession_value_i64(session, ROW_VERSION),
        .time = pgsession_value(session, ROW_TIME),
        .correlation_id = pgsession_value(session, ROW_CORRELATION),
        .causation_id = pgsession_value(session, ROW_CAUSATION),
        .traceparent = pgsession_value(session, ROW_TRACEPARENT),
        .topic = strview_of(subject->verify->topics[subject->events.type]),
        .partition = subject->shard,
        .offset = -1,
        .timestamp_ms = -1,
        .kind = INCOMING_EVENT,
        .aggregate = subject->events.type,
        .aggregate_id = subject->events.id,
        .value = pgsession_value(session, ROW_PAYLOAD),
        .value_len = pgsession_value(session, ROW_PAYLOAD).len,
    };
    struct strbuf form = STRBUF_IN(subject->arena, PARKED_MAX);
    const bool is_parked = incoming_park(&raw, &form);
    const struct strview kept = strbuf_keep(&form);
    if (!is_parked || kept.data == NULL) {
        return exhausted(err);
    }
    return incoming_of_parked(kept, subject->events.type, subject->events.id, subject->arena, ret,
                              err);
}

static bool make_room(struct subject *subject)
{
    const size_t count = subject->events.count;
    struct incoming **list = arena_grow(subject->arena, subject->events.list, count, &subject->cap,
                                        sizeof(struct incoming *));
    struct strview *ids =
        arena_grow(subject->arena, subject->event_ids, count, &subject->ids_cap, sizeof *ids);
    if (list == NULL || ids == NULL) {
        return false;
    }
    subject->events.list = list;
    subject->event_ids = ids;
    return true;
}

static void read_state(struct subject *subject, const struct pgsession *session)
{
    for (size_t i = 0; i < STATE_ROW_COUNT && subject->events.type == AGGREGATE_ORDER; i++) {
        subject->row.columns[i] = copy(subject, session, ROW_STATE + i);
    }
}

static bool is_of_shard(const struct subject *subject)
{
    return subject->shard >= 0 && subject->shard < subject->verify->shard_count;
}

enum error_kind subject_add(struct subject *subject, const struct pgsession *session,
                            struct error *err)
{
    const int64_t version = pgsession_value_i64(session, ROW_VERSION);
    const bool is_first = subject->events.count == 0;
    if (is_first) {
        subject->first_version = version;
        subject->shard = (int)pgsession_value_i64(session, ROW_SHARD);
        read_state(subject, session);
    }
    if (!is_first && version != subject->newest_version + 1 && subject->gap == 0) {
        subject->gap = subject->newest_version + 1;
    }
    subject->newest_version = version;
    subject->newest_seq = pgsession_value_i64(session, ROW_SEQ);
    if (is_of_shard(subject) &&
        subject->newest_seq <= subject->verify->shards[subject->shard].head) {
        subject->settled = version;
    }
    if (!make_room(subject)) {
        return exhausted(err);
    }
    struct incoming *event = NULL;
    const enum error_kind kind = read_event(subject, session, &event, err);
    if (kind == ERROR_NONE) {
        subject->event_ids[subject->events.count] = copy(subject, session, ROW_ID);
        subject->events.list[subject->events.count++] = event;
    }
    return kind;
}

/* Of stock only the newest is asked for. */
static bool begins_late(const struct subject *subject)
{
    return subject->first_version > 1 && subject->events.type != AGGREGATE_STOCK;
}

bool subject_is_cut(const struct subject *subject)
{
    return begins_late(subject) && subject->verify->floor > 0;
}

bool subject_is_whole(const struct subject *subject)
{
    return subject->gap == 0 && !begins_late(subject);
}

bool subject_is_in_flight(const struct subject *subject)
{
    const struct verify *verify = subject->verify;
    return is_of_shard(subject) && (verify->shards[subject->shard].is_behind ||
                                    subject->newest_seq > verify->shards[subject->shard].head);
}

/* --- the tables */

static bool tell(const struct subject *subject, enum verify_station station, enum verdict verdict,
                 const char *what, struct verify_finding *ret)
{
    *ret = (struct verify_finding){.verdict = verdict,
                                   .station = station,
                                   .type = subject->events.type,
                                   .id = subject->events.id.data,
                                   .version = subject->newest_version,
                                   .what = what};
    return true;
}

static const char *fold_state(const struct subject *subject, struct order *order)
{
    for (size_t i = 0; i < subject->events.count; i++) {
        const struct incoming *incoming = subject->events.list[i];
        if (incoming->kind == INCOMING_SKIP) {
            return ""; /* what it was stands in no table of events any more */
        }
        if (incoming->kind != INCOMING_EVENT) {
            return "an event in the outbox cannot be read";
        }
        if (!order_takes(order, &incoming->event.order)) {
            return "an event in the outbox cannot follow those before it";
        }
        order_apply(order, &incoming->event.order);
    }
    return NULL;
}

static bool judge_order(struct subject *subject, struct verify_finding *ret)
{
    struct order order = {.version = 0};
    const char *column = NULL;
    if (subject->row.columns[STATE_ROW_version].data == NULL) {
        return tell(subject, VERIFY_POSTGRES, VERDICT_LOST, "its row is missing in orders", ret);
    }
    const char *fault = fold_state(subject, &order);
    if (fault != NULL) {
        return fault[0] != '\0' && tell(subject, VERIFY_POSTGRES, VERDICT_EDITED, fault, ret);
    }
    if (state_row_compare(&subject->row, &order, subject->arena, &column, &subject->failure) !=
        ERROR_NONE) {
        return false; /* told as too large */
    }
    if (column == NULL) {
        return false;
    }
    (void)snprintf(subject->what, sizeof subject->what, "%s of its row is not what its events make",
                   column);
    return tell(subject, VERIFY_POSTGRES, VERDICT_EDITED, subject->what, ret);
}

bool subject_judge_state(struct subject *subject, struct verify_finding *ret)
{
    const bool is_cut = subject_is_cut(subject);
    const int64_t gap = begins_late(subject) && !is_cut ? 1 : subject->gap;
    if (gap > 0) {
        (void)snprintf(subject->what, sizeof subject->what,
                       "version %" PRId64 " is not in the outbox", gap);
        return tell(subject, VERIFY_POSTGRES, VERDICT_LOST, subject->what, ret);
    }
    return !is_cut && subject->events.type == AGGREGATE_ORDER && judge_order(subject, ret);
}

/* --- what Redis shows */

enum { SHOWN_VERSION = 0, SHOWN_EVENT, SHOWN_PROJECTED_AT, SHOWN_COUNT };
static const char *const SHOWN_FIELDS[] = {"source_version", "last_event_id", "projected_at"};
static const char *const STOCK_FIELDS[] = {"stock_version", "stock_event_id", "projected_at"};

/* A version that an operator skipped stands in the view as skipped, whatever came under it later.
 */
static void skip(struct subject *subject, const struct decision *decision)
{
    const bool is_here = decision->version >= 1 &&
                         decision->version <= (int64_t)subject->events.count &&
                         subject->events.type != AGGREGATE_STOCK;
    struct incoming *skipped = is_here ? arena_alloc(subject->arena, sizeof *skipped) : NULL;
    if (skipped == NULL) {
        return;
    }
    *skipped = (struct incoming){.kind = INCOMING_SKIP,
                                 .aggregate = subject->events.type,
                                 .aggregate_id = subject->events.id,
                                 .version = decision->version,
                                 .event_id = STRVIEW(INCOMING_UNSEEN_ID),
                                 .event_type = STRVIEW(INCOMING_SKIPPED),
                                 .at_ms = decision->at_ms,
                                 .partition = -1,
                                 .offset = -1};
    subject->events.list[decision->version - 1] = skipped;
    subject->event_ids[decision->version - 1] = STRVIEW(INCOMING_UNSEEN_ID);
}

static void read_decisions(struct subject *subject, struct strview json)
{
    struct decisions decisions = {.count = 0};
    struct error ignored; /* a damaged one is as if nothing was decided */
    const struct strview kept = arena_view(subject->arena, json);
    if (json.len == 0 || kept.data == NULL ||
        decision_json_read(kept, subject->arena, &decisions, &ignored) != ERROR_NONE) {
        return;
    }
    for (size_t i = 0; i < decisions.count; i++) {
        if (decision_skips_version(&decisions.list[i])) {
            skip(subject, &decisions.list[i]);
        }
    }
}

/* Of version n is the n-th event; of stock only the newest is at hand. */
static enum likeness judge_event(const struct subject *subject)
{
    const int64_t first = subject->newest_version - (int64_t)subject->events.count;
    const int64_t at = subject->shown.version - first - 1;
    if (at < 0 || at >= (int64_t)subject->events.count) {
        return subject->events.type == AGGREGATE_STOCK ? LIKENESS_SAME : LIKENESS_OTHER;
    }
    return strview_equal(subject->event_ids[at], subject->shown_event) ? LIKENESS_SAME
                                                                       : LIKENESS_OTHER;
}

static void on_shown(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct subject *subject = user;
    const struct redisconn_reply *fields = redisconn_reply_at(reply, 0);
    const struct strview version = redisconn_reply_text_at(fields, SHOWN_VERSION);
    if (failure == NULL) {
        read_decisions(subject, redisconn_reply_text_at(reply, 1));
        subject->shown.version = version.data == NULL ? 0 : -1;
        (void)!parse_i64(version, &subject->shown.version);
        subject->shown_event =
            arena_view(subject->arena, redisconn_reply_text_at(fields, SHOWN_EVENT));
        subject->projected_at_ms = redisconn_reply_integer_at(fields, SHOWN_PROJECTED_AT, 0);
        subject->shown.head = subject->newest_version;
        subject->shown.event = judge_event(subject);
    }
    const bool is_of_it = failure != NULL && failure->kind == ERROR_INVALID;
    if (is_of_it) { /* another type */
        subject->shown.version = -1;
        (void)snprintf(subject->what, sizeof subject->what, "%.250s", failure->text);
    }
    verify_arrived(subject->verify, is_of_it ? NULL : failure);
}

enum error_kind subject_ask_shown(struct subject *subject, struct error *err)
{
    const bool is_stock = subject->events.type == AGGREGATE_STOCK;
    const char *const *names = is_stock ? STOCK_FIELDS : SHOWN_FIELDS;
    const struct strview fields[] = {
        STRVIEW("HMGET"),
        keys_view(subject->arena, keys_partition_of(subject->events.id), subject->events.type,
                  subject->events.id),
        strview_of(names[SHOWN_VERSION]), strview_of(names[SHOWN_EVENT]),
        strview_of(names[SHOWN_PROJECTED_AT])};
    const struct strview decided[] = {
        STRVIEW("HGET"),
        keys_named(subject->arena, keys_partition_of(subject->events.id), KEYS_DECIDED),
        keys_frozen_field(subject->arena, subject->events.type, subject->events.id)};
    const struct redisconn_command commands[] = {{fields, 2 + SHOWN_COUNT}, {decided, 3}};
    return view_read(subject->verify->redis, subject->arena, commands, 2, on_shown, subject, err);
}

static void on_view(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct subject *subject = user;
    const bool is_of_it = failure != NULL && failure->kind == ERROR_INVALID;
    if (failure == NULL) {
        subject->shown.contents = expected_compare(&subject->expected, reply, subject->what);
    } else if (is_of_it) {
        subject->shown.contents = LIKENESS_OTHER;
        (void)snprintf(subject->what, sizeof subject->what, "%.250s", failure->text);
    }
    verify_arrived(subject->verify, is_of_it ? NULL : failure);
}

enum error_kind subject_ask_view(struct subject *subject, struct error *err)
{
    struct expected_events events = subject->events;
    if (events.type != AGGREGATE_STOCK) {
        events.count = (size_t)subject->shown.version;
    }
    /* The caps are of keys that are shared, and not compared. */
    const struct view_moment moment = {.projected_at_ms = subject->projected_at_ms,
                                       .recent_cap = 1,
                                       .stream_cap = 1,
                                       .limits = &subject->verify->options->limits};
    const enum error_kind kind =
        expected_make(&events, &moment, subject->arena, &subject->expected, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (!expected_ask(&subject->expected)) {
        return exhausted(err);
    }
    return view_read(subject->verify->redis, subject->arena, subject->expected.commands,
                     subject->expected.command_count, on_view, subject, err);
}

/* --- the view */

static void describe(struct subject *subject, enum verdict verdict)
{
    const struct shown_view *shown = &subject->shown;
    if (verdict == VERDICT_STALE) {
        (void)snprintf(subject->what, sizeof subject->what,
                       "it shows version %" PRId64 " of %" PRId64
                       "; see projector-svc dead-letters list",
                       shown->version, shown->head);
    } else if (verdict == VERDICT_LOST && shown->version == 0) {
        (void)snprintf(subject->what, sizeof subject->what, "it has no view");
    } else if (verdict == VERDICT_FORKED) {
        (void)snprintf(subject->what, sizeof subject->what,
                       "it shows event %.*s as version %" PRId64 ", which the outbox does not hold",
                       STRVIEW_ARG(subject->shown_event), shown->version);
    } else if (shown->version < 0 && subject->what[0] == '\0') {
        (void)snprintf(subject->what, sizeof subject->what, "its version is no number");
    }
}

bool subject_judge_view(struct subject *subject, struct verify_finding *ret)
{
    enum verdict verdict;
    if (!verdict_of_view(&subject->shown, &verdict)) {
        return false;
    }
    describe(subject, verdict);
    /* PostgreSQL's own are of one statement, and never in flight. Nor is what the view had to show
     * already when all of it was waited for. */
    const bool is_behind =
        is_of_shard(subject) && subject->verify->shards[subject->shard].is_behind;
    if (verdict_is_of_timing(&subject->shown, verdict) && subject_is_in_flight(subject) &&
        (is_behind || subject->shown.version >= subject->settled)) {
        verdict = VERDICT_IN_FLIGHT;
    }
    return tell(subject, VERIFY_REDIS, verdict, subject->what, ret);
}
