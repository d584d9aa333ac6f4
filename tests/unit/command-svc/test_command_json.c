/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies into commands: a good one of each kind, and then each member missing, of each wrong
 * type, out of its form, and accompanied by strangers.
 *
 * A wrong body is written as the good one with one piece replaced, so a case
 * reads: this instead of that gives this fault there.
 */
#include "command-svc/http/command_json.h"
#include "common/base/strbuf.h"
#include "common/base/utf8.h"
#include "tests/support/check_main.h"

#include <stdio.h>

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

enum { ARENA_MAX = 4 << 20, BODY_MAX = 1 << 20 };

#define ORDER_LINE "{\"sku\":\"A-1\",\"quantity\":2,\"unit_price_minor\":250}"
#define ADDRESS                                                                                    \
    "{\"name\":\"Ada\",\"line1\":\"1 High Street\",\"line2\":\"Flat 2\",\"city\":\"London\","      \
    "\"postal_code\":\"N1 1AA\",\"region\":\"Greater London\",\"country\":\"GB\"}"

static const char *const GOOD[COMMAND_KIND_COUNT] = {
    [COMMAND_REGISTER_CUSTOMER] = "{\"customer_id\":\"c-1\",\"name\":\"Ada\","
                                  "\"email\":\"ada@example.org\",\"phone\":\"+442079460000\"}",
    [COMMAND_CHANGE_CONTACT] = "{\"name\":\"Ada\",\"email\":\"ada@example.org\","
                               "\"phone\":\"+442079460000\"}",
    [COMMAND_DEACTIVATE_CUSTOMER] = "{\"reason\":\"asked for it\"}",
    [COMMAND_REACTIVATE_CUSTOMER] = "{\"reason\":\"came back\"}",
    [COMMAND_ADD_PRODUCT] = "{\"sku\":\"A-1\",\"name\":\"Lantern\",\"unit_price_minor\":250,"
                            "\"currency\":\"EUR\"}",
    [COMMAND_RECEIVE_STOCK] = "{\"quantity\":5}",
    [COMMAND_CHANGE_PRICE] = "{\"unit_price_minor\":275}",
    [COMMAND_ADJUST_STOCK] = "{\"delta\":-5,\"reason\":\"counted\"}",
    [COMMAND_DISCONTINUE_PRODUCT] = "{\"reason\":\"sold out\"}",
    [COMMAND_PLACE_ORDER] = "{\"order_id\":\"01990000-0000-7000-8000-00000000000A\","
                            "\"customer_id\":\"c-1\",\"currency\":\"EUR\",\"lines\":[" ORDER_LINE
                            "],\"shipping_address\":" ADDRESS
                            ",\"payment\":{\"provider\":\"demo\",\"method\":\"card\"}}",
    [COMMAND_AUTHORIZE_PAYMENT] = "{\"amount_minor\":500,\"reference\":\"ref-1\"}",
    [COMMAND_SHIP_ORDER] = "{\"carrier\":\"dhl\",\"tracking_number\":\"T-1\"}",
    [COMMAND_DELIVER_ORDER] = "{}",
    [COMMAND_CANCEL_ORDER] = "{\"reason\":\"changed my mind\"}",
    [COMMAND_ADD_NOTE] = "{\"text\":\"called back\"}",
    [COMMAND_CHANGE_SHIPPING_ADDRESS] = "{\"shipping_address\":" ADDRESS "}",
    [COMMAND_DECLINE_PAYMENT] = "{\"reason\":\"insufficient funds\"}",
    [COMMAND_FLAG_RISK] = "{\"flag\":\"fraud\",\"reason\":\"three cards\"}",
    [COMMAND_CLEAR_RISK] = "{\"flag\":\"fraud\",\"reason\":\"one card\"}",
    [COMMAND_OPEN_DISPUTE] = "{\"reason\":\"not received\"}",
    [COMMAND_RESOLVE_DISPUTE] = "{\"reason\":\"received\"}",
    [COMMAND_CAPTURE_PAYMENT] = "{\"amount_minor\":500}",
    [COMMAND_RETURN_ORDER] = "{\"reason\":\"does not fit\"}",
    [COMMAND_REFUND_PAYMENT] = "{\"amount_minor\":500,\"reason\":\"returned\",\"override\":true}",
    [COMMAND_RECORD_TRACKING] = "{\"status\":\"in transit\",\"location\":\"Leeds\"}",
};

static struct arena arena;
static struct command command;
static struct command_faults faults;
static struct error err;
static char body[BODY_MAX];

static void open_all(void)
{
    arena_init(&arena, ARENA_MAX);
    command = (struct command){.kind = COMMAND_KIND_COUNT};
}

static void close_all(void)
{
    arena_done(&arena);
}

static enum error_kind read(enum command_kind kind, const char *text)
{
    return command_json_read(kind, strview_of(text), &arena, &command, &faults, &err);
}

