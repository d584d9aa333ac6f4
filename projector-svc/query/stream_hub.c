/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/stream_hub.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/auth.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/query/stream_hub_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

enum {
    HEARTBEAT_MS = 15000,
    OWN_MAX = 8, /* streams of one customer */
    FRESHNESS_MAX = 1024,
};

void stream_hub_move_last(struct live *live)
{
    struct stream_hub *hub = live->hub;
    DL_DELETE2(hub->first, live, previous, next);
    DL_APPEND2(hub->first, live, previous, next);
}

/* --- ends */

static void forget(struct live *live)
{
    struct stream_hub *hub = live->hub;
    DL_DELETE2(hub->first, live, previous, next);
    hub->count--;
    if (hub->count == 0) {
        loop_timer_stop(hub->heartbeat);
    }
    free(live);
}

void stream_hub_end(struct live *live)
{
    http_stream_end(live->stream);
    forget(live);
}

static void on_end(void *user, enum http_stream_end why)
{
    struct live *live = user;
    if (why == HTTP_STREAM_CUT) {
        metrics_add(live->hub->options.metrics, METRIC_STREAMS_CUT, 0, 1);
    }
    forget(live);
}

void stream_hub_drain(struct stream_hub *hub)
{
    hub->is_draining = true;
    while (hub->first != NULL) {
        stream_hub_end(hub->first);
    }
}

/* --- a beginning */

static void on_drained(void *user)
{
    struct live *live = user;
    if (live->state == LIVE_HELD) {
        live->state = LIVE_FOLLOWS;
    } /* else it was the answer's head, behind other answers */
    stream_hub_step(live->hub);
}

enum stream_hub_room stream_hub_room(const struct stream_hub *hub, struct strview only)
{
    size_t own = 0;
    for (const struct live *live = hub->first; live != NULL; live = live->next) {
        own += only.len > 0 && live->is_own && strview_is(only, live->filter.customer_id) ? 1 : 0;
    }
    if (hub->is_draining) {
        return STREAM_HUB_DRAINING;
    }
    if (!redisconn_is_ready(hub->options.reader)) {
        return STREAM_HUB_AWAY;
    }
    if (hub->count >= hub->options.max_streams) {
        return STREAM_HUB_FULL;
    }
    return own >= OWN_MAX ? STREAM_HUB_GREEDY : STREAM_HUB_OPEN;
}

static void begin(struct live *live, const struct stream_hub_wish *wish)
{
    struct stream_hub *hub = live->hub;
    live->filter = wish->filter;
    live->role = wish->role;
    live->is_own = wish->is_own;
    live->until_ms = wish->until_ms;
    live->auth_epoch = auth_epoch(hub->options.auth);
    if (wish->resume.len > 0) {
        live->is_lost = !stream_id_parse(wish->resume, &live->at);
        live->state = live->is_lost ? LIVE_NEW : LIVE_RESUMED;
    }
}

void stream_hub_add(struct stream_hub *hub, struct http_request *request,
                    const struct stream_hub_wish *wish)
{
    static const struct http_header HEADERS[] = {{"X-Accel-Buffering", "no"}, {NULL, NULL}};
    struct live *live = must_allocate(1, sizeof *live);
    live->hub = hub;
    begin(live, wish); /* before the answer: what is wished lies in the request */
    live->stream = http_respond_stream(request, &(struct http_stream_options){
                                                    .content_type = "text/event-stream",
                                                    .headers = HEADERS,
                                                    .on_drained = on_drained,
                                                    .on_end = on_end,
                                                    .user = live,
                                                });
    if (live->stream == NULL) {
        free(live);
        return;
    }
    DL_APPEND2(hub->first, live, previous, next);
    if (hub->count++ == 0) {
        loop_timer_start(hub->heartbeat, HEARTBEAT_MS);
    }
    hub->wants_freshness = true;
    stream_hub_step(hub);
}

/* --- the hub */

static void on_heartbeat(void *user)
{
    struct stream_hub *hub = user;
    loop_timer_start(hub->heartbeat, HEARTBEAT_MS);
    if (activity_is_failing(&hub->reading)) {
        stream_hub_announce_unknown(hub);
    } else {
        hub->wants_freshness = hub->is_announced = true;
        stream_hub_step(hub);
    }
}

enum error_kind stream_hub_new(struct loop *loop, const struct stream_hub_options *options,
                               struct stream_hub **ret_hub, struct error *err)
{
    struct stream_hub *hub = must_allocate(1, sizeof *hub);
    const struct redisconn_options bell = {.url = options->redis_url,
                                           .client_name = "orderspine-stream"};
    *hub = (struct stream_hub){
        .loop = loop, .options = *options, .reading = ACTIVITY("reading the stream")};
    const enum error_kind kind = redisconn_new(loop, &bell, &hub->bell, err);
    if (kind != ERROR_NONE) {
        free(hub);
        return kind;
    }
    strbuf_init(&hub->freshness, FRESHNESS_MAX);
    strbuf_init(&hub->piece, HTTP_PIECE_MAX);
    hub->heartbeat = loop_timer_new(loop, on_heartbeat, hub);
    hub->pause = loop_timer_new(loop, stream_hub_on_pause, hub);
    *ret_hub = hub;
    return ERROR_NONE;
}

void stream_hub_leave(struct stream_hub *hub, const char *why)
{
    redisconn_leave(hub->bell, why);
}

void stream_hub_free(struct stream_hub *hub)
{
    if (hub == NULL) {
        return;
    }
    stream_hub_drain(hub);
    redisconn_free(hub->bell);
    loop_timer_free(hub->heartbeat);
    loop_timer_free(hub->pause);
    strbuf_done(&hub->freshness);
    strbuf_done(&hub->piece);
    free(hub);
}

size_t stream_hub_count(const struct stream_hub *hub)
{
    return hub->count;
}

enum error_kind stream_hub_probe(void *user, struct error *err)
{
    const struct stream_hub *hub = user;
    return activity_probe_lately(&hub->reading, loop_now_ms(), err);
}
