/* SPDX-License-Identifier: Apache-2.0 */
/* A product is added once, changes its price and its stock within bounds, and ends. */
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

START_TEST(a_new_price_says_its_currency)
{
    struct product product = {
        .version = 1, .unit_price_minor = SAMPLE_PRICE, .currency = STRVIEW("EUR")};
    const struct command command = a_new_price("sku-1", 0);

    ck_assert(product_decide(&product, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, PRODUCT_PRICE_CHANGED);
    ck_assert_int_eq(event.price_changed.unit_price_minor, 0);
    ck_assert(strview_is(event.price_changed.currency, "EUR"));
    product_apply(&product, &event);

    ck_assert_int_eq(product.unit_price_minor, 0);
    ck_assert(strview_is(product.currency, "EUR"));
    ck_assert_int_eq(product.version, 2);
}
END_TEST

static const struct {
    int64_t available, delta, left; /* -1: refused */
    enum rejection_kind refusal;
} COUNTS[] = {
    {7, -7, 0, REJECTION_KIND_COUNT},
    {7, -8, -1, REJECTION_INSUFFICIENT_STOCK},
    {0, -1, -1, REJECTION_INSUFFICIENT_STOCK},
    {7, 0, 7, REJECTION_KIND_COUNT},
    {7, 3, 10, REJECTION_KIND_COUNT},
    {STOCK_MAX, 0, STOCK_MAX, REJECTION_KIND_COUNT},
    {STOCK_MAX - 1, 1, STOCK_MAX, REJECTION_KIND_COUNT},
    {STOCK_MAX, 1, -1, REJECTION_TOTAL_TOO_LARGE},
};

START_TEST(a_count_puts_stock_right_within_bounds)
{
    struct product product = {.version = 1, .available = COUNTS[_i].available};
    const struct command command = a_count_of_stock("sku-1", COUNTS[_i].delta);

    const bool is_accepted = product_decide(&product, &command, NOW, &event, &rejection);

    ck_assert_int_eq(is_accepted, COUNTS[_i].left >= 0);
    if (is_accepted) {
        ck_assert_int_eq(event.kind, PRODUCT_STOCK_ADJUSTED);
        ck_assert_int_eq(event.stock_adjusted.delta, COUNTS[_i].delta);
        ck_assert(strview_is(event.envelope.reason, "counted"));
        product_apply(&product, &event);
        ck_assert_int_eq(product.available, COUNTS[_i].left);
    } else {
        ck_assert_int_eq(rejection.kind, COUNTS[_i].refusal);
        if (rejection.kind == REJECTION_INSUFFICIENT_STOCK) {
            ck_assert(strview_is(rejection.sku, "sku-1"));
            ck_assert_int_eq(rejection.number, COUNTS[_i].available);
        }
    }
}
END_TEST

START_TEST(a_sale_ends_for_a_reason)
{
    struct product product = {.version = 1, .available = 7};
    const struct command command = an_end_of_sale("sku-1");

    ck_assert(product_decide(&product, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, PRODUCT_DISCONTINUED);
    ck_assert(strview_is(event.envelope.reason, "the maker retired"));
    product_apply(&product, &event);

    ck_assert(product.is_discontinued);
    ck_assert_int_eq(product.available, 7);
}
END_TEST

/* Every state and command, from the requirements: '-' unknown, '.' allowed, 'x' illegal. */
static const struct {
    const char *state;
    const char *receive, *price, *count, *end;
} LIFE[] = {
    {"absent", "-", "-", "-", "-"},
    {"sold", ".", ".", ".", "."},
    {"discontinued", ".", "x", ".", "x"},
};

static void assert_decision(const struct product *product, const struct command *command,
                            char expected)
{
    const bool is_accepted = product_decide(product, command, NOW, &event, &rejection);
    ck_assert_int_eq(is_accepted, expected == '.');
    if (expected == '-') {
        ck_assert_int_eq(rejection.kind, REJECTION_PRODUCT_UNKNOWN);
        ck_assert(strview_is(rejection.sku, "sku-1"));
    } else if (expected == 'x') {
        ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
        ck_assert_str_eq(rejection.from, "discontinued");
        ck_assert_str_eq(rejection.command, command_word(command->kind));
        ck_assert_str_eq(rejection.allowed[0], "receive-stock");
        ck_assert_str_eq(rejection.allowed[1], "adjust-stock");
        ck_assert_ptr_null(rejection.allowed[2]);
    }
}

START_TEST(the_life_of_a_product)
{
    const struct product product = {.version = strcmp(LIFE[_i].state, "absent") == 0 ? 0 : 2,
                                    .is_discontinued = strcmp(LIFE[_i].state, "discontinued") == 0,
                                    .available = 5};
    const struct command receive = a_delivery_of_stock("sku-1", 5);
    const struct command price = a_new_price("sku-1", 5);
    const struct command count = a_count_of_stock("sku-1", -5);
    const struct command end = an_end_of_sale("sku-1");

    assert_decision(&product, &receive, LIFE[_i].receive[0]);
    assert_decision(&product, &price, LIFE[_i].price[0]);
    assert_decision(&product, &count, LIFE[_i].count[0]);
    assert_decision(&product, &end, LIFE[_i].end[0]);
}
END_TEST

START_TEST(a_product_is_not_added_for_another_version)
{
    const struct product product = {.version = 0};
    struct command command = an_addition("sku-1", SAMPLE_PRICE);
    command.expected_version = 4;

    ck_assert(!product_decide(&product, &command, NOW, &event, &rejection));
    ck_assert_int_eq(rejection.kind, REJECTION_VERSION_CONFLICT);
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
    tcase_add_test(rules, a_new_price_says_its_currency);
    tcase_add_loop_test(rules, a_count_puts_stock_right_within_bounds, 0,
                        sizeof COUNTS / sizeof COUNTS[0]);
    tcase_add_test(rules, a_sale_ends_for_a_reason);
    tcase_add_loop_test(rules, the_life_of_a_product, 0, sizeof LIFE / sizeof LIFE[0]);
    tcase_add_test(rules, a_product_is_not_added_for_another_version);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
