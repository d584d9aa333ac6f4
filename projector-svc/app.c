/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/app.h"

#include "common/run/health.h"
#include "common/run/kafka_setup.h"
#include "common/run/log.h"
#include "common/run/service.h"
#include "common/run/shutdown.h"
#include "projector-svc/consume/projector.h"
#include "projector-svc/query/query_api.h"
#include "projector-svc/settings.h"

#include <malloc.h>
#include <stdio.h>

/* They share Redis, and nothing in the process but its furniture. */
enum half { PROJECTING = 1, SERVING = 2 };

struct app {
    struct runtime runtime;
    struct projector *projector;
    struct query_api *queries;
};

static void on_fatal(void *user, const struct error *why)
{
    const struct app *app = user;
    log_event(LOG_ERROR, "start_failed", LOG_ERR(why));
    shutdown_begin(app->runtime.shutdown, why->text, SERVICE_MISUSED);
}

/* What operators decide is to be written where the views are. */
static void on_redis_moved(void *user)
{
    const struct app *app = user;
    if (app->queries != NULL) {
        query_api_leave_writer(app->queries);
    }
}

static void on_drain(void *user)
{
    const struct app *app = user;
    if (app->queries != NULL) {
        query_api_drain(app->queries);
    }
    if (app->projector != NULL) {
        projector_drain(app->projector);
    }
}

static bool is_drained(void *user)
{
    const struct app *app = user;
    return app->projector == NULL || projector_is_drained(app->projector);
}

struct projector_options app_projector_options(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    struct kafka_config kafka =
        kafka_setup_config(call->settings, settings->kafka_brokers, "orderspine-projector");
    kafka.on_log = kafka_setup_log;
    return (struct projector_options){
        .redis_url = settings->redis_url,
        .kafka = kafka,
        .group = settings->group,
        .topic_prefix = settings->topic_prefix,
        .recent_cap = settings->recent_orders,
        .stream_cap = settings->stream_entries,
        .limits = projector_order_limits(settings),
        .version = service_version(),
    };
}

static enum error_kind build_projector(struct app *app, const struct service_call *call,
                                       struct error *err)
{
    struct projector_options options = app_projector_options(call);
    options.on_fatal = on_fatal;
    options.on_redis_moved = on_redis_moved;
    options.user = app;
    return projector_new(app->runtime.loop, app->runtime.metrics, &options, &app->projector, err);
}

/* Who only waits must never take the places of all who ask. */
static size_t max_waiters(const struct projector_settings *settings)
{
    const int64_t half = (settings->common.max_connections + 1) / 2;
    return (size_t)(settings->max_waiters < half ? settings->max_waiters : half);
}

static size_t max_streams(const struct projector_settings *settings)
{
    const int64_t quarter = (settings->common.max_connections + 3) / 4;
    return (size_t)(settings->max_streams < quarter ? settings->max_streams : quarter);
}

/* Operators decide where views are written: what only answers can write nothing. */
static enum error_kind build_queries(struct app *app, const struct projector_settings *settings,
                                     unsigned halves, struct error *err)
{
    const bool reads_apart = (halves & SERVING) != 0 && settings->redis_query_url != NULL;
    const struct query_api_options options = {
        .redis_url = reads_apart ? settings->redis_query_url : settings->redis_url,
        .redis_write_url = (halves & PROJECTING) != 0 ? settings->redis_url : NULL,
        .auth = app->runtime.auth,
        .metrics = app->runtime.metrics,
        .max_waiters = max_waiters(settings),
        .max_streams = max_streams(settings),
        .recent_cap = settings->recent_orders,
    };
    return query_api_new(app->runtime.loop, &options, &app->queries, err);
}

static enum error_kind build(struct app *app, const struct service_call *call, unsigned halves,
                             struct error *err)
{
    enum error_kind kind = ERROR_NONE;
    if ((halves & PROJECTING) != 0) {
        kind = build_projector(app, call, err);
    }
    if (kind == ERROR_NONE) {
        kind = build_queries(app, call->values, halves, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (app->projector != NULL) {
        projector_add_probes(app->projector, app->runtime.health);
    }
    if ((halves & SERVING) == 0) {
        query_api_serve_operators(app->queries, app->runtime.http);
    } else {
        query_api_serve(app->queries, app->runtime.http);
        query_api_add_probes(app->queries, app->runtime.health);
    }
    return ERROR_NONE;
}

void app_return_large_pieces(void)
{
    enum { LARGE = 64 << 10 };
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_ARENA_MAX, 1);
}

static int serve(const struct service_call *call, unsigned halves)
{
    app_return_large_pieces();
    struct app app = {.projector = NULL};
    const struct shutdown_hooks hooks = {.drain = on_drain, .is_drained = is_drained, .user = &app};
    struct error err;
    int code = SERVICE_MISUSED;
    if (runtime_init(&app.runtime, call, &hooks, &err) == ERROR_NONE &&
        build(&app, call, halves, &err) == ERROR_NONE) {
        code = runtime_run(&app.runtime);
    } else {
        log_event(LOG_ERROR, "start_failed", LOG_ERR(&err));
    }
    query_api_free(app.queries);
    projector_free(app.projector);
    runtime_done(&app.runtime);
    return code;
}

int app_serve(const struct service_call *call)
{
    return serve(call, PROJECTING | SERVING);
}

int app_serve_only(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    if (settings->redis_query_url == NULL && settings->redis_url == NULL) {
        (void)fputs("REDIS_QUERY_URL is not set: say which Redis holds the views\n", stderr);
        return SERVICE_MISUSED;
    }
    return serve(call, SERVING);
}

int app_project_only(const struct service_call *call)
{
    return serve(call, PROJECTING);
}
