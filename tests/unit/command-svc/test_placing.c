/* SPDX-License-Identifier: Apache-2.0 */
/* What placing an order asks for, and what the order is then. */
#include "command-svc/core/money.h"
#include "command-svc/core/placing.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000, STOCK = 10, LINES_MAX = 3, ARENA_MAX = 1 << 20 };

static struct arena arena;
static struct order_event event;
static struct rejection rejection;

/* As a customer placed it before. */
static struct order an_order_in(enum order_status status)
{
    return (struct order){.version = 7, .status = status, .customer_id = STRVIEW("c-1")};
}

/* A shop with one customer and one product per line, all well; tests spoil what they are about. */
struct shop {
    struct order order;
    struct customer customer;
    struct product product[LINES_MAX];
    struct product *products[LINES_MAX];
    struct wanted_line lines[LINES_MAX];
    struct command command;
};

static struct shop shop;

static void open_shop(void)
{
    static const char *const SKUS[LINES_MAX] = {"sku-1", "sku-2", "sku-3"};
    arena_init(&arena, ARENA_MAX);
    event = (struct order_event){.kind = ORDER_EVENT_KIND_COUNT};
    rejection = (struct rejection){.kind = REJECTION_KIND_COUNT};
    shop = (struct shop){
        .customer = {.version = 1, .name = STRVIEW("Ada Lovelace"), .is_active = true}};
    for (size_t i = 0; i < LINES_MAX; i++) {
        shop.product[i] = (struct product){.version = 2,
                                           .name = STRVIEW("Lantern"),
                                           .unit_price_minor = SAMPLE_PRICE,
                                           .currency = STRVIEW("EUR"),
                                           .available = STOCK};
        shop.products[i] = &shop.product[i];
        shop.lines[i] = (struct wanted_line){strview_of(SKUS[i]), 1, PRICE_OF_CATALOGUE};
    }
    shop.command = an_order(SAMPLE_ORDER_ID, shop.lines, LINES_MAX);
}

static void close_shop(void)
{
    arena_done(&arena);
}

static bool place(void)
{
    bool accepted = false;
    const struct placing placing = {
        .order = &shop.order, .customer = &shop.customer, .products = shop.products, .now_ms = NOW};
    const enum error_kind kind =
        placing_decide(&placing, &shop.command, &arena, &accepted, &event, &rejection);
    ck_assert_int_eq(kind, ERROR_NONE);
    return accepted;
}

static void assert_refused(enum rejection_kind kind)
{
    ck_assert(!place());
    ck_assert_int_eq(rejection.kind, kind);
    ck_assert_int_eq(event.kind, ORDER_EVENT_KIND_COUNT);
}

START_TEST(an_order_is_the_sum_of_its_lines_at_catalogue_prices)
{
    shop.lines[1].quantity = 4;

    ck_assert(place());

    ck_assert_int_eq(event.kind, ORDER_PLACED);
    ck_assert_int_eq(event.envelope.version, 1);
    ck_assert_int_eq(event.placed.total_minor, 6 * SAMPLE_PRICE);
    ck_assert_int_eq(event.placed.item_count, 6);
    ck_assert_uint_eq(event.placed.line_count, 3);
    ck_assert(strview_is(event.placed.lines[1].sku, "sku-2"));
    ck_assert(strview_is(event.placed.lines[1].name, "Lantern"));
    ck_assert_int_eq(event.placed.lines[1].unit_price_minor, SAMPLE_PRICE);
    ck_assert(strview_is(event.placed.customer_name, "Ada Lovelace"));
}
END_TEST

START_TEST(the_region_is_the_country_when_none_is_given)
{
    ck_assert(place());
    ck_assert(strview_is(event.placed.region, "GB"));

    shop.command.place_order.address.region = STRVIEW("Greater London");
    ck_assert(place());
    ck_assert(strview_is(event.placed.region, "Greater London"));
}
END_TEST

