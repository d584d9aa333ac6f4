/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/settings.h"

#include "common/io/postgres/pgurl.h"
#include "common/run/kafka_setup.h"
#include "relay-svc/outbox/outbox_store.h"

#include <string.h>

#define ROW(TYPE, field, ...) SETTING_ROW(struct relay_settings, TYPE, field, __VA_ARGS__)
static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("8081") RELAY_SETTING_ROWS(ROW)};

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
    kafka_setup_check(KAFKA_PRODUCER, own->kafka_brokers, settings);
}
