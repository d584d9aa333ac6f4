/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a service. */
#include "common/run/service.h"

#include "common/base/must.h"
#include "common/base/strbuf.h"
#include "common/contract/json_writer.h"
#include "common/io/http/cors.h"
#include "common/run/auth.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "common/run/process.h"
#include "common/run/runtime_metrics.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, COMPLAINT_MAX = 4096, HEALTHCHECK_S = 3, NAME_COLUMN = 14 };

static int run_config(const struct service_call *call);
static int run_healthcheck(const struct service_call *call);
static int run_version(const struct service_call *call);

/* Every service has these. `config` and `version` take a faulty environment, too. */
static const struct service_command OURS[] = {
    {"config", "[-o json | --markdown | --metrics]",
     "Show what this environment sets, or the README's tables of settings and metrics.", run_config,
     false, false},
    {"healthcheck", "[--ready]", "Ask the service of this configuration for /healthz, or /readyz.",
     run_healthcheck, false, true},
    {"version", NULL, "Show the version.", run_version, false, false},
    {NULL, NULL, NULL, NULL, false, false},
};

const char *service_version(void)
{
    return ORDERSPINE_VERSION;
}

/* --- help ------------------------------------------------------------------------ */

static void put_commands(struct strbuf *out, const struct service *service,
                         const struct service_command *commands)
{
    for (; commands != NULL && commands->name != NULL; commands++) {
        strbuf_printf(out, "  %s %s%s%s\n      %s\n", service->name, commands->name,
                      commands->arguments == NULL ? "" : " ",
                      commands->arguments == NULL ? "" : commands->arguments, commands->help);
    }
}

static void put_roles(struct strbuf *out, unsigned roles)
{
    const char *before = ", by ";
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((roles & ROLE_BIT(role)) != 0) {
            strbuf_printf(out, "%s%s", before, role_name((enum role)role));
            before = " or ";
        }
    }
}

static void put_requests(struct strbuf *out, const struct service_request *requests)
{
    strbuf_append_cstr(out, "\nRequests (HTTP; /openapi.json has their bodies and answers):\n");
    for (; requests->name != NULL; requests++) {
        strbuf_printf(out, "  %s\n      %s", requests->name, requests->route);
        put_roles(out, requests->roles);
        strbuf_append_cstr(out, "\n");
    }
}

static void show_help(const struct service *service, FILE *file)
{
    struct strbuf text = STRBUF(TEXT_MAX);
    strbuf_printf(&text, "%s %s - %s\n\nCommands:\n", service->name, ORDERSPINE_VERSION,
                  service->purpose);
    put_commands(&text, service, service->commands);
    put_commands(&text, service, OURS);
    if (service->requests != NULL) {
        put_requests(&text, service->requests);
    }
    strbuf_append_cstr(&text, "\nSettings (environment):\n");
    settings_help(service->schema, &text);
    strbuf_append_cstr(&text, "\nExit codes: 0 done, 1 failed, 2 wrong usage or settings.\n");
    (void)fputs(strbuf_cstr(&text), file);
    strbuf_done(&text);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return argc > 1 && strcmp(argv[1], "help") == 0;
}

/* --- what is wrong --------------------------------------------------------------- */

bool service_is_json(const struct service_call *call, int at)
{
    return at + 1 < call->argc && strcmp(call->argv[at], "-o") == 0 &&
           strcmp(call->argv[at + 1], "json") == 0;
}

static bool asks_for_json(const struct service_call *call)
{
    for (int i = 1; i < call->argc; i++) {
        if (service_is_json(call, i)) {
            return true;
        }
    }
    return false;
}

/* A program that asked for JSON reads standard output, and nothing else. */
static void put_faults(const struct service_call *call, const char *const *faults, size_t count)
{
    if (!asks_for_json(call)) {
        return;
    }
    struct strbuf text = STRBUF(TEXT_MAX);
    struct json_writer json = JSON_WRITER(&text);
    json.mends = true;
    json_open_object(&json);
    json_put_member_string(&json, "service", strview_of(call->service->name));
    json_put_member_string(&json, "command", strview_of(call->argv[0]));
    json_open_member_array(&json, "faults");
    for (size_t i = 0; i < count; i++) {
        json_put_string(&json, strview_of(faults[i]));
    }
    json_close_array(&json);
    json_close_object(&json);
    if (json_writer_done(&json)) {
        (void)puts(strbuf_cstr(&text));
    }
    strbuf_done(&text);
}

