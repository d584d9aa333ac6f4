/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers, byte by byte: receipts keep these bytes for weeks, and clients
 * parse them.
 */
#include "command-svc/batch/answer.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 1767323045, TEXT_MAX = 4096 };
#define NOW_MS (INT64_C(1000) * NOW + 678) /* 2026-01-02T03:04:05.678Z */

static struct strbuf body;
static struct strbuf location;
static struct answer answer;

static void open_all(void)
{
    strbuf_init(&body, TEXT_MAX);
    strbuf_init(&location, TEXT_MAX);
    answer = (struct answer){.status = 0};
}

static void close_all(void)
{
    strbuf_done(&body);
    strbuf_done(&location);
}

static struct command with_ids(struct command command)
{
    const uint8_t one[16] = {[0] = 1};
    const uint8_t two[16] = {[0] = 2};
    command.command_id = uuid_of_bytes(one);
    command.event_id = uuid_of_bytes(two);
    return command;
}

static void write(const struct command *command, const struct outcome *outcome)
{
    ck_assert(answer_write(command, outcome, NOW_MS, &body, &location, &answer));
    ck_assert(!answer.is_replayed);
}

static void assert_body(const char *wanted)
{
    ck_assert_str_eq(strbuf_cstr(&body), wanted);
    ck_assert(strview_is(answer.body, wanted));
}

/* ---- accepted ------------------------------------------------------------------------------ */

static struct outcome accepted_order(enum order_event_kind kind, int64_t version)
{
    return (struct outcome){
        .kind = OUTCOME_ACCEPTED,
        .event = {.aggregate = AGGREGATE_ORDER,
                  .order = {.kind = kind, .envelope = {.version = version}}},
    };
}

START_TEST(what_creates_is_201_with_a_location_to_read_it)
{
    const struct command command = with_ids(an_order(SAMPLE_ORDER_ID, NULL, 0));
    const struct outcome outcome = accepted_order(ORDER_PLACED, 1);

    write(&command, &outcome);

    ck_assert_int_eq(answer.status, 201);
    ck_assert_int_eq(answer.version, 1);
    ck_assert(strview_is(answer.location, "/v1/orders/" SAMPLE_ORDER_ID "?min_version=1&wait=2s"));
    assert_body("{\"command_id\":\"01000000-0000-0000-0000-000000000000\","
                "\"command\":\"PlaceOrder\","
                "\"aggregate\":{\"type\":\"order\",\"id\":\"" SAMPLE_ORDER_ID "\"},\"version\":1,"
                "\"events\":[{\"id\":\"02000000-0000-0000-0000-000000000000\","
                "\"type\":\"OrderPlaced\",\"version\":1}],"
                "\"accepted_at\":\"2026-01-02T03:04:05.678Z\"}\n");
}
END_TEST

START_TEST(what_changes_is_200_without_a_location)
{
    const struct command command = with_ids(a_step(COMMAND_SHIP_ORDER));
    const struct outcome outcome = accepted_order(ORDER_SHIPPED, 3);

    write(&command, &outcome);

    ck_assert_int_eq(answer.status, 200);
    ck_assert_int_eq(answer.version, 3);
    ck_assert_uint_eq(answer.location.len, 0);
    assert_body("{\"command_id\":\"01000000-0000-0000-0000-000000000000\","
                "\"command\":\"ShipOrder\","
                "\"aggregate\":{\"type\":\"order\",\"id\":\"" SAMPLE_ORDER_ID "\"},\"version\":3,"
                "\"events\":[{\"id\":\"02000000-0000-0000-0000-000000000000\","
                "\"type\":\"OrderShipped\",\"version\":3}],"
                "\"accepted_at\":\"2026-01-02T03:04:05.678Z\"}\n");
}
END_TEST

