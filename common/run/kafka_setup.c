/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/kafka_setup.h"

#include "common/run/log.h"
#include "common/run/settings.h"

#include <string.h>

struct kafka_config kafka_setup_config(const struct settings *settings, const char *brokers,
                                       const char *client_id)
{
    struct kafka_config config = {.brokers = brokers, .client_id = client_id};
    config.properties = settings_properties(settings, &config.property_count);
    return config;
}

static void on_fault(void *user, const char *text)
{
    settings_add_fault(user, "%s", text);
}

void kafka_setup_check(enum kafka_role role, const char *brokers, struct settings *settings)
{
    size_t count;
    struct error err;
    if (brokers != NULL && kafka_config_check_brokers(brokers, &err) != ERROR_NONE) {
        settings_add_fault(settings, "KAFKA_BROKERS: %s", err.text);
    }
    const struct kafka_property *properties = settings_properties(settings, &count);
    kafka_config_check(role, properties, count, on_fault, settings);
}

/*
 * librdkafka speaks at syslog's levels; connection troubles, which mend themselves,
 * at "error". Its remarks on the configuration we have chosen on purpose are noise.
 */
void kafka_setup_log(void *user, int level, const char *facility, const char *text)
{
    enum { SYSLOG_CRITICAL = 2, SYSLOG_WARNING = 4 };
    const enum log_level ours = level <= SYSLOG_CRITICAL  ? LOG_ERROR
                                : level <= SYSLOG_WARNING ? LOG_WARN
                                                          : LOG_DEBUG;
    (void)user;
    log_event(strcmp(facility, "CONFWARN") == 0 ? LOG_DEBUG : ours, "kafka_client",
              LOG_STR("facility", facility), LOG_TEXT(text));
}
