/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_internal.h - what the parts of the settings share; for common/run/settings*.c.
 *
 *     settings.c        rows: which text, and what value it is
 *     settings_file.c   NAME_FILE
 *     settings_names.c  names that no row has: mistakes, and what is passed through
 *     settings_print.c  the table, for people and for documents
 */
#ifndef COMMON_RUN_SETTINGS_INTERNAL_H
#define COMMON_RUN_SETTINGS_INTERNAL_H

#include "common/base/arena.h"
#include "common/base/strview.h"
#include "common/io/kafka/kafka_config.h"
#include "common/run/settings.h"

enum { SETTINGS_FAULTS_MAX = 64, SETTINGS_PROPERTIES_MAX = 128 };

struct settings_property {
    const char *name;
    const char *value;
    bool is_from_file; /* and thus a secret */
};

/* Where a row's effective value came from. */
struct setting_source {
    const char *text;   /* as written; NULL: unset */
    const char *origin; /* "environment", "file", "default" */
};

struct settings {
    const struct settings_schema *schema;
    struct arena texts;
    struct setting_source *sources; /* one per row */
    const char *faults[SETTINGS_FAULTS_MAX];
    size_t fault_count;
    struct settings_property properties[SETTINGS_PROPERTIES_MAX];
    struct kafka_property handed_on[SETTINGS_PROPERTIES_MAX]; /* the same, as they are told */
    size_t property_count;
};

/* A copy that lives as long as the settings. */
char *settings_keep(struct settings *settings, struct strview text);

/* What a file holds, without blanks and line ends behind it; NULL after adding a fault. */
const char *settings_read_file(struct settings *settings, const char *name, const char *path);

/* Faults for names that look like ours and are none, properties for those that are passed through.
 */
void settings_check_names(struct settings *settings, char *const *env);

/* "a number from 0 to 65535", "one of error, warn": what a value must look like. */
void setting_form(const struct setting *row, char *out, size_t size);

#endif