START_TEST(customers_and_products_are_answered_alike)
{
    const struct command registration = a_registration("c-1");
    const struct outcome registered = {
        .event = {.aggregate = AGGREGATE_CUSTOMER,
                  .customer = {.kind = CUSTOMER_REGISTERED, .envelope = {.version = 1}}}};
    const struct command delivery = a_delivery_of_stock("sku-1", 5);
    const struct outcome received = {
        .event = {.aggregate = AGGREGATE_PRODUCT,
                  .product = {.kind = PRODUCT_STOCK_RECEIVED, .envelope = {.version = 2}}}};

    write(&registration, &registered);
    ck_assert_int_eq(answer.status, 201);
    ck_assert(strview_is(answer.location, "/v1/customers/c-1?min_version=1&wait=2s"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&body), "\"type\":\"CustomerRegistered\""));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&body), "{\"type\":\"customer\",\"id\":\"c-1\"}"));

    strbuf_reset(&body);
    strbuf_reset(&location);
    write(&delivery, &received);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&body), "\"type\":\"StockReceived\""));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&body), "{\"type\":\"product\",\"id\":\"sku-1\"}"));
}
END_TEST

/* ---- refused ------------------------------------------------------------------------------- */

#define PROBLEM(slug, title, status, rest)                                                         \
    "{\"type\":\"urn:problem:" slug "\",\"title\":\"" title "\",\"status\":" status                \
    ",\"detail\":\"" rest "}\n"

static const struct {
    struct rejection rejection;
    int status;
    const char *body; /* for PlaceOrder of SAMPLE_ORDER_ID in EUR by c-1 */
} REFUSED[] = {
    {{.kind = REJECTION_NOT_FOUND},
     404,
     PROBLEM("not-found", "Not found", "404",
             "there is no order " SAMPLE_ORDER_ID ", or it belongs to someone else\"")},
    {{.kind = REJECTION_CUSTOMER_UNKNOWN},
     404,
     PROBLEM("customer-unknown", "Customer unknown", "404",
             "there is no customer c-1, or you may not order for it\"")},
    {{.kind = REJECTION_CUSTOMER_INACTIVE},
     409,
     PROBLEM("customer-inactive", "Customer inactive", "409",
             "customer c-1 is deactivated and cannot order until it is reactivated\"")},
    {{.kind = REJECTION_PRODUCT_UNKNOWN, .sku = {"A-1", 3}},
     404,
     PROBLEM("product-unknown", "Product unknown", "404",
             "there is no product A-1\",\"sku\":\"A-1\"")},
    {{.kind = REJECTION_PRODUCT_DISCONTINUED, .sku = {"A-1", 3}},
     409,
     PROBLEM("product-discontinued", "Product discontinued", "409",
             "product A-1 is no longer sold: order without it\",\"sku\":\"A-1\"")},
    {{.kind = REJECTION_CURRENCY_MISMATCH, .sku = {"A-1", 3}},
     409,
     PROBLEM("currency-mismatch", "Currency mismatch", "409",
             "product A-1 is not sold in EUR\",\"sku\":\"A-1\"")},
    {{.kind = REJECTION_PRICE_CHANGED, .sku = {"A-1", 3}, .number = 275},
     409,
     PROBLEM("price-changed", "Price changed", "409",
             "product A-1 costs 275 minor units now: show the buyer the new price and order again "
             "with a new Idempotency-Key\",\"sku\":\"A-1\",\"unit_price_minor\":275")},
    {{.kind = REJECTION_INSUFFICIENT_STOCK, .sku = {"A-1", 3}, .number = 2},
     409,
     PROBLEM("insufficient-stock", "Insufficient stock", "409",
             "of product A-1 only 2 are available: order fewer, or later, with a new "
             "Idempotency-Key\",\"sku\":\"A-1\",\"available\":2")},
    {{.kind = REJECTION_INSUFFICIENT_STOCK, .sku = {"A-1", 3}, .number = 0},
     409,
     PROBLEM("insufficient-stock", "Insufficient stock", "409",
             "of product A-1 nothing is available: order later, with a new "
             "Idempotency-Key\",\"sku\":\"A-1\",\"available\":0")},
    {{.kind = REJECTION_ALREADY_EXISTS},
     409,
     PROBLEM("already-exists", "Already exists", "409",
             "order " SAMPLE_ORDER_ID " exists already\"")},
    {{.kind = REJECTION_ILLEGAL_TRANSITION,
      .from = "confirmed",
      .command = "deliver",
      .allowed = {"ship", "cancel"}},
     409,
     PROBLEM("illegal-transition", "Illegal transition", "409",
             "deliver is not possible while the order is confirmed; possible now: ship, cancel\","
             "\"from\":\"confirmed\",\"command\":\"deliver\",\"allowed\":[\"ship\",\"cancel\"]")},
    {{.kind = REJECTION_ILLEGAL_TRANSITION, .from = "cancelled", .command = "ship"},
     409,
     PROBLEM("illegal-transition", "Illegal transition", "409",
             "ship is not possible while the order is cancelled; possible now: nothing\","
             "\"from\":\"cancelled\",\"command\":\"ship\",\"allowed\":[]")},
    {{.kind = REJECTION_AMOUNT_MISMATCH, .number = 500},
     409,
     PROBLEM("amount-mismatch", "Amount mismatch", "409",
             "amount_minor must equal the order's total, 500\",\"expected_minor\":500")},
    {{.kind = REJECTION_AMOUNT_EXCEEDED, .number = 250},
     409,
     PROBLEM("amount-exceeded", "Amount exceeded", "409",
             "250 minor units are left to be refunded\",\"remaining_minor\":250")},
    {{.kind = REJECTION_REFUND_WINDOW_CLOSED},
     409,
     PROBLEM("refund-window-closed", "Refund window closed", "409",
             "the order was delivered too long ago: refund it with override true and a new "
             "Idempotency-Key\"")},
    {{.kind = REJECTION_VERSION_CONFLICT, .expected = 3, .number = 4},
     412,
     PROBLEM("version-conflict", "Version conflict", "412",
             "the order is at version 4, If-Match asked for 3: read it again, then decide anew\","
             "\"expected_version\":3,\"current_version\":4")},
    {{.kind = REJECTION_TOTAL_TOO_LARGE},
     422,
     PROBLEM("invalid-command", "Invalid command", "422",
             "the order's total passes 10^12 minor units\","
             "\"errors\":[{\"pointer\":\"/lines\",\"detail\":\"is too much\"}]")},
    {{.kind = REJECTION_KEY_REUSED},
     422,
     PROBLEM("idempotency-key-reused", "Idempotency key reused", "422",
             "this Idempotency-Key came with a different request before: repeat that request as it "
             "was, or use a new key\"")},
    {{.kind = REJECTION_OUTBOX_TOO_OLD},
     503,
     PROBLEM("overloaded", "Overloaded", "503",
             "events have been waiting for Kafka for too long, so no new orders are taken: try "
             "again later with the same Idempotency-Key\",\"reason\":\"outbox-age\"")},
};

