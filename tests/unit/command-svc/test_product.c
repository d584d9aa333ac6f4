/* SPDX-License-Identifier: Apache-2.0 */
/* A product is added once, and its stock grows within bounds. */
#include "command-svc/core/product.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000 };

static struct product_event event;
static struct rejection rejection;

START_TEST(a_new_product_has_a_price_and_no_stock)
{
    struct product product = {.version = 0};
    const struct command command = an_addition("sku-1", SAMPLE_PRICE);

    ck_assert(product_decide(&product, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, PRODUCT_ADDED);
    product_apply(&product, &event);

    ck_assert_int_eq(product.version, 1);
    ck_assert_int_eq(product.unit_price_minor, SAMPLE_PRICE);
    ck_assert(strview_is(product.currency, "EUR"));
    ck_assert_int_eq(product.available, 0);
    ck_assert(!product.is_discontinued);
}
END_TEST

START_TEST(a_product_is_added_once)
{
    const struct product product = {.version = 1, .is_discontinued = true};
    const struct command command = an_addition("sku-1", SAMPLE_PRICE);

    ck_assert(!product_decide(&product, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_ALREADY_EXISTS);
}
END_TEST

START_TEST(received_stock_is_added_to_what_is_there)
{
    struct product product = {.version = 4, .available = 7, .last_at_ms = NOW + 1};
    const struct command command = a_delivery_of_stock("sku-1", 5);

    ck_assert(product_decide(&product, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, PRODUCT_STOCK_RECEIVED);
    ck_assert_int_eq(event.envelope.version, 5);
    ck_assert_int_eq(event.envelope.occurred_at_ms, NOW + 1);
    product_apply(&product, &event);

    ck_assert_int_eq(product.available, 12);
    ck_assert_int_eq(product.version, 5);
}
END_TEST

START_TEST(stock_of_an_unknown_product_cannot_arrive)
{
    const struct product product = {.version = 0};
    const struct command command = a_delivery_of_stock("sku-1", 5);

    ck_assert(!product_decide(&product, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_PRODUCT_UNKNOWN);
    ck_assert(strview_is(rejection.sku, "sku-1"));
}
END_TEST

START_TEST(stock_has_a_maximum)
{
    const struct product product = {.version = 1, .available = STOCK_MAX - 4};
    const struct command fits = a_delivery_of_stock("sku-1", 4);
    const struct command too_much = a_delivery_of_stock("sku-1", 5);

    ck_assert(product_decide(&product, &fits, NOW, &event, &rejection));
    ck_assert(!product_decide(&product, &too_much, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_TOTAL_TOO_LARGE);
}
END_TEST

START_TEST(another_version_than_expected_is_a_conflict)
{
    const struct product product = {.version = 2};
    struct command command = a_delivery_of_stock("sku-1", 4);
    command.expected_version = 1;

    ck_assert(!product_decide(&product, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_VERSION_CONFLICT);
    ck_assert_int_eq(rejection.number, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/product");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_new_product_has_a_price_and_no_stock);
    tcase_add_test(rules, a_product_is_added_once);
    tcase_add_test(rules, received_stock_is_added_to_what_is_there);
    tcase_add_test(rules, stock_of_an_unknown_product_cannot_arrive);
    tcase_add_test(rules, stock_has_a_maximum);
    tcase_add_test(rules, another_version_than_expected_is_a_conflict);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
