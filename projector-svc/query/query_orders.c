/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One order, its timeline, and waiting for a version of it.
 *
 * A request with min_version is first answered from what there is, as most of
 * them find their version there. Only one that has to wait subscribes, and then
 * reads again once the subscription is confirmed: what is published before is in that
 * reading, what comes after is announced.
 */
#include "common/base/parse.h"
#include "common/base/uuid7.h"
#include "common/io/loop.h"
#include "projector-svc/core/etags.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/order_answer.h"
#include "projector-svc/query/order_waits.h"
#include "projector-svc/query/query.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    WAIT_MAX_MS = 10000,
    ETAG_MAX = 32,
    DETAIL_MAX = 128,
};

/* OVERTAKEN: on its way, and woken meanwhile: what it finds is old. */
enum order_reading { READING_NONE = 0, READING_SENT, READING_OVERTAKEN };

struct order_query {
    struct query query; /* first */
    enum order_part part;
    struct uuid order_id;
    int64_t min_version;        /* 0: whatever there is */
    struct order_moment moment; /* as it was then */
    int64_t before;             /* of the timeline the events before that version; 0: the newest */
    int64_t wait_ms;
    bool takes_stale;
    struct order_wait wait;
    struct loop_timer *timer; /* NULL: not waiting */
    enum order_reading reading;
    bool is_expired;
    int64_t token_ends_ms; /* the token ends the wait, not the clock: wall clock; 0: it does not */
};

static struct order_query *own(struct query *query)
{
    return (struct order_query *)(void *)query;
}

/* --- parameters */

static bool read_version(struct order_query *asked, const char *name, int64_t *ret)
{
    const struct strview text = http_request_query(asked->query.request, name);
    if (text.data == NULL || (parse_i64(text, ret) && *ret >= 1 && *ret < INT64_MAX)) {
        return true; /* the greatest one says that none was given */
    }
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof detail, "%s is a number from 1 on", name);
    query_malformed(&asked->query, detail);
    return false;
}

static bool read_wait(struct order_query *asked)
{
    const struct strview text = http_request_query(asked->query.request, "wait");
    if (text.data == NULL) {
        return true;
    }
    if (parse_duration_ms(text, &asked->wait_ms) && asked->wait_ms >= 0 &&
        asked->wait_ms <= WAIT_MAX_MS) {
        return true;
    }
    query_malformed(&asked->query, "wait is a duration of at most 10s, such as 300ms or 2s");
    return false;
}

static bool read_word(struct order_query *asked, const char *name, const char *word, bool *ret)
{
    const struct strview text = http_request_query(asked->query.request, name);
    if (text.data == NULL) {
        return true;
    }
    if (strview_is(text, word)) {
        *ret = true;
        return true;
    }
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof detail, "%s can only be %s", name, word);
    query_malformed(&asked->query, detail);
    return false;
}

static bool is_past(const struct order_query *asked)
{
    return asked->moment.version != INT64_MAX || asked->moment.as_of_ms != INT64_MAX;
}

static bool read_moment(struct order_query *asked)
{
    asked->moment = (struct order_moment){INT64_MAX, INT64_MAX};
    const struct strview as_of = http_request_query(asked->query.request, "as_of");
    if (!read_version(asked, "version", &asked->moment.version)) {
        return false;
    }
    const bool is_time = as_of.data == NULL || parse_rfc3339_ms(as_of, &asked->moment.as_of_ms);
    const bool is_one = asked->moment.version == INT64_MAX || as_of.data == NULL;
    const bool is_alone =
        !is_past(asked) || http_request_query(asked->query.request, "include").data == NULL;
    if (is_time && is_one && is_alone) {
        return true;
    }
    query_malformed(&asked->query, "either version or as_of, a time such as 2026-01-02T03:04:05Z, "
                                   "and no timeline");
    return false;
}

/* --- reading */

static query_reply_fn on_order;