START_TEST(a_refusal_is_a_problem_with_its_fields)
{
    const struct command command = an_order(SAMPLE_ORDER_ID, NULL, 0);
    const struct outcome outcome = {.kind = OUTCOME_REJECTED, .rejection = REFUSED[_i].rejection};

    write(&command, &outcome);

    ck_assert_int_eq(answer.status, REFUSED[_i].status);
    ck_assert_int_eq(answer.version, 0);
    ck_assert_uint_eq(answer.location.len, 0);
    assert_body(REFUSED[_i].body);
}
END_TEST

START_TEST(every_rejection_has_a_body_above)
{
    bool is_there[REJECTION_KIND_COUNT] = {false};
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        is_there[REFUSED[i].rejection.kind] = true;
    }
    for (size_t kind = 0; kind < REJECTION_KIND_COUNT; kind++) {
        ck_assert_msg(is_there[kind], "rejection %zu", kind);
    }
}
END_TEST

START_TEST(too_much_stock_points_at_its_quantity)
{
    const struct command command = a_delivery_of_stock("sku-1", 5);
    const struct outcome outcome = {.kind = OUTCOME_REJECTED,
                                    .rejection = {.kind = REJECTION_TOTAL_TOO_LARGE}};

    write(&command, &outcome);

    assert_body(PROBLEM("invalid-command", "Invalid command", "422",
                        "the stock would pass 10^15 pieces\","
                        "\"errors\":[{\"pointer\":\"/quantity\",\"detail\":\"is too much\"}]"));
}
END_TEST

