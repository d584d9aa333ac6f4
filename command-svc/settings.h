/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for command-svc: one list.
 */
#ifndef COMMAND_SVC_SETTINGS_H
#define COMMAND_SVC_SETTINGS_H

#include "common/run/settings.h"

#define COMMAND_SETTING_ROWS(X)                                                                    \
    X(STRING, database_url, "DATABASE_URL",                                                        \
      "PostgreSQL that holds state, receipts and outbox, as a libpq connection string.",           \
      SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                               \
    X(STRING, query_url, "COMMAND_QUERY_URL",                                                      \
      "Where clients reach projector-svc: the beginning of every Location.",                       \
      SETTING_DEFAULT("http://127.0.0.1:8082"))                                                    \
    X(INT, lanes, "COMMAND_LANES",                                                                 \
      "Batches in flight at once; each lane is one database connection.",                          \
      SETTING_WITHIN("2", 1, LANES_MAX, "connections"))                                            \
    X(INT, queue_floor, "COMMAND_QUEUE_FLOOR",                                                     \
      "Commands that may always wait in one lane; more may only while they are fewer than it "     \
      "committed in the last 100 ms. Beyond, new ones get 503 overloaded.",                        \
      SETTING_WITHIN("1024", 1, 1000000, "commands"))                                              \
    X(INT, rate_limit, "COMMAND_RATE_LIMIT",                                                       \
      "How many one principal may send in COMMAND_RATE_WINDOW, at once or evenly, before it "      \
      "gets 429; 0: as many as it wants.",                                                         \
      SETTING_WITHIN("0", 0, 1000000, "commands"))                                                 \
    X(DURATION_MS, rate_window_ms, "COMMAND_RATE_WINDOW",                                          \
      "In which time COMMAND_RATE_LIMIT is filled up again.",                                      \
      SETTING_WITHIN("10s", 1000, 86400000, NULL))                                                 \
    X(DURATION_MS, command_timeout_ms, "COMMAND_TIMEOUT",                                          \
      "How long a command may wait for the database before it gets 503.",                          \
      SETTING_WITHIN("10s", 100, 600000, NULL))                                                    \
    X(DURATION_MS, receipt_retention_ms, "COMMAND_RECEIPT_RETENTION",                              \
      "How long a key is remembered, and its retry answered as the first time.",                   \
      SETTING_WITHIN("30d", 60000, INT64_C(366) * 86400 * 1000, NULL))                             \
    X(DURATION_MS, refund_window_ms, "COMMAND_REFUND_WINDOW",                                      \
      "How long after delivery a payment may be refunded; later with override true only.",         \
      SETTING_WITHIN("60d", 1000, INT64_C(3660) * 86400 * 1000, NULL))                             \
    X(DURATION_MS, outbox_max_age_ms, "OUTBOX_MAX_AGE",                                            \
      "How long events may wait for Kafka before PlaceOrder gets 503; other commands go on.",      \
      SETTING_WITHIN("15m", 1000, INT64_C(366) * 86400 * 1000, NULL))                              \
    X(DURATION_MS, outbox_retention_ms, "OUTBOX_RETENTION",                                        \
      "How long the outbox keeps published events; older ones are dropped, ten million numbers "   \
      "at a time, but none within installation.outbox_keep, a day. 0ms: for ever. The same for "   \
      "all command-svc on one database.",                                                          \
      SETTING_WITHIN("0ms", 0, INT64_C(36600) * 86400 * 1000, NULL))

struct command_settings {
    struct common_settings common; /* first */
    COMMAND_SETTING_ROWS(SETTING_MEMBER)
};

extern const struct settings_schema COMMAND_SCHEMA;

/* A service's check of its own settings (struct service). */
void command_settings_check(const void *values, struct settings *settings);

#endif
