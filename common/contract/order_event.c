/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

typedef void encode_fn(struct json_writer *writer, const struct order_event *event);
typedef bool decode_fn(struct event_reader *reader, const struct json_value *payload,
                       struct arena *arena, struct order_event *event);

/* The envelope says it all. */
static encode_fn encode_nothing;
static decode_fn decode_nothing;
#define encode_delivered        encode_nothing
#define decode_delivered        decode_nothing
#define encode_payment_declined encode_nothing
#define decode_payment_declined decode_nothing
#define encode_dispute_opened   encode_nothing
#define decode_dispute_opened   decode_nothing
#define encode_dispute_resolved encode_nothing
#define decode_dispute_resolved decode_nothing

#define DECLARE_CODEC(KIND, kind, type)                                                            \
    static encode_fn encode_##kind;                                                                \
    static decode_fn decode_##kind;
ORDER_EVENTS(DECLARE_CODEC)

#define TYPE_ROW(KIND, kind, type) [ORDER_##KIND] = (type),
static const char *const TYPES[] = {ORDER_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "order_id", .types = TYPES, .type_count = ORDER_EVENT_KIND_COUNT};

#define CODEC_ROW(KIND, kind, type) [ORDER_##KIND] = {encode_##kind, decode_##kind},
static const struct {
    encode_fn *encode;
    decode_fn *decode;
} CODECS[] = {ORDER_EVENTS(CODEC_ROW)};

const char *order_event_type(enum order_event_kind kind)
{
    assert(kind < ORDER_EVENT_KIND_COUNT);
    return TYPES[kind];
}

bool order_event_encode(const struct order_event *event, struct strbuf *out)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    envelope_encode(&writer, FORM.id_member, &event->envelope);
    CODECS[event->kind].encode(&writer, event);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

enum error_kind order_event_decode(struct strview type, struct strview payload, struct arena *arena,
                                   struct order_event *ret, struct error *err)
{
    struct event_frame frame;
    const enum error_kind opened = event_open(&FORM, type, payload, arena, &frame, err);
    if (opened != ERROR_NONE) {
        return opened;
    }
    struct order_event event = {.kind = (enum order_event_kind)frame.kind,
                                .envelope = frame.envelope};
    struct event_reader reader = {.err = err};
    if (!CODECS[frame.kind].decode(&reader, frame.payload, arena, &event)) {
        return error_set(err, ERROR_EXHAUSTED, "the event needs too much memory");
    }
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}

