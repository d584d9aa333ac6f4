/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event_reader.h"

#include "common/base/checked.h"
#include "common/contract/json.h"

#include <assert.h>

static const struct json_value *find(struct event_reader *reader, const struct json_value *object,
                                     const char *name, enum json_type type, bool is_optional)
{
    if (reader->failure != ERROR_NONE) {
        return NULL;
    }
    const struct json_value *member = json_member(object, name);
    if (member != NULL && member->type == type) {
        return member;
    }
    if (reader->is_lenient || (is_optional && member == NULL)) {
        return NULL;
    }
    reader->failure =
        error_set(reader->err, ERROR_INVALID, "member %s is %s where %s is expected", name,
                  member == NULL ? "missing" : json_type_name(member->type), json_type_name(type));
    return NULL;
}

static struct strview text_of(const struct json_value *member)
{
    return member == NULL ? STRVIEW("") : member->text;
}

struct strview event_read_text(struct event_reader *reader, const struct json_value *object,
                               const char *name)
{
    return text_of(find(reader, object, name, JSON_STRING, false));
}

struct strview event_read_optional_text(struct event_reader *reader,
                                        const struct json_value *object, const char *name)
{
    return text_of(find(reader, object, name, JSON_STRING, true));
}

/* Where it is lenient it reads what was stored, and somebody may have changed that by hand. */
static int64_t integer_of(const struct event_reader *reader, const struct json_value *member)
{
    const bool is_odd = member != NULL && reader->is_lenient && !checked_is_modest(member->integer);
    return member == NULL || is_odd ? 0 : member->integer;
}

int64_t event_read_integer(struct event_reader *reader, const struct json_value *object,
                           const char *name)
{
    return integer_of(reader, find(reader, object, name, JSON_INTEGER, false));
}

int64_t event_read_optional_integer(struct event_reader *reader, const struct json_value *object,
                                    const char *name)
{
    return integer_of(reader, find(reader, object, name, JSON_INTEGER, true));
}

int64_t event_read_time(struct event_reader *reader, const struct json_value *object,
                        const char *name)
{
    const struct json_value *member = json_member(object, name);
    if (member != NULL && member->type == JSON_STRING) {
        return json_time(object, name, 0);
    }
    return event_read_optional_integer(reader, object, name);
}

const struct json_value *event_read_object(struct event_reader *reader,
                                           const struct json_value *object, const char *name)
{
    return find(reader, object, name, JSON_OBJECT, false);
}

const struct json_value *event_read_array(struct event_reader *reader,
                                          const struct json_value *object, const char *name)
{
    return find(reader, object, name, JSON_ARRAY, false);
}

void *event_read_room(struct event_reader *reader, size_t count, size_t size)
{
    assert(reader->failure == ERROR_NONE); /* it is for an array that was found */
    void *room = arena_array(reader->arena, count, size);
    if (room == NULL) {
        reader->failure =
            error_set(reader->err, ERROR_EXHAUSTED, "the event needs too much memory");
    }
    return room;
}
