/* SPDX-License-Identifier: Apache-2.0 */
/* One wrong piece of a good body at a time, and what is just right. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/command_json_fixture.h"

static void assert_one_fault(const char *pointer, const char *detail)
{
    ck_assert_uint_eq(faults.count, 1);
    ck_assert_str_eq(faults.first->pointer, pointer);
    ck_assert_msg(strcmp(faults.first->detail, detail) == 0, "%s", faults.first->detail);
}

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
    {COMMAND_ADD_PRODUCT, "\"A-1\"", "\"A 1\"", "/sku", ID_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "\"ref-1\"", "\"ref#1\"", "/reference", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"dhl\"", "\"dhl express\"", "/carrier", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"T-1\"", "\"" C64 "5\"", "/tracking_number", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"T-1\"", "12345", "/tracking_number", "must be a string, not a number"},
    /* names */
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"" C200 "9\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\nda\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\u007fda\"", "/name", NAME_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"Ada\"", "\"A\\u0085da\"", "/name", NAME_RULE},
    {COMMAND_ADD_PRODUCT, "\"Lantern\"", "\"\"", "/name", NAME_RULE},
    {COMMAND_CANCEL_ORDER, "\"changed my mind\"", "\"\"", "/reason", NAME_RULE},
    {COMMAND_ADD_NOTE, "called back", "", "/text", NOTE_RULE},
    {COMMAND_ADD_NOTE, "called back", C4000 "1", "/text", NOTE_RULE},
    {COMMAND_ADD_NOTE, "called back", "called\\nback", "/text", NOTE_RULE},
    {COMMAND_DECLINE_PAYMENT, "insufficient funds", "", "/reason", NAME_RULE},
    {COMMAND_RECORD_TRACKING, "in transit", C200 "9", "/status", NAME_RULE},
    {COMMAND_RECORD_TRACKING, "\"Leeds\"", "7", "/location", "must be a string, not a number"},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, "\"GB\"", "\"gb\"", "/shipping_address/country",
     COUNTRY_RULE},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, ADDRESS, "[]", "/shipping_address",
     "must be an object, not an array"},
    {COMMAND_FLAG_RISK, "\"fraud\"", "\"a,b\"", "/flag", ID_RULE},
    {COMMAND_CLEAR_RISK, "\"fraud\"", "\"\"", "/flag", ID_RULE},
    {COMMAND_OPEN_DISPUTE, "not received", "", "/reason", NAME_RULE},
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
    {COMMAND_ADD_PRODUCT, "250", "-1", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADD_PRODUCT, "250", "1000000000001", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADD_PRODUCT, "250", "2.5", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "500", "-500", "/amount_minor", AMOUNT_RULE},
    {COMMAND_CHANGE_PRICE, "275", "-1", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "-1000000001", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "1000000001", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, "-5", "-0.5", "/delta", DELTA_RULE},
    {COMMAND_DISCONTINUE_PRODUCT, "\"sold out\"", "\"\"", "/reason", NAME_RULE},
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
    {COMMAND_REACTIVATE_CUSTOMER, "\"came back\"", "7", "/reason",
     "must be a string, not a number"},
    {COMMAND_CAPTURE_PAYMENT, "500", "0", "/amount_minor", PART_RULE},
    {COMMAND_CAPTURE_PAYMENT, "500", "1000000000001", "/amount_minor", PART_RULE},
    {COMMAND_REFUND_PAYMENT, "500", "0", "/amount_minor", PART_RULE},
    /* true or false */
    {COMMAND_REFUND_PAYMENT, "true", "\"true\"", "/override",
     "must be true or false, not a string"},
    {COMMAND_REFUND_PAYMENT, "true", "1", "/override", "must be true or false, not a number"},
    {COMMAND_REFUND_PAYMENT, "true", "null", "/override", "must be true or false, not null"},
    /* codes */
    {COMMAND_ADD_PRODUCT, "EUR", "eur", "/currency", CURRENCY_RULE},
    {COMMAND_ADD_PRODUCT, "EUR", "EU", "/currency", CURRENCY_RULE},
    {COMMAND_ADD_PRODUCT, "EUR", "EURO", "/currency", CURRENCY_RULE},
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
    {COMMAND_PLACE_ORDER, "[" ORDER_LINE "]", "[]", "/lines", "must have 1 to 500 lines, not 0"},
    {COMMAND_PLACE_ORDER, "[" ORDER_LINE "]", "{}", "/lines", "must be an array, not an object"},
    {COMMAND_PLACE_ORDER, ORDER_LINE, "7", "/lines/0", "must be an object, not a number"},
    {COMMAND_PLACE_ORDER, ":2,", ":1000001,", "/lines/0/quantity", QUANTITY_RULE},
    {COMMAND_PLACE_ORDER, ":250", ":-1", "/lines/0/unit_price_minor", AMOUNT_RULE},
    {COMMAND_PLACE_ORDER, ":250", ":null", "/lines/0/unit_price_minor", AMOUNT_RULE ", not null"},
    {COMMAND_PLACE_ORDER, ADDRESS, "\"1 High Street\"", "/shipping_address",
     "must be an object, not a string"},
    {COMMAND_PLACE_ORDER, "\"Flat 2\"", "\"\"", "/shipping_address/line2", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"London\"", "\"\"", "/shipping_address/city", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"London\"", "null", "/shipping_address/city",
     "must be a string, not null"},
    {COMMAND_PLACE_ORDER, "\"N1 1AA\"", "\"\"", "/shipping_address/postal_code", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"Greater London\"", "\"" C64 "5\"", "/shipping_address/region",
     REGION_RULE},
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

