/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/customer_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

typedef void encode_fn(struct json_writer *writer, const struct customer_event *event);
typedef void decode_fn(struct event_reader *reader, const struct json_value *payload,
                       struct customer_event *event);

#define DECLARE_CODEC(KIND, kind, type)                                                            \
    static encode_fn encode_##kind;                                                                \
    static decode_fn decode_##kind;
CUSTOMER_EVENTS(DECLARE_CODEC)

#define TYPE_ROW(KIND, kind, type) [CUSTOMER_##KIND] = (type),
static const char *const TYPES[] = {CUSTOMER_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "customer_id", .types = TYPES, .type_count = CUSTOMER_EVENT_KIND_COUNT};

#define CODEC_ROW(KIND, kind, type) [CUSTOMER_##KIND] = {encode_##kind, decode_##kind},
static const struct {
    encode_fn *encode;
    decode_fn *decode;
} CODECS[] = {CUSTOMER_EVENTS(CODEC_ROW)};

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
    CODECS[event->kind].encode(&writer, event);
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
    CODECS[frame.kind].decode(&reader, frame.payload, &event);
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}

static void put_personal(struct json_writer *writer, const struct contact *contact)
{
    json_key(writer, "personal");
    json_open_object(writer);
    json_put_member_string(writer, "name", contact->name);
    json_put_member_text(writer, "email", contact->email);
    json_put_member_text(writer, "phone", contact->phone);
    json_close_object(writer);
}

static void read_personal(struct event_reader *reader, const struct json_value *payload,
                          struct contact *contact)
{
    const struct json_value *personal = event_read_object(reader, payload, "personal");
    contact->name = event_read_text(reader, personal, "name");
    contact->email = event_read_optional_text(reader, personal, "email");
    contact->phone = event_read_optional_text(reader, personal, "phone");
}

static void encode_registered(struct json_writer *writer, const struct customer_event *event)
{
    put_personal(writer, &event->registered);
}

static void decode_registered(struct event_reader *reader, const struct json_value *payload,
                              struct customer_event *event)
{
    read_personal(reader, payload, &event->registered);
}

static void encode_contact_changed(struct json_writer *writer, const struct customer_event *event)
{
    put_personal(writer, &event->contact_changed);
}

static void decode_contact_changed(struct event_reader *reader, const struct json_value *payload,
                                   struct customer_event *event)
{
    read_personal(reader, payload, &event->contact_changed);
}

static void encode_deactivated(struct json_writer *writer, const struct customer_event *event)
{
    (void)writer;
    (void)event; /* the envelope says it all */
}

static void decode_deactivated(struct event_reader *reader, const struct json_value *payload,
                               struct customer_event *event)
{
    (void)reader;
    (void)payload;
    (void)event;
}

static void encode_reactivated(struct json_writer *writer, const struct customer_event *event)
{
    (void)writer;
    (void)event; /* the envelope says it all */
}

static void decode_reactivated(struct event_reader *reader, const struct json_value *payload,
                               struct customer_event *event)
{
    (void)reader;
    (void)payload;
    (void)event;
}
