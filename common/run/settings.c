/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/settings.h"

#include "common/base/arena.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/run/settings_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXTS_MAX = 1 << 20, FAULTS_MAX = 64, PROPERTIES_MAX = 128, FILE_MAX = 65536 };

const char *const SETTINGS_LOG_LEVELS[] = {"error", "warn", "info", "debug", NULL};
const char *const SETTINGS_AUTH_MODES[] = {"tokens", "off", NULL};

struct settings {
    const struct settings_schema *schema;
    struct arena texts;
    struct setting_source *sources; /* one per row */
    const char *faults[FAULTS_MAX];
    size_t fault_count;
    struct settings_property properties[PROPERTIES_MAX];
    size_t property_count;
};

/* --- texts --------------------------------------------------------------------- */

static const char *keep(struct settings *settings, struct strview text)
{
    const char *copy = arena_copy(&settings->texts, text);
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
    if (settings->fault_count < FAULTS_MAX) {
        settings->faults[settings->fault_count++] = keep(settings, strview_of(text));
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

/* Reads until the end: a pipe hands a text over in pieces. -1 with errno, else at most size. */
static ssize_t read_all(const char *path, char *bytes, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && len < size) {
        got = read(fd, bytes + len, size - len);
        len += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    const int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = reason;
    return got < 0 ? -1 : (ssize_t)len;
}

/* Editors and `echo` end a file with line ends, some with blanks; no secret of ours ends so. */
static struct strview without_blanks_behind(struct strview text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

/* Somebody may have put the secret itself where its file should be named. */
static const char *shown_path(const char *path)
{
    return path[0] == '/' || path[0] == '.' ? path : "***";
}

/* What a file holds, without blanks and line ends behind it; NULL after adding a fault. */
static const char *read_file(struct settings *settings, const char *name, const char *path)
{
    char bytes[FILE_MAX];
    const ssize_t len = read_all(path, bytes, sizeof bytes);
    if (len < 0) {
        settings_add_fault(settings, "%s_FILE: cannot read %s: %s", name, shown_path(path),
                           strerror(errno));
        return NULL;
    }
    /* A NUL is looked for first: strchr() takes it for a blank. */
    const bool has_nul = memchr(bytes, '\0', (size_t)len) != NULL;
    const struct strview text =
        has_nul ? (struct strview){.data = bytes}
                : without_blanks_behind((struct strview){.data = bytes, .len = (size_t)len});
    if (text.len == 0 || (size_t)len == sizeof bytes) {
        settings_add_fault(settings, "%s_FILE: %s is empty, too long or holds a NUL", name,
                           shown_path(path));
        return NULL;
    }
    return keep(settings, text);
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
        settings_add_fault(settings, "%s: cannot read %s: %s", row->name, text, strerror(errno));
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
        return read_file(settings, row->name, path);
    }
    if (direct != NULL) {
        source->origin = "environment";
        return keep(settings, strview_of(direct));
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

static const size_t FIELD_SIZES[] = {
    [SETTING_STRING] = sizeof(const char *),
    [SETTING_PATH] = sizeof(const char *),
    [SETTING_INT] = sizeof(int64_t),
    [SETTING_DURATION_MS] = sizeof(int64_t),
    [SETTING_BYTES] = sizeof(int64_t),
    [SETTING_BOOL] = sizeof(bool),
    [SETTING_ENUM] = sizeof(int),
};
static_assert(sizeof FIELD_SIZES / sizeof FIELD_SIZES[0] == SETTING_TYPE_COUNT,
              "every type needs a size");

static void load_row(struct settings *settings, size_t index, char *const *env, void *values)
{
    const struct setting *row = &settings->schema->rows[index];
    struct setting_source *source = &settings->sources[index];
    void *field = (char *)values + row->offset;
    assert(row->size == FIELD_SIZES[row->type]);
    memset(field, 0, row->size);
    source->text = choose_text(settings, row, env, source);
    if (source->text != NULL) {
        store(settings, row, source->text, field);
    }
}

/* --- names ---------------------------------------------------------------------- */

static bool begins_with(struct strview text, const char *prefix)
{
    return text.len >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

static bool ends_with(struct strview text, const char *suffix)
{
    const size_t len = strlen(suffix);
    return text.len >= len && memcmp(text.data + text.len - len, suffix, len) == 0;
}

static struct strview without_suffix(struct strview text, const char *suffix)
{
    return (struct strview){.data = text.data, .len = text.len - strlen(suffix)};
}

static bool is_row(const struct settings_schema *schema, struct strview name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct setting *row = &schema->rows[i];
        if (strview_is(name, row->name) ||
            ((row->flags & SETTING_SECRET) != 0 && ends_with(name, "_FILE") &&
             strview_is(without_suffix(name, "_FILE"), row->name))) {
            return true;
        }
    }
    return false;
}

/* FOO_PORT_8080_TCP and the like. */
static bool names_port_number(struct strview name)
{
    const char *at = memmem(name.data, name.len, "_PORT_", 6);
    return at != NULL && at + 6 < name.data + name.len && at[6] >= '0' && at[6] <= '9';
}

/* FOO_SERVICE_PORT_HTTP: the port that the service calls "http". */
static bool names_port_by_name(struct strview name, const char *value)
{
    return memmem(name.data, name.len, "_SERVICE_PORT_", 14) != NULL &&
           value[strspn(value, "0123456789")] == '\0';
}

/* Kubernetes adds such names for every service it runs, whatever that is called. */
static bool is_service_link(struct strview name, const char *value)
{
    return ends_with(name, "_SERVICE_HOST") || ends_with(name, "_SERVICE_PORT") ||
           names_port_by_name(name, value) || names_port_number(name) ||
           (ends_with(name, "_PORT") && strstr(value, "://") != NULL);
}

/* deploy/up writes them to var/env for people's scripts; exporting that file must not stop us. */
static bool is_address_of_a_service(struct strview name)
{
    return strview_is(name, "COMMAND_URL") || strview_is(name, "RELAY_URL") ||
           strview_is(name, "QUERY_URL");
}

static bool has_known_prefix(const struct settings_schema *schema, struct strview name)
{
    for (const char *const *prefix = schema->prefixes; prefix != NULL && *prefix != NULL;
         prefix++) {
        if (begins_with(name, *prefix)) {
            return true;
        }
    }
    return false;
}

/* KAFKA_SSL_CA_LOCATION → ssl.ca.location */
static const char *property_name(struct settings *settings, struct strview name)
{
    char *copy = arena_copy(&settings->texts, name);
    if (copy == NULL) {
        abort();
    }
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '_') {
            *c = '.';
        } else if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    return copy;
}

static void add_property(struct settings *settings, struct strview name, const char *value)
{
    const char *prefix = settings->schema->pass_through;
    if (settings->property_count == PROPERTIES_MAX) {
        settings_add_fault(settings, "more than %d names begin with %s", PROPERTIES_MAX, prefix);
        return;
    }
    const char *text = keep(settings, strview_of(value));
    const bool is_from_file = ends_with(name, "_FILE");
    if (is_from_file) {
        name = without_suffix(name, "_FILE");
        text = read_file(settings, keep(settings, name), value);
    }
    if (text == NULL) {
        return;
    }
    name.data += strlen(prefix);
    name.len -= strlen(prefix);
    settings->properties[settings->property_count++] = (struct settings_property){
        .name = property_name(settings, name), .value = text, .is_from_file = is_from_file};
}

static void check_name(struct settings *settings, const char *entry)
{
    const struct settings_schema *schema = settings->schema;
    const char *equals = strchr(entry, '=');
    if (equals == NULL) {
        return;
    }
    const struct strview name = {.data = entry, .len = (size_t)(equals - entry)};
    if (is_row(schema, name) || is_address_of_a_service(name) ||
        is_service_link(name, equals + 1) || equals[1] == '\0') {
        return;
    }
    if (schema->pass_through != NULL && begins_with(name, schema->pass_through)) {
        add_property(settings, name, equals + 1);
    } else if (has_known_prefix(schema, name)) {
        settings_add_fault(settings, "%.*s is not a setting of %s", STRVIEW_ARG(name),
                           schema->service);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct settings_property *left = a;
    const struct settings_property *right = b;
    return strcmp(left->name, right->name);
}

static void check_doubles(struct settings *settings)
{
    for (size_t i = 1; i < settings->property_count; i++) {
        if (strcmp(settings->properties[i - 1].name, settings->properties[i].name) == 0) {
            settings_add_fault(settings, "%s is set twice: directly and by a file",
                               settings->properties[i].name);
        }
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
    for (; *env != NULL; env++) {
        check_name(settings, *env);
    }
    qsort(settings->properties, settings->property_count, sizeof settings->properties[0], by_name);
    check_doubles(settings);
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

size_t settings_property_count(const struct settings *settings)
{
    return settings->property_count;
}

struct settings_property settings_property(const struct settings *settings, size_t index)
{
    assert(index < settings->property_count);
    return settings->properties[index];
}

const struct settings_schema *settings_schema_of(const struct settings *settings)
{
    return settings->schema;
}

struct setting_source settings_source(const struct settings *settings, size_t row)
{
    return settings->sources[row];
}
