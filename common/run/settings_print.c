/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/run/settings_internal.h"

#include <stdio.h>

enum { FORM_MAX = 256, COLUMN = 28 };

struct unit {
    int64_t size;
    const char *name;
};

static const struct unit DURATIONS[] = {
    {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"},
};
static const struct unit SIZES[] = {
    {1 << 30, "GiB"},
    {1 << 20, "MiB"},
    {1 << 10, "KiB"},
    {1, ""},
};

#define UNITS_STRING         NULL, 0
#define UNITS_PATH           NULL, 0
#define UNITS_INT            SIZES + 3, 1
#define UNITS_DURATION_MS    DURATIONS, 5
#define UNITS_BYTES          SIZES, 4
#define UNITS_BOOL           NULL, 0
#define UNITS_ENUM           NULL, 0

#define TYPE_ROW(TYPE, form) [SETTING_##TYPE] = {form, UNITS_##TYPE},
static const struct {
    const char *form;
    const struct unit *units;
    size_t unit_count;
} TYPES[] = {SETTING_TYPES(TYPE_ROW)};

/* In the largest unit that needs no fraction. */
static void put_quantity(struct strbuf *out, const struct setting *row, int64_t value)
{
    const struct unit *unit = TYPES[row->type].units;
    size_t left = TYPES[row->type].unit_count;
    while (left > 1 && (value == 0 || value % unit->size != 0)) {
        unit++;
        left--;
    }
    strbuf_append_i64(out, value / unit->size);
    strbuf_append_cstr(out, unit->name);
}

static void put_words(struct strbuf *out, const struct setting *row)
{
    for (size_t i = 0; row->words[i] != NULL; i++) {
        strbuf_append_cstr(out, i == 0 ? " " : ", ");
        strbuf_append_cstr(out, row->words[i]);
    }
}

static void put_form(struct strbuf *out, const struct setting *row)
{
    strbuf_append_cstr(out, TYPES[row->type].form);
    if (row->type == SETTING_ENUM) {
        put_words(out, row);
    }
    if (row->unit != NULL) {
        strbuf_printf(out, " of %s", row->unit);
    }
    if (TYPES[row->type].units != NULL && (row->min != 0 || row->max != 0)) {
        strbuf_append_cstr(out, " from ");
        put_quantity(out, row, row->min);
        strbuf_append_cstr(out, " to ");
        put_quantity(out, row, row->max);
    }
}

void setting_form(const struct setting *row, char *out, size_t size)
{
    struct strbuf text = STRBUF(size - 1);
    put_form(&text, row);
    (void)snprintf(out, size, "%s", strbuf_cstr(&text));
    strbuf_done(&text);
}

/* What may be shown of a value. */
static const char *shown(const struct setting *row, const char *text)
{
    if (text == NULL) {
        return "";
    }
    return (row->flags & SETTING_SECRET) != 0 ? "***" : text;
}

/* librdkafka's own secrets go by these names. */
static const char *shown_property(struct settings_property property)
{
    static const char *const SECRETS[] = {"password", "secret", "pem", "oauthbearer.config",
                                          "kinit.cmd"};
    if (property.is_from_file) {
        return "***";
    }
    for (size_t i = 0; i < sizeof SECRETS / sizeof SECRETS[0]; i++) {
        if (strstr(property.name, SECRETS[i]) != NULL) {
            return "***";
        }
    }
    return property.value;
}

void settings_table(const struct settings *settings, struct strbuf *out)
{
    const struct settings_schema *schema = settings->schema;
    for (size_t i = 0; i < schema->count; i++) {
        const struct setting_source source = settings->sources[i];
        strbuf_printf(out, "%-*s %-*s %s\n", COLUMN, schema->rows[i].name, COLUMN,
                      shown(&schema->rows[i], source.text),
                      source.text == NULL ? "unset" : source.origin);
    }
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct settings_property property = settings->properties[i];
        strbuf_printf(out, "%-*s %-*s property\n", COLUMN, property.name, COLUMN,
                      shown_property(property));
    }
}

static void put_json_row(struct json_writer *writer, const struct setting *row,
                         struct setting_source source)
{
    json_open_object(writer);
    json_put_member_string(writer, "name", strview_of(row->name));
    json_key(writer, "value");
    if (source.text == NULL) {
        json_put_null(writer);
    } else {
        json_put_string(writer, strview_of(shown(row, source.text)));
    }
    json_put_member_string(writer, "from",
                           strview_of(source.text == NULL ? "unset" : source.origin));
    json_close_object(writer);
}

void settings_json(const struct settings *settings, struct strbuf *out)
{
    const struct settings_schema *schema = settings->schema;
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_string(&writer, "service", strview_of(schema->service));
    json_open_member_array(&writer, "settings");
    for (size_t i = 0; i < schema->count; i++) {
        put_json_row(&writer, &schema->rows[i], settings->sources[i]);
    }
    json_close_array(&writer);
    json_open_member_object(&writer, "properties");
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct settings_property property = settings->properties[i];
        json_key_text(&writer, strview_of(property.name)); /* whatever the environment has */
        json_put_string(&writer, strview_of(shown_property(property)));
    }
    json_close_object(&writer);
    json_open_member_array(&writer, "faults");
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        json_put_string(&writer, strview_of(settings_fault(settings, i)));
    }
    json_close_array(&writer);
    json_close_object(&writer);
    if (!json_writer_done(&writer)) {
        strbuf_reset(out);
        strbuf_append(out, STRVIEW("{}"));
    }
    strbuf_append_char(out, '\n');
}

static const char *default_text(const struct setting *row)
{
    if ((row->flags & SETTING_REQUIRED) != 0) {
        return "required";
    }
    return row->fallback == NULL ? "none" : row->fallback;
}

void settings_markdown(const struct settings_schema *schema, struct strbuf *out)
{
    strbuf_append_cstr(out, "| Name | Default | Value | Meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < schema->count; i++) {
        const struct setting *row = &schema->rows[i];
        strbuf_printf(out, "| `%s`", row->name);
        if ((row->flags & SETTING_SECRET) != 0) {
            strbuf_printf(out, " or `%s_FILE`", row->name);
        }
        strbuf_printf(out, " | %s | ", default_text(row));
        put_form(out, row);
        strbuf_printf(out, " | %s |\n", row->help);
    }
}

void settings_help(const struct settings_schema *schema, struct strbuf *out)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct setting *row = &schema->rows[i];
        strbuf_printf(out, "  %s%s\n      %s\n      ", row->name,
                      (row->flags & SETTING_SECRET) != 0 ? " (or _FILE)" : "", row->help);
        put_form(out, row);
        strbuf_printf(out, "; %s%s\n", row->fallback == NULL ? "" : "default ", default_text(row));
    }
    if (schema->pass_through != NULL) {
        strbuf_printf(out,
                      "  %s<PROPERTY_WITH_UNDERSCORES>\n      Any other property of the "
                      "library, handed on as it is; secrets may come by _FILE.\n",
                      schema->pass_through);
    }
}
