/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_event.h"

#include "common/contract/event_form.h"
#include "common/contract/json.h"

#include <assert.h>

/* ---- parts that are the same wherever they stand ------------------------------------------- */

#define ADDRESS(form, field) MEMBER(form, struct shipping_address, , field)
static const struct event_member ADDRESS_MEMBERS[] = {ADDRESS(MEMBER_TEXT, name),
                                                      ADDRESS(MEMBER_TEXT, line1),
                                                      ADDRESS(MEMBER_OPTIONAL_TEXT, line2),
                                                      ADDRESS(MEMBER_OPTIONAL_TEXT, city),
                                                      ADDRESS(MEMBER_OPTIONAL_TEXT, postal_code),
                                                      ADDRESS(MEMBER_OPTIONAL_TEXT, region),
                                                      ADDRESS(MEMBER_TEXT, country),
                                                      MEMBERS_END};

#define LINE(form, field) MEMBER(form, struct order_line, , field)
static const struct event_member LINE_MEMBERS[] = {
    LINE(MEMBER_TEXT, sku), LINE(MEMBER_TEXT, name), LINE(MEMBER_NUMBER, quantity),
    LINE(MEMBER_NUMBER, unit_price_minor), MEMBERS_END};

static const struct event_member PAYMENT_MEMBERS[] = {
    MEMBER(MEMBER_TEXT, struct order_placed, , provider),
    MEMBER(MEMBER_TEXT, struct order_placed, , method), MEMBERS_END};

/* What only some may read. */
static const struct event_member PLACED_PERSONAL_MEMBERS[] = {
    MEMBER(MEMBER_TEXT, struct order_placed, , customer_name),
    MEMBER_PART_OF("shipping_address", struct order_placed, address, ADDRESS_MEMBERS), MEMBERS_END};

static const struct event_member CHANGED_PERSONAL_MEMBERS[] = {
    MEMBER_PART_OF("shipping_address", struct order_event, shipping_address_changed.address,
                   ADDRESS_MEMBERS),
    MEMBERS_END};

/* NOLINTBEGIN(bugprone-macro-parentheses): an owner's name cannot stand in parentheses */
/* clang-format off */
#define LINES(type, owner)                                                                         \
    {"lines", MEMBER_LIST, offsetof(type, owner lines), LINE_MEMBERS, sizeof(struct order_line),   \
     offsetof(type, owner line_count)}
/* clang-format on */
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct event_member LINES_ALONE[] = {LINES(struct order_placed, ), MEMBERS_END};

/* What a view shows of them, too. */
static const struct event_member DETAIL_MEMBERS[] = {
    LINES(struct order_placed, ),
    MEMBER_PART_OF("shipping_address", struct order_placed, address, ADDRESS_MEMBERS), MEMBERS_END};

/* ---- by kind ------------------------------------------------------------------------------- */

/* NOLINTBEGIN(bugprone-macro-parentheses): see above */
#define TEXT(owner, field)          MEMBER(MEMBER_TEXT, struct order_event, owner., field)
#define OPTIONAL_TEXT(owner, field) MEMBER(MEMBER_OPTIONAL_TEXT, struct order_event, owner., field)
#define NUMBER(owner, field)        MEMBER(MEMBER_NUMBER, struct order_event, owner., field)
#define OPTIONAL_NUMBER(owner, field)                                                              \
    MEMBER(MEMBER_OPTIONAL_NUMBER, struct order_event, owner., field)
#define SETTLEMENT(owner)                                                                          \
    TEXT(owner, payment_status), TEXT(owner, refund_state), OPTIONAL_NUMBER(owner, voided_minor),  \
        OPTIONAL_NUMBER(owner, due_minor)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct event_member placed_members[] = {
    TEXT(placed, customer_id),
    TEXT(placed, currency),
    NUMBER(placed, total_minor),
    NUMBER(placed, item_count),
    TEXT(placed, region),
    MEMBER_PART_OF("payment", struct order_event, placed, PAYMENT_MEMBERS),
    LINES(struct order_event, placed.),
    MEMBER_PART_OF("personal", struct order_event, placed, PLACED_PERSONAL_MEMBERS),
    MEMBERS_END};
static const struct event_member shipping_address_changed_members[] = {
    TEXT(shipping_address_changed, region),
    {"personal", MEMBER_PART, 0, CHANGED_PERSONAL_MEMBERS, 0, 0},
    MEMBERS_END};
static const struct event_member payment_authorized_members[] = {
    NUMBER(payment_authorized, amount_minor), TEXT(payment_authorized, reference), MEMBERS_END};
static const struct event_member shipped_members[] = {TEXT(shipped, carrier),
                                                      TEXT(shipped, tracking_number), MEMBERS_END};
static const struct event_member delivered_members[] = {MEMBERS_END};
static const struct event_member cancelled_members[] = {SETTLEMENT(cancelled), MEMBERS_END};
static const struct event_member note_added_members[] = {TEXT(note_added, text), MEMBERS_END};
static const struct event_member payment_declined_members[] = {MEMBERS_END};
static const struct event_member tracking_recorded_members[] = {
    TEXT(tracking_recorded, status), OPTIONAL_TEXT(tracking_recorded, location), MEMBERS_END};
static const struct event_member payment_captured_members[] = {
    NUMBER(payment_captured, amount_minor), NUMBER(payment_captured, captured_minor), MEMBERS_END};
static const struct event_member returned_members[] = {SETTLEMENT(returned), MEMBERS_END};
static const struct event_member payment_refunded_members[] = {
    NUMBER(payment_refunded, amount_minor), NUMBER(payment_refunded, refunded_minor),
    TEXT(payment_refunded, payment_status), TEXT(payment_refunded, refund_state), MEMBERS_END};
static const struct event_member risk_flagged_members[] = {TEXT(risk_flagged, flag), MEMBERS_END};
static const struct event_member risk_cleared_members[] = {TEXT(risk_cleared, flag), MEMBERS_END};
static const struct event_member dispute_opened_members[] = {MEMBERS_END};
static const struct event_member dispute_resolved_members[] = {MEMBERS_END};

DEFINE_EVENT_FORM(ORDER, order, "order_id")

void order_event_put_members(struct json_writer *writer, const struct order_event *event)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    event_members_put_plain(writer, MEMBERS[event->kind], event);
}

bool order_event_read_members(struct event_reader *reader, struct strview type,
                              const struct json_value *object, struct order_event *ret)
{
    for (size_t i = 0; i < ORDER_EVENT_KIND_COUNT; i++) {
        if (strview_is(type, TYPES[i])) {
            ret->kind = (enum order_event_kind)i;
            event_members_read(reader, object, MEMBERS[i], ret);
            return true;
        }
    }
    return false;
}

void order_event_put_details(struct json_writer *writer, const struct order_placed *placed)
{
    const bool has_address = placed->address.country.len > 0;
    event_members_put(writer, has_address ? DETAIL_MEMBERS : LINES_ALONE, placed);
}

void order_event_read_details(struct event_reader *reader, const struct json_value *object,
                              struct order_placed *placed)
{
    event_members_read(reader, object, DETAIL_MEMBERS, placed);
}
