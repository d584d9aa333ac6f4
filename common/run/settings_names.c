/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ascii.h"
#include "common/run/settings_internal.h"

#include <stdlib.h>
#include <string.h>

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
    return at != NULL && at + 6 < name.data + name.len && ascii_is_digit(at[6]);
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
        if (strview_begins(name, *prefix)) {
            return true;
        }
    }
    return false;
}

/* KAFKA_SSL_CA_LOCATION → ssl.ca.location */
static const char *property_name(struct settings *settings, struct strview name)
{
    char *copy = settings_keep(settings, name);
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
    if (settings->property_count == SETTINGS_PROPERTIES_MAX) {
        settings_add_fault(settings, "more than %d names begin with %s", SETTINGS_PROPERTIES_MAX,
                           prefix);
        return;
    }
    const char *text = settings_keep(settings, strview_of(value));
    const bool is_from_file = ends_with(name, "_FILE");
    if (is_from_file) {
        name = without_suffix(name, "_FILE");
        text = settings_read_file(settings, settings_keep(settings, name), value);
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
    if (schema->pass_through != NULL && strview_begins(name, schema->pass_through)) {
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

void settings_check_names(struct settings *settings, char *const *env)
{
    for (; *env != NULL; env++) {
        check_name(settings, *env);
    }
    qsort(settings->properties, settings->property_count, sizeof settings->properties[0], by_name);
    check_doubles(settings);
    for (size_t i = 0; i < settings->property_count; i++) {
        settings->handed_on[i] = (struct kafka_property){.name = settings->properties[i].name,
                                                         .value = settings->properties[i].value};
    }
}
