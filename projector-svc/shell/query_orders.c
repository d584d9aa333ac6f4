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
#include "projector-svc/core/keys.h"
#include "projector-svc/shell/order_waits.h"
#include "projector-svc/shell/query.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    WAIT_MAX_MS = 10000,
    ETAG_MAX = 32,
    MEMBERS_MAX = 128,
};

enum order_part { PART_ORDER = 0, PART_TIMELINE };

struct order_query {
    struct query query; /* first */
    enum order_part part;
    bool has_timeline; /* ?include=timeline */
    struct uuid order_id;
    int64_t min_version; /* 0: whatever there is */
    int64_t wait_ms;
    bool takes_stale;
    struct order_wait wait;
    struct loop_timer *timer; /* NULL: not waiting */
    bool is_reading;
    bool must_read_again; /* woken while a reading was on its way */
    bool is_expired;
};

static struct order_query *own(struct query *query)
{
    return (struct order_query *)(void *)query;
}

/* --- parameters */

static bool read_min_version(struct order_query *asked)
{
    const struct strview text = http_request_query(asked->query.request, "min_version");
    if (text.data == NULL) {
        return true;
    }
    if (parse_i64(text, &asked->min_version) && asked->min_version >= 1) {
        return true;
    }
    query_refuse(&asked->query, 400, "malformed-request", "min_version is a number from 1 on");
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
    query_refuse(&asked->query, 400, "malformed-request",
                 "wait is a duration of at most 10s, such as 300ms or 2s");
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
    char detail[MEMBERS_MAX];
    (void)snprintf(detail, sizeof detail, "%s can only be %s", name, word);
    query_refuse(&asked->query, 400, "malformed-request", detail);
    return false;
}

/* --- reading */

enum { READ_HASH = 0, READ_RECOVERING, READ_DETAILS, READ_TIMELINE, READ_COUNT };
enum { FIELD_CUSTOMER = 0, FIELD_VERSION, FIELD_WAITING, FIELD_EVENT_ID, FIELD_PROJECTED };

static query_reply_fn on_order;

