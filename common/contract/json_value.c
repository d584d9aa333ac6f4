/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json_value.h"

#include "common/base/checked.h"
#include "common/base/parse.h"

#include <assert.h>

#define NAME_ROW(TYPE, type, name) [JSON_##TYPE] = (name),
static const char *const TYPE_NAMES[] = {JSON_TYPES(NAME_ROW)};

const char *json_type_name(enum json_type type)
{
    assert(type < JSON_TYPE_COUNT);
    return TYPE_NAMES[type];
}

const struct json_value *json_member(const struct json_value *object, const char *name)
{
    if (object == NULL || object->type != JSON_OBJECT) {
        return NULL;
    }
    const struct strview wanted = strview_of(name);
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        if (strview_equal(member->name, wanted)) {
            return member;
        }
    }
    return NULL;
}

struct strview json_text(const struct json_value *object, const char *name)
{
    const struct json_value *member = json_member(object, name);
    return member != NULL && member->type == JSON_STRING ? member->text : STRVIEW("");
}

int64_t json_integer(const struct json_value *object, const char *name, int64_t fallback)
{
    const struct json_value *member = json_member(object, name);
    const bool is_one = member != NULL && member->type == JSON_INTEGER;
    return is_one && checked_is_modest(member->integer) ? member->integer : fallback;
}

int64_t json_time(const struct json_value *object, const char *name, int64_t fallback)
{
    const struct json_value *member = json_member(object, name);
    int64_t epoch_ms;
    if (member != NULL && member->type == JSON_STRING) {
        return parse_rfc3339_ms(member->text, &epoch_ms) ? epoch_ms : fallback;
    }
    return json_integer(object, name, fallback);
}
