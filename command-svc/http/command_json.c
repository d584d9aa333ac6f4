/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/command_json.h"

#include "command-svc/http/command_body.h"
#include "common/base/utf8.h"
#include "common/contract/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    POINTER_MAX = 512,
    DETAIL_MAX = 512,
    NAME_SHOWN_MAX = 64, /* bytes of an unknown member's name */
};

/* ---- faults -------------------------------------------------------------------------------- */

/* Where in the body we stand; the pointer is spelt out only when something is wrong there. */
struct place {
    const struct place *up; /* NULL: the body itself */
    struct strview name;    /* data NULL: an element */
    size_t index;
};

/* With the field's limits as arguments. */
#define INTEGER_RULE                                                                               \
    "must be an integer from %" PRId64 " to %" PRId64 " without fraction or exponent"

static const char UUID_RULE[] =
    "must be a UUID such as 0199aaaa-0000-7000-8000-000000000000; leave it out to get one";

/* A type with its article. */
static const char *said(enum json_type type)
{
#define SAID_NULL                  "null"
#define SAID_BOOL                  "a boolean"
#define SAID_INTEGER               "a number"
#define SAID_NUMBER                "a number"
#define SAID_STRING                "a string"
#define SAID_ARRAY                 "an array"
#define SAID_OBJECT                "an object"
#define SAID_ROW(TYPE, type, name) [JSON_##TYPE] = SAID_##TYPE,
    static const char *const SAID[] = {JSON_TYPES(SAID_ROW)};
    return SAID[type];
}

struct binder {
    struct arena *arena;
    struct command *command;
    struct command_faults *faults;
    bool is_exhausted;
};

/* RFC 6901: "~" is "~0", "/" is "~1". */
static void append_name(struct strbuf *out, struct strview name)
{
    const struct strview shown = {.data = name.data,
                                  .len = name.len > NAME_SHOWN_MAX ? NAME_SHOWN_MAX : name.len};
    const size_t whole = utf8_valid_head(shown);
    for (size_t i = 0; i < whole; i++) {
        if (shown.data[i] == '~' || shown.data[i] == '/') {
            strbuf_append_cstr(out, shown.data[i] == '~' ? "~0" : "~1");
        } else {
            strbuf_append_char(out, shown.data[i]);
        }
    }
    if (whole < name.len) {
        strbuf_append_cstr(out, "...");
    }
}

static void append_pointer(struct strbuf *out, const struct place *place)
{
    if (place->up == NULL) {
        return;
    }
    append_pointer(out, place->up);
    strbuf_append_char(out, '/');
    if (place->name.data == NULL) {
        strbuf_append_i64(out, (int64_t)place->index);
    } else {
        append_name(out, place->name);
    }
}

static void add_fault(struct binder *binder, const char *pointer, const char *detail)
{
    struct command_faults *faults = binder->faults;
    struct command_fault *fault = arena_alloc(binder->arena, sizeof *fault);
    if (fault == NULL) {
        binder->is_exhausted = true;
        return;
    }
    *fault = (struct command_fault){.pointer = pointer, .detail = detail};
    if (faults->last == NULL) {
        faults->first = fault;
    } else {
        faults->last->next = fault;
    }
    faults->last = fault;
}

