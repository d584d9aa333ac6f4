/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings, with the tables the services have:
 *   - nothing but names and values decides: the order of the environment does not;
 *   - without a fault each number is within its limits and each required text is there;
 *   - a secret stands in nothing that is shown;
 *   - what is shown, set again, gives the same values.
 *
 * The input is text: the first byte chooses the service, then one entry of the environment a line.
 */
#include "command-svc/settings.h"
#include "common/base/strbuf.h"
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "projector-svc/settings.h"
#include "relay-svc/settings.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

enum { ENTRIES_MAX = 64, VALUES_MAX = 512, TEXT_BYTES = 1 << 20 };

#define SECRET "orderspine-fuzz-secret"

static const struct settings_schema *const SCHEMAS[] = {&COMMAND_SCHEMA, &RELAY_SCHEMA,
                                                        &PROJECTOR_SCHEMA};
enum { SCHEMA_COUNT = sizeof SCHEMAS / sizeof SCHEMAS[0] };
static_assert(sizeof(struct relay_settings) <= VALUES_MAX, "values need more room");
static_assert(sizeof(struct command_settings) <= VALUES_MAX, "values need more room");
static_assert(sizeof(struct projector_settings) <= VALUES_MAX, "values need more room");

union values {
    struct relay_settings aligned;
    char bytes[VALUES_MAX];
};

/* ---- the environment ---- */

struct environment {
    char *text;
    char *entries[ENTRIES_MAX + 1];
    size_t count;
};

/* No file is opened but those of this folder, of which there are none. */
static bool names_a_path(const char *entry)
{
    return strchr(entry, '/') != NULL && strstr(entry, "://") == NULL;
}

static void split(struct environment *env, struct strview lines)
{
    env->text = malloc(lines.len + 1);
    EXPECT(env->text != NULL);
    memcpy(env->text, lines.data, lines.len);
    env->text[lines.len] = '\0';
    env->count = 0;
    for (char *line = env->text; line != NULL && env->count < ENTRIES_MAX;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        if (*line != '\0' && !names_a_path(line)) {
            env->entries[env->count++] = line;
        }
        line = end == NULL ? NULL : end + 1;
    }
    env->entries[env->count] = NULL;
}