START_TEST(a_placed_order_knows_its_customer_and_total)
{
    ck_assert(place());

    order_apply(&shop.order, &event);

    ck_assert_int_eq(shop.order.status, ORDER_STATUS_PLACED);
    ck_assert_int_eq(shop.order.payment_status, PAYMENT_PENDING);
    ck_assert_int_eq(shop.order.total_minor, 3 * SAMPLE_PRICE);
    ck_assert_int_eq(shop.order.placed_at_ms, NOW);
    ck_assert(strview_is(shop.order.customer_id, "c-1"));
}
END_TEST

START_TEST(an_unknown_customer_cannot_order)
{
    shop.customer.version = 0;
    assert_refused(REJECTION_CUSTOMER_UNKNOWN);
}
END_TEST

START_TEST(nobody_orders_for_another_customer)
{
    shop.command.owner = STRVIEW("c-2");
    shop.customer.is_active = false; /* nor learns anything about it */
    assert_refused(REJECTION_CUSTOMER_UNKNOWN);
}
END_TEST

START_TEST(a_deactivated_customer_cannot_order)
{
    shop.customer.is_active = false;
    assert_refused(REJECTION_CUSTOMER_INACTIVE);
}
END_TEST

START_TEST(an_order_is_placed_once)
{
    shop.order = an_order_in(ORDER_STATUS_CANCELLED);
    assert_refused(REJECTION_ALREADY_EXISTS);
}
END_TEST

/* Whatever else is wrong with the command: it must not tell one state from another. */
START_TEST(of_somebody_elses_order_a_customer_learns_only_that_the_id_is_taken)
{
    static const enum order_status STATES[] = {ORDER_STATUS_PLACED, ORDER_STATUS_SHIPPED,
                                               ORDER_STATUS_CANCELLED};
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        shop.order = an_order_in(STATES[i]);
        shop.order.customer_id = STRVIEW("c-2");
        shop.order.version = (int64_t)i + 1;
        shop.command.owner = STRVIEW("c-1");
        shop.command.expected_version = 99;
        shop.customer.version = 0;
        shop.product[0].version = 0;

        assert_refused(REJECTION_ALREADY_EXISTS);
        ck_assert_int_eq(rejection.number, 0);
    }
}
END_TEST

START_TEST(of_its_own_order_a_customer_learns_the_version)
{
    shop.order = an_order_in(ORDER_STATUS_CANCELLED);
    shop.order.customer_id = STRVIEW("c-1");
    shop.command.owner = STRVIEW("c-1");
    shop.command.expected_version = 99;

    assert_refused(REJECTION_VERSION_CONFLICT);
    ck_assert_int_eq(rejection.number, shop.order.version);
}
END_TEST

START_TEST(an_unknown_product_is_named)
{
    shop.product[1].version = 0;
    assert_refused(REJECTION_PRODUCT_UNKNOWN);
    ck_assert(strview_is(rejection.sku, "sku-2"));
}
END_TEST

START_TEST(a_discontinued_product_is_named)
{
    shop.product[2].is_discontinued = true;
    assert_refused(REJECTION_PRODUCT_DISCONTINUED);
    ck_assert(strview_is(rejection.sku, "sku-3"));
}
END_TEST

START_TEST(a_product_is_sold_in_its_currency_only)
{
    shop.product[0].currency = STRVIEW("GBP");
    assert_refused(REJECTION_CURRENCY_MISMATCH);
    ck_assert(strview_is(rejection.sku, "sku-1"));
}
END_TEST

START_TEST(a_price_that_changed_since_the_buyer_saw_it_is_told)
{
    shop.lines[1].unit_price_minor = SAMPLE_PRICE - 1;
    assert_refused(REJECTION_PRICE_CHANGED);
    ck_assert(strview_is(rejection.sku, "sku-2"));
    ck_assert_int_eq(rejection.number, SAMPLE_PRICE);
}
END_TEST

START_TEST(the_price_the_buyer_saw_may_be_the_catalogues)
{
    shop.lines[1].unit_price_minor = SAMPLE_PRICE;
    ck_assert(place());
}
END_TEST