static void read_order(struct order_query *asked)
{
    struct arena *in = asked->query.arena;
    const struct strview id = uuid_view(&asked->order_id);
    const int32_t at = keys_partition_of(id);
    const struct strview hash[] = {STRVIEW("HMGET"), keys_order(in, at, id), ORDER_ANSWER_FIELDS};
    const struct strview timeline[] = {
        STRVIEW("TAIL"), keys_order_timeline(in, at, id), strview_of(NUMBER_TEXT(asked->before)),
        strview_of(NUMBER_TEXT(TIMELINE_EVENTS_MAX)), strview_of(NUMBER_TEXT(TIMELINE_BYTES_MAX))};
    const struct strview history[] = {STRVIEW("HEAD"), timeline[1],
                                      strview_of(NUMBER_TEXT(HISTORY_EVENTS_MAX)),
                                      strview_of(NUMBER_TEXT(HISTORY_BYTES_MAX))};
    const bool wants_timeline = asked->part != PART_ORDER || is_past(asked);
    const struct redisconn_command commands[READ_COUNT] = {
        [READ_HASH] = {hash, sizeof hash / sizeof hash[0]},
        [READ_DETAILS] = {(struct strview[]){STRVIEW("GET"), keys_order_details(in, at, id)}, 2},
        [READ_TIMELINE] = {is_past(asked) ? history : timeline, is_past(asked) ? 4 : 5},
    };
    asked->reading = READING_SENT;
    query_read(&asked->query, commands, wants_timeline ? READ_COUNT : READ_TIMELINE, on_order);
}

/* --- answering */

static void stop_waiting(struct query *query)
{
    struct order_query *asked = own(query);
    if (asked->timer != NULL) {
        order_waits_remove(query->context->waits, &asked->wait);
        loop_timer_free(asked->timer);
        asked->timer = NULL;
    }
}

/* What also changes without an event has no tag: one that is kept would outlive it. */
static bool is_whole(const struct order_query *asked, const struct order_state *state)
{
    return state->waiting_for == 0 && asked->query.views == QUERY_VIEWS_WHOLE;
}

static bool is_known(const struct order_query *asked, const char *etag)
{
    return etags_have(http_request_header(asked->query.request, "If-None-Match"), strview_of(etag));
}

struct answer_headers {
    char etag[ETAG_MAX];
    struct http_header list[3];
};

/* Of the version that is shown: what may be told of it, and how. */
static void fill_headers(const struct order_query *asked, const struct order_state *state,
                         int64_t version, bool is_stale, struct answer_headers *ret)
{
    size_t count = 0;
    *ret = (struct answer_headers){.etag = ""};
    if (is_whole(asked, state)) {
        (void)snprintf(ret->etag, sizeof ret->etag, "\"v%" PRId64 "\"", version);
        ret->list[count++] = (struct http_header){"ETag", ret->etag};
    }
    if (is_stale) {
        ret->list[count++] = (struct http_header){"X-Stale", "true"};
    }
}

static void answer_past(struct order_query *asked, const struct order_answer *answer, bool is_stale)
{
    struct answer_headers headers;
    struct error err;
    int64_t version;
    struct json_writer *writer = query_write(&asked->query);
    const enum error_kind kind =
        order_answer_write_past(answer, &asked->moment, writer, &version, &err);
    if (kind == ERROR_NONE) {
        fill_headers(asked, answer->state, version, is_stale, &headers);
        query_answer(&asked->query, headers.list);
        return;
    }
    strbuf_done(&asked->query.body);
    if (kind == ERROR_NOT_FOUND) {
        query_not_found(&asked->query);
    } else if (kind == ERROR_EXHAUSTED) {
        query_malformed(&asked->query, err.text);
    } else {
        query_refuse(&asked->query, 500, "internal", "the order's history cannot be read");
    }
}

static void answer_order(struct order_query *asked, const struct redisconn_reply *reply,
                         const struct order_state *state, bool is_stale)
{
    struct answer_headers headers;
    fill_headers(asked, state, state->version, is_stale, &headers);
    const struct order_answer answer = {
        .query = &asked->query,
        .part = asked->part,
        .before = asked->before,
        .order_id = &asked->order_id,
        .reply = reply,
        .state = state,
    };
    if (is_past(asked)) {
        answer_past(asked, &answer, is_stale);
    } else if (!is_stale && is_whole(asked, state) && is_known(asked, headers.etag)) {
        query_answer_unmodified(&asked->query, headers.list);
    } else {
        order_answer_write(&answer, query_write(&asked->query));
        query_answer(&asked->query, headers.list);
    }
}

struct versions {
    int64_t asked;
    int64_t reached;
};

static void put_versions(struct json_writer *writer, const void *user)
{
    const struct versions *versions = user;
    json_put_member_integer(writer, "min_version", versions->asked);
    json_put_member_integer(writer, "source_version", versions->reached);
}

static void answer_too_early(struct order_query *asked, const struct order_state *state)
{
    const struct versions versions = {.asked = asked->min_version, .reached = state->version};
    query_problem(&asked->query,
                  &(struct http_problem){.status = 504,
                                         .slug = "not-yet-visible",
                                         .detail = "the views have not reached that version",
                                         .put_members = put_versions,
                                         .members_user = &versions});
}

/* --- waiting */

