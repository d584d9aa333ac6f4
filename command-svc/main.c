/* SPDX-License-Identifier: Apache-2.0 */
/* command-svc: takes commands, checks every rule, commits state, events and receipts together. */
#include "command-svc/app.h"
#include "command-svc/core/command.h"
#include "command-svc/metrics.h"
#include "command-svc/settings.h"
#include "common/run/doctor.h"
#include "common/run/service.h"

static const struct service_command SUBCOMMANDS[] = {
    {"serve", NULL, "Take commands over HTTP until SIGTERM.", app_serve, true, false},
    {"migrate", "--print-roles",
     "Print the SQL that makes the group roles and grants their rights.", app_print_roles, false,
     true},
    {"migrate", "[--shards N] [--print]",
     "Bring the database's schema up to date, or print the SQL that would in an empty one.",
     app_migrate, false, false},
    {"doctor", DOCTOR_ARGUMENTS,
     "Look at all that it needs, and say what mends what is missing. Changes nothing.", app_doctor,
     true, false},
    {NULL, NULL, NULL, NULL, false, false},
};

#define REQUEST_ROW(KIND, kind, name, path, roles, ...) {name, "POST " path, roles},
static const struct service_request REQUESTS[] = {COMMANDS(REQUEST_ROW){NULL, NULL, 0}};

static struct command_settings settings;

static const struct service SERVICE = {
    .name = "command-svc",
    .purpose = "takes commands and commits state, events and receipts in one transaction",
    .schema = &COMMAND_SCHEMA,
    .values = &settings,
    .check = command_settings_check,
    .commands = SUBCOMMANDS,
    .requests = REQUESTS,
    .metrics = COMMAND_METRICS,
    .metric_count = COMMAND_METRIC_COUNT,
};

int main(int argc, char **argv)
{
    return service_main(&SERVICE, argc, argv);
}
