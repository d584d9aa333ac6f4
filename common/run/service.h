/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what main.c and app.c of the three services would otherwise repeat.
 *
 * service_main() is the command line: it finds the subcommand, loads and checks
 * the settings, and gives the exit code (0 done, 1 failed, 2 wrong usage or
 * configuration). `config`, `healthcheck`, `version` and `--help` are the same
 * everywhere and live here; a service lists its own beside them.
 *
 * struct runtime is what `serve` stands on: loop, HTTP server with health routes,
 * metrics, tokens, shutdown.
 */
#ifndef COMMON_RUN_SERVICE_H
#define COMMON_RUN_SERVICE_H

#include "common/base/error.h"
#include "common/contract/role.h"
#include "common/run/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct auth;
struct health;
struct http_options;
struct http_server;
struct loop;
struct metric;
struct metrics;
struct notify;
struct service;
struct shutdown;
struct shutdown_hooks;

enum service_exit { SERVICE_OK = 0, SERVICE_FAILED = 1, SERVICE_MISUSED = 2 };

/* What a subcommand gets: loaded and faultless settings, and the arguments behind its name. */
struct service_call {
    const struct service *service;
    const struct service_command *command;
    struct settings *settings; /* for pass-through properties */
    const void *values;        /* the service's own settings struct */
    int argc;
    char **argv; /* argv[0] is the subcommand's name */
};

struct service_command {
    const char *name; /* NULL ends the table */
    /* For --help and service_misuse(): "[--shards N]". NULL: it takes none. Where they begin with
     * "--", the row is meant by exactly these, and stands before the row of that name without. */
    const char *arguments;
    const char *help; /* one sentence */
    int (*run)(const struct service_call *call);
    bool serves; /* listens, or judges what does: the settings of tokens and address are checked
                    together first */
    bool asks;   /* only asks the running service: what `serve` needs may be unset */
};

/* What is asked over HTTP, for --help. */
struct service_request {
    const char *name;  /* "ShipOrder"; NULL ends the table */
    const char *route; /* "POST /v1/orders/{id}/ship" */
    unsigned roles;    /* ROLE_BITs of who may */
};

struct service {
    const char *name;    /* "relay-svc" */
    const char *purpose; /* one sentence */
    const struct settings_schema *schema;
    void *values; /* storage for the settings struct, which begins with struct common_settings */
    const struct service_command *commands;
    const struct service_request *requests; /* may be NULL */
    const struct metric *metrics;
    size_t metric_count;
    const struct http_options
        *http; /* limits; NULL: HTTP_DEFAULTS. Address and port do not count */
    /* Rules over several rows, once each row is sound: settings_add_fault(). May be NULL. */
    void (*check)(const void *values, struct settings *settings);
};

int service_main(const struct service *service, int argc, char **argv);

/* Says on standard error what stood in a subcommand's way, its name before it; where its arguments
 * ask for JSON, on standard output, too: {"service": …, "command": …, "faults": […]}. What is
 * longer than 4 KiB is cut. Returns SERVICE_FAILED. */
int service_fail(const struct service_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Says on standard error which arguments the subcommand takes. Returns SERVICE_MISUSED. */
int service_misuse(const struct service_call *call);

/* Whether the arguments from argv[at] on begin with "-o json". */
bool service_is_json(const struct service_call *call, int at);

/* Of the whole product. */
const char *service_version(void);

struct runtime {
    struct loop *loop;
    struct http_server *http;
    struct metrics *metrics;
    struct health *health;
    struct auth *auth;
    struct shutdown *shutdown;
    struct notify *notify;
    const struct service *service;
    const struct common_settings *common;
    const struct shutdown_hooks *hooks;
    size_t furniture; /* index of our own rows in metrics */
};

/*
 * Builds all of it (not yet listening) and sets up the log. The hooks' drain is called
 * after /readyz has turned and the HTTP server drains; is_drained is asked
 * together with the server's own. hooks must outlive the runtime.
 */
MUST_USE enum error_kind runtime_init(struct runtime *runtime, const struct service_call *call,
                                      const struct shutdown_hooks *hooks, struct error *err);

/* Listens, logs service_started and serves until the end; returns the exit code. */
int runtime_run(struct runtime *runtime);

/* Accepts a half-built one. */
void runtime_done(struct runtime *runtime);

#endif
