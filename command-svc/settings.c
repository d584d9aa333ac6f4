/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/settings.h"

#include "command-svc/batch/lanes_options.h"
#include "common/io/postgres/pgurl.h"

#include <string.h>

enum { QUERY_URL_MAX = 2048 };

static const struct setting ROWS[] = {
    SETTINGS_COMMON_ROWS(struct command_settings, common, "8080"),
    {.name = "DATABASE_URL",
     .type = SETTING_STRING,
     .flags = SETTING_SECRET | SETTING_REQUIRED,
     .help = "PostgreSQL that holds state, receipts and outbox, as a libpq connection string.",
     SETTING_FIELD(struct command_settings, database_url)},
    {.name = "COMMAND_QUERY_URL",
     .type = SETTING_STRING,
     .fallback = "http://127.0.0.1:8082",
     .help = "Where clients reach projector-svc: the beginning of every Location.",
     SETTING_FIELD(struct command_settings, query_url)},
    {.name = "COMMAND_LANES",
     .type = SETTING_INT,
     .fallback = "2",
     .min = 1,
     .max = LANES_MAX,
     .unit = "connections",
     .help = "Batches in flight at once; each lane is one database connection.",
     SETTING_FIELD(struct command_settings, lanes)},
    {.name = "COMMAND_QUEUE_FLOOR",
     .type = SETTING_INT,
     .fallback = "1024",
     .min = 1,
     .max = 1000000,
     .unit = "commands",
     .help = "Commands that may always wait in one lane; more may only while they are fewer than "
             "it committed in the last 100 ms. Beyond, new ones get 503 overloaded.",
     SETTING_FIELD(struct command_settings, queue_floor)},
    {.name = "COMMAND_RATE_LIMIT",
     .type = SETTING_INT,
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .unit = "commands",
     .help = "How many one principal may send in COMMAND_RATE_WINDOW, at once or evenly, before "
             "it gets 429; 0: as many as it wants.",
     SETTING_FIELD(struct command_settings, rate_limit)},
    {.name = "COMMAND_RATE_WINDOW",
     .type = SETTING_DURATION_MS,
     .fallback = "10s",
     .min = 1000,
     .max = 86400000,
     .help = "In which time COMMAND_RATE_LIMIT is filled up again.",
     SETTING_FIELD(struct command_settings, rate_window_ms)},
    {.name = "COMMAND_TIMEOUT",
     .type = SETTING_DURATION_MS,
     .fallback = "10s",
     .min = 100,
     .max = 600000,
     .help = "How long a command may wait for the database before it gets 503.",
     SETTING_FIELD(struct command_settings, command_timeout_ms)},
    {.name = "COMMAND_RECEIPT_RETENTION",
     .type = SETTING_DURATION_MS,
     .fallback = "30d",
     .min = 60000,
     .max = INT64_C(366) * 86400 * 1000,
     .help = "How long a key is remembered, and its retry answered as the first time.",
     SETTING_FIELD(struct command_settings, receipt_retention_ms)},
    {.name = "COMMAND_REFUND_WINDOW",
     .type = SETTING_DURATION_MS,
     .fallback = "60d",
     .min = 1000,
     .max = INT64_C(3660) * 86400 * 1000,
     .help = "How long after delivery a payment may be refunded; later with override true only.",
     SETTING_FIELD(struct command_settings, refund_window_ms)},
    {.name = "OUTBOX_MAX_AGE",
     .type = SETTING_DURATION_MS,
     .fallback = "15m",
     .min = 1000,
     .max = INT64_C(366) * 86400 * 1000,
     .help = "How long events may wait for Kafka before PlaceOrder gets 503; other commands go on.",
     SETTING_FIELD(struct command_settings, outbox_max_age_ms)},
};

static const char *const PREFIXES[] = {SETTINGS_COMMON_PREFIXES, "COMMAND_", "OUTBOX_", NULL};

const struct settings_schema COMMAND_SCHEMA = {
    .service = "command-svc",
    .rows = ROWS,
    .count = sizeof ROWS / sizeof ROWS[0],
    .prefixes = PREFIXES,
};

/* A Location has to fit its buffer, and to be one: half of it would lead somewhere else. */
static bool is_base_url(const char *url)
{
    const size_t len = strlen(url);
    for (size_t i = 0; i < len; i++) {
        if (url[i] <= ' ' || url[i] > '~') {
            return false;
        }
    }
    return len <= QUERY_URL_MAX;
}

void command_settings_check(const void *values, struct settings *settings)
{
    const struct command_settings *own = values;
    struct error err;
    if (own->database_url != NULL && pgurl_check(own->database_url, &err) != ERROR_NONE) {
        settings_add_fault(settings, "DATABASE_URL: %s", err.text);
    }
    if (!is_base_url(own->query_url)) {
        settings_add_fault(settings, "COMMAND_QUERY_URL: at most %d visible ASCII characters",
                           QUERY_URL_MAX);
    }
}
