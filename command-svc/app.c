/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/app.h"

#include "command-svc/batch/lanes.h"
#include "command-svc/http/http_api.h"
#include "command-svc/http/receipt_api.h"
#include "command-svc/settings.h"
#include "command-svc/sql/migrate.h"
#include "command-svc/upkeep/control.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"
#include "common/run/health.h"
#include "common/run/log.h"
#include "common/run/service.h"
#include "common/run/shutdown.h"

#include <stdio.h>

struct app {
    struct runtime runtime;
    int64_t outbox_max_age_ms;
    bool is_behind;
    struct lanes *lanes;
    struct control *control;
    struct http_api *api;
    struct receipt_api *receipts;
};

static void on_commit(void *user)
{
    const struct app *app = user;
    control_ring_bell(app->control);
}

static void on_no_partition(void *user)
{
    const struct app *app = user;
    control_make_partition(app->control);
}

static void on_held(void *user)
{
    const struct app *app = user;
    control_find_holders(app->control);
}

static int64_t greatest_seq(void *user)
{
    const struct app *app = user;
    return lanes_greatest_seq(app->lanes);
}

static void on_installation(void *user, int shards, int64_t installed_ms)
{
    const struct app *app = user;
    lanes_set_installation(app->lanes, shards, installed_ms);
    log_event(LOG_INFO, "shards_known", LOG_INT("shards", shards));
}

static void on_level(void *user, struct strview sku)
{
    const struct app *app = user;
    lanes_mark_level(app->lanes, sku);
}

static void on_outbox_age(void *user, int64_t age_ms)
{
    struct app *app = user;
    const bool is_behind = age_ms > app->outbox_max_age_ms;
    if (is_behind != app->is_behind) {
        log_event(is_behind ? LOG_ERROR : LOG_INFO, is_behind ? "outbox_too_old" : "outbox_flows",
                  LOG_INT("oldest_ms", age_ms),
                  LOG_TEXT(is_behind ? "new orders are refused; see why relay-svc does not publish"
                                     : "new orders are taken again"));
    }
    app->is_behind = is_behind;
    lanes_set_behind(app->lanes, is_behind);
}

static bool is_drained(void *user)
{
    const struct app *app = user;
    return app->lanes == NULL || lanes_are_idle(app->lanes);
}

static void watch(struct app *app)
{
    struct health *health = app->runtime.health;
    health_add(health, "postgres", lanes_probe, app->lanes);
    health_add(health, "schema", control_probe, app->control);
    health_add(health, "sequence", control_sequence_probe, app->control);
    health_add_advisory(health, "shards", control_shards_probe, app->control);
    health_add_advisory(health, "lanes", lanes_stall_probe, app->lanes);
    health_add_advisory(health, "levels", lanes_levels_probe, app->lanes);
    health_add_advisory(health, "locks", lanes_lock_probe, app->lanes);
}

