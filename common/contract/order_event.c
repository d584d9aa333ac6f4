/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define TYPE_ROW(KIND, kind, type) [ORDER_##KIND] = (type),
static const char *const TYPES[] = {ORDER_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "order_id", .types = TYPES, .type_count = ORDER_EVENT_KIND_COUNT};

/* ---- members that are texts and numbers ---------------------------------------------------- */

enum member_form { MEMBER_TEXT, MEMBER_OPTIONAL_TEXT, MEMBER_NUMBER, MEMBER_OPTIONAL_NUMBER };

struct member {
    const char *name; /* NULL ends a list */
    enum member_form form;
    size_t offset; /* in struct order_event */
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses */
/* clang-format off */
#define MEMBER(form, owner, member) {#member, form, offsetof(struct order_event, owner.member)}
#define END                         {NULL, MEMBER_TEXT, 0}
/* clang-format on */
/* NOLINTEND(bugprone-macro-parentheses) */
#define TEXT(owner, member)            MEMBER(MEMBER_TEXT, owner, member)
#define OPTIONAL_TEXT(owner, member)   MEMBER(MEMBER_OPTIONAL_TEXT, owner, member)
#define NUMBER(owner, member)          MEMBER(MEMBER_NUMBER, owner, member)
#define OPTIONAL_NUMBER(owner, member) MEMBER(MEMBER_OPTIONAL_NUMBER, owner, member)
#define SETTLEMENT(owner)                                                                          \
    TEXT(owner, payment_status), TEXT(owner, refund_state), OPTIONAL_NUMBER(owner, voided_minor),  \
        OPTIONAL_NUMBER(owner, due_minor)

static const struct member placed_members[] = {END}; /* nested: see below */
static const struct member payment_authorized_members[] = {
    NUMBER(payment_authorized, amount_minor), TEXT(payment_authorized, reference), END};
static const struct member shipped_members[] = {TEXT(shipped, carrier),
                                                TEXT(shipped, tracking_number), END};
static const struct member delivered_members[] = {END};
static const struct member cancelled_members[] = {SETTLEMENT(cancelled), END};
static const struct member note_added_members[] = {TEXT(note_added, text), END};
static const struct member shipping_address_changed_members[] = {
    TEXT(shipping_address_changed, region), END};
static const struct member payment_declined_members[] = {END};
static const struct member tracking_recorded_members[] = {
    TEXT(tracking_recorded, status), OPTIONAL_TEXT(tracking_recorded, location), END};
static const struct member payment_captured_members[] = {
    NUMBER(payment_captured, amount_minor), NUMBER(payment_captured, captured_minor), END};
static const struct member returned_members[] = {SETTLEMENT(returned), END};
static const struct member payment_refunded_members[] = {
    NUMBER(payment_refunded, amount_minor), NUMBER(payment_refunded, refunded_minor),
    TEXT(payment_refunded, payment_status), TEXT(payment_refunded, refund_state), END};
static const struct member risk_flagged_members[] = {TEXT(risk_flagged, flag), END};
static const struct member risk_cleared_members[] = {TEXT(risk_cleared, flag), END};
static const struct member dispute_opened_members[] = {END};
static const struct member dispute_resolved_members[] = {END};

#define MEMBERS_ROW(KIND, kind, type) [ORDER_##KIND] = kind##_members,
static const struct member *const MEMBERS[] = {ORDER_EVENTS(MEMBERS_ROW)};

static void put_text(struct json_writer *writer, const struct member *member, const char *place)
{
    struct strview text;
    memcpy(&text, place, sizeof text);
    if (member->form == MEMBER_TEXT) {
        json_put_member_string(writer, member->name, text);
    } else {
        json_put_member_text(writer, member->name, text);
    }
}

static void put_number(struct json_writer *writer, const struct member *member, const char *place)
{
    int64_t number;
    memcpy(&number, place, sizeof number);
    if (member->form == MEMBER_NUMBER) {
        json_put_member_integer(writer, member->name, number);
    } else {
        json_put_member_nonzero(writer, member->name, number);
    }
}

void order_event_put_members(struct json_writer *writer, const struct order_event *event)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    for (const struct member *member = MEMBERS[event->kind]; member->name != NULL; member++) {
        const char *place = (const char *)event + member->offset;
        if (member->form == MEMBER_TEXT || member->form == MEMBER_OPTIONAL_TEXT) {
            put_text(writer, member, place);
        } else {
            put_number(writer, member, place);
        }
    }
}

static void read_text(struct event_reader *reader, const struct json_value *payload,
                      const struct member *member, char *place)
{
    const struct strview text = member->form == MEMBER_TEXT
                                    ? event_read_text(reader, payload, member->name)
                                    : event_read_optional_text(reader, payload, member->name);
    memcpy(place, &text, sizeof text);
}

static void read_number(struct event_reader *reader, const struct json_value *payload,
                        const struct member *member, char *place)
{
    const int64_t number = member->form == MEMBER_NUMBER
                               ? event_read_integer(reader, payload, member->name)
                               : event_read_optional_integer(reader, payload, member->name);
    memcpy(place, &number, sizeof number);
}

static void read_members(struct event_reader *reader, const struct json_value *payload,
                         struct order_event *event)
{
    for (const struct member *member = MEMBERS[event->kind]; member->name != NULL; member++) {
        char *place = (char *)event + member->offset;
        if (member->form == MEMBER_TEXT || member->form == MEMBER_OPTIONAL_TEXT) {
            read_text(reader, payload, member, place);
        } else {
            read_number(reader, payload, member, place);
        }
    }
}

/* ---- events -------------------------------------------------------------------------------- */

static void encode_placed(struct json_writer *writer, const struct order_placed *placed);
static bool decode_placed(struct event_reader *reader, const struct json_value *payload,
                          struct arena *arena, struct order_placed *placed);
static void encode_personal_address(struct json_writer *writer,
                                    const struct shipping_address *address);
static struct shipping_address decode_address(struct event_reader *reader,
                                              const struct json_value *personal);

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
    order_event_put_members(&writer, event);
    if (event->kind == ORDER_PLACED) {
        encode_placed(&writer, &event->placed);
    } else if (event->kind == ORDER_SHIPPING_ADDRESS_CHANGED) {
        encode_personal_address(&writer, &event->shipping_address_changed.address);
    }
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
    read_members(&reader, frame.payload, &event);
    if (event.kind == ORDER_SHIPPING_ADDRESS_CHANGED) {
        event.shipping_address_changed.address =
            decode_address(&reader, event_read_object(&reader, frame.payload, "personal"));
    }
    if (event.kind == ORDER_PLACED &&
        !decode_placed(&reader, frame.payload, arena, &event.placed)) {
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

static void encode_placed(struct json_writer *writer, const struct order_placed *placed)
{
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
                          struct arena *arena, struct order_placed *placed)
{
    const struct json_value *payment = event_read_object(reader, payload, "payment");
    const struct json_value *personal = event_read_object(reader, payload, "personal");
    *placed = (struct order_placed){
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
    return decode_lines(reader, payload, arena, placed);
}

static void encode_personal_address(struct json_writer *writer,
                                    const struct shipping_address *address)
{
    json_key(writer, "personal");
    json_open_object(writer);
    order_event_put_address(writer, address);
    json_close_object(writer);
}