/* The good body with one piece replaced; the piece stands there. */
static const char *spoilt(enum command_kind kind, const char *piece, const char *instead)
{
    const char *good = GOOD[kind];
    const char *at = strstr(good, piece);
    ck_assert_msg(at != NULL, "no %s in %s", piece, good);
    (void)snprintf(body, sizeof body, "%.*s%s%s", (int)(at - good), good, instead,
                   at + strlen(piece));
    return body;
}

static void assert_one_fault(const char *pointer, const char *detail)
{
    ck_assert_uint_eq(faults.count, 1);
    ck_assert_str_eq(faults.first->pointer, pointer);
    ck_assert_msg(strcmp(faults.first->detail, detail) == 0, "%s", faults.first->detail);
}

/* ---- good bodies --------------------------------------------------------------------------- */

START_TEST(a_good_body_has_no_fault)
{
    ck_assert_int_eq(read((enum command_kind)_i, GOOD[_i]), ERROR_NONE);

    ck_assert_msg(faults.count == 0, "%s %s", faults.first == NULL ? "" : faults.first->pointer,
                  faults.first == NULL ? "" : faults.first->detail);
    ck_assert_int_eq(command.kind, _i);
}
END_TEST

START_TEST(an_order_arrives_with_every_member)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, GOOD[COMMAND_PLACE_ORDER]), ERROR_NONE);

    const struct place_order *order = &command.place_order;
    ck_assert(strview_is(command.aggregate_id, "01990000-0000-7000-8000-00000000000a"));
    ck_assert(strview_is(order->customer_id, "c-1"));
    ck_assert(strview_is(order->currency, "EUR"));
    ck_assert_uint_eq(order->line_count, 1);
    ck_assert(strview_is(order->lines[0].sku, "A-1"));
    ck_assert_int_eq(order->lines[0].quantity, 2);
    ck_assert_int_eq(order->lines[0].unit_price_minor, 250);
    ck_assert(strview_is(order->address.name, "Ada"));
    ck_assert(strview_is(order->address.line1, "1 High Street"));
    ck_assert(strview_is(order->address.line2, "Flat 2"));
    ck_assert(strview_is(order->address.city, "London"));
    ck_assert(strview_is(order->address.postal_code, "N1 1AA"));
    ck_assert(strview_is(order->address.region, "Greater London"));
    ck_assert(strview_is(order->address.country, "GB"));
    ck_assert(strview_is(order->provider, "demo"));
    ck_assert(strview_is(order->method, "card"));
    ck_assert(!order->id_is_ours);
}
END_TEST

START_TEST(a_new_address_arrives_where_it_belongs)
{
    ck_assert_int_eq(read(COMMAND_CHANGE_SHIPPING_ADDRESS, GOOD[COMMAND_CHANGE_SHIPPING_ADDRESS]),
                     ERROR_NONE);

    const struct shipping_address *address = &command.change_shipping_address.address;
    ck_assert(strview_is(address->name, "Ada"));
    ck_assert(strview_is(address->line2, "Flat 2"));
    ck_assert(strview_is(address->country, "GB"));

    ck_assert_int_eq(read(COMMAND_REFUND_PAYMENT, GOOD[COMMAND_REFUND_PAYMENT]), ERROR_NONE);
    ck_assert_int_eq(command.refund_payment.amount_minor, 500);
    ck_assert(strview_is(command.reason, "returned"));
    ck_assert(command.refund_payment.override);
    ck_assert_int_eq(
        read(COMMAND_REFUND_PAYMENT, spoilt(COMMAND_REFUND_PAYMENT, ",\"override\":true", "")),
        ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);

    ck_assert_int_eq(read(COMMAND_RECORD_TRACKING, GOOD[COMMAND_RECORD_TRACKING]), ERROR_NONE);
    ck_assert(strview_is(command.record_tracking.status, "in transit"));
    ck_assert(strview_is(command.record_tracking.location, "Leeds"));
}
END_TEST

