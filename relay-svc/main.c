/* SPDX-License-Identifier: Apache-2.0 */
/* relay-svc: publishes the outbox to Kafka, in order, without a gap. */
#include "common/run/ask.h"
#include "common/run/doctor.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/metrics.h"
#include "relay-svc/settings.h"

static const struct service_command COMMANDS[] = {
    {"serve", NULL, "Publish the outbox until SIGTERM.", app_serve, true, false},
    {"doctor", DOCTOR_ARGUMENTS,
     "Look at all that it needs, and say what mends what is missing. Changes nothing.", app_doctor,
     true, false},
    {"status", ASK_ARGUMENTS, "Show the shards of the running relay at RELAY_URL.", app_status,
     false, true},
    {"quarantine",
     "list [-o json] | show TYPE/ID [-o json] | retry TYPE/ID [--reason TEXT] | "
     "skip TYPE/ID --reason TEXT",
     "What Kafka does not take: show it, try it again, or go on without it.", app_quarantine, false,
     true},
    {"resume",
     "(--after-record ID | --refill | --past-seq N) --shard N|all [--topic T] --reason TEXT",
     "End a shard's stop, by the line that its message prints.", app_resume, false, true},
    {"replay", "[--from SEQ|TIME] [--to SEQ|TIME] [--append] --topic T [--topic T ...] [-o json]",
     "Publish once more what the outbox has, to topics of its own, for readers that begin anew.",
     app_replay, false, false},
    {NULL, NULL, NULL, NULL, false, false},
};

static struct relay_settings settings;

static const struct service SERVICE = {
    .name = "relay-svc",
    .purpose = "publishes the outbox to Kafka, in order, without a gap",
    .schema = &RELAY_SCHEMA,
    .values = &settings,
    .commands = COMMANDS,
    .metrics = RELAY_METRICS,
    .metric_count = RELAY_METRIC_COUNT,
    .check = relay_settings_check,
};

int main(int argc, char **argv)
{
    return service_main(&SERVICE, argc, argv);
}
