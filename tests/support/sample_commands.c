/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sample_commands.h"

static struct uuid numbered(uint8_t kind, uint8_t number)
{
    const uint8_t bytes[16] = {[0] = kind, [15] = number};
    return uuid_of_bytes(bytes);
}

static struct command a_command(enum command_kind kind, const char *aggregate_id)
{
    static uint8_t number;
    number++;
    return (struct command){
        .kind = kind,
        .aggregate_id = strview_of(aggregate_id),
        .actor = {.role = STRVIEW("agent"), .subject = STRVIEW("a1")},
        .expected_version = EXPECT_ANY_VERSION,
        .command_id = numbered(0xc0, number),
        .event_id = numbered(0xe0, number),
        .receipt_key = numbered(0x4e, number),
        .request_hash = {number},
    };
}

struct command a_registration(const char *customer_id)
{
    struct command command = a_command(COMMAND_REGISTER_CUSTOMER, customer_id);
    command.register_customer.name = STRVIEW("Ada Lovelace");
    command.register_customer.email = STRVIEW("ada@example.org");
    return command;
}

struct command an_addition(const char *sku, int64_t unit_price_minor)
{
    struct command command = a_command(COMMAND_ADD_PRODUCT, sku);
    command.add_product.name = STRVIEW("Lantern");
    command.add_product.unit_price_minor = unit_price_minor;
    command.add_product.currency = STRVIEW("EUR");
    return command;
}

struct command a_delivery_of_stock(const char *sku, int64_t quantity)
{
    struct command command = a_command(COMMAND_RECEIVE_STOCK, sku);
    command.receive_stock.quantity = quantity;
    return command;
}

struct command a_new_price(const char *sku, int64_t unit_price_minor)
{
    struct command command = a_command(COMMAND_CHANGE_PRICE, sku);
    command.change_price.unit_price_minor = unit_price_minor;
    return command;
}

struct command a_count_of_stock(const char *sku, int64_t delta)
{
    struct command command = a_command(COMMAND_ADJUST_STOCK, sku);
    command.adjust_stock.delta = delta;
    command.reason = STRVIEW("counted");
    return command;
}

struct command an_end_of_sale(const char *sku)
{
    struct command command = a_command(COMMAND_DISCONTINUE_PRODUCT, sku);
    command.reason = STRVIEW("the maker retired");
    return command;
}

struct command a_change_of_contact(const char *customer_id)
{
    struct command command = a_command(COMMAND_CHANGE_CONTACT, customer_id);
    command.change_contact.email = STRVIEW("ada@example.net");
    return command;
}

struct command a_deactivation(const char *customer_id)
{
    struct command command = a_command(COMMAND_DEACTIVATE_CUSTOMER, customer_id);
    command.reason = STRVIEW("asked for it");
    return command;
}

struct command a_reactivation(const char *customer_id)
{
    struct command command = a_command(COMMAND_REACTIVATE_CUSTOMER, customer_id);
    command.reason = STRVIEW("came back");
    return command;
}

struct command an_order(const char *order_id, const struct wanted_line *lines, size_t count)
{
    struct command command = a_command(COMMAND_PLACE_ORDER, order_id);
    command.place_order = (struct place_order){
        .customer_id = STRVIEW("c-1"),
        .currency = STRVIEW("EUR"),
        .lines = lines,
        .line_count = count,
        .address = {.name = STRVIEW("Ada Lovelace"),
                    .line1 = STRVIEW("12 St James's Square"),
                    .city = STRVIEW("London"),
                    .postal_code = STRVIEW("SW1Y 4JH"),
                    .country = STRVIEW("GB")},
        .provider = STRVIEW("demo"),
        .method = STRVIEW("card"),
    };
    return command;
}

struct command an_authorization(int64_t amount_minor)
{
    struct command command = a_command(COMMAND_AUTHORIZE_PAYMENT, SAMPLE_ORDER_ID);
    command.authorize_payment.amount_minor = amount_minor;
    command.authorize_payment.reference = STRVIEW("ref-1");
    return command;
}

struct command a_step(enum command_kind kind)
{
    struct command command = a_command(kind, SAMPLE_ORDER_ID);
    if (kind == COMMAND_SHIP_ORDER) {
        command.ship_order.carrier = STRVIEW("dhl");
        command.ship_order.tracking_number = STRVIEW("T-1");
    } else if (kind == COMMAND_CANCEL_ORDER) {
        command.reason = STRVIEW("changed my mind");
    } else if (kind == COMMAND_ADD_NOTE) {
        command.add_note.text = STRVIEW("called back");
    } else if (kind == COMMAND_CHANGE_SHIPPING_ADDRESS) {
        command.change_shipping_address.address =
            (struct shipping_address){.name = STRVIEW("Ada Lovelace"),
                                      .line1 = STRVIEW("1 High Street"),
                                      .country = STRVIEW("GB")};
    } else if (kind == COMMAND_DECLINE_PAYMENT) {
        command.reason = STRVIEW("insufficient funds");
    } else if (kind == COMMAND_RECORD_TRACKING) {
        command.record_tracking.status = STRVIEW("out for delivery");
    } else if (kind == COMMAND_FLAG_RISK || kind == COMMAND_CLEAR_RISK) {
        command.flag_risk.flag = STRVIEW("fraud");
        command.reason = STRVIEW("three cards");
    } else if (kind == COMMAND_OPEN_DISPUTE || kind == COMMAND_RESOLVE_DISPUTE) {
        command.reason = STRVIEW("not received");
    } else if (kind == COMMAND_CAPTURE_PAYMENT) {
        command.capture_payment.amount_minor = 1;
    } else if (kind == COMMAND_RETURN_ORDER) {
        command.reason = STRVIEW("does not fit");
    } else if (kind == COMMAND_REFUND_PAYMENT) {
        command.refund_payment.amount_minor = 1;
        command.reason = STRVIEW("returned");
    }
    return command;
}

struct command a_capture(int64_t amount_minor)
{
    struct command command = a_step(COMMAND_CAPTURE_PAYMENT);
    command.capture_payment.amount_minor = amount_minor;
    return command;
}

struct command a_refund(int64_t amount_minor)
{
    struct command command = a_step(COMMAND_REFUND_PAYMENT);
    command.refund_payment.amount_minor = amount_minor;
    return command;
}

struct command with_key_of(struct command command, const struct command *other)
{
    command.receipt_key = other->receipt_key;
    return command;
}
