/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/command-svc/command_json_fixture.h"

#include <check.h>

const char *const GOOD[COMMAND_KIND_COUNT] = {
    [COMMAND_REGISTER_CUSTOMER] = ("{\"customer_id\":\"c-1\",\"name\":\"Ada\","
                                   "\"email\":\"ada@example.org\",\"phone\":\"+442079460000\"}"),
    [COMMAND_CHANGE_CONTACT] = ("{\"name\":\"Ada\",\"email\":\"ada@example.org\","
                                "\"phone\":\"+442079460000\"}"),
    [COMMAND_DEACTIVATE_CUSTOMER] = "{\"reason\":\"asked for it\"}",
    [COMMAND_REACTIVATE_CUSTOMER] = "{\"reason\":\"came back\"}",
    [COMMAND_ADD_PRODUCT] = ("{\"sku\":\"A-1\",\"name\":\"Lantern\",\"unit_price_minor\":250,"
                             "\"currency\":\"EUR\"}"),
    [COMMAND_RECEIVE_STOCK] = "{\"quantity\":5}",
    [COMMAND_CHANGE_PRICE] = "{\"unit_price_minor\":275}",
    [COMMAND_ADJUST_STOCK] = "{\"delta\":-5,\"reason\":\"counted\"}",
    [COMMAND_DISCONTINUE_PRODUCT] = "{\"reason\":\"sold out\"}",
    [COMMAND_PLACE_ORDER] = ("{\"order_id\":\"01990000-0000-7000-8000-00000000000A\","
                             "\"customer_id\":\"c-1\",\"currency\":\"EUR\",\"lines\":[" ORDER_LINE
                             "],\"shipping_address\":" ADDRESS
                             ",\"payment\":{\"provider\":\"demo\",\"method\":\"card\"}}"),
    [COMMAND_AUTHORIZE_PAYMENT] = "{\"amount_minor\":500,\"reference\":\"ref-1\"}",
    [COMMAND_SHIP_ORDER] = "{\"carrier\":\"dhl\",\"tracking_number\":\"T-1\"}",
    [COMMAND_DELIVER_ORDER] = "{}",
    [COMMAND_CANCEL_ORDER] = "{\"reason\":\"changed my mind\"}",
    [COMMAND_ADD_NOTE] = "{\"text\":\"called back\"}",
    [COMMAND_CHANGE_SHIPPING_ADDRESS] = ("{\"shipping_address\":" ADDRESS "}"),
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

struct arena arena;
struct command command;
struct command_faults faults;
struct error err;
char body[BODY_MAX];

void open_all(void)
{
    arena_init(&arena, ARENA_MAX);
    command = (struct command){.kind = COMMAND_KIND_COUNT};
}

void close_all(void)
{
    arena_done(&arena);
}

enum error_kind read(enum command_kind kind, const char *text)
{
    return command_json_read(kind, strview_of(text), &arena, &command, &faults, &err);
}

const char *spoilt(enum command_kind kind, const char *piece, const char *instead)
{
    const char *good = GOOD[kind];
    const char *at = strstr(good, piece);
    ck_assert_msg(at != NULL, "no %s in %s", piece, good);
    (void)snprintf(body, sizeof body, "%.*s%s%s", (int)(at - good), good, instead,
                   at + strlen(piece));
    return body;
}

const char *order_with_lines(size_t count, const char *line)
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
