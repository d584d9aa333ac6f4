/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for projector-svc: one list.
 */
#ifndef PROJECTOR_SVC_SETTINGS_H
#define PROJECTOR_SVC_SETTINGS_H

#include "common/run/settings.h"
#include "projector-svc/core/order_places.h"

#define PROJECTOR_SETTING_ROWS(X)                                                                  \
    X(STRING, kafka_brokers, "KAFKA_BROKERS",                                                      \
      "Brokers to read the topics from, host:port, comma separated.",                              \
      SETTING_IS(SETTING_REQUIRED))                                                                \
    X(STRING, redis_url, "REDIS_URL",                                                              \
      "Redis to write the views to: redis://[user[:password]@]host[:port][/database]; "            \
      "rediss:// with TLS, and ?ssl_ca_certs=FILE at its end for a CA that the system does not "   \
      "know.",                                                                                     \
      SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                               \
    X(STRING, redis_query_url, "REDIS_QUERY_URL",                                                  \
      "The same Redis for queries, as a user that may only read; unset: REDIS_URL.",               \
      SETTING_IS(SETTING_SECRET))                                                                  \
    X(STRING, redis_rebuild_url, "REDIS_REBUILD_URL",                                              \
      "For rebuild and rollback only: the same Redis as the user rebuilder, with the number of "   \
      "another database at its end.",                                                              \
      SETTING_IS(SETTING_SECRET))                                                                  \
    X(STRING, topic_prefix, "TOPIC_PREFIX",                                                        \
      "Put before order.events, customer.events, product.events and stock.events.",                \
      SETTING_DEFAULT(""))                                                                         \
    X(STRING, group, "PROJECTOR_GROUP",                                                            \
      "Kafka consumer group: projectors of one group share the partitions.",                       \
      SETTING_DEFAULT("orderspine-projector"))                                                     \
    X(INT, recent_orders, "PROJECTOR_RECENT_ORDERS",                                               \
      "How many of the newest orders orders:recent keeps.",                                        \
      SETTING_WITHIN("10000", 1, 10000000, "orders"))                                              \
    X(INT, stream_entries, "PROJECTOR_STREAM_ENTRIES",                                             \
      "How many of the newest events stream:orders keeps, about: who was away for longer has to "  \
      "read the views anew. 150 bytes each.",                                                      \
      SETTING_WITHIN("100000", 1000, 100000000, "events"))                                         \
    X(DURATION_MS, limit_placed_ms, "PROJECTOR_LIMIT_PLACED",                                      \
      "How long an order may wait for its payment before it counts as stuck. The same in every "   \
      "projector; an order keeps the limit it entered its status with.",                           \
      SETTING_WITHIN("15m", 1, 365LL * 24 * 3600 * 1000, NULL))                                    \
    X(DURATION_MS, limit_confirmed_ms, "PROJECTOR_LIMIT_CONFIRMED",                                \
      "The same, for a confirmed one to be shipped.",                                              \
      SETTING_WITHIN("48h", 1, 365LL * 24 * 3600 * 1000, NULL))                                    \
    X(DURATION_MS, limit_shipped_ms, "PROJECTOR_LIMIT_SHIPPED",                                    \
      "The same, for a shipped one to be delivered.",                                              \
      SETTING_WITHIN("14d", 1, 365LL * 24 * 3600 * 1000, NULL))                                    \
    X(INT, max_waiters, "PROJECTOR_MAX_WAITERS",                                                   \
      "Requests that may wait for a version at once; beyond it, and beyond half of "               \
      "LISTEN_MAX_CONNECTIONS, they get 503 overloaded.",                                          \
      SETTING_WITHIN("512", 1, 1000000, "requests"))                                               \
    X(INT, max_streams, "PROJECTOR_MAX_STREAMS",                                                   \
      "Streams that may be open at once; beyond it, and beyond a quarter of "                      \
      "LISTEN_MAX_CONNECTIONS, the next one gets 503 overloaded. One customer may have 8.",        \
      SETTING_WITHIN("512", 1, 1000000, "streams"))                                                \
    X(STRING, url, "PROJECTOR_URL", "Where `projector-svc status` and `dead-letters` ask.",        \
      SETTING_DEFAULT("http://127.0.0.1:8082"))                                                    \
    X(STRING, token, "TOKEN_OPERATOR",                                                             \
      "The bearer token they show; dead-letters needs an operator's.", SETTING_IS(SETTING_SECRET)) \
    X(STRING, database_url, "DATABASE_URL",                                                        \
      "PostgreSQL for `verify`, `explain` and what `rebuild` verifies, as one who may read all "   \
      "tables (orderspine_reader); serve has no use for it.",                                      \
      SETTING_IS(SETTING_SECRET))                                                                  \
    X(DURATION_MS, verify_wait_ms, "PROJECTOR_VERIFY_WAIT",                                        \
      "How long `verify`, and `rebuild` with it, waits for relay and projector to be past the "    \
      "newest events.",                                                                            \
      SETTING_WITHIN("30s", 0, 3600000, NULL))

struct projector_settings {
    struct common_settings common; /* first */
    PROJECTOR_SETTING_ROWS(SETTING_MEMBER)
};

extern const struct settings_schema PROJECTOR_SCHEMA;

/* How long an order may have each status. */
struct order_limits projector_order_limits(const struct projector_settings *settings);

/* Rules the table cannot say: urls, Kafka properties. */
void projector_settings_check(const void *values, struct settings *settings);

#endif