START_TEST(the_other_bodies_arrive_with_every_member)
{
    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER, GOOD[COMMAND_REGISTER_CUSTOMER]), ERROR_NONE);
    ck_assert(strview_is(command.aggregate_id, "c-1"));
    ck_assert(strview_is(command.register_customer.name, "Ada"));
    ck_assert(strview_is(command.register_customer.email, "ada@example.org"));
    ck_assert(strview_is(command.register_customer.phone, "+442079460000"));

    ck_assert_int_eq(read(COMMAND_ADD_PRODUCT, GOOD[COMMAND_ADD_PRODUCT]), ERROR_NONE);
    ck_assert(strview_is(command.aggregate_id, "A-1"));
    ck_assert(strview_is(command.add_product.name, "Lantern"));
    ck_assert_int_eq(command.add_product.unit_price_minor, 250);
    ck_assert(strview_is(command.add_product.currency, "EUR"));

    ck_assert_int_eq(read(COMMAND_RECEIVE_STOCK, GOOD[COMMAND_RECEIVE_STOCK]), ERROR_NONE);
    ck_assert_int_eq(command.receive_stock.quantity, 5);

    ck_assert_int_eq(read(COMMAND_CHANGE_CONTACT, GOOD[COMMAND_CHANGE_CONTACT]), ERROR_NONE);
    ck_assert(strview_is(command.change_contact.name, "Ada"));
    ck_assert(strview_is(command.change_contact.email, "ada@example.org"));
    ck_assert(strview_is(command.change_contact.phone, "+442079460000"));

    ck_assert_int_eq(read(COMMAND_DEACTIVATE_CUSTOMER, GOOD[COMMAND_DEACTIVATE_CUSTOMER]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "asked for it"));
    ck_assert_int_eq(read(COMMAND_REACTIVATE_CUSTOMER, GOOD[COMMAND_REACTIVATE_CUSTOMER]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "came back"));

    ck_assert_int_eq(read(COMMAND_CHANGE_PRICE, GOOD[COMMAND_CHANGE_PRICE]), ERROR_NONE);
    ck_assert_int_eq(command.change_price.unit_price_minor, 275);
    ck_assert_int_eq(read(COMMAND_ADJUST_STOCK, GOOD[COMMAND_ADJUST_STOCK]), ERROR_NONE);
    ck_assert_int_eq(command.adjust_stock.delta, -5);
    ck_assert(strview_is(command.reason, "counted"));
    ck_assert_int_eq(read(COMMAND_DISCONTINUE_PRODUCT, GOOD[COMMAND_DISCONTINUE_PRODUCT]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "sold out"));

    ck_assert_int_eq(read(COMMAND_AUTHORIZE_PAYMENT, GOOD[COMMAND_AUTHORIZE_PAYMENT]), ERROR_NONE);
    ck_assert_int_eq(command.authorize_payment.amount_minor, 500);
    ck_assert(strview_is(command.authorize_payment.reference, "ref-1"));

    ck_assert_int_eq(read(COMMAND_SHIP_ORDER, GOOD[COMMAND_SHIP_ORDER]), ERROR_NONE);
    ck_assert(strview_is(command.ship_order.carrier, "dhl"));
    ck_assert(strview_is(command.ship_order.tracking_number, "T-1"));

    ck_assert_int_eq(read(COMMAND_CANCEL_ORDER, GOOD[COMMAND_CANCEL_ORDER]), ERROR_NONE);
    ck_assert(strview_is(command.reason, "changed my mind"));
}
END_TEST

START_TEST(optional_members_may_be_left_out)
{
    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER, "{\"customer_id\":\"c-1\",\"name\":\"Ada\"}"),
                     ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.register_customer.email.len, 0);

    command = (struct command){.kind = COMMAND_KIND_COUNT};
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER,
                          "{\"customer_id\":\"c-1\",\"currency\":\"EUR\",\"lines\":[{\"sku\":\"A\","
                          "\"quantity\":1}],\"shipping_address\":{\"name\":\"A\",\"line1\":\"B\","
                          "\"country\":\"MC\"},"
                          "\"payment\":{\"provider\":\"p\",\"method\":\"m\"}}"),
                     ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.aggregate_id.len, 0);
    ck_assert_int_eq(command.place_order.lines[0].unit_price_minor, PRICE_OF_CATALOGUE);
    ck_assert_uint_eq(command.place_order.address.city.len, 0);
    ck_assert_uint_eq(command.place_order.address.postal_code.len, 0);
    ck_assert_uint_eq(command.place_order.address.region.len, 0);
}
END_TEST

/* ---- one wrong piece ----------------------------------------------------------------------- */

#define ID_RULE       "must be 1 to 64 of A-Z a-z 0-9 . _ -, with at least one letter or digit"
#define NAME_RULE     "must have 1 to 200 characters and no control characters"
#define REGION_RULE   "must have 1 to 64 characters and no control characters"
#define COUNTRY_RULE  "must be two capital letters, such as DE"
#define CURRENCY_RULE "must be three capital letters, such as EUR"
#define PROVIDER_RULE "must be 1 to 32 of a-z 0-9 _ -"
#define EMAIL_RULE    "must be an address such as name@example.org: one @, no blank, at most 254 bytes"
#define PHONE_RULE                                                                                 \
    "must be a number such as +44 20 7946 0000: a plus and 6 to 15 digits, single blanks or "      \
    "hyphens between them"
#define UUID_RULE                                                                                  \
    "must be a UUID such as 0199aaaa-0000-7000-8000-000000000000; leave it out to get one"
#define QUANTITY_RULE "must be an integer from 1 to 1000000 without fraction or exponent"
#define PART_RULE     "must be an integer from 1 to 1000000000000 without fraction or exponent"
#define NOTE_RULE     "must have 1 to 4000 characters and no control characters"
#define STOCK_RULE    "must be an integer from 1 to 1000000000 without fraction or exponent"
#define DELTA_RULE    "must be an integer from -1000000000 to 1000000000 without fraction or exponent"
#define AMOUNT_RULE   "must be an integer from 0 to 1000000000000 without fraction or exponent"

#define C64           "1234567890123456789012345678901234567890123456789012345678901234"
#define C200          C64 C64 C64 "12345678"
#define C1000         C200 C200 C200 C200 C200
#define C4000         C1000 C1000 C1000 C1000