/* There is news, or it is too late. */
static void on_wake(void *user)
{
    struct order_query *asked = user;
    if (asked->reading == READING_NONE) {
        read_order(asked);
    } else {
        asked->reading = READING_OVERTAKEN;
    }
}

static void on_expired(void *user)
{
    struct order_query *asked = user;
    asked->is_expired = true;
    on_wake(asked);
}

/* The loop's timers count coarse ticks, so one may end some milliseconds early. A token's end is an
 * instant of the wall clock: asked before it, the query would answer 504 where it is about to be
 * 401.
 */
static void on_time(void *user)
{
    struct order_query *asked = user;
    const int64_t early_ms = asked->token_ends_ms - loop_wall_ms();
    if (early_ms > 0) {
        loop_timer_start(asked->timer, early_ms);
        return;
    }
    on_expired(asked);
}

static void begin_waiting(struct order_query *asked)
{
    struct error err;
    const int64_t wait_ms = query_may_wait_ms(&asked->query, asked->wait_ms);
    asked->token_ends_ms = wait_ms < asked->wait_ms ? asked->query.until_ms : 0;
    asked->wait = (struct order_wait){.on_wake = on_wake, .user = asked};
    if (order_waits_add(asked->query.context->waits, &asked->order_id, &asked->wait, &err) !=
        ERROR_NONE) {
        query_refuse(&asked->query, 503, "overloaded", err.text);
        return;
    }
    asked->timer = loop_timer_new(asked->query.context->loop, on_time, asked);
    loop_timer_start(asked->timer, wait_ms);
    http_request_on_gone(asked->query.request, on_expired, asked); /* who left reads no answer */
}

/* Not there yet: wait, go on waiting, or say so. */
static void miss(struct order_query *asked, const struct redisconn_reply *reply,
                 const struct order_state *state, bool is_overtaken)
{
    const bool may_wait =
        asked->wait_ms > 0 && !asked->is_expired && !asked->query.context->is_draining;
    if (may_wait && asked->timer == NULL) {
        begin_waiting(asked);
    } else if (may_wait && is_overtaken) {
        read_order(asked);
    } else if (!may_wait && asked->takes_stale && state->version > 0) {
        answer_order(asked, reply, state, true);
    } else if (!may_wait) {
        answer_too_early(asked, state);
    }
}

static void on_order(struct query *query, const struct redisconn_reply *reply)
{
    struct order_query *asked = own(query);
    const struct order_state state = order_state_of(query, reply);
    const bool is_overtaken = asked->reading == READING_OVERTAKEN;
    asked->reading = READING_NONE;
    if (state.version > 0 && state.version >= asked->min_version) {
        answer_order(asked, reply, &state, false);
    } else if (asked->min_version == 0) {
        query_not_found(query);
    } else {
        miss(asked, reply, &state, is_overtaken);
    }
}

/* --- routes */

static void on_request(struct http_request *request, void *user)
{
    static const char *const ORDER_PARAMETERS[] = {"min_version", "wait",  "stale", "include",
                                                   "version",     "as_of", NULL};
    static const char *const TIMELINE_PARAMETERS[] = {"min_version", "wait", "stale", "before",
                                                      NULL};
    const enum order_part part = (enum order_part)http_request_tag(request);
    struct query *query = query_begin(user, request, READABLE_ORDER,
                                      part == PART_ORDER ? ORDER_PARAMETERS : TIMELINE_PARAMETERS,
                                      sizeof(struct order_query));
    if (query == NULL) {
        return;
    }
    struct order_query *asked = own(query);
    query->on_end = stop_waiting;
    if (!uuid_parse(http_request_param(request, 0), &asked->order_id)) {
        query_not_found(query);
        return;
    }
    bool has_timeline = false;
    if (read_moment(asked) && read_version(asked, "min_version", &asked->min_version) &&
        read_wait(asked) && read_version(asked, "before", &asked->before) &&
        read_word(asked, "stale", "ok", &asked->takes_stale) &&
        read_word(asked, "include", "timeline", &has_timeline)) {
        asked->part = has_timeline ? PART_BOTH : part;
        read_order(asked);
    }
}

const struct http_route QUERY_ORDER_ROUTES[] = {
    {HTTP_GET, "/v1/orders/{id}", on_request, .tag = PART_ORDER},
    {HTTP_GET, "/v1/orders/{id}/timeline", on_request, .tag = PART_TIMELINE},
    {.pattern = NULL},
};

void query_orders_drain(struct query_context *context)
{
    struct query *query = context->live;
    while (query != NULL) {
        struct query *next = query->next;
        if (query->on_reply == on_order && own(query)->timer != NULL) {
            on_expired(own(query));
        }
        query = next;
    }
}
