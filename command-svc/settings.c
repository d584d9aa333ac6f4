/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/settings.h"

#include "command-svc/batch/lanes_options.h"
#include "common/base/ascii.h"
#include "common/base/strview.h"
#include "common/io/postgres/pgurl.h"

enum { QUERY_URL_MAX = 2048 };

#define ROW(TYPE, field, ...) SETTING_ROW(struct command_settings, TYPE, field, __VA_ARGS__)
static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("8080") COMMAND_SETTING_ROWS(ROW)};

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
    const struct strview text = strview_of(url);
    return text.len <= QUERY_URL_MAX && strview_has_only(text, ascii_is_visible);
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
    /* Whether a COMMIT that was not answered was done is seen by its receipts, as long as its
     * commands are repeated. */
    if (own->receipt_retention_ms <= own->command_timeout_ms) {
        settings_add_fault(settings, "COMMAND_RECEIPT_RETENTION must be longer than "
                                     "COMMAND_TIMEOUT, or a command whose answer was lost could "
                                     "be done twice");
    }
}