static void report(struct binder *binder, const struct place *place, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void report(struct binder *binder, const struct place *place, const char *fmt, ...)
{
    if (++binder->faults->count > COMMAND_FAULTS_MAX) {
        return;
    }
    char text[DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct strbuf path = STRBUF(POINTER_MAX);
    append_pointer(&path, place);
    const char *pointer = arena_copy(binder->arena, strbuf_view(&path));
    const char *detail = arena_copy(binder->arena, strview_of(text));
    strbuf_done(&path);
    if (pointer == NULL || detail == NULL) {
        binder->is_exhausted = true;
        return;
    }
    add_fault(binder, pointer, detail);
}

/* ---- binding ------------------------------------------------------------------------------- */

typedef void bind_fn(struct binder *binder, const struct field *field,
                     const struct json_value *value, const struct place *place, void *base);

static void bind_members(struct binder *binder, const struct field *fields,
                         const struct json_value *object, const struct place *place, void *base);

static void set_text(const struct field *field, void *base, struct strview text)
{
    memcpy((char *)base + field->offset, &text, sizeof text);
}

static void bind_text(struct binder *binder, const struct field *field,
                      const struct json_value *value, const struct place *place, void *base)
{
    if (value->type != JSON_STRING) {
        report(binder, place, "must be a string, not %s", said(value->type));
    } else if (!field->form->fits(value->text)) {
        report(binder, place, "%s", field->form->must);
    } else {
        set_text(field, base, value->text);
    }
}

static void bind_integer(struct binder *binder, const struct field *field,
                         const struct json_value *value, const struct place *place, void *base)
{
    if (value->type == JSON_INTEGER && value->integer >= field->min &&
        value->integer <= field->max) {
        memcpy((char *)base + field->offset, &value->integer, sizeof value->integer);
        return;
    }
    if (value->type == JSON_INTEGER || value->type == JSON_NUMBER) {
        report(binder, place, INTEGER_RULE, field->min, field->max);
    } else {
        report(binder, place, INTEGER_RULE ", not %s", field->min, field->max, said(value->type));
    }
}

static void bind_boolean(struct binder *binder, const struct field *field,
                         const struct json_value *value, const struct place *place, void *base)
{
    if (value->type != JSON_BOOL) {
        report(binder, place, "must be true or false, not %s", said(value->type));
    } else {
        memcpy((char *)base + field->offset, &value->boolean, sizeof value->boolean);
    }
}

static void bind_uuid(struct binder *binder, const struct field *field,
                      const struct json_value *value, const struct place *place, void *base)
{
    struct uuid uuid;
    if (value->type != JSON_STRING || !uuid_parse(value->text, &uuid)) {
        report(binder, place, "%s", UUID_RULE);
        return;
    }
    const struct strview copy = arena_view(binder->arena, uuid_view(&uuid));
    binder->is_exhausted |= copy.data == NULL;
    set_text(field, base, copy);
}

static void bind_object(struct binder *binder, const struct field *field,
                        const struct json_value *value, const struct place *place, void *base)
{
    if (value->type != JSON_OBJECT) {
        report(binder, place, "must be an object, not %s", said(value->type));
    } else {
        bind_members(binder, field->members, value, place, (char *)base + field->offset);
    }
}

static void bind_lines(struct binder *binder, const struct field *field,
                       const struct json_value *value, const struct place *place, void *base)
{
    (void)base;
    if (value->type != JSON_ARRAY) {
        report(binder, place, "must be an array, not %s", said(value->type));
        return;
    }
    if (value->count == 0 || value->count > COMMAND_LINES_MAX) {
        report(binder, place, "must have 1 to 500 lines, not %zu", value->count);
        return;
    }
    struct wanted_line *lines = arena_array(binder->arena, value->count, sizeof *lines);
    if (lines == NULL) {
        binder->is_exhausted = true;
        return;
    }
    size_t count = 0;
    for (const struct json_value *each = value->first; each != NULL; each = each->next) {
        const struct place here = {.up = place, .index = count};
        lines[count].unit_price_minor = PRICE_OF_CATALOGUE;
        bind_object(binder, field, each, &here, &lines[count]);
        count++;
    }
    binder->command->place_order.lines = lines;
    binder->command->place_order.line_count = count;
}

#define BINDER_ROW(TYPE, type) [FIELD_##TYPE] = bind_##type,
static bind_fn *const BINDERS[] = {FIELD_TYPES(BINDER_ROW)};

static const struct field *find_field(const struct field *fields, struct strview name)
{
    for (; fields->name != NULL; fields++) {
        if (strview_is(name, fields->name)) {
            return fields;
        }
    }
    return NULL;
}

static void report_missing(struct binder *binder, const struct field *field,
                           const struct place *place)
{
    if (field->type == FIELD_TEXT) {
        report(binder, place, "is required and %s", field->form->must);
    } else if (field->type == FIELD_INTEGER) {
        report(binder, place, "is required and " INTEGER_RULE, field->min, field->max);
    } else {
        report(binder, place, "is required and must be an %s",
               field->type == FIELD_LINES ? "array of 1 to 500 lines" : "object");
    }
}

static void list_names(const struct field *fields, char *text, size_t size)
{
    size_t len = 0;
    for (; fields->name != NULL && len < size; fields++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s", len == 0 ? "" : ", ", fields->name);
    }
}

/* What would have been right there: "sku, quantity, unit_price_minor". */
static void report_unknown(struct binder *binder, const struct field *fields,
                           const struct place *place)
{
    char known[DETAIL_MAX / 2] = "no members at all";
    list_names(fields, known, sizeof known);
    report(binder, place, "is not known here, where there may be: %s", known);
}

static void report_unknown_ones(struct binder *binder, const struct field *fields,
                                const struct json_value *object, const struct place *place)
{
    for (const struct json_value *value = object->first; value != NULL; value = value->next) {
        if (find_field(fields, value->name) == NULL) {
            const struct place here = {.up = place, .name = value->name};
            report_unknown(binder, fields, &here);
        }
    }
}

static void bind_members(struct binder *binder, const struct field *fields,
                         const struct json_value *object, const struct place *place, void *base)
{
    size_t known = 0;
    for (const struct field *field = fields; field->name != NULL; field++) {
        const struct json_value *value = json_member(object, field->name);
        const struct place here = {.up = place, .name = strview_of(field->name)};
        if (value != NULL) {
            known++;
            BINDERS[field->type](binder, field, value, &here, base);
        } else if (!field->is_optional) {
            report_missing(binder, field, &here);
        }
    }
    if (known < object->count) { /* none stands there twice */
        report_unknown_ones(binder, fields, object, place);
    }
}

/* Where all members are optional, none at all would mean nothing. */
static void require_any(struct binder *binder, const struct field *fields,
                        const struct json_value *value, const struct place *place)
{
    char known[DETAIL_MAX / 2];
    if (fields->name != NULL && binder->faults->count == 0 && value->first == NULL) {
        list_names(fields, known, sizeof known);
        report(binder, place, "must have at least one of: %s", known);
    }
}

enum error_kind command_json_read(enum command_kind kind, struct strview body, struct arena *arena,
                                  struct command *command, struct command_faults *ret_faults,
                                  struct error *err)
{
    assert(kind < COMMAND_KIND_COUNT);
    const struct json_value *value;
    const enum error_kind parsed = json_parse(body, arena, &value, err);
    if (parsed != ERROR_NONE) {
        return parsed;
    }
    *ret_faults = (struct command_faults){.count = 0};
    struct binder binder = {.arena = arena, .command = command, .faults = ret_faults};
    const struct field whole = {.name = "", .members = command_body(kind)};
    const struct place top = {.up = NULL};
    command->kind = kind;
    bind_object(&binder, &whole, value, &top, command);
    require_any(&binder, whole.members, value, &top);
    if (binder.is_exhausted) {
        return error_set(err, ERROR_EXHAUSTED, "the body needs too much memory");
    }
    return ERROR_NONE;
}
