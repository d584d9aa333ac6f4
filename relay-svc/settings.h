/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for relay-svc: one list.
 */
#ifndef RELAY_SVC_SETTINGS_H
#define RELAY_SVC_SETTINGS_H

#include "common/contract/topics.h"
#include "common/run/settings.h"
#include "relay-svc/core/shard_log.h"

#define RELAY_SETTING_ROWS(X)                                                                      \
    X(STRING, database_url, "DATABASE_URL",                                                        \
      "PostgreSQL that holds the outbox, as a libpq connection string.",                           \
      SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                               \
    X(STRING, kafka_brokers, "KAFKA_BROKERS",                                                      \
      "Kafka brokers to publish to, host:port, comma separated. Any other KAFKA_ name is a "       \
      "librdkafka property: KAFKA_SSL_CA_LOCATION is ssl.ca.location.",                            \
      SETTING_IS(SETTING_REQUIRED))                                                                \
    X(STRING, aggregate_types, "AGGREGATE_TYPES",                                                  \
      "Aggregate types that have a topic, <type>.events each; a row of any other type is "         \
      "parked.",                                                                                   \
      SETTING_DEFAULT("order,customer,product,stock"))                                             \
    X(STRING, topic_prefix, "TOPIC_PREFIX",                                                        \
      "Put before every topic's name; the same for all relays on one database.",                   \
      SETTING_DEFAULT(""))                                                                         \
    X(INT, topic_replication, "TOPIC_REPLICATION",                                                 \
      "Copies of each partition of a topic this service creates; as many as there are brokers "    \
      "when these are fewer.",                                                                     \
      SETTING_WITHIN("3", 1, 9, "copies"))                                                         \
    X(STRING, owner, "RELAY_OWNER",                                                                \
      "This relay's name in the leases, behind a random part; default host and port.", )           \
    X(DURATION_MS, lease_ms, "RELAY_LEASE",                                                        \
      "How long a shard stays with a relay that no longer renews; nothing is sent in its last "    \
      "quarter.",                                                                                  \
      SETTING_WITHIN("6s", 1000, OUTBOX_LEASE_MAX_S * 1000, NULL))                                 \
    X(INT, readers, "RELAY_READERS", "Queries for rows in flight at once.",                        \
      SETTING_WITHIN("2", 1, 16, "connections"))                                                   \
    X(DURATION_MS, poll_ms, "RELAY_POLL",                                                          \
      "Longest pause between looks at an idle outbox; the bell usually comes first.",              \
      SETTING_WITHIN("100ms", 5, 60000, NULL))                                                     \
    X(INT, window_rows, "RELAY_WINDOW", "Events of one shard between sent and acknowledged.",      \
      SETTING_WITHIN("2048", 256, 65536, "events"))                                                \
    X(BYTES, read_bytes, "RELAY_READ_BYTES", "About as much as one query for rows returns.",       \
      SETTING_WITHIN("512KiB", 65536, 64 << 20, NULL))                                             \
    X(STRING, url, "RELAY_URL", "Where `relay-svc status` asks.",                                  \
      SETTING_DEFAULT("http://127.0.0.1:8081"))                                                    \
    X(STRING, token, "TOKEN_OPERATOR", "The bearer token `relay-svc status` shows.",               \
      SETTING_IS(SETTING_SECRET))

struct relay_settings {
    struct common_settings common; /* first */
    RELAY_SETTING_ROWS(SETTING_MEMBER)
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
