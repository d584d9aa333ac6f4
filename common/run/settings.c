/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/settings.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/run/settings_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXTS_MAX = 1 << 20 };

const char *const SETTINGS_LOG_LEVELS[] = {"error", "warn", "info", "debug", NULL};
const char *const SETTINGS_AUTH_MODES[] = {"tokens", "off", NULL};

/* --- texts --------------------------------------------------------------------- */

char *settings_keep(struct settings *settings, struct strview text)
{
    char *copy = arena_copy(&settings->texts, text);
    if (copy == NULL) {
        abort(); /* an environment beyond a megabyte of settings of ours */
    }
    return copy;
}

void settings_add_fault(struct settings *settings, const char *fmt, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (settings->fault_count < SETTINGS_FAULTS_MAX) {
        settings->faults[settings->fault_count++] = settings_keep(settings, strview_of(text));
    }
}

/* The value of name in env, or NULL. An empty value counts as unset. */
static const char *find(char *const *env, const char *name, const char *suffix)
{
    const size_t name_len = strlen(name);
    const size_t suffix_len = strlen(suffix);
    for (; *env != NULL; env++) {
        if (strncmp(*env, name, name_len) == 0 &&
            strncmp(*env + name_len, suffix, suffix_len) == 0 &&
            (*env)[name_len + suffix_len] == '=') {
            const char *value = *env + name_len + suffix_len + 1;
            return *value == '\0' ? NULL : value;
        }
    }
    return NULL;
}

/* --- values -------------------------------------------------------------------- */

static bool parse_word(const struct setting *row, struct strview text, int *ret)
{
    for (int i = 0; row->words[i] != NULL; i++) {
        if (strview_is(text, row->words[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool parse_number(const struct setting *row, struct strview text, int64_t *ret)
{
    switch (row->type) {
    case SETTING_DURATION_MS:
        return parse_duration_ms(text, ret);
    case SETTING_BYTES:
        return parse_bytes(text, ret);
    case SETTING_INT:
    case SETTING_STRING:
    case SETTING_PATH:
    case SETTING_BOOL:
    case SETTING_ENUM:
    case SETTING_TYPE_COUNT:
        break;
    }
    return parse_i64(text, ret);
}

static void fault_of_type(struct settings *settings, const struct setting *row, const char *text)
{
    char form[256];
    setting_form(row, form, sizeof form);
    settings_add_fault(settings, "%s: \"%s\" is not %s", row->name,
                       (row->flags & SETTING_SECRET) != 0 ? "***" : text, form);
}

static void store_number(struct settings *settings, const struct setting *row, const char *text,
                         void *field)
{
    int64_t value = 0;
    const bool has_limits = row->min != 0 || row->max != 0;
    if (!parse_number(row, strview_of(text), &value) ||
        (has_limits && (value < row->min || value > row->max))) {
        fault_of_type(settings, row, text);
        return;
    }
    memcpy(field, &value, sizeof value);
}

static void store_path(struct settings *settings, const struct setting *row, const char *text,
                       void *field)
{
    if (access(text, R_OK) != 0) {
        settings_add_fault(settings, "%s: cannot read %s: %s: name a file that this user may read",
                           row->name, text, strerror(errno));
        return;
    }
    memcpy(field, &text, sizeof text);
}

static void store(struct settings *settings, const struct setting *row, const char *text,
                  void *field)
{
    bool flag = false;
    int word = 0;
    switch (row->type) {
    case SETTING_STRING:
        memcpy(field, &text, sizeof text);
        return;
    case SETTING_PATH:
        store_path(settings, row, text, field);
        return;
    case SETTING_INT:
    case SETTING_DURATION_MS:
    case SETTING_BYTES:
        store_number(settings, row, text, field);
        return;
    case SETTING_BOOL:
        if (parse_bool(strview_of(text), &flag)) {
            memcpy(field, &flag, sizeof flag);
            return;
        }
        break;
    case SETTING_ENUM:
        if (parse_word(row, strview_of(text), &word)) {
            memcpy(field, &word, sizeof word);
            return;
        }
        break;
    case SETTING_TYPE_COUNT:
        break;
    }
    fault_of_type(settings, row, text);
}

/* The text a row is to be read from, by precedence; NULL when there is none. */
static const char *choose_text(struct settings *settings, const struct setting *row,
                               char *const *env, struct setting_source *source)
{
    const char *direct = find(env, row->name, "");
    const char *path = (row->flags & SETTING_SECRET) != 0 ? find(env, row->name, "_FILE") : NULL;
    if (direct != NULL && path != NULL) {
        settings_add_fault(settings, "%s and %s_FILE are both set", row->name, row->name);
        return NULL;
    }
    if (path != NULL) {
        source->origin = "file";
        return settings_read_file(settings, row->name, path);
    }
    if (direct != NULL) {
        source->origin = "environment";
        return settings_keep(settings, strview_of(direct));
    }
    if ((row->flags & SETTING_REQUIRED) != 0) {
        if (!settings->schema->is_for_client) {
            settings_add_fault(settings, "%s is not set: %s", row->name, row->help);
        }
        return NULL;
    }
    source->origin = "default";
    return row->fallback;
}

static void load_row(struct settings *settings, size_t index, char *const *env, void *values)
{
    const struct setting *row = &settings->schema->rows[index];
    struct setting_source *source = &settings->sources[index];
    void *field = (char *)values + row->offset;
    memset(field, 0, row->size);
    source->text = choose_text(settings, row, env, source);
    if (source->text != NULL) {
        store(settings, row, source->text, field);
    }
}

/* --- the whole ------------------------------------------------------------------- */

struct settings *settings_load(const struct settings_schema *schema, char *const *env, void *values)
{
    struct settings *settings = must_allocate(1, sizeof *settings);
    struct setting_source *sources = must_allocate(schema->count + 1, sizeof *sources);
    settings->schema = schema;
    settings->sources = sources;
    arena_init(&settings->texts, TEXTS_MAX);
    for (size_t i = 0; i < schema->count; i++) {
        load_row(settings, i, env, values);
    }
    settings_check_names(settings, env);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL) {
        return;
    }
    arena_done(&settings->texts);
    free(settings->sources);
    free(settings);
}

size_t settings_fault_count(const struct settings *settings)
{
    return settings->fault_count;
}

const char *settings_fault(const struct settings *settings, size_t index)
{
    assert(index < settings->fault_count);
    return settings->faults[index];
}

const struct kafka_property *settings_properties(const struct settings *settings, size_t *ret_count)
{
    *ret_count = settings->property_count;
    return settings->handed_on;
}
