/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/command_body.h"

#include "command-svc/core/money.h"

#include <assert.h>

enum { QUANTITY_MAX = 1000000, STOCK_COUNT_MAX = 1000000000 };

#define AT(member)         .offset = offsetof(struct command, member)
#define AT_LINE(member)    .offset = offsetof(struct wanted_line, member)
#define AT_ADDRESS(member) .offset = offsetof(struct shipping_address, member)
#define AMOUNT             .type = FIELD_INTEGER, .min = 0, .max = MONEY_MAX_MINOR
#define PART               .type = FIELD_INTEGER, .min = 1, .max = MONEY_MAX_MINOR
#define OPTIONAL           .is_optional = true
/* clang-format off */
#define REASON             {"reason", .form = &TEXT_FORM_NAME, AT(reason)}
#define END                {.name = NULL}
/* clang-format on */

static const struct field LINE[] = {
    {"sku", .form = &TEXT_FORM_ID, AT_LINE(sku)},
    {"quantity", FIELD_INTEGER, .min = 1, .max = QUANTITY_MAX, AT_LINE(quantity)},
    {"unit_price_minor", AMOUNT, OPTIONAL, AT_LINE(unit_price_minor)},
    END,
};

static const struct field ADDRESS[] = {
    {"name", .form = &TEXT_FORM_NAME, AT_ADDRESS(name)},
    {"line1", .form = &TEXT_FORM_NAME, AT_ADDRESS(line1)},
    {"line2", .form = &TEXT_FORM_NAME, OPTIONAL, AT_ADDRESS(line2)},
    {"city", .form = &TEXT_FORM_NAME, OPTIONAL, AT_ADDRESS(city)},
    {"postal_code", .form = &TEXT_FORM_NAME, OPTIONAL, AT_ADDRESS(postal_code)},
    {"region", .form = &TEXT_FORM_REGION, OPTIONAL, AT_ADDRESS(region)},
    {"country", .form = &TEXT_FORM_COUNTRY, AT_ADDRESS(country)},
    END,
};

static const struct field PAYMENT[] = {
    {"provider", .form = &TEXT_FORM_PROVIDER, AT(place_order.provider)},
    {"method", .form = &TEXT_FORM_ID, AT(place_order.method)},
    END,
};

static const struct field register_customer_body[] = {
    {"customer_id", .form = &TEXT_FORM_ID, AT(aggregate_id)},
    {"name", .form = &TEXT_FORM_NAME, AT(register_customer.name)},
    {"email", .form = &TEXT_FORM_EMAIL, OPTIONAL, AT(register_customer.email)},
    {"phone", .form = &TEXT_FORM_PHONE, OPTIONAL, AT(register_customer.phone)},
    END,
};

static const struct field change_contact_body[] = {
    {"name", .form = &TEXT_FORM_NAME, OPTIONAL, AT(change_contact.name)},
    {"email", .form = &TEXT_FORM_EMAIL, OPTIONAL, AT(change_contact.email)},
    {"phone", .form = &TEXT_FORM_PHONE, OPTIONAL, AT(change_contact.phone)},
    END,
};

static const struct field add_product_body[] = {
    {"sku", .form = &TEXT_FORM_ID, AT(aggregate_id)},
    {"name", .form = &TEXT_FORM_NAME, AT(add_product.name)},
    {"unit_price_minor", AMOUNT, AT(add_product.unit_price_minor)},
    {"currency", .form = &TEXT_FORM_CURRENCY, AT(add_product.currency)},
    END,
};

static const struct field receive_stock_body[] = {
    {"quantity", FIELD_INTEGER, .min = 1, .max = STOCK_COUNT_MAX, AT(receive_stock.quantity)},
    END,
};

static const struct field change_price_body[] = {
    {"unit_price_minor", AMOUNT, AT(change_price.unit_price_minor)},
    END,
};

static const struct field adjust_stock_body[] = {
    {"delta", FIELD_INTEGER, .min = -STOCK_COUNT_MAX, .max = STOCK_COUNT_MAX,
     AT(adjust_stock.delta)},
    REASON,
    END,
};

static const struct field place_order_body[] = {
    {"order_id", FIELD_UUID, OPTIONAL, AT(aggregate_id)},
    {"customer_id", .form = &TEXT_FORM_ID, AT(place_order.customer_id)},
    {"currency", .form = &TEXT_FORM_CURRENCY, AT(place_order.currency)},
    {"lines", FIELD_LINES, .members = LINE},
    {"shipping_address", FIELD_OBJECT, .members = ADDRESS, AT(place_order.address)},
    {"payment", FIELD_OBJECT, .members = PAYMENT},
    END,
};

static const struct field authorize_payment_body[] = {
    {"amount_minor", AMOUNT, AT(authorize_payment.amount_minor)},
    {"reference", .form = &TEXT_FORM_ID, AT(authorize_payment.reference)},
    END,
};

static const struct field ship_order_body[] = {
    {"carrier", .form = &TEXT_FORM_ID, AT(ship_order.carrier)},
    {"tracking_number", .form = &TEXT_FORM_ID, AT(ship_order.tracking_number)},
    END,
};

static const struct field add_note_body[] = {
    {"text", .form = &TEXT_FORM_NOTE, AT(add_note.text)},
    END,
};

static const struct field change_shipping_address_body[] = {
    {"shipping_address", FIELD_OBJECT, .members = ADDRESS, AT(change_shipping_address.address)},
    END,
};

static const struct field record_tracking_body[] = {
    {"status", .form = &TEXT_FORM_NAME, AT(record_tracking.status)},
    {"location", .form = &TEXT_FORM_NAME, OPTIONAL, AT(record_tracking.location)},
    END,
};

static const struct field capture_payment_body[] = {
    {"amount_minor", PART, AT(capture_payment.amount_minor)},
    END,
};

static const struct field refund_payment_body[] = {
    {"amount_minor", PART, AT(refund_payment.amount_minor)},
    REASON,
    {"override", FIELD_BOOLEAN, OPTIONAL, AT(refund_payment.override)},
    END,
};

static const struct field flag_risk_body[] = {
    {"flag", .form = &TEXT_FORM_ID, AT(flag_risk.flag)},
    REASON,
    END,
};

static const struct field clear_risk_body[] = {
    {"flag", .form = &TEXT_FORM_ID, AT(clear_risk.flag)},
    REASON,
    END,
};

static const struct field deactivate_customer_body[] = {REASON, END};
static const struct field reactivate_customer_body[] = {REASON, END};
static const struct field discontinue_product_body[] = {REASON, END};
static const struct field deliver_order_body[] = {END};
static const struct field cancel_order_body[] = {REASON, END};
static const struct field decline_payment_body[] = {REASON, END};
static const struct field return_order_body[] = {REASON, END};
static const struct field open_dispute_body[] = {REASON, END};
static const struct field resolve_dispute_body[] = {REASON, END};

#define BODY_ROW(KIND, kind, ...) [COMMAND_##KIND] = kind##_body,
static const struct field *const BODIES[] = {COMMANDS(BODY_ROW)};

const struct field *command_body(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return BODIES[kind];
}
