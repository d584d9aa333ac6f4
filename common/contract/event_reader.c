/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event_reader.h"

#include "common/contract/json.h"

static const struct json_value *require(struct event_reader *reader,
                                        const struct json_value *object, const char *name,
                                        enum json_type type)
{
    if (reader->failure != ERROR_NONE) {
        return NULL;
    }
    const struct json_value *member = json_member(object, name);
    if (member != NULL && member->type == type) {
        return member;
    }
    reader->failure =
        error_set(reader->err, ERROR_INVALID, "member %s is %s where %s is expected", name,
                  member == NULL ? "missing" : json_type_name(member->type), json_type_name(type));
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

int64_t event_read_optional_integer(struct event_reader *reader, const struct json_value *object,
                                    const char *name)
{
    return json_member(object, name) == NULL ? 0 : event_read_integer(reader, object, name);
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

void *event_read_room(struct event_reader *reader, size_t count, size_t size)
{
    if (reader->failure != ERROR_NONE) {
        return NULL;
    }
    void *room = arena_array(reader->arena, count, size);
    if (room == NULL) {
        reader->failure =
            error_set(reader->err, ERROR_EXHAUSTED, "the event needs too much memory");
    }
    return room;
}
