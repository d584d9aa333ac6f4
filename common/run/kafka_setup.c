/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/kafka_setup.h"

#include "common/base/must.h"
#include "common/run/log.h"
#include "common/run/settings.h"

#include <stdlib.h>
#include <string.h>

struct kafka_property *kafka_setup_properties(const struct settings *settings, size_t *ret_count)
{
    const size_t count = settings_property_count(settings);
    struct kafka_property *properties = must_allocate(count + 1, sizeof *properties);
    for (size_t i = 0; i < count; i++) {
        const struct settings_property given = settings_property(settings, i);
        properties[i] = (struct kafka_property){given.name, given.value};
    }
    *ret_count = count;
    return properties;
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
    struct kafka_property *properties = kafka_setup_properties(settings, &count);
    kafka_config_check(role, properties, count, on_fault, settings);
    free(properties);
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
