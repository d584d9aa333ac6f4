/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/customer_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

static const char *const TYPES[] = {[CUSTOMER_REGISTERED] = "CustomerRegistered"};
static_assert(sizeof TYPES / sizeof TYPES[0] == CUSTOMER_EVENT_KIND_COUNT, "every kind has a type");

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
    envelope_encode(&writer, "customer_id", &event->envelope);
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
    size_t kind;
    if (event_find_type(type, TYPES, CUSTOMER_EVENT_KIND_COUNT, &kind, err) != ERROR_NONE) {
        return ERROR_INVALID;
    }
    const struct json_value *object;
    const enum error_kind parsed = event_parse(payload, arena, &object, err);
    if (parsed != ERROR_NONE) {
        return parsed;
    }
    struct customer_event event = {.kind = (enum customer_event_kind)kind};
    if (envelope_decode(object, "customer_id", &event.envelope, err) != ERROR_NONE) {
        return ERROR_INVALID;
    }
    struct event_reader reader = {.err = err};
    const struct json_value *personal = event_read_object(&reader, object, "personal");
    event.registered.name = event_read_text(&reader, personal, "name");
    event.registered.email = event_read_optional_text(&reader, personal, "email");
    event.registered.phone = event_read_optional_text(&reader, personal, "phone");
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}