static const struct {
    enum command_kind kind;
    const char *piece, *instead; /* within GOOD */
    const char *pointer, *detail;
} WRONG[] = {
    /* ids */
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"" C64 "5\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"c 1\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"-\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\".\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"..\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"c/1\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"caf\xc3\xa9\"", "/customer_id", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "7", "/customer_id", "must be a string, not a number"},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "null", "/customer_id", "must be a string, not null"},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "true", "/customer_id",
     "must be a string, not a boolean"},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "[]", "/customer_id", "must be a string, not an array"},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "{}", "/customer_id", "must be a string, not an object"},
    {COMMAND_REGISTER_CUSTOMER, "\"customer_id\":\"c-1\",", "", "/customer_id",
     "is required and " ID_RULE},
    {COMMAND_ADD_PRODUCT, "\"A-1\"", "\"A 1\"", "/sku", ID_RULE},
    {COMMAND_ADD_PRODUCT, "\"sku\":\"A-1\",", "", "/sku", "is required and " ID_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "\"ref-1\"", "\"ref#1\"", "/reference", ID_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, ",\"reference\":\"ref-1\"", "", "/reference",
     "is required and " ID_RULE},
    {COMMAND_SHIP_ORDER, "\"dhl\"", "\"dhl express\"", "/carrier", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"carrier\":\"dhl\",", "", "/carrier", "is required and " ID_RULE},
    {COMMAND_SHIP_ORDER, "\"T-1\"", "\"" C64 "5\"", "/tracking_number", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"T-1\"", "12345", "/tracking_number", "must be a string, not a number"},
    /* names */
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"" C200 "9\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\nda\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\u007fda\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\u0085da\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"name\":\"Ada\",", "", "/name", "is required and " NAME_RULE},
    {COMMAND_ADD_PRODUCT, "\"Lantern\"", "\"\"", "/name", NAME_RULE},
    {COMMAND_CANCEL_ORDER, "\"changed my mind\"", "\"\"", "/reason", NAME_RULE},
    {COMMAND_CANCEL_ORDER, "\"reason\":\"changed my mind\"", "", "/reason",
     "is required and " NAME_RULE},
    {COMMAND_ADD_NOTE, "called back", "", "/text", NOTE_RULE},
    {COMMAND_ADD_NOTE, "called back", C4000 "1", "/text", NOTE_RULE},
    {COMMAND_ADD_NOTE, "called back", "called\\nback", "/text", NOTE_RULE},
    {COMMAND_ADD_NOTE, "\"text\":\"called back\"", "", "/text", "is required and " NOTE_RULE},
    {COMMAND_DECLINE_PAYMENT, "insufficient funds", "", "/reason", NAME_RULE},
    {COMMAND_RECORD_TRACKING, "in transit", C200 "9", "/status", NAME_RULE},
    {COMMAND_RECORD_TRACKING, "\"status\":\"in transit\",", "", "/status",
     "is required and " NAME_RULE},
    {COMMAND_RECORD_TRACKING, "\"Leeds\"", "7", "/location", "must be a string, not a number"},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, "\"GB\"", "\"gb\"", "/shipping_address/country",
     COUNTRY_RULE},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, "\"name\":\"Ada\",", "", "/shipping_address/name",
     "is required and " NAME_RULE},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, ADDRESS, "[]", "/shipping_address",
     "must be an object, not an array"},
    {COMMAND_FLAG_RISK, "\"fraud\"", "\"a,b\"", "/flag", ID_RULE},
    {COMMAND_CLEAR_RISK, "\"fraud\"", "\"\"", "/flag", ID_RULE},
    {COMMAND_CLEAR_RISK, ",\"reason\":\"one card\"", "", "/reason", "is required and " NAME_RULE},
    {COMMAND_OPEN_DISPUTE, "not received", "", "/reason", NAME_RULE},
    {COMMAND_RESOLVE_DISPUTE, "\"reason\":\"received\"", "", "/reason",
     "is required and " NAME_RULE},
    /* email and phone */
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "ada", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "@example.org", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "ada@", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a@b@c", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a da@example.org", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org",
     "\xc2\xa0"
     "a@b",
     "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a@b\\u200b", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a@b.\\u3000org", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "", "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a@" C200 C64, "/email", EMAIL_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "442079460000", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+12345", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+1234567890123456", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+44  2079460000", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+ 442079460000", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+442079460000-", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+44(0)2079460000", "/phone", PHONE_RULE},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "", "/phone", PHONE_RULE},
    /* integers */
    {COMMAND_RECEIVE_STOCK, "5", "0", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "-1", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "1000000001", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "9223372036854775808", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "1e3", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "1.0", "/quantity", STOCK_RULE},
    {COMMAND_RECEIVE_STOCK, "5", "\"5\"", "/quantity", STOCK_RULE ", not a string"},
    {COMMAND_RECEIVE_STOCK, "5", "null", "/quantity", STOCK_RULE ", not null"},
    {COMMAND_RECEIVE_STOCK, "5", "true", "/quantity", STOCK_RULE ", not a boolean"},
    {COMMAND_RECEIVE_STOCK, "\"quantity\":5", "", "/quantity", "is required and " STOCK_RULE},
    {COMMAND_ADD_PRODUCT, "250", "-1", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADD_PRODUCT, "250", "1000000000001", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADD_PRODUCT, "250", "2.5", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADD_PRODUCT, "\"unit_price_minor\":250,", "", "/unit_price_minor",
     "is required and " AMOUNT_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "500", "-500", "/amount_minor", AMOUNT_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "\"amount_minor\":500,", "", "/amount_minor",
     "is required and " AMOUNT_RULE},
    {COMMAND_CHANGE_PRICE, "275", "-1", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_CHANGE_PRICE, "\"unit_price_minor\":275", "", "/unit_price_minor",
     "is required and " AMOUNT_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "-1000000001", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "1000000001", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "-0.5", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, "\"delta\":-5,", "", "/delta", "is required and " DELTA_RULE},
    {COMMAND_ADJUST_STOCK, ",\"reason\":\"counted\"", "", "/reason", "is required and " NAME_RULE},
    {COMMAND_DISCONTINUE_PRODUCT, "\"sold out\"", "\"\"", "/reason", NAME_RULE},
    {COMMAND_DISCONTINUE_PRODUCT, "\"reason\":\"sold out\"", "", "/reason",
     "is required and " NAME_RULE},
    /* what changes of a customer */
    {COMMAND_CHANGE_CONTACT, "\"Ada\"", "\"\"", "/name", NAME_RULE},
    {COMMAND_CHANGE_CONTACT, "ada@example.org", "ada", "/email", EMAIL_RULE},
    {COMMAND_CHANGE_CONTACT, "\"ada@example.org\"", "null", "/email", "must be a string, not null"},
    {COMMAND_CHANGE_CONTACT, "+442079460000", "", "/phone", PHONE_RULE},
    {COMMAND_CHANGE_CONTACT,
     "\"name\":\"Ada\",\"email\":\"ada@example.org\",\"phone\":\"+442079460000\"", "", "",
     "must have at least one of: name, email, phone"},
    {COMMAND_CHANGE_CONTACT, "\"name\":\"Ada\",", "\"title\":\"Dr\",", "/title",
     "is not known here, where there may be: name, email, phone"},
    {COMMAND_DEACTIVATE_CUSTOMER, "\"reason\":\"asked for it\"", "", "/reason",
     "is required and " NAME_RULE},
    {COMMAND_REACTIVATE_CUSTOMER, "\"came back\"", "7", "/reason",
     "must be a string, not a number"},
    {COMMAND_CAPTURE_PAYMENT, "500", "0", "/amount_minor", PART_RULE},
    {COMMAND_CAPTURE_PAYMENT, "500", "1000000000001", "/amount_minor", PART_RULE},
    {COMMAND_REFUND_PAYMENT, "500", "0", "/amount_minor", PART_RULE},
    {COMMAND_REFUND_PAYMENT, "\"amount_minor\":500,", "", "/amount_minor",
     "is required and " PART_RULE},
    /* true or false */
    {COMMAND_REFUND_PAYMENT, "true", "\"true\"", "/override",
     "must be true or false, not a string"},
    {COMMAND_REFUND_PAYMENT, "true", "1", "/override", "must be true or false, not a number"},
    {COMMAND_REFUND_PAYMENT, "true", "null", "/override", "must be true or false, not null"},
    /* codes */
    {COMMAND_ADD_PRODUCT, "EUR", "eur", "/currency", CURRENCY_RULE},
    {COMMAND_ADD_PRODUCT, "EUR", "EU", "/currency", CURRENCY_RULE},
    {COMMAND_ADD_PRODUCT, "EUR", "EURO", "/currency", CURRENCY_RULE},
    {COMMAND_ADD_PRODUCT, ",\"currency\":\"EUR\"", "", "/currency",
     "is required and " CURRENCY_RULE},
    {COMMAND_PLACE_ORDER, "\"GB\"", "\"gb\"", "/shipping_address/country", COUNTRY_RULE},
    {COMMAND_PLACE_ORDER, "\"GB\"", "\"GBR\"", "/shipping_address/country", COUNTRY_RULE},
    {COMMAND_PLACE_ORDER, "\"demo\"", "\"Demo\"", "/payment/provider", PROVIDER_RULE},
    {COMMAND_PLACE_ORDER, "\"demo\"", "\"123456789012345678901234567890123\"", "/payment/provider",
     PROVIDER_RULE},
    {COMMAND_PLACE_ORDER, "\"card\"", "\"credit card\"", "/payment/method", ID_RULE},
    /* the order and what it holds */
    {COMMAND_PLACE_ORDER, "01990000-0000-7000-8000-00000000000A", "order-1", "/order_id",
     UUID_RULE},
    {COMMAND_PLACE_ORDER, "\"01990000-0000-7000-8000-00000000000A\"", "5", "/order_id", UUID_RULE},
    {COMMAND_PLACE_ORDER, "\"customer_id\":\"c-1\",", "", "/customer_id",
     "is required and " ID_RULE},
    {COMMAND_PLACE_ORDER, "\"currency\":\"EUR\",", "", "/currency",
     "is required and " CURRENCY_RULE},
    {COMMAND_PLACE_ORDER, "[" ORDER_LINE "]", "[]", "/lines", "must have 1 to 500 lines, not 0"},
    {COMMAND_PLACE_ORDER, "[" ORDER_LINE "]", "{}", "/lines", "must be an array, not an object"},
    {COMMAND_PLACE_ORDER, "\"lines\":[" ORDER_LINE "],", "", "/lines",
     "is required and must be an array of 1 to 500 lines"},
    {COMMAND_PLACE_ORDER, ORDER_LINE, "7", "/lines/0", "must be an object, not a number"},
    {COMMAND_PLACE_ORDER, "\"quantity\":2,", "", "/lines/0/quantity",
     "is required and " QUANTITY_RULE},
    {COMMAND_PLACE_ORDER, ":2,", ":1000001,", "/lines/0/quantity", QUANTITY_RULE},
    {COMMAND_PLACE_ORDER, "\"sku\":\"A-1\",", "", "/lines/0/sku", "is required and " ID_RULE},
    {COMMAND_PLACE_ORDER, ":250", ":-1", "/lines/0/unit_price_minor", AMOUNT_RULE},
    {COMMAND_PLACE_ORDER, ":250", ":null", "/lines/0/unit_price_minor", AMOUNT_RULE ", not null"},
    {COMMAND_PLACE_ORDER, ADDRESS, "\"1 High Street\"", "/shipping_address",
     "must be an object, not a string"},
    {COMMAND_PLACE_ORDER, "\"shipping_address\":" ADDRESS ",", "", "/shipping_address",
     "is required and must be an object"},
    {COMMAND_PLACE_ORDER, "\"name\":\"Ada\",", "", "/shipping_address/name",
     "is required and " NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"line1\":\"1 High Street\",", "", "/shipping_address/line1",
     "is required and " NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"Flat 2\"", "\"\"", "/shipping_address/line2", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"London\"", "\"\"", "/shipping_address/city", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"London\"", "null", "/shipping_address/city",
     "must be a string, not null"},
    {COMMAND_PLACE_ORDER, "\"N1 1AA\"", "\"\"", "/shipping_address/postal_code", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"Greater London\"", "\"" C64 "5\"", "/shipping_address/region",
     REGION_RULE},
    {COMMAND_PLACE_ORDER, ",\"country\":\"GB\"", "", "/shipping_address/country",
     "is required and " COUNTRY_RULE},
    {COMMAND_PLACE_ORDER, "\"provider\":\"demo\",", "", "/payment/provider",
     "is required and " PROVIDER_RULE},
    {COMMAND_PLACE_ORDER, ",\"method\":\"card\"", "", "/payment/method",
     "is required and " ID_RULE},
    /* strangers */
    {COMMAND_DELIVER_ORDER, "{}", "{\"by\":\"bike\"}", "/by",
     "is not known here, where there may be: no members at all"},
    {COMMAND_RECEIVE_STOCK, "5", "5,\"qty\":5", "/qty",
     "is not known here, where there may be: quantity"},
    {COMMAND_RECEIVE_STOCK, "5", "5,\"a/b~c\":5", "/a~1b~0c",
     "is not known here, where there may be: quantity"},
    {COMMAND_RECEIVE_STOCK, "5", "5,\"\":5", "/",
     "is not known here, where there may be: quantity"},
    {COMMAND_RECEIVE_STOCK, "5", "5,\"" C64 "5\":5", "/" C64 "...",
     "is not known here, where there may be: quantity"},
    {COMMAND_RECEIVE_STOCK, "5", "5,\"Quantity\":5", "/Quantity",
     "is not known here, where there may be: quantity"},
    {COMMAND_PLACE_ORDER, ":250", ":250,\"price\":1", "/lines/0/price",
     "is not known here, where there may be: sku, quantity, unit_price_minor"},
    {COMMAND_PLACE_ORDER, "\"card\"", "\"card\",\"cvc\":\"123\"", "/payment/cvc",
     "is not known here, where there may be: provider, method"},
    /* no object at all */
    {COMMAND_DELIVER_ORDER, "{}", "[]", "", "must be an object, not an array"},
    {COMMAND_DELIVER_ORDER, "{}", "null", "", "must be an object, not null"},
    {COMMAND_DELIVER_ORDER, "{}", "\"{}\"", "", "must be an object, not a string"},
};

