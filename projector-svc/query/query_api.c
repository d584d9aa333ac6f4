/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/query_api.h"

#include "common/base/embedded_text.h"
#include "common/base/must.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "common/run/front_page.h"
#include "common/run/health.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/query/loss_watch.h"
#include "projector-svc/query/order_waits.h"
#include "projector-svc/query/query.h"
#include "projector-svc/query/stream_hub.h"

#include <stdlib.h>

extern const struct embedded_text PROJECTOR_OPENAPI[];

struct query_api {
    struct query_context context;
    struct metrics *metrics;
};

/* --- the description of it all, for everybody */

static const struct http_route OPEN_ROUTES[] = {
    {HTTP_GET, "/openapi.json", http_send_document, .tag = 0},
    {HTTP_GET, "/", front_page_send, .tag = 0},
    {.pattern = NULL},
};

/* --- the whole */

/* Who waits, or is told of news, hears them from the server that is read. */
static void on_reader_lost(void *user, const struct error *why)
{
    const struct query_api *api = user;
    order_waits_leave(api->context.waits, why->text);
    stream_hub_leave(api->context.streams, why->text);
}

static void on_reader_ready(void *user)
{
    const struct query_api *api = user;
    loss_watch_on_ready(api->context.losses);
}

static void on_scrape(void *user)
{
    const struct query_api *api = user;
    metrics_set(api->metrics, METRIC_WAITERS, 0, (double)order_waits_count(api->context.waits));
    metrics_set(api->metrics, METRIC_RECOVERING, 0,
                loss_watch_is_told(api->context.losses) ? 1 : 0);
    metrics_set(api->metrics, METRIC_STREAMS, 0, (double)stream_hub_count(api->context.streams));
}

enum error_kind query_api_new(struct loop *loop, const struct query_api_options *options,
                              struct query_api **ret_api, struct error *err)
{
    struct query_api *api = must_allocate(1, sizeof *api);
    api->metrics = options->metrics;
    api->context = (struct query_context){.loop = loop,
                                          .auth = options->auth,
                                          .recent_cap = options->recent_cap,
                                          .reading = ACTIVITY("reading views")};
    const struct redisconn_options reader = {.url = options->redis_url,
                                             .client_name = "orderspine-queries",
                                             .on_ready = on_reader_ready,
                                             .on_lost = on_reader_lost,
                                             .user = api};
    enum error_kind kind = redisconn_new(loop, &reader, &api->context.reader, err);
    if (kind == ERROR_NONE) {
        api->context.losses = loss_watch_new(loop, api->context.reader, options->redis_url);
    }
    if (kind == ERROR_NONE && options->redis_write_url != NULL) {
        const struct redisconn_options decider = {.url = options->redis_write_url,
                                                  .client_name = "orderspine-decisions",
                                                  .needs_primary = true};
        kind = redisconn_new(loop, &decider, &api->context.decider, err);
    }
    if (kind == ERROR_NONE) {
        kind = order_waits_new(loop, options->redis_url, options->max_waiters, &api->context.waits,
                               err);
    }
    if (kind == ERROR_NONE) {
        const struct stream_hub_options streams = {.redis_url = options->redis_url,
                                                   .reader = api->context.reader,
                                                   .losses = api->context.losses,
                                                   .auth = options->auth,
                                                   .metrics = options->metrics,
                                                   .max_streams = options->max_streams};
        kind = stream_hub_new(loop, &streams, &api->context.streams, err);
    }
    if (kind != ERROR_NONE) {
        query_api_free(api);
        return kind;
    }
    metrics_on_scrape(api->metrics, on_scrape, api);
    *ret_api = api;
    return ERROR_NONE;
}

/* In each refusal, also one before anything is read: what was judged last. */
static void put_recovering(struct json_writer *writer, const void *user)
{
    const struct query_api *api = user;
    if (loss_watch_is_told(api->context.losses)) {
        json_put_member_bool(writer, "recovering", true);
    }
}

void query_api_serve_operators(struct query_api *api, struct http_server *server)
{
    http_server_put_in_problems(server, put_recovering, api);
    http_server_route(server, QUERY_DEAD_LETTER_ROUTES, &api->context);
}

void query_api_serve(struct query_api *api, struct http_server *server)
{
    http_server_route(server, QUERY_ORDER_ROUTES, &api->context);
    http_server_route(server, QUERY_LIST_ROUTES, &api->context);
    http_server_route(server, QUERY_PARTY_ROUTES, &api->context);
    http_server_route(server, QUERY_SEARCH_ROUTES, &api->context);
    http_server_route(server, QUERY_OPS_ROUTES, &api->context);
    http_server_route(server, QUERY_FRESHNESS_ROUTES, &api->context);
    http_server_route(server, QUERY_STREAM_ROUTES, &api->context);
    query_api_serve_operators(api, server);
    http_server_route(server, OPEN_ROUTES, (void *)(uintptr_t)PROJECTOR_OPENAPI[0].text);
}

void query_api_drain(struct query_api *api)
{
    api->context.is_draining = true;
    query_orders_drain(&api->context);
    stream_hub_drain(api->context.streams);
}

void query_api_leave_writer(struct query_api *api)
{
    if (api->context.decider != NULL) {
        redisconn_leave(api->context.decider, "its address leads to another server now");
    }
}

void query_api_free(struct query_api *api)
{
    if (api == NULL) {
        return;
    }
    redisconn_free(api->context.reader);  /* first: no read ends after this, */
    redisconn_free(api->context.decider); /* and no decision */
    while (api->context.live != NULL) {
        query_unavailable(api->context.live, "shutting down");
    }
    stream_hub_free(api->context.streams);
    order_waits_free(api->context.waits);
    loss_watch_free(api->context.losses);
    free(api);
}

/* Whether a key is well again only the next query for it tells, and there may be none. */
static enum error_kind probe_reading(void *user, struct error *err)
{
    const struct query_api *api = user;
    return activity_probe_lately(&api->context.reading, loop_now_ms(), err);
}

void query_api_add_probes(struct query_api *api, struct health *health)
{
    health_add(health, "queries", loss_watch_probe, api->context.losses);
    health_add_advisory(health, "whole", loss_watch_probe_whole, api->context.losses);
    health_add_advisory(health, "reading", probe_reading, api);
    health_add_advisory(health, "streams", stream_hub_probe, api->context.streams);
}