START_TEST(an_agent_sets_a_price_even_zero)
{
    shop.command.may_set_price = true;
    shop.lines[0].unit_price_minor = 0;
    shop.lines[1].unit_price_minor = 7;

    ck_assert(place());

    ck_assert_int_eq(event.placed.lines[0].unit_price_minor, 0);
    ck_assert_int_eq(event.placed.total_minor, SAMPLE_PRICE + 7);
}
END_TEST

START_TEST(all_of_the_stock_may_be_ordered)
{
    shop.lines[0].quantity = STOCK;
    ck_assert(place());
}
END_TEST

START_TEST(more_than_the_stock_may_not)
{
    shop.lines[0].quantity = STOCK + 1;
    assert_refused(REJECTION_INSUFFICIENT_STOCK);
    ck_assert(strview_is(rejection.sku, "sku-1"));
    ck_assert_int_eq(rejection.number, STOCK);
}
END_TEST

START_TEST(lines_of_one_product_share_its_stock)
{
    shop.lines[2].sku = shop.lines[0].sku;
    shop.products[2] = &shop.product[0];
    shop.lines[0].quantity = STOCK - 1;
    shop.lines[2].quantity = 1;
    ck_assert(place());

    shop.lines[2].quantity = 2;
    event.kind = ORDER_EVENT_KIND_COUNT;
    assert_refused(REJECTION_INSUFFICIENT_STOCK);
}
END_TEST

START_TEST(a_total_past_the_maximum_is_refused)
{
    shop.product[0].unit_price_minor = MONEY_MAX_MINOR;
    assert_refused(REJECTION_TOTAL_TOO_LARGE);
}
END_TEST

START_TEST(a_new_order_has_no_version_to_expect)
{
    shop.command.expected_version = 1;
    assert_refused(REJECTION_VERSION_CONFLICT);
    ck_assert_int_eq(rejection.number, 0);
}
END_TEST

START_TEST(an_arena_too_small_is_an_error_and_no_verdict)
{
    struct arena tiny;
    arena_init(&tiny, 8);
    bool accepted = true;

    const struct placing placing = {
        .order = &shop.order, .customer = &shop.customer, .products = shop.products, .now_ms = NOW};
    const enum error_kind kind =
        placing_decide(&placing, &shop.command, &tiny, &accepted, &event, &rejection);

    ck_assert_int_eq(kind, ERROR_EXHAUSTED);
    arena_done(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/placing");
    TCase *placing = tcase_create("placing");
    tcase_add_checked_fixture(placing, open_shop, close_shop);
    tcase_add_test(placing, an_order_is_the_sum_of_its_lines_at_catalogue_prices);
    tcase_add_test(placing, the_region_is_the_country_when_none_is_given);
    tcase_add_test(placing, a_placed_order_knows_its_customer_and_total);
    tcase_add_test(placing, an_unknown_customer_cannot_order);
    tcase_add_test(placing, nobody_orders_for_another_customer);
    tcase_add_test(placing, a_deactivated_customer_cannot_order);
    tcase_add_test(placing, an_order_is_placed_once);
    tcase_add_test(placing, of_somebody_elses_order_a_customer_learns_only_that_the_id_is_taken);
    tcase_add_test(placing, of_its_own_order_a_customer_learns_the_version);
    tcase_add_test(placing, an_unknown_product_is_named);
    tcase_add_test(placing, a_discontinued_product_is_named);
    tcase_add_test(placing, a_product_is_sold_in_its_currency_only);
    tcase_add_test(placing, a_price_that_changed_since_the_buyer_saw_it_is_told);
    tcase_add_test(placing, the_price_the_buyer_saw_may_be_the_catalogues);
    tcase_add_test(placing, an_agent_sets_a_price_even_zero);
    tcase_add_test(placing, all_of_the_stock_may_be_ordered);
    tcase_add_test(placing, more_than_the_stock_may_not);
    tcase_add_test(placing, lines_of_one_product_share_its_stock);
    tcase_add_test(placing, a_total_past_the_maximum_is_refused);
    tcase_add_test(placing, a_new_order_has_no_version_to_expect);
    tcase_add_test(placing, an_arena_too_small_is_an_error_and_no_verdict);
    suite_add_tcase(suite, placing);
    return check_main(suite);
}
