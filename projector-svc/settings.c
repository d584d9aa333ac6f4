/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/settings.h"

#include "common/contract/topics.h"
#include "common/io/redis/redisurl.h"
#include "common/run/kafka_setup.h"

#include <stdlib.h>

static const struct setting ROWS[] = {
    SETTINGS_COMMON_ROWS(struct projector_settings, common, "8082"),
    {.name = "KAFKA_BROKERS",
     .type = SETTING_STRING,
     .flags = SETTING_REQUIRED,
     .help = "Brokers to read the topics from, host:port, comma separated.",
     SETTING_FIELD(struct projector_settings, kafka_brokers)},
    {.name = "REDIS_URL",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET | SETTING_REQUIRED,
     .help = "Redis to write the views to: redis://[user[:password]@]host[:port][/database].",
     SETTING_FIELD(struct projector_settings, redis_url)},
    {.name = "REDIS_QUERY_URL",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET,
     .help = "The same Redis for queries, as a user that may only read; unset: REDIS_URL.",
     SETTING_FIELD(struct projector_settings, redis_query_url)},
    {.name = "TOPIC_PREFIX",
     .type = SETTING_STRING,
     .fallback = "",
     .help = "Put before order.events, customer.events, product.events and stock.events.",
     SETTING_FIELD(struct projector_settings, topic_prefix)},
    {.name = "PROJECTOR_GROUP",
     .type = SETTING_STRING,
     .fallback = "orderspine-projector",
     .help = "Kafka consumer group: projectors of one group share the partitions.",
     SETTING_FIELD(struct projector_settings, group)},
    {.name = "PROJECTOR_RECENT_ORDERS",
     .type = SETTING_INT,
     .fallback = "10000",
     .min = 1,
     .max = 10000000,
     .unit = "orders",
     .help = "How many of the newest orders orders:recent keeps.",
     SETTING_FIELD(struct projector_settings, recent_orders)},
    {.name = "PROJECTOR_MAX_WAITERS",
     .type = SETTING_INT,
     .fallback = "512",
     .min = 1,
     .max = 1000000,
     .unit = "requests",
     .help = "Requests that may wait for a version at once; beyond it, and beyond half of "
             "LISTEN_MAX_CONNECTIONS, they get 503 overloaded.",
     SETTING_FIELD(struct projector_settings, max_waiters)},
    {.name = "PROJECTOR_URL",
     .type = SETTING_STRING,
     .fallback = "http://127.0.0.1:8082",
     .help = "Where `projector-svc status` asks.",
     SETTING_FIELD(struct projector_settings, url)},
    {.name = "TOKEN_OPERATOR",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET,
     .help = "The bearer token `projector-svc status` shows.",
     SETTING_FIELD(struct projector_settings, token)},
};

static const char *const PREFIXES[] = {SETTINGS_COMMON_PREFIXES, "PROJECTOR_", NULL};

const struct settings_schema PROJECTOR_SCHEMA = {
    .service = "projector-svc",
    .rows = ROWS,
    .count = sizeof ROWS / sizeof ROWS[0],
    .prefixes = PREFIXES,
    .pass_through = "KAFKA_",
};

static void check_url(const char *name, const char *url, struct settings *settings)
{
    struct error err;
    if (url != NULL && redisurl_check(url, &err) != ERROR_NONE) {
        settings_add_fault(settings, "%s: %s", name, err.text);
    }
}

void projector_settings_check(const void *values, struct settings *settings)
{
    const struct projector_settings *own = values;
    char name[TOPIC_NAME_MAX + 1];
    check_url("REDIS_URL", own->redis_url, settings);
    check_url("REDIS_QUERY_URL", own->redis_query_url, settings);
    if (!topic_name(own->topic_prefix, strview_of(aggregate_name(AGGREGATE_CUSTOMER)), name)) {
        settings_add_fault(settings, "TOPIC_PREFIX: it makes no legal topic name");
    }
    kafka_setup_check(KAFKA_CONSUMER, settings);
}
