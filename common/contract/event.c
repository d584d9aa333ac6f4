/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event.h"

#include "common/contract/event_form.h"
#include "common/contract/json.h"

#include <assert.h>

#define FORM_ROW(NAME, name) [AGGREGATE_##NAME] = &NAME##_EVENT_FORM,
static const struct event_form *const FORMS[] = {AGGREGATES(FORM_ROW)};

static const struct event_form *form_of(enum aggregate_type aggregate)
{
    assert(aggregate < AGGREGATE_COUNT);
    return FORMS[aggregate];
}

const struct envelope *event_envelope(const struct event *event)
{
#define ENVELOPE_ROW(NAME, name) [AGGREGATE_##NAME] = &event->name.envelope,
    const struct envelope *const envelopes[] = {AGGREGATES(ENVELOPE_ROW)};
    assert(event->aggregate < AGGREGATE_COUNT);
    return envelopes[event->aggregate];
}

static size_t kind_of(const struct event *event)
{
    size_t kind = 0;
#define KIND_OF(NAME, name) kind = event->aggregate == AGGREGATE_##NAME ? event->name.kind : kind;
    AGGREGATES(KIND_OF)
    return kind;
}

const char *event_type(const struct event *event)
{
    const struct event_form *form = form_of(event->aggregate);
    const size_t kind = kind_of(event);
    assert(kind < form->kind_count);
    return form->types[kind];
}

bool event_encode(const struct event *event, struct strbuf *out)
{
    const struct event_form *form = form_of(event->aggregate);
    const size_t kind = kind_of(event);
    assert(kind < form->kind_count);
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    envelope_encode(&writer, form->id_member, event_envelope(event));
    event_members_put(&writer, form->members[kind], &event->order);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

static enum error_kind find_kind(const struct event_form *form, struct strview type, size_t *ret,
                                 struct error *err)
{
    for (size_t i = 0; i < form->kind_count; i++) {
        if (strview_is(type, form->types[i])) {
            *ret = i;
            return ERROR_NONE;
        }
    }
    return error_set(err, ERROR_INVALID, "unknown event type \"%.*s\"",
                     type.len < 64 ? (int)type.len : 64, type.data == NULL ? "" : type.data);
}

static void begin_event(struct event *event, size_t kind, const struct envelope *envelope)
{
#define BEGIN(NAME, name)                                                                          \
    if (event->aggregate == AGGREGATE_##NAME) {                                                    \
        event->name.kind = (enum name##_event_kind)kind;                                           \
        event->name.envelope = *envelope;                                                          \
    }
    AGGREGATES(BEGIN)
}

enum error_kind event_decode(enum aggregate_type aggregate, struct strview type,
                             struct strview payload, struct arena *arena, struct event *ret,
                             struct error *err)
{
    const struct event_form *form = form_of(aggregate);
    size_t event_kind = 0;
    const struct json_value *object = NULL;
    enum error_kind kind = find_kind(form, type, &event_kind, err);
    if (kind == ERROR_NONE) {
        kind = json_parse(payload, arena, &object, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (object->type != JSON_OBJECT) {
        return error_set(err, ERROR_INVALID, "the payload is %s, not an object",
                         json_type_name(object->type));
    }
    struct envelope envelope;
    kind = envelope_decode(object, form->id_member, &envelope, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct event event = {.aggregate = aggregate};
    begin_event(&event, event_kind, &envelope);
    struct event_reader reader = {.arena = arena, .err = err};
    event_members_read(&reader, object, form->members[event_kind], &event.order);
    if (reader.failure == ERROR_NONE) {
        *ret = event;
    }
    return reader.failure;
}
