/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_tables.c - what the code knows about the commands, for the description made of it.
 *
 * Prints the rows of core/command.h and the members of http/command_body.c as JSON. With --fits
 * it reads {"Name": ["a text", ...], ...} from standard input and prints the same with what each
 * form says of each text.
 */
#include "command-svc/http/command_body.h"
#include "command-svc/http/command_json.h"
#include "command-svc/http/headers.h"
#include "common/contract/json.h"
#include "common/contract/product_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 4 << 20, INPUT_MAX = 32 << 20, ARENA_BYTES = 256 << 20 };

/* ---- the commands -------------------------------------------------------------------------- */

#define TYPE_NAME(TYPE, type) [FIELD_##TYPE] = #type,
static const char *const TYPE_NAMES[] = {FIELD_TYPES(TYPE_NAME)};

static void put_members(struct json_writer *writer, const struct field *fields);

/* Objects lie in each other no deeper than the lines of an order. */
static void put_member(struct json_writer *writer, const struct field *field)
{
    json_open_object(writer);
    json_put_member_string(writer, "name", strview_of(field->name));
    json_put_member_string(writer, "type", strview_of(TYPE_NAMES[field->type]));
    json_put_member_bool(writer, "is_optional", field->is_optional);
    if (field->type == FIELD_TEXT) {
        json_put_member_string(writer, "form", strview_of(field->form->name));
    }
    if (field->type == FIELD_INTEGER) {
        json_put_member_integer(writer, "min", field->min);
        json_put_member_integer(writer, "max", field->max);
    }
    if (field->members != NULL) {
        put_members(writer, field->members);
    }
    json_close_object(writer);
}

static void put_members(struct json_writer *writer, const struct field *fields)
{
    json_key(writer, "members");
    json_open_array(writer);
    for (; fields->name != NULL; fields++) {
        put_member(writer, fields);
    }
    json_close_array(writer);
}

static void put_roles(struct json_writer *writer, unsigned roles)
{
    json_key(writer, "roles");
    json_open_array(writer);
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((roles & ROLE_BIT(role)) != 0) {
            json_put_string(writer, strview_of(role_name((enum role)role)));
        }
    }
    json_close_array(writer);
}

static void put_command(struct json_writer *writer, enum command_kind kind, const char *path,
                        unsigned roles, const char *event)
{
    json_open_object(writer);
    json_put_member_string(writer, "name", strview_of(command_name(kind)));
    json_put_member_string(writer, "path", strview_of(path));
    json_put_member_string(writer, "aggregate",
                           strview_of(aggregate_name(command_aggregate(kind))));
    put_roles(writer, roles);
    json_put_member_string(writer, "event", strview_of(event));
    put_members(writer, command_body(kind));
    json_close_object(writer);
}

#define PUT(of, KIND, path, roles, event)                                                          \
    put_command(writer, COMMAND_##KIND, path, roles, of##_event_type(event));
#define CUSTOMER_PUT(KIND, kind, name, path, ...) PUT(customer, KIND, path, __VA_ARGS__)
#define PRODUCT_PUT(KIND, kind, name, path, ...)  PUT(product, KIND, path, __VA_ARGS__)
#define ORDER_PUT(KIND, kind, name, path, ...)    PUT(order, KIND, path, __VA_ARGS__)

static void put_tables(struct json_writer *writer)
{
    json_open_object(writer);
    json_put_member_integer(writer, "lines_max", COMMAND_LINES_MAX);
    json_key(writer, "commands");
    json_open_array(writer);
    CUSTOMER_COMMANDS(CUSTOMER_PUT)
    PRODUCT_COMMANDS(PRODUCT_PUT)
    PLACING_COMMANDS(ORDER_PUT)
    ORDER_COMMANDS(ORDER_PUT)
    json_close_array(writer);
    json_close_object(writer);
}

/* ---- the forms ----------------------------------------------------------------------------- */

static bool is_uuid(struct strview text)
{
    struct uuid uuid;
    return uuid_parse(text, &uuid);
}

static bool is_key(struct strview text)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t len;
    return headers_read_key(text, key, &len);
}

static bool is_version(struct strview text)
{
    int64_t version;
    return headers_read_version(text, &version);
}

static const struct text_form OTHER_FORMS[] = {
    {"Uuid", NULL, is_uuid}, {"IdempotencyKey", NULL, is_key}, {"IfMatch", NULL, is_version}};

static const struct text_form *find_form(struct strview name)
{
    static const struct text_form *const FORMS[] = {
        &TEXT_FORM_ID,      &TEXT_FORM_NAME,     &TEXT_FORM_NOTE,     &TEXT_FORM_REGION,
        &TEXT_FORM_COUNTRY, &TEXT_FORM_CURRENCY, &TEXT_FORM_PROVIDER, &TEXT_FORM_EMAIL,
        &TEXT_FORM_PHONE,   &OTHER_FORMS[0],     &OTHER_FORMS[1],     &OTHER_FORMS[2],
    };
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if (strview_is(name, FORMS[i]->name)) {
            return FORMS[i];
        }
    }
    (void)fprintf(stderr, "there is no form %.*s\n", STRVIEW_ARG(name));
    exit(2);
}

static void put_verdicts(struct json_writer *writer, const struct json_value *forms)
{
    json_open_object(writer);
    for (const struct json_value *form = forms->first; form != NULL; form = form->next) {
        json_key_text(writer, form->name);
        json_open_array(writer);
        for (const struct json_value *text = form->first; text != NULL; text = text->next) {
            json_put_bool(writer, find_form(form->name)->fits(text->text));
        }
        json_close_array(writer);
    }
    json_close_object(writer);
}

static bool judge_input(struct json_writer *writer)
{
    static char input[INPUT_MAX];
    struct arena arena;
    struct error err;
    const struct json_value *forms;
    arena_init(&arena, ARENA_BYTES);
    const size_t len = fread(input, 1, sizeof input, stdin);
    const bool is_read =
        json_parse((struct strview){input, len}, &arena, &forms, &err) == ERROR_NONE;
    if (is_read) {
        put_verdicts(writer, forms);
    } else {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    arena_done(&arena);
    return is_read;
}

int main(int argc, char **argv)
{
    struct strbuf out;
    struct json_writer writer;
    strbuf_init(&out, OUTPUT_MAX);
    json_writer_init(&writer, &out);
    if (argc > 1 && strcmp(argv[1], "--fits") == 0) {
        (void)judge_input(&writer);
    } else {
        put_tables(&writer);
    }
    const bool is_whole = json_writer_done(&writer);
    if (is_whole) {
        (void)puts(strbuf_cstr(&out));
    }
    strbuf_done(&out);
    return is_whole ? 0 : 1;
}