/* A name set twice means the first; then order does count. */
static bool has_doubles(const struct environment *env)
{
    for (size_t i = 0; i < env->count; i++) {
        const size_t len = strcspn(env->entries[i], "=");
        for (size_t k = 0; k < i; k++) {
            if (strncmp(env->entries[i], env->entries[k], len + 1) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void reverse(struct environment *env)
{
    for (size_t i = 0; i < env->count / 2; i++) {
        char *entry = env->entries[i];
        env->entries[i] = env->entries[env->count - 1 - i];
        env->entries[env->count - 1 - i] = entry;
    }
}

/* ---- the promises ---- */

static const char *text_at(const union values *values, size_t offset)
{
    const char *text;
    memcpy(&text, values->bytes + offset, sizeof text);
    return text;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_row(const struct setting *row, const union values *values)
{
    int64_t number;
    if (row->type == SETTING_STRING || row->type == SETTING_PATH) {
        const char *text = text_at(values, row->offset);
        EXPECT((row->flags & SETTING_REQUIRED) == 0 || (text != NULL && *text != '\0'));
    }
    if (row->size == sizeof number && (row->min != 0 || row->max != 0)) {
        memcpy(&number, values->bytes + row->offset, sizeof number);
        EXPECT(number >= row->min && number <= row->max);
    }
}

static void check_same(const struct settings_schema *schema, const union values *a,
                       const union values *b)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct setting *row = &schema->rows[i];
        if (row->type == SETTING_STRING || row->type == SETTING_PATH) {
            EXPECT(same_text(text_at(a, row->offset), text_at(b, row->offset)));
        } else {
            EXPECT(memcmp(a->bytes + row->offset, b->bytes + row->offset, row->size) == 0);
        }
    }
}

static bool holds_secret(struct strview text)
{
    return memmem(text.data, text.len, SECRET, strlen(SECRET)) != NULL;
}

/* The secret of this test, as the whole value of a setting that is secret. */
static bool has_secret(const struct settings_schema *schema, const union values *values)
{
    for (size_t i = 0; i < schema->count; i++) {
        if ((schema->rows[i].flags & SETTING_SECRET) != 0 &&
            same_text(text_at(values, schema->rows[i].offset), SECRET)) {
            return true;
        }
    }
    return false;
}

static void check_shown(const struct settings *settings, bool may_show, struct strbuf *json)
{
    struct strbuf table;
    strbuf_init(&table, TEXT_BYTES);
    settings_table(settings, &table);
    settings_json(settings, json);
    EXPECT(strbuf_ok(&table) && strbuf_ok(json));
    EXPECT(may_show || (!holds_secret(strbuf_view(&table)) && !holds_secret(strbuf_view(json))));
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        const char *fault = settings_fault(settings, i);
        EXPECT(fault[0] != '\0' && (may_show || strstr(fault, SECRET) == NULL));
    }
    strbuf_done(&table);
}

/* Set again what was shown, secrets aside. */
static void check_round_trip(const struct settings_schema *schema, const struct json_value *shown,
                             const union values *values)
{
    struct strbuf lines;
    struct environment env;
    union values again = {.bytes = {0}};
    strbuf_init(&lines, TEXT_BYTES);
    const struct json_value *row = json_member(shown, "settings")->first;
    for (size_t i = 0; i < schema->count; i++, row = row->next) {
        const bool is_secret = (schema->rows[i].flags & SETTING_SECRET) != 0;
        const struct strview value = is_secret ? strview_of(text_at(values, schema->rows[i].offset))
                                               : json_text(row, "value");
        strbuf_printf(&lines, "%.*s=%.*s\n", STRVIEW_ARG(json_text(row, "name")),
                      STRVIEW_ARG(value));
    }
    split(&env, strbuf_view(&lines));
    struct settings *settings = settings_load(schema, env.entries, &again);
    EXPECT(settings_fault_count(settings) == 0);
    check_same(schema, values, &again);
    settings_free(settings);
    free(env.text);
    strbuf_done(&lines);
}

static void check_good(const struct settings_schema *schema, const union values *values,
                       struct strview json)
{
    struct arena arena;
    const struct json_value *shown = NULL;
    struct error err;
    for (size_t i = 0; i < schema->count; i++) {
        check_row(&schema->rows[i], values);
    }
    arena_init(&arena, 4 * TEXT_BYTES);
    EXPECT(json_parse(json, &arena, &shown, &err) == ERROR_NONE);
    check_round_trip(schema, shown, values);
    arena_done(&arena);
}

static void check_order(const struct settings_schema *schema, struct environment *env,
                        const struct settings *settings, const union values *values)
{
    union values other = {.bytes = {0}};
    reverse(env);
    struct settings *reversed = settings_load(schema, env->entries, &other);
    EXPECT(settings_fault_count(reversed) == settings_fault_count(settings));
    if (settings_fault_count(settings) == 0) {
        check_same(schema, values, &other);
    }
    settings_free(reversed);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || memchr(data, '\0', size) != NULL) {
        return 0;
    }
    const struct settings_schema *schema = SCHEMAS[data[0] % SCHEMA_COUNT];
    const struct strview lines = fuzz_view(data + 1, size - 1);
    struct environment env;
    struct strbuf json;
    union values values = {.bytes = {0}};
    strbuf_init(&json, TEXT_BYTES);
    split(&env, lines);
    struct settings *settings = settings_load(schema, env.entries, &values);
    const char *first = memmem(lines.data, lines.len, SECRET, strlen(SECRET));
    const bool is_once =
        first != NULL &&
        !holds_secret((struct strview){first + 1, lines.len - (size_t)(first + 1 - lines.data)});
    check_shown(settings, !is_once || !has_secret(schema, &values), &json);
    if (settings_fault_count(settings) == 0 && utf8_is_valid(lines)) {
        check_good(schema, &values, strbuf_view(&json));
    }
    if (!has_doubles(&env)) {
        check_order(schema, &env, settings, &values);
    }
    settings_free(settings);
    free(env.text);
    strbuf_done(&json);
    return 0;
}
