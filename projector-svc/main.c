/* SPDX-License-Identifier: Apache-2.0 */
/* projector-svc: folds the events on Kafka into views in Redis, and serves them. */
#include "common/run/ask.h"
#include "common/run/doctor.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/metrics.h"
#include "projector-svc/settings.h"

static const struct service_command COMMANDS[] = {
    {"serve", "--serve-only",
     "Only answer queries: reads one Redis, perhaps a replica, and needs no Kafka.", app_serve_only,
     true, true},
    {"serve", "--project-only", "Only fold events into views.", app_project_only, true, false},
    {"serve", NULL, "Fold events into views and answer queries until SIGTERM.", app_serve, true,
     false},
    {"doctor", DOCTOR_ARGUMENTS,
     "Look at all that it needs, and say what mends what is missing. Changes nothing.", app_doctor,
     true, false},
    {"status", ASK_ARGUMENTS,
     "Show how far the views of the running projector at PROJECTOR_URL are.", app_status, false,
     true},
    {"dead-letters",
     "list | show TYPE:ID | retry TYPE:ID [--reason TEXT] | skip TYPE:ID --reason TEXT [-o json]",
     "List and show what stands still, try it again, or go on without it.", app_dead_letters, false,
     true},
    {"rebuild", "[--fresh] [--accept] [--no-verify] [--from-topic TOPIC ...]",
     "Make the views anew in another database of Redis, and exchange them for the live ones.",
     app_rebuild, false, false},
    {"rollback", "[--accept]", "Go back to the views of before the last exchange.", app_rollback,
     false, false},
    {"verify", "[-o json]",
     "Compare PostgreSQL, Kafka and Redis, all of them; it only reads, and ends with 1 where they "
     "do not agree.",
     app_verify, false, true},
    {"explain", "ORDER [-o json]",
     "Show each event of an order in PostgreSQL, Kafka and Redis, with the time between; it only "
     "reads.",
     app_explain, false, true},
    {NULL, NULL, NULL, NULL, false, false},
};

static struct projector_settings settings;

static const struct service SERVICE = {
    .name = "projector-svc",
    .purpose = "folds the events on Kafka into views in Redis, and serves them over HTTP",
    .schema = &PROJECTOR_SCHEMA,
    .values = &settings,
    .commands = COMMANDS,
    .metrics = PROJECTOR_METRICS,
    .metric_count = PROJECTOR_METRIC_COUNT,
    .check = projector_settings_check,
};

int main(int argc, char **argv)
{
    return service_main(&SERVICE, argc, argv);
}