int service_fail(const struct service_call *call, const char *fmt, ...)
{
    char text[COMPLAINT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "%s %s: %s\n", call->service->name, call->argv[0], text);
    put_faults(call, (const char *const[]){text}, 1);
    return SERVICE_FAILED;
}

int service_misuse(const struct service_call *call)
{
    (void)fprintf(stderr, "usage: %s %s %s\n", call->service->name, call->command->name,
                  call->command->arguments);
    return SERVICE_MISUSED;
}

static void show_faults(const struct settings *settings)
{
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        (void)fprintf(stderr, "%s\n", settings_fault(settings, i));
    }
}

static void complain_of_settings(const struct service_call *call)
{
    const size_t count = settings_fault_count(call->settings);
    const char **faults = must_allocate(count, sizeof *faults);
    for (size_t i = 0; i < count; i++) {
        faults[i] = settings_fault(call->settings, i);
    }
    show_faults(call->settings);
    put_faults(call, faults, count);
    free(faults);
}

/* --- our own commands -------------------------------------------------------------- */

static int show(struct strbuf *text)
{
    const bool is_ok = strbuf_ok(text) && fputs(strbuf_cstr(text), stdout) >= 0;
    strbuf_done(text);
    return is_ok && fflush(stdout) == 0 ? SERVICE_OK : SERVICE_FAILED;
}

static int show_metrics(const struct service *service)
{
    struct strbuf text = STRBUF(TEXT_MAX);
    strbuf_append_cstr(&text, "| Name | Type | Label | Meaning |\n|---|---|---|---|\n");
    metrics_markdown(service->metrics, service->metric_count, &text);
    metrics_markdown(RUNTIME_METRICS, RUNTIME_METRIC_COUNT, &text);
    return show(&text);
}

static int show_settings(const struct service_call *call, bool as_json)
{
    struct strbuf text = STRBUF(TEXT_MAX);
    if (as_json) {
        settings_json(call->settings, &text);
    } else {
        settings_table(call->settings, &text);
    }
    const int shown = show(&text);
    show_faults(call->settings);
    return settings_fault_count(call->settings) > 0 ? SERVICE_MISUSED : shown;
}

static int run_config(const struct service_call *call)
{
    struct strbuf text;
    if (call->argc == 1) {
        return show_settings(call, false);
    }
    if (call->argc == 3 && service_is_json(call, 1)) {
        return show_settings(call, true);
    }
    if (call->argc == 2 && strcmp(call->argv[1], "--metrics") == 0) {
        return show_metrics(call->service);
    }
    if (call->argc == 2 && strcmp(call->argv[1], "--markdown") == 0) {
        strbuf_init(&text, TEXT_MAX);
        settings_markdown(call->service->schema, &text);
        return show(&text);
    }
    return service_misuse(call);
}

static int connect_to(const char *address, uint16_t port)
{
    const struct timeval limit = {.tv_sec = HEALTHCHECK_S};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        return -1;
    }
    const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const struct sockaddr *to = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    if (connect(fd, to, is_v4 ? sizeof v4 : sizeof v6) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

#define HEALTH_REQUEST(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static bool answers_ok(int fd, bool is_readiness)
{
    static const char WANTED[] = "HTTP/1.1 200 ";
    const char *request = is_readiness ? HEALTH_REQUEST("/readyz") : HEALTH_REQUEST("/healthz");
    const size_t len = strlen(request);
    char answer[sizeof WANTED - 1];
    return send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len &&
           recv(fd, answer, sizeof answer, MSG_WAITALL) == (ssize_t)sizeof answer &&
           memcmp(answer, WANTED, sizeof answer) == 0;
}

static int run_healthcheck(const struct service_call *call)
{
    const struct common_settings *common = call->values;
    const bool is_readiness = call->argc == 2 && strcmp(call->argv[1], "--ready") == 0;
    if (call->argc != 1 && !is_readiness) {
        return service_misuse(call);
    }
    const int fd = connect_to(common->listen_address, (uint16_t)common->listen_port);
    const bool is_ok = fd >= 0 && answers_ok(fd, is_readiness);
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)printf("%s\n", is_ok ? "healthy" : "no healthy answer");
    return is_ok ? SERVICE_OK : SERVICE_FAILED;
}

