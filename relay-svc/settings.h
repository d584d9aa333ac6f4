/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for relay-svc; the table stands in settings.c.
 */
#ifndef RELAY_SVC_SETTINGS_H
#define RELAY_SVC_SETTINGS_H

#include "common/contract/topics.h"
#include "common/run/settings.h"
#include "relay-svc/core/shard_log.h"

struct relay_settings {
    struct common_settings common;
    const char *database_url;
    const char *kafka_brokers;
    const char *aggregate_types; /* "order,customer" */
    const char *topic_prefix;
    int64_t topic_replication;
    const char *owner; /* NULL: made from host and port */
    int64_t lease_ms;
    int64_t readers;
    int64_t poll_ms;
    int64_t window_rows;
    int64_t read_bytes;
    const char *url;   /* for subcommands: where a running relay answers */
    const char *token; /* for subcommands: an operator's; may be NULL */
};

extern const struct settings_schema RELAY_SCHEMA;

/* The names that follow from the settings, in memory of their own. */
struct relay_names {
    int count;
    char types[SHARD_TOPICS_MAX][TOPIC_NAME_MAX + 1];
    char topics[SHARD_TOPICS_MAX][TOPIC_NAME_MAX + 1];
    const char *type_list[SHARD_TOPICS_MAX];
    const char *topic_list[SHARD_TOPICS_MAX];
};

/* Fails with ERROR_INVALID, naming what is wrong with the list or the prefix. */
MUST_USE enum error_kind relay_names_make(const struct relay_settings *settings,
                                          struct relay_names *ret_names, struct error *err);

/* Rules over several rows, and the pass-through properties. */
void relay_settings_check(const void *values, struct settings *settings);

#endif
