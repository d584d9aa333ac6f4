/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/customer_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

#define TYPE_ROW(KIND, kind, type) [CUSTOMER_##KIND] = (type),
static const char *const TYPES[] = {CUSTOMER_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "customer_id", .types = TYPES, .type_count = CUSTOMER_EVENT_KIND_COUNT};

const char *customer_event_type(enum customer_event_kind kind)
{
    assert(kind < CUSTOMER_EVENT_KIND_COUNT);
    return TYPES[kind];
}

bool customer_event_encode(const struct customer_event *event, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    envelope_encode(&writer, FORM.id_member, &event->envelope);
    json_key(&writer, "personal");
    json_open_object(&writer);
    json_put_member_string(&writer, "name", event->registered.name);
    json_put_member_text(&writer, "email", event->registered.email);
    json_put_member_text(&writer, "phone", event->registered.phone);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

enum error_kind customer_event_decode(struct strview type, struct strview payload,
                                      struct arena *arena, struct customer_event *ret,
                                      struct error *err)
{
    struct event_frame frame;
    const enum error_kind opened = event_open(&FORM, type, payload, arena, &frame, err);
    if (opened != ERROR_NONE) {
        return opened;
    }
    struct customer_event event = {.kind = (enum customer_event_kind)frame.kind,
                                   .envelope = frame.envelope};
    struct event_reader reader = {.err = err};
    const struct json_value *personal = event_read_object(&reader, frame.payload, "personal");
    event.registered.name = event_read_text(&reader, personal, "name");
    event.registered.email = event_read_optional_text(&reader, personal, "email");
    event.registered.phone = event_read_optional_text(&reader, personal, "phone");
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}
