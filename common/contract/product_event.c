/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/product_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

typedef void encode_fn(struct json_writer *writer, const struct product_event *event);
typedef void decode_fn(struct event_reader *reader, const struct json_value *payload,
                       struct product_event *event);

#define DECLARE_CODEC(KIND, kind, type)                                                            \
    static encode_fn encode_##kind;                                                                \
    static decode_fn decode_##kind;
PRODUCT_EVENTS(DECLARE_CODEC)

#define TYPE_ROW(KIND, kind, type) [PRODUCT_##KIND] = (type),
static const char *const TYPES[] = {PRODUCT_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "sku", .types = TYPES, .type_count = PRODUCT_EVENT_KIND_COUNT};

#define CODEC_ROW(KIND, kind, type) [PRODUCT_##KIND] = {encode_##kind, decode_##kind},
static const struct {
    encode_fn *encode;
    decode_fn *decode;
} CODECS[] = {PRODUCT_EVENTS(CODEC_ROW)};

const char *product_event_type(enum product_event_kind kind)
{
    assert(kind < PRODUCT_EVENT_KIND_COUNT);
    return TYPES[kind];
}

bool product_event_encode(const struct product_event *event, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    envelope_encode(&writer, FORM.id_member, &event->envelope);
    CODECS[event->kind].encode(&writer, event);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

enum error_kind product_event_decode(struct strview type, struct strview payload,
                                     struct arena *arena, struct product_event *ret,
                                     struct error *err)
{
    struct event_frame frame;
    const enum error_kind opened = event_open(&FORM, type, payload, arena, &frame, err);
    if (opened != ERROR_NONE) {
        return opened;
    }
    struct product_event event = {.kind = (enum product_event_kind)frame.kind,
                                  .envelope = frame.envelope};
    struct event_reader reader = {.err = err};
    CODECS[frame.kind].decode(&reader, frame.payload, &event);
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}

static void encode_added(struct json_writer *writer, const struct product_event *event)
{
    json_put_member_string(writer, "name", event->added.name);
    json_put_member_integer(writer, "unit_price_minor", event->added.unit_price_minor);
    json_put_member_string(writer, "currency", event->added.currency);
}

static void decode_added(struct event_reader *reader, const struct json_value *payload,
                         struct product_event *event)
{
    event->added.name = event_read_text(reader, payload, "name");
    event->added.unit_price_minor = event_read_integer(reader, payload, "unit_price_minor");
    event->added.currency = event_read_text(reader, payload, "currency");
}

static void encode_stock_received(struct json_writer *writer, const struct product_event *event)
{
    json_put_member_integer(writer, "quantity", event->stock_received.quantity);
}

static void decode_stock_received(struct event_reader *reader, const struct json_value *payload,
                                  struct product_event *event)
{
    event->stock_received.quantity = event_read_integer(reader, payload, "quantity");
}

static void encode_price_changed(struct json_writer *writer, const struct product_event *event)
{
    json_put_member_integer(writer, "unit_price_minor", event->price_changed.unit_price_minor);
    json_put_member_string(writer, "currency", event->price_changed.currency);
}

static void decode_price_changed(struct event_reader *reader, const struct json_value *payload,
                                 struct product_event *event)
{
    event->price_changed.unit_price_minor = event_read_integer(reader, payload, "unit_price_minor");
    event->price_changed.currency = event_read_text(reader, payload, "currency");
}

static void encode_stock_adjusted(struct json_writer *writer, const struct product_event *event)
{
    json_put_member_integer(writer, "delta", event->stock_adjusted.delta);
}

static void decode_stock_adjusted(struct event_reader *reader, const struct json_value *payload,
                                  struct product_event *event)
{
    event->stock_adjusted.delta = event_read_integer(reader, payload, "delta");
}

static void encode_discontinued(struct json_writer *writer, const struct product_event *event)
{
    (void)writer;
    (void)event; /* the envelope says it all */
}

static void decode_discontinued(struct event_reader *reader, const struct json_value *payload,
                                struct product_event *event)
{
    (void)reader;
    (void)payload;
    (void)event;
}