static int run_version(const struct service_call *call)
{
    (void)printf("%s %s\n", call->service->name, ORDERSPINE_VERSION);
    return SERVICE_OK;
}

/* --- the command line ---------------------------------------------------------------- */

static bool is_an_option(const char *arguments)
{
    return arguments != NULL && strncmp(arguments, "--", 2) == 0;
}

static bool is_meant(const struct service_command *command, const char *name, int argc, char **argv)
{
    return strcmp(command->name, name) == 0 &&
           (!is_an_option(command->arguments) ||
            (argc == 3 && strcmp(command->arguments, argv[2]) == 0));
}

static const struct service_command *find(const struct service_command *commands, const char *name,
                                          int argc, char **argv)
{
    for (; commands != NULL && commands->name != NULL; commands++) {
        if (is_meant(commands, name, argc, argv)) {
            return commands;
        }
    }
    return NULL;
}

static bool has_fault_about(const struct settings *settings, const char *prefix)
{
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        if (strncmp(settings_fault(settings, i), prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

static void check_origins(const struct common_settings *common, struct settings *settings)
{
    struct http_cors cors;
    struct error err;
    if (common->cors_origins != NULL &&
        http_cors_read(common->cors_origins, &cors, &err) != ERROR_NONE) {
        settings_add_fault(settings, "LISTEN_CORS_ORIGINS: %s", err.text);
    }
}

/* Rules over several rows make sense only when each of these rows is sound. */
static void check(const struct service_call *call)
{
    const bool is_sound = settings_fault_count(call->settings) == 0;
    check_origins(call->values, call->settings);
    if (call->command->serves && !has_fault_about(call->settings, "AUTH")) {
        auth_check_settings(call->values, call->settings);
    }
    if (is_sound && call->service->check != NULL) {
        call->service->check(call->values, call->settings);
    }
}

static int run(struct service_call *call)
{
    const struct service_command *command = call->command;
    struct settings_schema schema = *call->service->schema;
    schema.is_for_client = command->asks;
    call->settings = settings_load(&schema, environ, call->service->values);
    call->values = call->service->values;
    const struct common_settings *common = call->values;
    check(call);
    int code = SERVICE_MISUSED;
    const bool tolerates_faults = command->run == run_config || command->run == run_version;
    if (settings_fault_count(call->settings) > 0 && !tolerates_faults) {
        complain_of_settings(call);
    } else {
        log_setup(call->service->name, (enum log_level)common->log_level);
        code = command->run(call);
    }
    settings_free(call->settings);
    return code;
}

int service_main(const struct service *service, int argc, char **argv)
{
    process_keep_standard_descriptors();
    if (asks_for_help(argc, argv)) {
        show_help(service, stdout);
        return SERVICE_OK;
    }
    const char *name = argc > 1 ? argv[1] : "";
    name = strcmp(name, "--version") == 0 ? "version" : name;
    const struct service_command *command = find(service->commands, name, argc, argv);
    command = command == NULL ? find(OURS, name, argc, argv) : command;
    if (command == NULL) {
        (void)fprintf(stderr, "%s: %s%s; see %s --help\n", service->name,
                      argc > 1 ? "no command " : "which command?", argc > 1 ? name : "",
                      service->name);
        return SERVICE_MISUSED;
    }
    if (command->arguments == NULL && argc > 2) {
        (void)fprintf(stderr, "%s %s does not know %s; see %s --help\n", service->name, name,
                      argv[argc - 1], service->name);
        return SERVICE_MISUSED;
    }
    struct service_call call = {
        .service = service, .command = command, .argc = argc - 1, .argv = argv + 1};
    return run(&call);
}
