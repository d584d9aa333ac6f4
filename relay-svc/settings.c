/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/settings.h"

#include "common/io/postgres/pgurl.h"
#include "common/run/kafka_setup.h"
#include "relay-svc/outbox/outbox_store.h"

#include <stdio.h>
#include <string.h>

static const struct setting ROWS[] = {
    SETTINGS_COMMON_ROWS(struct relay_settings, common, "8081"),
    {.name = "DATABASE_URL",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET | SETTING_REQUIRED,
     .help = "PostgreSQL that holds the outbox, as a libpq connection string.",
     SETTING_FIELD(struct relay_settings, database_url)},
    {.name = "KAFKA_BROKERS",
     .type = SETTING_STRING,
     .flags = SETTING_REQUIRED,
     .help = "Kafka brokers to publish to, host:port, comma separated. Any other KAFKA_ name is a "
             "librdkafka property: KAFKA_SSL_CA_LOCATION is ssl.ca.location.",
     SETTING_FIELD(struct relay_settings, kafka_brokers)},
    {.name = "AGGREGATE_TYPES",
     .type = SETTING_STRING,
     .fallback = "order,customer,product,stock",
     .help = "Aggregate types that have a topic, <type>.events each; a row of any other type stops "
             "its shard.",
     SETTING_FIELD(struct relay_settings, aggregate_types)},
    {.name = "TOPIC_PREFIX",
     .type = SETTING_STRING,
     .fallback = "",
     .help = "Put before every topic's name; the same for all relays on one database.",
     SETTING_FIELD(struct relay_settings, topic_prefix)},
    {.name = "TOPIC_REPLICATION",
     .type = SETTING_INT,
     .fallback = "3",
     .min = 1,
     .max = 9,
     .unit = "copies",
     .help = "Copies of each partition of a topic this service creates; as many as there are "
             "brokers when these are fewer.",
     SETTING_FIELD(struct relay_settings, topic_replication)},
    {.name = "RELAY_OWNER",
     .type = SETTING_STRING,
     .help = "This relay's name in the leases, behind a random part; default host and port.",
     SETTING_FIELD(struct relay_settings, owner)},
    {.name = "RELAY_LEASE",
     .type = SETTING_DURATION_MS,
     .fallback = "6s",
     .min = 1000,
     .max = OUTBOX_LEASE_MAX_S * 1000,
     .help = "How long a shard stays with a relay that no longer renews; nothing is sent in its "
             "last quarter.",
     SETTING_FIELD(struct relay_settings, lease_ms)},
    {.name = "RELAY_READERS",
     .type = SETTING_INT,
     .fallback = "2",
     .min = 1,
     .max = 16,
     .unit = "connections",
     .help = "Queries for rows in flight at once.",
     SETTING_FIELD(struct relay_settings, readers)},
    {.name = "RELAY_POLL",
     .type = SETTING_DURATION_MS,
     .fallback = "100ms",
     .min = 5,
     .max = 60000,
     .help = "Longest pause between looks at an idle outbox; the bell usually comes first.",
     SETTING_FIELD(struct relay_settings, poll_ms)},
    {.name = "RELAY_WINDOW",
     .type = SETTING_INT,
     .fallback = "2048",
     .min = 256,
     .max = 65536,
     .unit = "events",
     .help = "Events of one shard between sent and acknowledged.",
     SETTING_FIELD(struct relay_settings, window_rows)},
    {.name = "RELAY_READ_BYTES",
     .type = SETTING_BYTES,
     .fallback = "512KiB",
     .min = 65536,
     .max = 64 << 20,
     .help = "About as much as one query for rows returns.",
     SETTING_FIELD(struct relay_settings, read_bytes)},
    {.name = "RELAY_URL",
     .type = SETTING_STRING,
     .fallback = "http://127.0.0.1:8081",
     .help = "Where `relay-svc status` asks.",
     SETTING_FIELD(struct relay_settings, url)},
    {.name = "TOKEN_OPERATOR",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET,
     .help = "The bearer token `relay-svc status` shows.",
     SETTING_FIELD(struct relay_settings, token)},
};

static const char *const PREFIXES[] = {
    SETTINGS_COMMON_PREFIXES, "AGGREGATE_", "KAFKA_", "RELAY_", "TOPIC_", NULL};

const struct settings_schema RELAY_SCHEMA = {
    .service = "relay-svc",
    .rows = ROWS,
    .count = sizeof ROWS / sizeof ROWS[0],
    .prefixes = PREFIXES,
    .pass_through = "KAFKA_",
};

static bool is_listed(const struct relay_names *names, struct strview type)
{
    for (int i = 0; i < names->count; i++) {
        if (strview_is(type, names->types[i])) {
            return true;
        }
    }
    return false;
}

static enum error_kind add_type(const struct relay_settings *settings, struct strview type,
                                struct relay_names *names, struct error *err)
{
    if (names->count == SHARD_TOPICS_MAX) {
        return error_set(err, ERROR_INVALID, "AGGREGATE_TYPES: at most %d types", SHARD_TOPICS_MAX);
    }
    if (type.len == 0 || type.len > TOPIC_NAME_MAX || is_listed(names, type)) {
        return error_set(err, ERROR_INVALID, "AGGREGATE_TYPES: \"%.*s\" is empty, long or doubled",
                         STRVIEW_ARG(type));
    }
    const int i = names->count;
    if (!topic_name(settings->topic_prefix, type, names->topics[i])) {
        return error_set(err, ERROR_INVALID,
                         "TOPIC_PREFIX and AGGREGATE_TYPES: \"%s%.*s.events\" is no topic name",
                         settings->topic_prefix, STRVIEW_ARG(type));
    }
    memcpy(names->types[i], type.data, type.len);
    names->types[i][type.len] = '\0';
    names->type_list[i] = names->types[i];
    names->topic_list[i] = names->topics[i];
    names->count++;
    return ERROR_NONE;
}

enum error_kind relay_names_make(const struct relay_settings *settings,
                                 struct relay_names *ret_names, struct error *err)
{
    memset(ret_names, 0, sizeof *ret_names);
    const char *from = settings->aggregate_types;
    enum error_kind kind = ERROR_NONE;
    while (kind == ERROR_NONE && from != NULL) {
        const char *comma = strchr(from, ',');
        const struct strview type = {from, comma == NULL ? strlen(from) : (size_t)(comma - from)};
        kind = add_type(settings, type, ret_names, err);
        from = comma == NULL ? NULL : comma + 1;
    }
    return kind;
}

void relay_settings_check(const void *values, struct settings *settings)
{
    struct relay_names names;
    struct error err;
    if (relay_names_make(values, &names, &err) != ERROR_NONE) {
        settings_add_fault(settings, "%s", err.text);
    }
    const struct relay_settings *own = values;
    if (own->database_url != NULL && pgurl_check(own->database_url, &err) != ERROR_NONE) {
        settings_add_fault(settings, "DATABASE_URL: %s", err.text);
    }
    kafka_setup_check(KAFKA_PRODUCER, settings);
}
