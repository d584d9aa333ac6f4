/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what can be set for command-svc; the table stands in settings.c.
 */
#ifndef COMMAND_SVC_SETTINGS_H
#define COMMAND_SVC_SETTINGS_H

#include "common/run/settings.h"

struct command_settings {
    struct common_settings common;
    const char *database_url;
    const char *query_url;
    int64_t lanes;
    int64_t queue_floor;
    int64_t rate_limit;
    int64_t rate_window_ms;
    int64_t command_timeout_ms;
    int64_t receipt_retention_ms;
    int64_t outbox_max_age_ms;
    int64_t refund_window_ms;
};

extern const struct settings_schema COMMAND_SCHEMA;

/* A service's check of its own settings (struct service). */
void command_settings_check(const void *values, struct settings *settings);

#endif