START_TEST(a_wrong_piece_is_told_with_its_place)
{
    const char *text = spoilt(WRONG[_i].kind, WRONG[_i].piece, WRONG[_i].instead);

    ck_assert_int_eq(read(WRONG[_i].kind, text), ERROR_NONE);

    assert_one_fault(WRONG[_i].pointer, WRONG[_i].detail);
}
END_TEST

/* ---- just right ---------------------------------------------------------------------------- */

static const struct {
    enum command_kind kind;
    const char *piece, *instead;
} RIGHT[] = {
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"" C64 "\""},
    {COMMAND_REGISTER_CUSTOMER, "\"c-1\"", "\"..-_.0\""},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"" C200 "\""},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"\xe9\x98\xbf\xe8\xbe\xbe \\u00a0 \\ud83d\\ude00\""},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "a@b"},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "j\xc3\xb6rg+x@\xc3\xb6.example"},
    {COMMAND_REGISTER_CUSTOMER, "ada@example.org", "\\u0645\\u06cc\\u200c\\u062e@b.example"},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+44 20 7946-0000"},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+123456"},
    {COMMAND_REGISTER_CUSTOMER, "+442079460000", "+123456789012345"},
    {COMMAND_RECEIVE_STOCK, "5", "1"},
    {COMMAND_RECEIVE_STOCK, "5", "1000000000"},
    {COMMAND_ADD_PRODUCT, "250", "0"},
    {COMMAND_ADD_PRODUCT, "250", "1000000000000"},
    {COMMAND_ADJUST_STOCK, "-5", "-1000000000"},
    {COMMAND_ADJUST_STOCK, "-5", "0"},
    {COMMAND_CHANGE_CONTACT, "\"name\":\"Ada\",\"email\":\"ada@example.org\",", ""},
    {COMMAND_AUTHORIZE_PAYMENT, "500", "0"},
    {COMMAND_PLACE_ORDER, ":2,", ":1000000,"},
    {COMMAND_PLACE_ORDER, "\"demo\"", "\"12345678901234567890123456789012\""},
};

