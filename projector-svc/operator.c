/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/operator.h"

#include "common/run/kafka_setup.h"
#include "common/run/service.h"
#include "projector-svc/settings.h"
#include "projector-svc/verify/verify.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 2048, NUMBER_MAX = 24 };

void operator_say(const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    for (char *at = line; *at != '\0'; at++) {
        *at = iscntrl((unsigned char)*at) && *at != '\n' ? '?' : *at;
    }
    (void)fputs(line, stdout);
}

void operator_say_finding(const struct verify_finding *finding)
{
    char version[sizeof " version " + NUMBER_MAX] = "";
    if (finding->version > 0) {
        (void)snprintf(version, sizeof version, " version %" PRId64, finding->version);
    }
    operator_say("%-14s %s %s%s, %s: %s\n", verdict_name(finding->verdict),
                 aggregate_name(finding->type), finding->id, version,
                 verify_station_name(finding->station), finding->what);
}

void operator_say_not_compared(const char *what)
{
    operator_say("%-14s %s\n", "not compared", what);
}

/* To read with. */
static const char *redis_url(const struct projector_settings *settings)
{
    return settings->redis_query_url != NULL ? settings->redis_query_url : settings->redis_url;
}

bool operator_has_stations(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    const struct {
        const char *name;
        bool is_set;
    } needed[] = {
        {"DATABASE_URL", settings->database_url != NULL},
        {"KAFKA_BROKERS", settings->kafka_brokers != NULL},
        {"REDIS_QUERY_URL, or REDIS_URL,", redis_url(settings) != NULL},
    };
    char text[LINE_MAX_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!needed[i].is_set) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s must be set",
                                    len == 0 ? "" : "; ", needed[i].name);
        }
    }
    if (len > 0) {
        (void)service_fail(call, "%s", text);
    }
    return len == 0;
}

struct verify_options operator_stations(const struct service_call *call, const char *client_id)
{
    const struct projector_settings *settings = call->values;
    return (struct verify_options){
        .database_url = settings->database_url,
        .redis_url = redis_url(settings),
        .kafka = kafka_setup_config(call->settings, settings->kafka_brokers, client_id),
        .topic_prefix = settings->topic_prefix,
        .limits = projector_order_limits(settings),
        .wait_ms = settings->verify_wait_ms};
}