static const struct {
    enum command_kind kind;
    struct rejection rejection;
    const char *body;
} OTHERS[] = {
    {COMMAND_CHANGE_CONTACT,
     {.kind = REJECTION_CUSTOMER_UNKNOWN},
     PROBLEM("customer-unknown", "Customer unknown", "404",
             "there is no customer x-1, or it is not you\"")},
    {COMMAND_DEACTIVATE_CUSTOMER,
     {.kind = REJECTION_ILLEGAL_TRANSITION,
      .from = "inactive",
      .command = "deactivate",
      .allowed = {"change-contact", "reactivate"}},
     PROBLEM("illegal-transition", "Illegal transition", "409",
             "deactivate is not possible while the customer is inactive; possible now: "
             "change-contact, reactivate\",\"from\":\"inactive\",\"command\":\"deactivate\","
             "\"allowed\":[\"change-contact\",\"reactivate\"]")},
    {COMMAND_ADJUST_STOCK,
     {.kind = REJECTION_INSUFFICIENT_STOCK, .sku = {"x-1", 3}, .number = 2},
     PROBLEM("insufficient-stock", "Insufficient stock", "409",
             "of product x-1 2 are available: no more can be taken away\",\"sku\":\"x-1\","
             "\"available\":2")},
    {COMMAND_ADJUST_STOCK,
     {.kind = REJECTION_TOTAL_TOO_LARGE},
     PROBLEM("invalid-command", "Invalid command", "422",
             "the stock would pass 10^15 pieces\","
             "\"errors\":[{\"pointer\":\"/delta\",\"detail\":\"is too much\"}]")},
};

START_TEST(a_refusal_speaks_of_what_was_asked_for)
{
    struct command command = an_addition("x-1", SAMPLE_PRICE);
    const struct outcome outcome = {.kind = OUTCOME_REJECTED, .rejection = OTHERS[_i].rejection};
    command.kind = OTHERS[_i].kind;

    write(&command, &outcome);

    assert_body(OTHERS[_i].body);
}
END_TEST

START_TEST(a_problem_of_the_machine_has_a_body_too)
{
    ck_assert(answer_write_problem(500, "internal", "this command failed alone", &body, &answer));

    ck_assert_int_eq(answer.status, 500);
    assert_body(PROBLEM("internal", "Internal", "500", "this command failed alone\""));
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
    const struct command command = an_order(SAMPLE_ORDER_ID, NULL, 0);
    const struct outcome accepted = accepted_order(ORDER_PLACED, 1);
    const struct outcome rejected = {.kind = OUTCOME_REJECTED,
                                     .rejection = {.kind = REJECTION_CUSTOMER_INACTIVE}};
    struct strbuf small;
    strbuf_init(&small, 40);

    ck_assert(!answer_write(&command, &accepted, NOW_MS, &small, &location, &answer));
    strbuf_reset(&small);
    ck_assert(!answer_write(&command, &accepted, NOW_MS, &body, &small, &answer));
    strbuf_reset(&small);
    ck_assert(!answer_write(&command, &rejected, NOW_MS, &small, &location, &answer));
    strbuf_reset(&small);
    ck_assert(!answer_write_problem(500, "internal", "too long for forty bytes", &small, &answer));

    ck_assert_int_eq(answer.status, 0);
    strbuf_done(&small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/answer");
    TCase *bytes = tcase_create("bytes");
    tcase_add_checked_fixture(bytes, open_all, close_all);
    tcase_add_test(bytes, what_creates_is_201_with_a_location_to_read_it);
    tcase_add_test(bytes, what_changes_is_200_without_a_location);
    tcase_add_test(bytes, customers_and_products_are_answered_alike);
    tcase_add_loop_test(bytes, a_refusal_is_a_problem_with_its_fields, 0,
                        sizeof REFUSED / sizeof REFUSED[0]);
    tcase_add_test(bytes, every_rejection_has_a_body_above);
    tcase_add_test(bytes, too_much_stock_points_at_its_quantity);
    tcase_add_loop_test(bytes, a_refusal_speaks_of_what_was_asked_for, 0,
                        sizeof OTHERS / sizeof OTHERS[0]);
    tcase_add_test(bytes, a_problem_of_the_machine_has_a_body_too);
    tcase_add_test(bytes, a_full_buffer_is_told);
    suite_add_tcase(suite, bytes);
    return check_main(suite);
}