START_TEST(the_limits_themselves_are_legal)
{
    const char *text = spoilt(RIGHT[_i].kind, RIGHT[_i].piece, RIGHT[_i].instead);

    ck_assert_int_eq(read(RIGHT[_i].kind, text), ERROR_NONE);

    ck_assert_msg(faults.count == 0, "%s", faults.first == NULL ? "" : faults.first->detail);
}
END_TEST

START_TEST(two_hundred_characters_may_be_eight_hundred_bytes)
{
    struct strbuf name;
    strbuf_init(&name, 4096);
    for (size_t i = 0; i < 200; i++) {
        strbuf_append_cstr(&name, "\xf0\x9f\x98\x80");
    }

    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER,
                          spoilt(COMMAND_REGISTER_CUSTOMER, "Ada", strbuf_cstr(&name))),
                     ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);

    strbuf_append_cstr(&name, "\xf0\x9f\x98\x80");
    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER,
                          spoilt(COMMAND_REGISTER_CUSTOMER, "Ada", strbuf_cstr(&name))),
                     ERROR_NONE);
    assert_one_fault("/name", NAME_RULE);
    strbuf_done(&name);
}
END_TEST

static const char *order_with_lines(size_t count, const char *line)
{
    struct strbuf lines;
    strbuf_init(&lines, BODY_MAX);
    for (size_t i = 0; i < count; i++) {
        strbuf_append_cstr(&lines, i == 0 ? "" : ",");
        strbuf_append_cstr(&lines, line);
    }
    const char *text = spoilt(COMMAND_PLACE_ORDER, ORDER_LINE, strbuf_cstr(&lines));
    strbuf_done(&lines);
    return text;
}

