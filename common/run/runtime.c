/* SPDX-License-Identifier: Apache-2.0 */
/* What `serve` stands on, built and torn down in one place. */
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "common/run/health.h"
#include "common/run/log.h"
#include "common/run/notify.h"
#include "common/run/process.h"
#include "common/run/runtime_metrics.h"
#include "common/run/service.h"
#include "common/run/shutdown.h"

#include <unistd.h>

enum { OTHER_DESCRIPTORS = 256 }; /* databases, brokers, logs */

static void on_scrape(void *user)
{
    const struct runtime *runtime = user;
    runtime_metrics_update(runtime->metrics, runtime->furniture, runtime->http);
    metrics_set(runtime->metrics, runtime->furniture + RUNTIME_READY, 0,
                health_is_ready(runtime->health));
}

static void on_drain(void *user)
{
    struct runtime *runtime = user;
    notify_stopping(runtime->notify);
    health_set_draining(runtime->health);
    http_server_drain(runtime->http);
    if (runtime->hooks != NULL && runtime->hooks->drain != NULL) {
        runtime->hooks->drain(runtime->hooks->user);
    }
}

static bool is_drained(void *user)
{
    const struct runtime *runtime = user;
    return http_server_is_drained(runtime->http) &&
           (runtime->hooks == NULL || runtime->hooks->is_drained == NULL ||
            runtime->hooks->is_drained(runtime->hooks->user));
}

static const char *what_is_reloaded(const struct common_settings *common)
{
    return common->auth_jwt_key_file == NULL  ? "AUTH_TOKENS_FILE"
           : common->auth_tokens_file == NULL ? "AUTH_JWT_KEY_FILE"
                                              : "AUTH_TOKENS_FILE and AUTH_JWT_KEY_FILE";
}

static void on_reload(void *user)
{
    struct runtime *runtime = user;
    struct error err = {.kind = ERROR_NONE};
    const char *what = what_is_reloaded(runtime->common);
    if (runtime->common->auth == AUTH_OFF) {
        log_event(LOG_INFO, "tokens_unused", LOG_TEXT("AUTH=off: there are none to read again"));
    } else if (auth_reload(runtime->auth, &err) == ERROR_NONE) {
        log_event(LOG_INFO, "tokens_reloaded", LOG_STR("read", what), LOG_TEXT("read again"));
    } else {
        log_event(LOG_ERROR, "tokens_kept", LOG_STR("read", what), LOG_ERR(&err),
                  LOG_TEXT("what was read before stays in force"));
    }
    if (runtime->hooks != NULL && runtime->hooks->reload != NULL) {
        runtime->hooks->reload(runtime->hooks->user);
    }
}

static struct http_options http_options(const struct runtime *runtime)
{
    struct http_options options =
        runtime->service->http == NULL ? HTTP_DEFAULTS : *runtime->service->http;
    options.address = runtime->common->listen_address;
    options.port = (uint16_t)runtime->common->listen_port;
    options.origins = runtime->common->cors_origins;
    options.max_connections = (size_t)runtime->common->max_connections;
    return options;
}

/* Fewer connections than asked for where the system allows no more descriptors. */
static void fit_connections(struct http_options *options)
{
    const size_t wanted = options->max_connections + OTHER_DESCRIPTORS;
    const size_t allowed = process_allow_descriptors(wanted);
    if (allowed >= wanted) {
        return;
    }
    options->max_connections = allowed > OTHER_DESCRIPTORS ? allowed - OTHER_DESCRIPTORS : 1;
    log_event(LOG_WARN, "connections_limited", LOG_INT("max_connections", options->max_connections),
              LOG_INT("descriptors", allowed),
              LOG_TEXT("fewer than LISTEN_MAX_CONNECTIONS: raise the limit with ulimit -n"));
}

static enum error_kind make_server(struct runtime *runtime, struct error *err)
{
    struct http_options options = http_options(runtime);
    fit_connections(&options);
    const enum error_kind kind = loop_new(&runtime->loop, err);
    if (kind == ERROR_NONE) {
        runtime->http = http_server_new(runtime->loop, &options);
    }
    return kind;
}

enum error_kind runtime_init(struct runtime *runtime, const struct service_call *call,
                             const struct shutdown_hooks *hooks, struct error *err)
{
    const struct service *service = call->service;
    *runtime = (struct runtime){.service = service, .common = call->values, .hooks = hooks};
    enum error_kind kind = make_server(runtime, err);
    if (kind == ERROR_NONE) {
        kind = auth_new(runtime->common, &runtime->auth, err);
    }
    if (kind != ERROR_NONE) {
        runtime_done(runtime);
        return kind;
    }
    runtime->notify = notify_new(runtime->loop);
    runtime->metrics = metrics_new(service->metrics, service->metric_count);
    runtime->furniture = metrics_append(runtime->metrics, RUNTIME_METRICS, RUNTIME_METRIC_COUNT);
    metrics_on_scrape(runtime->metrics, on_scrape, runtime);
    http_server_on_unrouted(runtime->http, auth_check_unrouted, runtime->auth);
    runtime->health = health_new(runtime->http, runtime->metrics, service->name, service_version());
    runtime->shutdown = shutdown_new(
        runtime->loop, runtime->common->shutdown_timeout_ms,
        &(struct shutdown_hooks){
            .drain = on_drain, .is_drained = is_drained, .reload = on_reload, .user = runtime});
    return ERROR_NONE;
}

int runtime_run(struct runtime *runtime)
{
    struct error err = {.kind = ERROR_NONE};
    if (http_server_listen(runtime->http, &err) != ERROR_NONE) {
        log_event(LOG_ERROR, "service_failed", LOG_ERR(&err));
        return SERVICE_MISUSED;
    }
    log_event(LOG_INFO, "service_started", LOG_STR("version", service_version()),
              LOG_STR("address", runtime->common->listen_address),
              LOG_INT("port", http_server_port(runtime->http)), LOG_INT("pid", getpid()));
    notify_ready(runtime->notify);
    loop_run(runtime->loop);
    return shutdown_exit_code(runtime->shutdown);
}

void runtime_done(struct runtime *runtime)
{
    shutdown_free(runtime->shutdown);
    notify_free(runtime->notify);
    http_server_free(runtime->http);
    health_free(runtime->health);
    metrics_free(runtime->metrics);
    auth_free(runtime->auth);
    loop_free(runtime->loop);
    *runtime = (struct runtime){0};
}
