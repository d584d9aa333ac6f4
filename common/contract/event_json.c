/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event_json.h"

#include "common/contract/json.h"

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