START_TEST(an_order_has_five_hundred_lines_at_most)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(500, ORDER_LINE)), ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.place_order.line_count, 500);

    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(501, ORDER_LINE)), ERROR_NONE);
    assert_one_fault("/lines", "must have 1 to 500 lines, not 501");
}
END_TEST

/* ---- many faults, and bytes that are no body ----------------------------------------------- */

START_TEST(all_faults_are_told_at_once_in_order)
{
    static const char *const POINTERS[] = {
        "/customer_id",      "/currency",  "/lines/0/sku",
        "/lines/0/quantity", "/lines/0/x", "/lines/1",
        "/shipping_address", "/payment",   "/z",
    };

    ck_assert_int_eq(read(COMMAND_PLACE_ORDER,
                          "{\"z\":1,\"currency\":\"e\",\"lines\":[{\"sku\":5,\"x\":1},\"y\"],"
                          "\"payment\":[]}"),
                     ERROR_NONE);

    ck_assert_uint_eq(faults.count, sizeof POINTERS / sizeof POINTERS[0]);
    const struct command_fault *fault = faults.first;
    for (size_t i = 0; i < faults.count; i++, fault = fault->next) {
        ck_assert_str_eq(fault->pointer, POINTERS[i]);
    }
    ck_assert_ptr_null(fault);
}
END_TEST

START_TEST(faults_without_end_are_counted_but_not_all_kept)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(500, "{}")), ERROR_NONE);

    ck_assert_uint_eq(faults.count, 1000);
    size_t kept = 0;
    for (const struct command_fault *fault = faults.first; fault != NULL; fault = fault->next) {
        kept++;
    }
    ck_assert_uint_eq(kept, COMMAND_FAULTS_MAX);
}
END_TEST