void order_event_put_lines(struct json_writer *writer, const struct order_line *lines, size_t count)
{
    json_key(writer, "lines");
    json_open_array(writer);
    for (size_t i = 0; i < count; i++) {
        const struct order_line *line = &lines[i];
        json_open_object(writer);
        json_put_member_string(writer, "sku", line->sku);
        json_put_member_string(writer, "name", line->name);
        json_put_member_integer(writer, "quantity", line->quantity);
        json_put_member_integer(writer, "unit_price_minor", line->unit_price_minor);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void order_event_put_address(struct json_writer *writer, const struct shipping_address *address)
{
    json_key(writer, "shipping_address");
    json_open_object(writer);
    json_put_member_string(writer, "name", address->name);
    json_put_member_string(writer, "line1", address->line1);
    json_put_member_text(writer, "line2", address->line2);
    json_put_member_text(writer, "city", address->city);
    json_put_member_text(writer, "postal_code", address->postal_code);
    json_put_member_text(writer, "region", address->region);
    json_put_member_string(writer, "country", address->country);
    json_close_object(writer);
}

static void encode_placed(struct json_writer *writer, const struct order_event *event)
{
    const struct order_placed *placed = &event->placed;
    json_put_member_string(writer, "customer_id", placed->customer_id);
    json_put_member_string(writer, "currency", placed->currency);
    json_put_member_integer(writer, "total_minor", placed->total_minor);
    json_put_member_integer(writer, "item_count", placed->item_count);
    json_put_member_string(writer, "region", placed->region);
    json_key(writer, "payment");
    json_open_object(writer);
    json_put_member_string(writer, "provider", placed->provider);
    json_put_member_string(writer, "method", placed->method);
    json_close_object(writer);
    order_event_put_lines(writer, placed->lines, placed->line_count);
    json_key(writer, "personal");
    json_open_object(writer);
    json_put_member_string(writer, "customer_name", placed->customer_name);
    order_event_put_address(writer, &placed->address);
    json_close_object(writer);
}

/* False when the arena is exhausted. */
static bool decode_lines(struct event_reader *reader, const struct json_value *payload,
                         struct arena *arena, struct order_placed *placed)
{
    const struct json_value *array = event_read_array(reader, payload, "lines");
    if (array == NULL) {
        return true;
    }
    struct order_line *lines = arena_array(arena, array->count, sizeof *lines);
    if (lines == NULL) {
        return false;
    }
    size_t count = 0;
    for (const struct json_value *item = array->first; item != NULL; item = item->next) {
        lines[count++] = (struct order_line){
            .sku = event_read_text(reader, item, "sku"),
            .name = event_read_text(reader, item, "name"),
            .quantity = event_read_integer(reader, item, "quantity"),
            .unit_price_minor = event_read_integer(reader, item, "unit_price_minor"),
        };
    }
    placed->lines = lines;
    placed->line_count = count;
    return true;
}

static struct shipping_address decode_address(struct event_reader *reader,
                                              const struct json_value *personal)
{
    const struct json_value *address = event_read_object(reader, personal, "shipping_address");
    return (struct shipping_address){
        .name = event_read_text(reader, address, "name"),
        .line1 = event_read_text(reader, address, "line1"),
        .line2 = event_read_optional_text(reader, address, "line2"),
        .city = event_read_optional_text(reader, address, "city"),
        .postal_code = event_read_optional_text(reader, address, "postal_code"),
        .region = event_read_optional_text(reader, address, "region"),
        .country = event_read_text(reader, address, "country"),
    };
}

static bool decode_placed(struct event_reader *reader, const struct json_value *payload,
                          struct arena *arena, struct order_event *event)
{
    const struct json_value *payment = event_read_object(reader, payload, "payment");
    const struct json_value *personal = event_read_object(reader, payload, "personal");
    event->placed = (struct order_placed){
        .customer_id = event_read_text(reader, payload, "customer_id"),
        .customer_name = event_read_text(reader, personal, "customer_name"),
        .currency = event_read_text(reader, payload, "currency"),
        .total_minor = event_read_integer(reader, payload, "total_minor"),
        .item_count = event_read_integer(reader, payload, "item_count"),
        .region = event_read_text(reader, payload, "region"),
        .provider = event_read_text(reader, payment, "provider"),
        .method = event_read_text(reader, payment, "method"),
        .address = decode_address(reader, personal),
    };
    return decode_lines(reader, payload, arena, &event->placed);
}

static void encode_payment_authorized(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_integer(writer, "amount_minor", event->payment_authorized.amount_minor);
    json_put_member_string(writer, "reference", event->payment_authorized.reference);
}

static bool decode_payment_authorized(struct event_reader *reader, const struct json_value *payload,
                                      struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->payment_authorized.amount_minor = event_read_integer(reader, payload, "amount_minor");
    event->payment_authorized.reference = event_read_text(reader, payload, "reference");
    return true;
}

static void encode_shipped(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "carrier", event->shipped.carrier);
    json_put_member_string(writer, "tracking_number", event->shipped.tracking_number);
}

static bool decode_shipped(struct event_reader *reader, const struct json_value *payload,
                           struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->shipped.carrier = event_read_text(reader, payload, "carrier");
    event->shipped.tracking_number = event_read_text(reader, payload, "tracking_number");
    return true;
}

static void put_settlement(struct json_writer *writer, const struct order_settlement *settlement)
{
    json_put_member_string(writer, "payment_status", settlement->payment_status);
    json_put_member_string(writer, "refund_state", settlement->refund_state);
    json_put_member_nonzero(writer, "voided_minor", settlement->voided_minor);
    json_put_member_nonzero(writer, "due_minor", settlement->due_minor);
}

static struct order_settlement read_settlement(struct event_reader *reader,
                                               const struct json_value *payload)
{
    return (struct order_settlement){
        .payment_status = event_read_text(reader, payload, "payment_status"),
        .refund_state = event_read_text(reader, payload, "refund_state"),
        .voided_minor = event_read_optional_integer(reader, payload, "voided_minor"),
        .due_minor = event_read_optional_integer(reader, payload, "due_minor"),
    };
}

static void encode_cancelled(struct json_writer *writer, const struct order_event *event)
{
    put_settlement(writer, &event->cancelled);
}

static bool decode_cancelled(struct event_reader *reader, const struct json_value *payload,
                             struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->cancelled = read_settlement(reader, payload);
    return true;
}

static void encode_returned(struct json_writer *writer, const struct order_event *event)
{
    put_settlement(writer, &event->returned);
}

static bool decode_returned(struct event_reader *reader, const struct json_value *payload,
                            struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->returned = read_settlement(reader, payload);
    return true;
}

static void encode_payment_captured(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_integer(writer, "amount_minor", event->payment_captured.amount_minor);
    json_put_member_integer(writer, "captured_minor", event->payment_captured.captured_minor);
}

static bool decode_payment_captured(struct event_reader *reader, const struct json_value *payload,
                                    struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->payment_captured.amount_minor = event_read_integer(reader, payload, "amount_minor");
    event->payment_captured.captured_minor = event_read_integer(reader, payload, "captured_minor");
    return true;
}

static void encode_payment_refunded(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_integer(writer, "amount_minor", event->payment_refunded.amount_minor);
    json_put_member_integer(writer, "refunded_minor", event->payment_refunded.refunded_minor);
    json_put_member_string(writer, "payment_status", event->payment_refunded.payment_status);
    json_put_member_string(writer, "refund_state", event->payment_refunded.refund_state);
}

static bool decode_payment_refunded(struct event_reader *reader, const struct json_value *payload,
                                    struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->payment_refunded.amount_minor = event_read_integer(reader, payload, "amount_minor");
    event->payment_refunded.refunded_minor = event_read_integer(reader, payload, "refunded_minor");
    event->payment_refunded.payment_status = event_read_text(reader, payload, "payment_status");
    event->payment_refunded.refund_state = event_read_text(reader, payload, "refund_state");
    return true;
}

static void encode_note_added(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "text", event->note_added.text);
}

