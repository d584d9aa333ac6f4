/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/request.h"

#include "common/contract/json.h"

#include <stdlib.h>

enum { TEXT_MAX = 1024, BODY_MAX = 64 << 20 };

typedef void body_writer(struct json_writer *body, const struct plan_command *command);

static body_writer add_product_body;
static body_writer receive_stock_body;
static body_writer register_customer_body;
static body_writer place_order_body;
static body_writer authorize_payment_body;
static body_writer ship_order_body;
static body_writer deliver_order_body;
static body_writer cancel_order_body;

/* The path is `path`, and with an action: `path`/<sku or order id>/`action`. */
static const struct {
    const char *name;
    enum request_role role;
    const char *path;
    const char *action; /* or NULL */
    const char *key_before;
    const char *key_behind;
    body_writer *write_body;
} COMMANDS[PLAN_KIND_COUNT] = {
    [PLAN_ADD_PRODUCT] = {"AddProduct", ROLE_AGENT, "/v1/products", NULL, "product-", "",
                          add_product_body},
    [PLAN_RECEIVE_STOCK] = {"ReceiveStock", ROLE_AGENT, "/v1/products", "receive-stock", "stock-",
                            "", receive_stock_body},
    [PLAN_REGISTER_CUSTOMER] = {"RegisterCustomer", ROLE_AGENT, "/v1/customers", NULL, "customer-",
                                "", register_customer_body},
    [PLAN_PLACE_ORDER] = {"PlaceOrder", ROLE_AGENT, "/v1/orders", NULL, "invoice-", "",
                          place_order_body},
    [PLAN_AUTHORIZE_PAYMENT] = {"AuthorizePayment", ROLE_PAYMENT, "/v1/orders", "authorize-payment",
                                "invoice-", "-authorize", authorize_payment_body},
    [PLAN_SHIP_ORDER] = {"ShipOrder", ROLE_FULFILMENT, "/v1/orders", "ship", "invoice-", "-ship",
                         ship_order_body},
    [PLAN_DELIVER_ORDER] = {"DeliverOrder", ROLE_FULFILMENT, "/v1/orders", "deliver", "invoice-",
                            "-deliver", deliver_order_body},
    [PLAN_CANCEL_ORDER] = {"CancelOrder", ROLE_AGENT, "/v1/orders", "cancel", "invoice-", "",
                           cancel_order_body},
};

void request_init(struct request *request)
{
    strbuf_init(&request->path, TEXT_MAX);
    strbuf_init(&request->key, TEXT_MAX);
    strbuf_init(&request->body, BODY_MAX);
}

void request_done(struct request *request)
{
    strbuf_done(&request->path);
    strbuf_done(&request->key);
    strbuf_done(&request->body);
}

const char *request_command_name(enum plan_kind kind)
{
    return COMMANDS[kind].name;
}

static void write_path(struct strbuf *path, const struct plan_command *command)
{
    strbuf_append_cstr(path, COMMANDS[command->kind].path);
    if (COMMANDS[command->kind].action != NULL) {
        strbuf_append_char(path, '/');
        if (command->order != NULL) {
            strbuf_append_cstr(path, command->order->id);
        } else {
            strbuf_append(path, command->name);
        }
        strbuf_append_char(path, '/');
        strbuf_append_cstr(path, COMMANDS[command->kind].action);
    }
}

void request_write(struct request *request, const struct plan_command *command)
{
    request->role = COMMANDS[command->kind].role;
    strbuf_reset(&request->path);
    write_path(&request->path, command);
    strbuf_reset(&request->key);
    strbuf_append_cstr(&request->key, COMMANDS[command->kind].key_before);
    strbuf_append(&request->key, command->name);
    strbuf_append_cstr(&request->key, COMMANDS[command->kind].key_behind);

    struct json_writer body;
    strbuf_reset(&request->body);
    json_writer_init(&body, &request->body);
    json_open_object(&body);
    COMMANDS[command->kind].write_body(&body, command);
    json_close_object(&body);
    if (!json_writer_done(&body) || !strbuf_ok(&request->path) || !strbuf_ok(&request->key)) {
        abort(); /* texts are UTF-8 and ids short: what remains is memory */
    }
}

static void add_product_body(struct json_writer *body, const struct plan_command *command)
{
    json_put_member_string(body, "sku", command->product->sku);
    json_put_member_string(body, "name", command->product->name);
    json_put_member_integer(body, "unit_price_minor", command->product->price.minor);
    json_put_member_string(body, "currency", STRVIEW("GBP"));
}

static void receive_stock_body(struct json_writer *body, const struct plan_command *command)
{
    (void)command;
    json_put_member_integer(body, "quantity", PLAN_STOCK);
}

static void register_customer_body(struct json_writer *body, const struct plan_command *command)
{
    json_put_member_string(body, "customer_id", command->name);
    json_put_member_string(body, "name", command->name);
}

static void put_lines(struct json_writer *body, const struct plan_order *order)
{
    json_key(body, "lines");
    json_open_array(body);
    for (const struct plan_line *line = order->lines; line != NULL; line = line->next) {
        json_open_object(body);
        json_put_member_string(body, "sku", line->product->sku);
        json_put_member_integer(body, "quantity", line->quantity);
        json_put_member_integer(body, "unit_price_minor", line->unit_price_minor);
        json_close_object(body);
    }
    json_close_array(body);
}

/* The data has a country and nothing else. */
static void put_address(struct json_writer *body, const struct plan_order *order)
{
    json_key(body, "shipping_address");
    json_open_object(body);
    json_put_member_string(body, "name", order->customer_id);
    json_put_member_string(body, "line1", STRVIEW("1 High Street"));
    json_put_member_string(body, "city", STRVIEW("Unknown"));
    json_put_member_string(body, "postal_code", STRVIEW("00000"));
    json_put_member_string(body, "region", order->region);
    json_put_member_string(body, "country", STRVIEW("ZZ"));
    json_close_object(body);
}

static void place_order_body(struct json_writer *body, const struct plan_command *command)
{
    json_put_member_string(body, "customer_id", command->order->customer_id);
    json_put_member_string(body, "currency", STRVIEW("GBP"));
    put_lines(body, command->order);
    put_address(body, command->order);
    json_key(body, "payment");
    json_open_object(body);
    json_put_member_string(body, "provider", STRVIEW("demo"));
    json_put_member_string(body, "method", STRVIEW("card"));
    json_close_object(body);
}

/* A member whose text ends in the command's invoice. */
static void put_numbered(struct json_writer *body, const char *member, const char *before,
                         struct strview number)
{
    struct strbuf text;
    strbuf_init(&text, TEXT_MAX);
    strbuf_append_cstr(&text, before);
    strbuf_append(&text, number);
    json_put_member_string(body, member, strbuf_view(&text));
    strbuf_done(&text);
}

static void authorize_payment_body(struct json_writer *body, const struct plan_command *command)
{
    json_put_member_integer(body, "amount_minor", command->order->total_minor);
    put_numbered(body, "reference", "P", command->name);
}

static void ship_order_body(struct json_writer *body, const struct plan_command *command)
{
    json_put_member_string(body, "carrier", STRVIEW("demo"));
    put_numbered(body, "tracking_number", "T", command->name);
}

static void deliver_order_body(struct json_writer *body, const struct plan_command *command)
{
    (void)body;
    (void)command;
}

static void cancel_order_body(struct json_writer *body, const struct plan_command *command)
{
    put_numbered(body, "reason", "cancelled by invoice ", command->name);
}
