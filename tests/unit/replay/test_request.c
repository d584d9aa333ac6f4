/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each planned command as the bytes that are sent: path, key, role and body.
 */
#include "tests/support/check_main.h"
#include "tests/support/replay/request.h"

static const struct plan_product TEA = {
    .sku = {.data = "TEA", .len = 3},
    .name = {.data = "TEA \"TOWEL\"", .len = 11},
    .price = {.is_positive = true, .minor = 295},
};
static struct plan_line second = {.product = &TEA, .quantity = 1, .unit_price_minor = 0};
static struct plan_line first = {
    .product = &TEA, .quantity = 12, .unit_price_minor = 255, .next = &second};
static struct plan_order order = {
    .invoice = {.data = "536365", .len = 6},
    .customer_id = {.data = "c17850", .len = 6},
    .region = {.data = "Channel Islands", .len = 15},
    .lines = &first,
    .line_count = 2,
    .total_minor = 3060,
    .id = "0199-id",
};

static const struct {
    struct plan_command command;
    enum request_role role;
    const char *name;
    const char *path;
    const char *key;
    const char *body;
} REQUESTS[] = {
    {{.kind = PLAN_ADD_PRODUCT, .name = {.data = "TEA", .len = 3}, .product = &TEA},
     ROLE_AGENT,
     "AddProduct",
     "/v1/products",
     "product-TEA",
     "{\"sku\":\"TEA\",\"name\":\"TEA \\\"TOWEL\\\"\",\"unit_price_minor\":295,"
     "\"currency\":\"GBP\"}"},
    {{.kind = PLAN_RECEIVE_STOCK, .name = {.data = "TEA", .len = 3}, .product = &TEA},
     ROLE_AGENT,
     "ReceiveStock",
     "/v1/products/TEA/receive-stock",
     "stock-TEA",
     "{\"quantity\":1000000}"},
    {{.kind = PLAN_REGISTER_CUSTOMER, .name = {.data = "guest", .len = 5}},
     ROLE_AGENT,
     "RegisterCustomer",
     "/v1/customers",
     "customer-guest",
     "{\"customer_id\":\"guest\",\"name\":\"guest\"}"},
    {{.kind = PLAN_PLACE_ORDER, .name = {.data = "536365", .len = 6}, .order = &order},
     ROLE_AGENT,
     "PlaceOrder",
     "/v1/orders",
     "invoice-536365",
     "{\"customer_id\":\"c17850\",\"currency\":\"GBP\",\"lines\":["
     "{\"sku\":\"TEA\",\"quantity\":12,\"unit_price_minor\":255},"
     "{\"sku\":\"TEA\",\"quantity\":1,\"unit_price_minor\":0}],"
     "\"shipping_address\":{\"name\":\"c17850\",\"line1\":\"1 High Street\",\"city\":\"Unknown\","
     "\"postal_code\":\"00000\",\"region\":\"Channel Islands\",\"country\":\"ZZ\"},"
     "\"payment\":{\"provider\":\"demo\",\"method\":\"card\"}}"},
    {{.kind = PLAN_AUTHORIZE_PAYMENT, .name = {.data = "536365", .len = 6}, .order = &order},
     ROLE_PAYMENT,
     "AuthorizePayment",
     "/v1/orders/0199-id/authorize-payment",
     "invoice-536365-authorize",
     "{\"amount_minor\":3060,\"reference\":\"P536365\"}"},
    {{.kind = PLAN_SHIP_ORDER, .name = {.data = "536365", .len = 6}, .order = &order},
     ROLE_FULFILMENT,
     "ShipOrder",
     "/v1/orders/0199-id/ship",
     "invoice-536365-ship",
     "{\"carrier\":\"demo\",\"tracking_number\":\"T536365\"}"},
    {{.kind = PLAN_DELIVER_ORDER, .name = {.data = "536365", .len = 6}, .order = &order},
     ROLE_FULFILMENT,
     "DeliverOrder",
     "/v1/orders/0199-id/deliver",
     "invoice-536365-deliver",
     "{}"},
    {{.kind = PLAN_CANCEL_ORDER, .name = {.data = "C536379", .len = 7}, .order = &order},
     ROLE_AGENT,
     "CancelOrder",
     "/v1/orders/0199-id/cancel",
     "invoice-C536379",
     "{\"reason\":\"cancelled by invoice C536379\"}"},
};
enum { REQUEST_COUNT = sizeof REQUESTS / sizeof REQUESTS[0] };

START_TEST(a_command_becomes_its_request)
{
    struct request request;
    request_init(&request);

    request_write(&request, &REQUESTS[_i].command);

    ck_assert_int_eq(request.role, REQUESTS[_i].role);
    ck_assert_str_eq(request_command_name(REQUESTS[_i].command.kind), REQUESTS[_i].name);
    ck_assert_str_eq(strbuf_cstr(&request.path), REQUESTS[_i].path);
    ck_assert_str_eq(strbuf_cstr(&request.key), REQUESTS[_i].key);
    ck_assert_str_eq(strbuf_cstr(&request.body), REQUESTS[_i].body);
    request_done(&request);
}
END_TEST

START_TEST(a_request_leaves_nothing_of_the_one_before)
{
    struct request request;
    request_init(&request);
    for (int i = 0; i < REQUEST_COUNT; i++) {
        request_write(&request, &REQUESTS[i].command);
    }

    request_write(&request, &REQUESTS[1].command);

    ck_assert_str_eq(strbuf_cstr(&request.path), REQUESTS[1].path);
    ck_assert_str_eq(strbuf_cstr(&request.key), REQUESTS[1].key);
    ck_assert_str_eq(strbuf_cstr(&request.body), REQUESTS[1].body);
    request_done(&request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/request");
    TCase *requests = tcase_create("requests");
    tcase_add_loop_test(requests, a_command_becomes_its_request, 0, REQUEST_COUNT);
    tcase_add_test(requests, a_request_leaves_nothing_of_the_one_before);
    suite_add_tcase(suite, requests);
    return check_main(suite);
}
