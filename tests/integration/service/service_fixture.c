/* SPDX-License-Identifier: Apache-2.0 */
/* service_fixture.c - the smallest service there can be, for test_service.py. */
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "common/run/health.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "common/run/service.h"
#include "common/run/shutdown.h"

#include <stddef.h>
#include <stdio.h>

#define FIXTURE_SETTING_ROWS(X)                                                                    \
    X(STRING, secret, "FIXTURE_SECRET", "Something nobody may see.",                               \
      SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                               \
    X(DURATION_MS, work_ms, "FIXTURE_WORK",                                                        \
      "How long the work in flight takes once draining has begun.", SETTING_DEFAULT("100ms"))

struct fixture_settings {
    struct common_settings common; /* first */
    FIXTURE_SETTING_ROWS(SETTING_MEMBER)
};

#define ROW(TYPE, field, ...) SETTING_ROW(struct fixture_settings, TYPE, field, __VA_ARGS__)
static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("0") FIXTURE_SETTING_ROWS(ROW)};

static const char *const PREFIXES[] = {SETTINGS_COMMON_PREFIXES, "FIXTURE_", NULL};

static const struct settings_schema SCHEMA = {.service = "fixture",
                                              .rows = ROWS,
                                              .count = sizeof ROWS / sizeof ROWS[0],
                                              .prefixes = PREFIXES};

static const struct metric METRICS[] = {
    {.name = "fixture_asked_total", .type = METRIC_COUNTER, .help = "Questions answered."}};

struct app {
    struct runtime runtime;
    int64_t work_ms;
    int64_t drained_at_ms;
    bool is_sick;
    bool is_lame;
};

static void answer_secured(struct http_request *request, void *user)
{
    struct app *app = user;
    char text[AUTH_SUBJECT_MAX + 32];
    const struct principal *principal =
        auth_require(app->runtime.auth, request, ROLE_BIT(ROLE_AGENT));
    if (principal == NULL) {
        return;
    }
    metrics_add(app->runtime.metrics, 0, 0, 1);
    const int len =
        snprintf(text, sizeof text, "\"%s %s\"", role_name(principal->role), principal->subject);
    http_respond(request, &(struct http_answer){.status = 200, .body = {text, (size_t)len}});
}

static void fall_sick(struct http_request *request, void *user)
{
    struct app *app = user;
    app->is_sick = true;
    http_respond(request, &(struct http_answer){.status = 204});
}

static void fall_lame(struct http_request *request, void *user)
{
    struct app *app = user;
    app->is_lame = true;
    http_respond(request, &(struct http_answer){.status = 204});
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/secured", answer_secured, .tag = 0},
    {HTTP_POST, "/sick", fall_sick, .tag = 0},
    {HTTP_POST, "/lame", fall_lame, .tag = 0},
    {.pattern = NULL},
};

static enum error_kind probe(void *user, struct error *err)
{
    const struct app *app = user;
    return app->is_sick ? error_set(err, ERROR_TRANSIENT, "a \"cold\"") : ERROR_NONE;
}

static enum error_kind probe_foot(void *user, struct error *err)
{
    const struct app *app = user;
    return app->is_lame ? error_set(err, ERROR_TRANSIENT, "one of two") : ERROR_NONE;
}

static void drain(void *user)
{
    struct app *app = user;
    app->drained_at_ms = loop_now_ms() + app->work_ms;
}

static bool is_drained(void *user)
{
    const struct app *app = user;
    return loop_now_ms() >= app->drained_at_ms;
}

static int serve(const struct service_call *call)
{
    const struct fixture_settings *settings = call->values;
    struct error err = {.kind = ERROR_NONE};
    struct app app = {.work_ms = settings->work_ms};
    const struct shutdown_hooks hooks = {.drain = drain, .is_drained = is_drained, .user = &app};
    if (runtime_init(&app.runtime, call, &hooks, &err) != ERROR_NONE) {
        log_event(LOG_ERROR, "service_failed", LOG_ERR(&err));
        return SERVICE_MISUSED;
    }
    http_server_route(app.runtime.http, ROUTES, &app);
    health_add(app.runtime.health, "nose", probe, &app);
    health_add_advisory(app.runtime.health, "foot", probe_foot, &app);
    const int code = runtime_run(&app.runtime);
    runtime_done(&app.runtime);
    return code;
}

static int fail(const struct service_call *call)
{
    return service_fail(call, "it \"hurts\"");
}

static const struct service_command COMMANDS[] = {
    {"serve", NULL, "Serve until SIGTERM.", serve, true, false},
    {"fail", "[-o json]", "Say why it fails.", fail, false, false},
    {NULL, NULL, NULL, NULL, false, false},
};

static struct fixture_settings values;

int main(int argc, char **argv)
{
    static const struct service SERVICE = {
        .name = "fixture",
        .purpose = "is there to be tested",
        .schema = &SCHEMA,
        .values = &values,
        .commands = COMMANDS,
        .metrics = METRICS,
        .metric_count = 1,
    };
    return service_main(&SERVICE, argc, argv);
}
