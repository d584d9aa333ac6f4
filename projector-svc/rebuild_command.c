/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc rebuild` and `rollback`: another copy of the views takes the place of the live
 * one. */
#include "common/io/loop.h"
#include "common/io/redis/redisurl.h"
#include "common/run/ask.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/metrics.h"
#include "projector-svc/operator.h"
#include "projector-svc/rebuild/rebuild.h"
#include "projector-svc/rebuild_proof.h"
#include "projector-svc/settings.h"
#include "projector-svc/verify/verify.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct task {
    const struct service_call *call;
    struct loop *loop;
    struct rebuild *rebuild;
    struct rebuild_proof *proof; /* or NULL */
    int code;
};

static void on_done(void *user, const struct error *failure)
{
    struct task *task = user;
    task->code = failure == NULL ? SERVICE_OK : SERVICE_FAILED;
    (void)fputs(isatty(STDOUT_FILENO) ? "\n" : "", stdout);
    if (failure == NULL) {
        (void)printf(
            "the views are exchanged; `projector-svc rollback` goes back to those before\n");
    } else {
        (void)fflush(stdout);
        (void)service_fail(task->call, "%s", failure->text);
    }
    loop_stop(task->loop);
}

static void on_signal(void *user)
{
    const struct task *task = user;
    rebuild_stop(task->rebuild);
}

static void on_near(void *user)
{
    const struct task *task = user;
    (void)printf("verifying the rebuilt views\n");
    (void)fflush(stdout);
    rebuild_proof_begin(task->proof);
}

static void on_proved(void *user, const struct error *failure)
{
    const struct task *task = user;
    (void)fflush(stdout);
    rebuild_proved(task->rebuild, failure);
}

/* Of the views in the spare database, as the user that fills them; without PostgreSQL there is
 * nothing to hold them against. */
static void open_proof(struct task *task, bool is_wanted)
{
    const struct projector_settings *settings = task->call->values;
    if (!is_wanted || settings->database_url == NULL) {
        (void)printf("not verified: %s\n", is_wanted
                                               ? "set DATABASE_URL, of one who may read all tables"
                                               : "--no-verify was given");
        return;
    }
    struct verify_options options = operator_stations(task->call, "projector-svc-rebuild-verify");
    options.redis_url = settings->redis_rebuild_url;
    task->proof = rebuild_proof_new(task->loop, &options, on_proved, task);
}

static int run_loop(struct task *task, const struct rebuild_options *options)
{
    struct error err;
    struct metrics *metrics = metrics_new(PROJECTOR_METRICS, PROJECTOR_METRIC_COUNT);
    if (rebuild_new(task->loop, metrics, options, &task->rebuild, &err) != ERROR_NONE) {
        (void)service_fail(task->call, "%s", err.text);
    } else {
        struct loop_signal *term = loop_signal_new(task->loop, SIGTERM, on_signal, task);
        struct loop_signal *interrupt = loop_signal_new(task->loop, SIGINT, on_signal, task);
        loop_run(task->loop);
        loop_signal_free(term);
        loop_signal_free(interrupt);
    }
    rebuild_free(task->rebuild);
    metrics_free(metrics);
    return task->code;
}

/* The databases' numbers; both addresses were checked with the settings. */
static bool read_databases(const struct task *task, struct rebuild_options *options)
{
    const struct projector_settings *settings = task->call->values;
    struct redisurl live;
    struct redisurl spare;
    struct error err;
    if (settings->redis_rebuild_url == NULL) {
        (void)service_fail(task->call,
                           "REDIS_REBUILD_URL is not set: the same Redis as REDIS_URL, as the user "
                           "rebuilder, with the number of another database at its end");
        return false;
    }
    if (redisurl_read(settings->redis_url, &live, &err) != ERROR_NONE ||
        redisurl_read(settings->redis_rebuild_url, &spare, &err) != ERROR_NONE) {
        (void)service_fail(task->call, "%s", err.text);
        return false;
    }
    options->live_database = live.database;
    options->spare_database = spare.database;
    return true;
}

static int run(const struct service_call *call, struct rebuild_options *options, bool verifies)
{
    const struct projector_settings *settings = call->values;
    struct task task = {.call = call, .code = SERVICE_FAILED};
    struct error err;
    if (!read_databases(&task, options)) {
        return SERVICE_MISUSED;
    }
    if (settings->common.log_level > LOG_WARN) {
        log_setup(call->service->name, LOG_WARN); /* progress is what is to be seen */
    }
    app_return_large_pieces();
    (void)signal(SIGPIPE, SIG_IGN);
    if (loop_new(&task.loop, &err) != ERROR_NONE) {
        return service_fail(call, "%s", err.text);
    }
    options->is_terminal = isatty(STDOUT_FILENO) != 0;
    options->on_done = on_done;
    options->user = &task;
    options->projector = app_projector_options(call);
    options->projector.redis_url = settings->redis_rebuild_url;
    if (options->wish != REBUILD_BACK) { /* who goes back is in a hurry, and it was live once */
        open_proof(&task, verifies);
        options->on_near = task.proof != NULL ? on_near : NULL;
    }
    const int code = run_loop(&task, options);
    rebuild_proof_free(task.proof);
    loop_free(task.loop);
    return code;
}

/* One that `relay-svc replay` made, with the events of one type; the live one is none. NULL: it is
 * taken, else why not. */
static const char *take_topic(const char *topic, const char *prefix,
                              struct rebuild_options *options)
{
#define TYPE_ROW(NAME, name)  #name,
#define TYPE_WORD(NAME, name) " " #name
    static const char *const TYPES[] = {AGGREGATES(TYPE_ROW)};
    const int type = topic_type_of(topic, TYPES, AGGREGATE_COUNT);
    char live[TOPIC_NAME_MAX + 1];
    if (type < 0) {
        return "is no topic's name that ends with a type and .events, nothing or a dot before it; "
               "types are" AGGREGATES(TYPE_WORD);
    }
    if (topic_name(prefix, strview_of(TYPES[type]), live) && strcmp(topic, live) == 0) {
        return "is the topic that is read anyway";
    }
    if (options->replayed[type] != NULL) {
        return "is one topic more for the same aggregate type";
    }
    options->replayed[type] = topic;
    return NULL;
}

int app_rebuild(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    struct rebuild_options options = {.wish = REBUILD_FILL};
    bool verifies = true;
    for (int i = 1; i < call->argc; i++) {
        if (strcmp(call->argv[i], "--from-topic") == 0 && i + 1 < call->argc) {
            const char *topic = call->argv[++i];
            const char *why = take_topic(topic, settings->topic_prefix, &options);
            if (why != NULL) {
                (void)service_fail(call, "%s %s", topic, why);
                return SERVICE_MISUSED;
            }
        } else if (strcmp(call->argv[i], "--fresh") == 0) {
            options.wish = REBUILD_FRESH;
        } else if (strcmp(call->argv[i], "--accept") == 0) {
            options.accepts = true;
        } else if (strcmp(call->argv[i], "--no-verify") == 0) {
            verifies = false;
        } else {
            return service_misuse(call);
        }
    }
    return run(call, &options, verifies);
}

int app_rollback(const struct service_call *call)
{
    struct rebuild_options options = {.wish = REBUILD_BACK};
    options.accepts = call->argc == 2 && strcmp(call->argv[1], "--accept") == 0;
    return call->argc > 2 || (call->argc == 2 && !options.accepts) ? service_misuse(call)
                                                                   : run(call, &options, false);
}