/* ---- a piece left out ----------------------------------------------------------------------- */

static const struct {
    enum command_kind kind;
    const char *piece; /* within GOOD */
    const char *pointer, *rule;
} LEFT_OUT[] = {
    {COMMAND_REGISTER_CUSTOMER, "\"customer_id\":\"c-1\",", "/customer_id", ID_RULE},
    {COMMAND_ADD_PRODUCT, "\"sku\":\"A-1\",", "/sku", ID_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, ",\"reference\":\"ref-1\"", "/reference", ID_RULE},
    {COMMAND_SHIP_ORDER, "\"carrier\":\"dhl\",", "/carrier", ID_RULE},
    {COMMAND_REGISTER_CUSTOMER, "\"name\":\"Ada\",", "/name", NAME_RULE},
    {COMMAND_CANCEL_ORDER, "\"reason\":\"changed my mind\"", "/reason", NAME_RULE},
    {COMMAND_ADD_NOTE, "\"text\":\"called back\"", "/text", NOTE_RULE},
    {COMMAND_RECORD_TRACKING, "\"status\":\"in transit\",", "/status", NAME_RULE},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, "\"name\":\"Ada\",", "/shipping_address/name", NAME_RULE},
    {COMMAND_CLEAR_RISK, ",\"reason\":\"one card\"", "/reason", NAME_RULE},
    {COMMAND_RESOLVE_DISPUTE, "\"reason\":\"received\"", "/reason", NAME_RULE},
    {COMMAND_RECEIVE_STOCK, "\"quantity\":5", "/quantity", STOCK_RULE},
    {COMMAND_ADD_PRODUCT, "\"unit_price_minor\":250,", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_AUTHORIZE_PAYMENT, "\"amount_minor\":500,", "/amount_minor", AMOUNT_RULE},
    {COMMAND_CHANGE_PRICE, "\"unit_price_minor\":275", "/unit_price_minor", AMOUNT_RULE},
    {COMMAND_ADJUST_STOCK, "\"delta\":-5,", "/delta", DELTA_RULE},
    {COMMAND_ADJUST_STOCK, ",\"reason\":\"counted\"", "/reason", NAME_RULE},
    {COMMAND_DISCONTINUE_PRODUCT, "\"reason\":\"sold out\"", "/reason", NAME_RULE},
    {COMMAND_DEACTIVATE_CUSTOMER, "\"reason\":\"asked for it\"", "/reason", NAME_RULE},
    {COMMAND_REFUND_PAYMENT, "\"amount_minor\":500,", "/amount_minor", PART_RULE},
    {COMMAND_ADD_PRODUCT, ",\"currency\":\"EUR\"", "/currency", CURRENCY_RULE},
    {COMMAND_PLACE_ORDER, "\"customer_id\":\"c-1\",", "/customer_id", ID_RULE},
    {COMMAND_PLACE_ORDER, "\"currency\":\"EUR\",", "/currency", CURRENCY_RULE},
    {COMMAND_PLACE_ORDER, "\"lines\":[" ORDER_LINE "],", "/lines",
     "must be an array of 1 to 500 lines"},
    {COMMAND_PLACE_ORDER, "\"quantity\":2,", "/lines/0/quantity", QUANTITY_RULE},
    {COMMAND_PLACE_ORDER, "\"sku\":\"A-1\",", "/lines/0/sku", ID_RULE},
    {COMMAND_PLACE_ORDER, "\"shipping_address\":" ADDRESS ",", "/shipping_address",
     "must be an object"},
    {COMMAND_PLACE_ORDER, "\"name\":\"Ada\",", "/shipping_address/name", NAME_RULE},
    {COMMAND_PLACE_ORDER, "\"line1\":\"1 High Street\",", "/shipping_address/line1", NAME_RULE},
    {COMMAND_PLACE_ORDER, ",\"country\":\"GB\"", "/shipping_address/country", COUNTRY_RULE},
    {COMMAND_PLACE_ORDER, "\"provider\":\"demo\",", "/payment/provider", PROVIDER_RULE},
    {COMMAND_PLACE_ORDER, ",\"method\":\"card\"", "/payment/method", ID_RULE},
};

START_TEST(a_piece_left_out_is_told_with_its_rule)
{
    char detail[256];
    (void)snprintf(detail, sizeof detail, "is required and %s", LEFT_OUT[_i].rule);

    ck_assert_int_eq(read(LEFT_OUT[_i].kind, spoilt(LEFT_OUT[_i].kind, LEFT_OUT[_i].piece, "")),
                     ERROR_NONE);

    assert_one_fault(LEFT_OUT[_i].pointer, detail);
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

START_TEST(an_order_has_five_hundred_lines_at_most)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(500, ORDER_LINE)), ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.place_order.line_count, 500);

    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(501, ORDER_LINE)), ERROR_NONE);
    assert_one_fault("/lines", "must have 1 to 500 lines, not 501");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/command_json");
    TCase *bodies = tcase_create("bodies");
    tcase_add_checked_fixture(bodies, open_all, close_all);
    tcase_add_loop_test(bodies, a_wrong_piece_is_told_with_its_place, 0, COUNT(WRONG));
    tcase_add_loop_test(bodies, a_piece_left_out_is_told_with_its_rule, 0, COUNT(LEFT_OUT));
    tcase_add_loop_test(bodies, the_limits_themselves_are_legal, 0, COUNT(RIGHT));
    tcase_add_test(bodies, two_hundred_characters_may_be_eight_hundred_bytes);
    tcase_add_test(bodies, an_order_has_five_hundred_lines_at_most);
    suite_add_tcase(suite, bodies);
    return check_main(suite);
}
