/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event_json.h"

#include "common/contract/json.h"

static const struct json_value *require(struct event_reader *reader,
                                        const struct json_value *object, const char *name,
                                        enum json_type type)
{
    if (reader->failed) {
        return NULL;
    }
    const struct json_value *member = json_member(object, name);
    if (member != NULL && member->type == type) {
        return member;
    }
    reader->failed = true;
    (void)error_set(reader->err, ERROR_INVALID, "member %s is %s where %s is expected", name,
                    member == NULL ? "missing" : json_type_name(member->type),
                    json_type_name(type));
    return NULL;
}

struct strview event_read_text(struct event_reader *reader, const struct json_value *object,
                               const char *name)
{
    const struct json_value *member = require(reader, object, name, JSON_STRING);
    return member == NULL ? STRVIEW("") : member->text;
}

struct strview event_read_optional_text(struct event_reader *reader,
                                        const struct json_value *object, const char *name)
{
    return json_member(object, name) == NULL ? STRVIEW("") : event_read_text(reader, object, name);
}

int64_t event_read_integer(struct event_reader *reader, const struct json_value *object,
                           const char *name)
{
    const struct json_value *member = require(reader, object, name, JSON_INTEGER);
    return member == NULL ? 0 : member->integer;
}

const struct json_value *event_read_object(struct event_reader *reader,
                                           const struct json_value *object, const char *name)
{
    return require(reader, object, name, JSON_OBJECT);
}

const struct json_value *event_read_array(struct event_reader *reader,
                                          const struct json_value *object, const char *name)
{
    return require(reader, object, name, JSON_ARRAY);
}

static enum error_kind find_kind(const struct event_form *form, struct strview type, size_t *ret,
                                 struct error *err)
{
    for (size_t i = 0; i < form->type_count; i++) {
        if (strview_is(type, form->types[i])) {
            *ret = i;
            return ERROR_NONE;
        }
    }
    return error_set(err, ERROR_INVALID, "unknown event type \"%.*s\"",
                     type.len < 64 ? (int)type.len : 64, type.data == NULL ? "" : type.data);
}

enum error_kind event_open(const struct event_form *form, struct strview type,
                           struct strview payload, struct arena *arena, struct event_frame *ret,
                           struct error *err)
{
    struct event_frame frame = {.kind = 0};
    enum error_kind kind = find_kind(form, type, &frame.kind, err);
    if (kind == ERROR_NONE) {
        kind = json_parse(payload, arena, &frame.payload, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (frame.payload->type != JSON_OBJECT) {
        return error_set(err, ERROR_INVALID, "the payload is %s, not an object",
                         json_type_name(frame.payload->type));
    }
    kind = envelope_decode(frame.payload, form->id_member, &frame.envelope, err);
    if (kind == ERROR_NONE) {
        *ret = frame;
    }
    return kind;
}
