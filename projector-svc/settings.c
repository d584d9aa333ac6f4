/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/settings.h"

#include "common/contract/topics.h"
#include "common/io/redis/redisconn.h"
#include "common/run/kafka_setup.h"

#define ROW(TYPE, field, ...) SETTING_ROW(struct projector_settings, TYPE, field, __VA_ARGS__)
static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("8082") PROJECTOR_SETTING_ROWS(ROW)};

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
    if (url != NULL && redisconn_check_url(url, &err) != ERROR_NONE) {
        settings_add_fault(settings, "%s: %s", name, err.text);
    }
}

void projector_settings_check(const void *values, struct settings *settings)
{
    const struct projector_settings *own = values;
    char name[TOPIC_NAME_MAX + 1];
    check_url("REDIS_URL", own->redis_url, settings);
    check_url("REDIS_QUERY_URL", own->redis_query_url, settings);
    check_url("REDIS_REBUILD_URL", own->redis_rebuild_url, settings);
    if (!topic_name(own->topic_prefix, strview_of(aggregate_name(AGGREGATE_CUSTOMER)), name)) {
        settings_add_fault(settings, "TOPIC_PREFIX: it makes no legal topic name");
    }
    kafka_setup_check(KAFKA_CONSUMER, own->kafka_brokers, settings);
}

struct order_limits projector_order_limits(const struct projector_settings *settings)
{
    return (struct order_limits){.ms = {[ORDER_STATUS_PLACED] = settings->limit_placed_ms,
                                        [ORDER_STATUS_CONFIRMED] = settings->limit_confirmed_ms,
                                        [ORDER_STATUS_SHIPPED] = settings->limit_shipped_ms}};
}
