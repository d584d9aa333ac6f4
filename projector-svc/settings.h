/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for projector-svc; the table stands in settings.c.
 */
#ifndef PROJECTOR_SVC_SETTINGS_H
#define PROJECTOR_SVC_SETTINGS_H

#include "common/run/settings.h"

struct projector_settings {
    struct common_settings common;
    const char *kafka_brokers;
    const char *redis_url;
    const char *redis_query_url; /* NULL: redis_url */
    const char *topic_prefix;
    const char *group;
    int64_t recent_orders;
    int64_t max_waiters;
    const char *url;   /* for subcommands: where a running projector answers */
    const char *token; /* for subcommands: an operator's; may be NULL */
};

extern const struct settings_schema PROJECTOR_SCHEMA;

/* Rules the table cannot say: urls, Kafka properties. */
void projector_settings_check(const void *values, struct settings *settings);

#endif