static const char *const NO_JSON[] = {
    "",
    "  ",
    "{",
    "{}x",
    "{\"quantity\":5,}",
    "{'quantity':5}",
    "{\"quantity\":05}",
    "{\"quantity\":5,\"quantity\":6}",
    "{\"quantity\":NaN}",
    "\xef\xbb\xbf{\"quantity\":5}",
    "{\"quantity\":\"\xff\"}",
    "{\"quantity\":\"\xc0\xaf\"}",
    "{\"quantity\":\"\\ud800\"}",
    "{\"quantity\":\"\\u0000\"}",
    "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
};

START_TEST(bytes_that_are_no_json_are_an_error)
{
    ck_assert_int_eq(read(COMMAND_RECEIVE_STOCK, NO_JSON[_i]), ERROR_INVALID);
    ck_assert_int_ne(err.text[0], '\0');
}
END_TEST

/* A seeded generator: a failure can be seen again. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/* Copies the good body to `body` and overwrites, drops or doubles a few of its bytes. */
static struct strview damaged(enum command_kind kind, uint32_t seed)
{
    static const char BYTES[] = "{}[]\",:\\/~0189.eE+-tfnu \n\x7f\x80\xbf\xc2\xe2\xed\xf4\xff";
    size_t len = strlen(GOOD[kind]);
    memcpy(body, GOOD[kind], len);
    for (uint32_t count = next_random(&seed) % 4 + 1; count > 0; count--) {
        const size_t at = next_random(&seed) % len;
        const uint32_t how = next_random(&seed) % 3;
        if (how == 0) {
            body[at] = BYTES[next_random(&seed) % (sizeof BYTES - 1)];
        } else if (how == 1 && len > 1) {
            memmove(body + at, body + at + 1, len - at - 1);
            len--;
        } else {
            memmove(body + at + 1, body + at, len - at);
            len++;
        }
    }
    return (struct strview){.data = body, .len = len};
}

START_TEST(whatever_bytes_come_there_is_a_command_a_fault_or_an_error)
{
    enum { SEEDS = 2000 };
    size_t taken = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        arena_reset(&arena);
        const struct strview text = damaged((enum command_kind)_i, seed);
        const enum error_kind kind =
            command_json_read((enum command_kind)_i, text, &arena, &command, &faults, &err);
        ck_assert(kind == ERROR_NONE || kind == ERROR_INVALID);
        if (kind != ERROR_NONE) {
            continue;
        }
        taken += faults.count == 0 ? 1 : 0;
        for (const struct command_fault *fault = faults.first; fault != NULL; fault = fault->next) {
            ck_assert(utf8_is_valid(strview_of(fault->pointer)));
            ck_assert(fault->pointer[0] == '/' || fault->pointer[0] == '\0');
        }
    }
    ck_assert_uint_lt(taken, SEEDS);
}
END_TEST

START_TEST(an_arena_too_small_is_an_error)
{
    struct arena tiny;
    for (size_t size = 64; size < 8192; size += 64) {
        arena_init(&tiny, size);
        const enum error_kind kind =
            command_json_read(COMMAND_PLACE_ORDER, strview_of(GOOD[COMMAND_PLACE_ORDER]), &tiny,
                              &command, &faults, &err);
        ck_assert(kind == ERROR_NONE || kind == ERROR_EXHAUSTED);
        arena_done(&tiny);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/command_json");
    TCase *bodies = tcase_create("bodies");
    tcase_add_checked_fixture(bodies, open_all, close_all);
    tcase_add_loop_test(bodies, a_good_body_has_no_fault, 0, COMMAND_KIND_COUNT);
    tcase_add_test(bodies, an_order_arrives_with_every_member);
    tcase_add_test(bodies, a_new_address_arrives_where_it_belongs);
    tcase_add_test(bodies, the_other_bodies_arrive_with_every_member);
    tcase_add_test(bodies, optional_members_may_be_left_out);
    tcase_add_loop_test(bodies, a_wrong_piece_is_told_with_its_place, 0, COUNT(WRONG));
    tcase_add_loop_test(bodies, the_limits_themselves_are_legal, 0, COUNT(RIGHT));
    tcase_add_test(bodies, two_hundred_characters_may_be_eight_hundred_bytes);
    tcase_add_test(bodies, an_order_has_five_hundred_lines_at_most);
    tcase_add_test(bodies, all_faults_are_told_at_once_in_order);
    tcase_add_test(bodies, faults_without_end_are_counted_but_not_all_kept);
    tcase_add_loop_test(bodies, bytes_that_are_no_json_are_an_error, 0, COUNT(NO_JSON));
    tcase_add_loop_test(bodies, whatever_bytes_come_there_is_a_command_a_fault_or_an_error, 0,
                        COMMAND_KIND_COUNT);
    tcase_add_test(bodies, an_arena_too_small_is_an_error);
    suite_add_tcase(suite, bodies);
    return check_main(suite);
}
