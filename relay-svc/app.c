/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/app.h"

#include "common/io/jitter.h"
#include "common/run/health.h"
#include "common/run/kafka_setup.h"
#include "common/run/log.h"
#include "common/run/service.h"
#include "common/run/shutdown.h"
#include "relay-svc/http/operator_api.h"
#include "relay-svc/metrics.h"
#include "relay-svc/relay.h"
#include "relay-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OWNER_MAX = 320, HOST_MAX = 256 };

struct app {
    struct runtime runtime;
    struct relay *relay;
    struct operator_api *api;
    struct relay_names names;
    char owner[OWNER_MAX];
};

/*
 * Unlike that of any other process, living or dead: two hosts may have one name, and
 * a shard must not be taken from a relay that lives. The end is for people.
 */
static const char *owner_name(struct app *app, const struct relay_settings *settings)
{
    char host[HOST_MAX] = "localhost";
    const uint32_t random = (uint32_t)jitter_draw();
    if (settings->owner != NULL) {
        (void)snprintf(app->owner, sizeof app->owner, "%08" PRIx32 "@%s", random, settings->owner);
        return app->owner;
    }
    (void)gethostname(host, sizeof host - 1);
    const int64_t unique = settings->common.listen_port != 0 ? settings->common.listen_port
                                                             : (int64_t)getpid() + 65536;
    (void)snprintf(app->owner, sizeof app->owner, "%08" PRIx32 "@%s:%" PRId64, random, host,
                   unique);
    return app->owner;
}

static void on_fatal(void *user, const struct error *err)
{
    struct app *app = user;
    log_event(LOG_ERROR, "cannot_serve", LOG_ERR(err));
    shutdown_begin(app->runtime.shutdown, "this installation cannot be served", SERVICE_MISUSED);
}

static void on_drain(void *user)
{
    const struct app *app = user;
    if (app->relay != NULL) {
        relay_drain(app->relay);
    }
}

static bool is_drained(void *user)
{
    const struct app *app = user;
    return app->relay == NULL || relay_is_drained(app->relay);
}

/* As /readyz and /v1/status show them, in this order. */
static const struct operator_probe PROBES[] = {
    {"postgresql", relay_probe_database, false}, {"kafka", relay_probe_kafka, false},
    {"publishing", relay_probe_shards, false},   {"progress", relay_probe_progress, false},
    {"work", relay_probe_work, false},           {"quarantine", relay_probe_quarantine, true},
};
enum { PROBE_COUNT = sizeof PROBES / sizeof PROBES[0] };

static bool report(void *user, struct operator_report *ret_report)
{
    const struct relay *relay = user;
    const struct shards *shards = relay_shards(relay);
    if (shards != NULL) {
        *ret_report = (struct operator_report){
            .shards = shards, .members = relay_members(relay), .in_flight = relay_in_flight(relay)};
    }
    return shards != NULL;
}

static enum error_kind build(struct app *app, const struct service_call *call, struct error *err)
{
    const struct relay_settings *settings = call->values;
    struct runtime *runtime = &app->runtime;
    struct kafka_config kafka =
        kafka_setup_config(call->settings, settings->kafka_brokers, "relay-svc");
    kafka.on_log = kafka_setup_log;
    const struct relay_options options = {
        .database_url = settings->database_url,
        .kafka = kafka,
        .owner = owner_name(app, settings),
        .topic_prefix = settings->topic_prefix,
        .aggregate_types = app->names.type_list,
        .topics = app->names.topic_list,
        .topic_count = app->names.count,
        .replication = (int)settings->topic_replication,
        .lease_ms = settings->lease_ms,
        .readers = (int)settings->readers,
        .poll_ms = settings->poll_ms,
        .window_rows = (int)settings->window_rows,
        .read_bytes = settings->read_bytes,
        .metrics = runtime->metrics,
        .on_fatal = on_fatal,
        .user = app,
    };
    if (relay_new(runtime->loop, &options, &app->relay, err) != ERROR_NONE) {
        return err->kind;
    }
    const struct operator_source source = {.owner = app->owner,
                                           .probes = PROBES,
                                           .probe_count = PROBE_COUNT,
                                           .report = report,
                                           .user = app->relay};
    app->api = operator_api_new(&source, runtime->auth, runtime->http);
    for (size_t i = 0; i < PROBE_COUNT; i++) {
        (PROBES[i].is_advisory ? health_add_advisory : health_add)(runtime->health, PROBES[i].name,
                                                                   PROBES[i].probe, app->relay);
    }
    metrics_on_scrape(runtime->metrics, relay_update_metrics, app->relay);
    return ERROR_NONE;
}

static enum error_kind prepare(struct app *app, const struct service_call *call,
                               const struct shutdown_hooks *hooks, struct error *err)
{
    if (relay_names_make(call->values, &app->names, err) != ERROR_NONE) {
        return err->kind;
    }
    for (int i = 0; i < app->names.count; i++) {
        relay_topic_labels[i] = app->names.topics[i];
    }
    if (runtime_init(&app->runtime, call, hooks, err) != ERROR_NONE) {
        return err->kind;
    }
    return build(app, call, err);
}

int app_serve(const struct service_call *call)
{
    static struct app app; /* its names are read by the metrics table */
    const struct shutdown_hooks hooks = {.drain = on_drain, .is_drained = is_drained, .user = &app};
    struct error err;
    int code = SERVICE_MISUSED;
    if (prepare(&app, call, &hooks, &err) == ERROR_NONE) {
        code = runtime_run(&app.runtime);
    } else {
        log_event(LOG_ERROR, "start_failed", LOG_ERR(&err));
    }
    relay_free(app.relay);
    runtime_done(&app.runtime);
    operator_api_free(app.api);
    return code;
}
