/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_internal.h - what settings.c and settings_print.c share; for these two only.
 */
#ifndef COMMON_RUN_SETTINGS_INTERNAL_H
#define COMMON_RUN_SETTINGS_INTERNAL_H

#include "common/run/settings.h"

/* Where a row's effective value came from. */
struct setting_source {
    const char *text;   /* as written; NULL: unset */
    const char *origin; /* "environment", "file", "default" */
};

const struct settings_schema *settings_schema_of(const struct settings *settings);
struct setting_source settings_source(const struct settings *settings, size_t row);

/* "a number from 0 to 65535", "one of error, warn": what a value must look like. */
void setting_form(const struct setting *row, char *out, size_t size);

#endif