static bool decode_note_added(struct event_reader *reader, const struct json_value *payload,
                              struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->note_added.text = event_read_text(reader, payload, "text");
    return true;
}

static void encode_shipping_address_changed(struct json_writer *writer,
                                            const struct order_event *event)
{
    json_put_member_string(writer, "region", event->shipping_address_changed.region);
    json_key(writer, "personal");
    json_open_object(writer);
    order_event_put_address(writer, &event->shipping_address_changed.address);
    json_close_object(writer);
}

static bool decode_shipping_address_changed(struct event_reader *reader,
                                            const struct json_value *payload, struct arena *arena,
                                            struct order_event *event)
{
    const struct json_value *personal = event_read_object(reader, payload, "personal");
    (void)arena;
    event->shipping_address_changed.region = event_read_text(reader, payload, "region");
    event->shipping_address_changed.address = decode_address(reader, personal);
    return true;
}

static void encode_tracking_recorded(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "status", event->tracking_recorded.status);
    json_put_member_text(writer, "location", event->tracking_recorded.location);
}

static bool decode_tracking_recorded(struct event_reader *reader, const struct json_value *payload,
                                     struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->tracking_recorded.status = event_read_text(reader, payload, "status");
    event->tracking_recorded.location = event_read_optional_text(reader, payload, "location");
    return true;
}

static void encode_risk_flagged(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "flag", event->risk_flagged.flag);
}

static bool decode_risk_flagged(struct event_reader *reader, const struct json_value *payload,
                                struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->risk_flagged.flag = event_read_text(reader, payload, "flag");
    return true;
}

static void encode_risk_cleared(struct json_writer *writer, const struct order_event *event)
{
    json_put_member_string(writer, "flag", event->risk_cleared.flag);
}

static bool decode_risk_cleared(struct event_reader *reader, const struct json_value *payload,
                                struct arena *arena, struct order_event *event)
{
    (void)arena;
    event->risk_cleared.flag = event_read_text(reader, payload, "flag");
    return true;
}

static void encode_nothing(struct json_writer *writer, const struct order_event *event)
{
    (void)writer;
    (void)event;
}

static bool decode_nothing(struct event_reader *reader, const struct json_value *payload,
                           struct arena *arena, struct order_event *event)
{
    (void)reader;
    (void)payload;
    (void)arena;
    (void)event;
    return true;
}