static enum error_kind build(struct app *app, const struct command_settings *settings,
                             struct error *err)
{
    struct runtime *runtime = &app->runtime;
    app->outbox_max_age_ms = settings->outbox_max_age_ms;
    const struct lanes_options lanes = {
        .database_url = settings->database_url,
        .count = (int)settings->lanes,
        .command_timeout_ms = settings->command_timeout_ms,
        .queue_floor = (size_t)settings->queue_floor,
        .on_commit = on_commit,
        .on_no_partition = on_no_partition,
        .on_held = on_held,
        .user = app,
        .metrics = runtime->metrics,
    };
    enum error_kind kind = lanes_new(runtime->loop, &lanes, &app->lanes, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct control_options control = {
        .database_url = settings->database_url,
        .chores = {.receipt_retention_ms = settings->receipt_retention_ms,
                   .outbox_retention_ms = settings->outbox_retention_ms},
        .on_installation = on_installation,
        .on_level = on_level,
        .user = app,
        .watch = {.on_outbox_age = on_outbox_age,
                  .greatest_seq = greatest_seq,
                  .held = lanes_held(app->lanes),
                  .user = app,
                  .metrics = runtime->metrics},
    };
    kind = control_new(runtime->loop, &control, &app->control, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct http_api_options api = {
        .lanes = app->lanes,
        .auth = runtime->auth,
        .query_url = settings->query_url,
        .refund_window_ms = settings->refund_window_ms,
        .rate_limit = settings->rate_limit,
        .rate_window_ms = settings->rate_window_ms,
        .metrics = runtime->metrics,
    };
    kind = http_api_new(&api, &app->api, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct receipt_api_options receipts = {.control = app->control,
                                                 .auth = runtime->auth,
                                                 .query_base = http_api_query_base(app->api)};
    kind = receipt_api_new(&receipts, &app->receipts, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    http_api_serve(app->api, runtime->http);
    receipt_api_serve(app->receipts, runtime->http);
    watch(app);
    return ERROR_NONE;
}

int app_serve(const struct service_call *call)
{
    struct app app = {.lanes = NULL};
    const struct shutdown_hooks hooks = {.is_drained = is_drained, .user = &app};
    struct error err;
    int code = SERVICE_MISUSED;
    if (runtime_init(&app.runtime, call, &hooks, &err) == ERROR_NONE &&
        build(&app, call->values, &err) == ERROR_NONE) {
        code = runtime_run(&app.runtime);
    } else {
        log_event(LOG_ERROR, "start_failed", LOG_ERR(&err));
    }
    lanes_free(app.lanes);
    control_free(app.control);
    runtime_done(&app.runtime);
    http_api_free(app.api);
    receipt_api_free(app.receipts);
    return code;
}

struct migrate_arguments {
    int64_t shards;
    bool print;
};

static bool read_arguments(const struct service_call *call, struct migrate_arguments *ret)
{
    struct migrate_arguments arguments = {.shards = SHARDS_DEFAULT};
    for (int i = 1; i < call->argc; i++) {
        const struct strview word = strview_of(call->argv[i]);
        if (strview_is(word, "--print")) {
            arguments.print = true;
        } else if (strview_is(word, "--shards") && i + 1 < call->argc &&
                   parse_i64(strview_of(call->argv[i + 1]), &arguments.shards) &&
                   arguments.shards >= 1 && arguments.shards <= SHARDS_MAX) {
            i++;
        } else {
            return false;
        }
    }
    *ret = arguments;
    return true;
}

int app_migrate(const struct service_call *call)
{
    enum { REPORT_MAX = 4 << 20 };
    struct migrate_arguments arguments;
    if (!read_arguments(call, &arguments)) {
        (void)fprintf(stderr, "usage: command-svc migrate [--shards 1..%d] [--print]\n",
                      SHARDS_MAX);
        return SERVICE_MISUSED;
    }
    const struct command_settings *settings = call->values;
    struct strbuf report = STRBUF(REPORT_MAX);
    struct error err;
    const enum error_kind kind =
        arguments.print ? migrate_print((int)arguments.shards, &report, &err)
                        : migrate_run(settings->database_url, (int)arguments.shards, &report, &err);
    /* SQL that was cut short looks whole. */
    const bool is_told = fputs(strbuf_cstr(&report), stdout) >= 0 && fflush(stdout) == 0;
    if (kind != ERROR_NONE) {
        (void)service_fail(call, "%s", err.text);
    } else if (!is_told) {
        (void)service_fail(call, "it could not be written down");
    }
    strbuf_done(&report);
    return kind == ERROR_NONE && is_told ? SERVICE_OK : SERVICE_FAILED;
}

int app_print_roles(const struct service_call *call)
{
    (void)call;
    return fputs(migrate_roles(), stdout) >= 0 && fflush(stdout) == 0 ? SERVICE_OK : SERVICE_FAILED;
}