static void read_order(struct order_query *asked)
{
    struct arena *arena = asked->query.arena;
    const struct strview id = uuid_view(&asked->order_id);
    const struct strview key = keys_order(arena, id);
    const struct strview details_key = keys_order_details(arena, id);
    const struct strview timeline_key = keys_order_timeline(arena, id);
    if (key.data == NULL || details_key.data == NULL || timeline_key.data == NULL) {
        query_unavailable(&asked->query, "no memory for this request");
        return;
    }
    const struct strview hash[] = {STRVIEW("HMGET"),       key,
                                   STRVIEW("customer_id"), STRVIEW("source_version"),
                                   STRVIEW("waiting_for"), STRVIEW("last_event_id"),
                                   STRVIEW("projected_at")};
    const struct strview recovering[] = {STRVIEW("EXISTS"), STRVIEW(KEYS_RECOVERING)};
    const struct strview details[] = {STRVIEW("GET"), details_key};
    const struct strview timeline[] = {STRVIEW("LRANGE"), timeline_key, STRVIEW("0"),
                                       STRVIEW("-1")};
    const bool wants_timeline = asked->part == PART_TIMELINE || asked->has_timeline;
    const struct redisconn_command commands[READ_COUNT] = {
        [READ_HASH] = {hash, sizeof hash / sizeof hash[0]},
        [READ_RECOVERING] = {recovering, 2},
        [READ_DETAILS] = {details, 2},
        [READ_TIMELINE] = {timeline, 4},
    };
    asked->is_reading = true;
    asked->must_read_again = false;
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

/* An answer's place in the order's history. */
struct order_state {
    int64_t version; /* 0: nothing of it is known */
    int64_t waiting_for;
    bool is_recovering;
    struct strview event_id;
    int64_t projected_at_ms;
};

static struct order_state state_of(const struct redisconn_reply *reply)
{
    const struct redisconn_reply *hash = redisconn_reply_at(reply, READ_HASH);
    return (struct order_state){
        .version = redisconn_reply_integer(redisconn_reply_at(hash, FIELD_VERSION), 0),
        .waiting_for = redisconn_reply_integer(redisconn_reply_at(hash, FIELD_WAITING), 0),
        .is_recovering =
            redisconn_reply_integer(redisconn_reply_at(reply, READ_RECOVERING), 0) == 1,
        .event_id = redisconn_reply_text(redisconn_reply_at(hash, FIELD_EVENT_ID)),
        .projected_at_ms = redisconn_reply_integer(redisconn_reply_at(hash, FIELD_PROJECTED), 0),
    };
}

static void append_timeline(struct strbuf *body, const struct redisconn_reply *timeline,
                            const char *name)
{
    strbuf_printf(body, ",\"%s\":[", name);
    for (size_t i = 0; i < redisconn_reply_count(timeline); i++) {
        if (i > 0) {
            strbuf_append_char(body, ',');
        }
        strbuf_append(body, redisconn_reply_text(redisconn_reply_at(timeline, i)));
    }
    strbuf_append_char(body, ']');
}

static void append_state(struct strbuf *body, const struct order_state *state)
{
    if (state->waiting_for > 0) {
        strbuf_printf(body, ",\"waiting_for\":%" PRId64, state->waiting_for);
    }
    if (state->is_recovering) {
        strbuf_append_cstr(body, ",\"recovering\":true");
    }
    strbuf_append_char(body, '}');
}

/* The stored document is the answer, with what changes without an event put behind it. */
static void append_order(struct strbuf *body, const struct order_query *asked,
                         const struct redisconn_reply *reply, const struct order_state *state)
{
    struct strview details = redisconn_reply_text(redisconn_reply_at(reply, READ_DETAILS));
    details.len -= details.len > 0 ? 1 : 0; /* its closing brace */
    strbuf_append(body, details);
    if (asked->has_timeline) {
        append_timeline(body, redisconn_reply_at(reply, READ_TIMELINE), "timeline");
    }
    append_state(body, state);
}

static void append_timeline_page(struct strbuf *body, const struct order_query *asked,
                                 const struct redisconn_reply *reply,
                                 const struct order_state *state)
{
    strbuf_printf(body, "{\"order_id\":\"%s\"", asked->order_id.text);
    append_timeline(body, redisconn_reply_at(reply, READ_TIMELINE), "events");
    strbuf_printf(body,
                  ",\"freshness\":{\"source_version\":%" PRId64
                  ",\"last_event_id\":\"%.*s\",\"projected_at\":%" PRId64 "}",
                  state->version, STRVIEW_ARG(state->event_id), state->projected_at_ms);
    append_state(body, state);
}

static void answer_order(struct order_query *asked, const struct redisconn_reply *reply,
                         const struct order_state *state, bool is_stale)
{
    char etag[ETAG_MAX];
    (void)snprintf(etag, sizeof etag, "\"v%" PRId64 "\"", state->version);
    const struct http_header headers[] = {
        {"ETag", etag},
        {"Cache-Control", "no-store"},
        {is_stale ? "X-Stale" : NULL, "true"},
        {NULL, NULL},
    };
    struct strbuf body;
    strbuf_init(&body, QUERY_BODY_MAX);
    if (asked->part == PART_TIMELINE) {
        append_timeline_page(&body, asked, reply, state);
    } else {
        append_order(&body, asked, reply, state);
    }
    if (!strbuf_ok(&body) || strbuf_view(&body).data[0] != '{') {
        strbuf_done(&body);
        query_refuse(&asked->query, 500, "internal", "the stored view is not complete");
        return;
    }
    query_answer(&asked->query, &body, headers);
}

static void answer_too_early(struct order_query *asked, const struct order_state *state)
{
    char members[MEMBERS_MAX];
    (void)snprintf(members, sizeof members,
                   "\"min_version\":%" PRId64 ",\"source_version\":%" PRId64, asked->min_version,
                   state->version);
    query_problem(&asked->query,
                  &(struct http_problem){.status = 504,
                                         .slug = "not-yet-visible",
                                         .detail = "the views have not reached that version",
                                         .members = strview_of(members)});
}

/* While Redis is being filled again, an order that is not there may only not be there yet. */
static void answer_unknown(struct order_query *asked, const struct order_state *state)
{
    if (!state->is_recovering) {
        query_not_found(&asked->query);
        return;
    }
    query_problem(&asked->query,
                  &(struct http_problem){.status = 404,
                                         .slug = "not-found",
                                         .detail = "it is not there, or not there again yet",
                                         .members = STRVIEW("\"recovering\":true")});
}

/* --- waiting */

static void look_again(struct order_query *asked)
{
    if (asked->is_reading) {
        asked->must_read_again = true;
    } else {
        read_order(asked);
    }
}

static void on_wake(void *user)
{
    look_again(user);
}

static void on_expired(void *user)
{
    struct order_query *asked = user;
    asked->is_expired = true;
    look_again(asked);
}

/* The peer has left: nobody reads the answer, so any will do. */
static void on_gone(void *user)
{
    on_expired(user);
}

static void begin_waiting(struct order_query *asked)
{
    struct error err;
    asked->wait = (struct order_wait){.on_wake = on_wake, .user = asked};
    if (order_waits_add(asked->query.context->waits, &asked->order_id, &asked->wait, &err) !=
        ERROR_NONE) {
        query_refuse(&asked->query, 503, "overloaded", err.text);
        return;
    }
    asked->timer = loop_timer_new(asked->query.context->loop, on_expired, asked);
    loop_timer_start(asked->timer, asked->wait_ms);
    http_request_on_gone(asked->query.request, on_gone, asked);
}

/* Not there yet: wait, go on waiting, or say so. */
static void miss(struct order_query *asked, const struct redisconn_reply *reply,
                 const struct order_state *state)
{
    const bool may_wait =
        asked->wait_ms > 0 && !asked->is_expired && !asked->query.context->is_draining;
    if (may_wait && asked->timer == NULL) {
        begin_waiting(asked);
    } else if (may_wait && asked->must_read_again) {
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
    const struct order_state state = state_of(reply);
    const struct strview customer = redisconn_reply_text(
        redisconn_reply_at(redisconn_reply_at(reply, READ_HASH), FIELD_CUSTOMER));
    asked->is_reading = false;
    if (state.version > 0 && query->is_customer && !strview_equal(customer, query->subject)) {
        query_not_found(query);
    } else if (state.version > 0 && state.version >= asked->min_version) {
        answer_order(asked, reply, &state, false);
    } else if (asked->min_version == 0) {
        answer_unknown(asked, &state);
    } else {
        miss(asked, reply, &state);
    }
}

/* --- routes */

static void on_request(struct http_request *request, void *user)
{
    static const char *const ORDER_PARAMETERS[] = {"min_version", "wait", "stale", "include", NULL};
    static const char *const TIMELINE_PARAMETERS[] = {"min_version", "wait", "stale", NULL};
    const enum order_part part = (enum order_part)http_request_tag(request);
    struct query *query =
        query_begin(user, request, part == PART_ORDER ? ORDER_PARAMETERS : TIMELINE_PARAMETERS,
                    sizeof(struct order_query));
    if (query == NULL) {
        return;
    }
    struct order_query *asked = own(query);
    asked->part = part;
    query->on_end = stop_waiting;
    if (!uuid_parse(http_request_param(request, 0), &asked->order_id)) {
        query_not_found(query);
        return;
    }
    if (read_min_version(asked) && read_wait(asked) &&
        read_word(asked, "stale", "ok", &asked->takes_stale) &&
        read_word(asked, "include", "timeline", &asked->has_timeline)) {
        read_order(asked);
    }
}

const struct http_route QUERY_ORDER_ROUTES[] = {
    {HTTP_GET, "/v1/orders/{id}", on_request, PART_ORDER},
    {HTTP_GET, "/v1/orders/{id}/timeline", on_request, PART_TIMELINE},
    {HTTP_GET, NULL, NULL, 0},
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
