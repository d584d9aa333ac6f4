/* SPDX-License-Identifier: Apache-2.0 */
/* What commands of one batch do to each other. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/batch_fixture.h"

START_TEST(a_shop_opens_and_sells_within_one_batch)
{
    static const struct wanted_line LINES[] = {{{"sku-7", 5}, 3, PRICE_OF_CATALOGUE}};
    add(a_registration("c-1"));
    add(an_addition("sku-7", SAMPLE_PRICE));
    add(a_delivery_of_stock("sku-7", 5));
    add(an_order(SAMPLE_ORDER_ID, LINES, 1));

    decide();

    assert_accepted(0, 1);
    assert_accepted(1, 1);
    assert_accepted(2, 2);
    assert_accepted(3, 1);
    ck_assert_int_eq(world_product(&batch->world, STRVIEW("sku-7"))->product.available, 2);
}
END_TEST

START_TEST(an_order_lives_a_whole_life_in_one_batch)
{
    add(order_of_two());
    add(an_authorization(2 * SAMPLE_PRICE));
    add(a_step(COMMAND_SHIP_ORDER));
    add(a_step(COMMAND_DELIVER_ORDER));
    load_customer("c-1");
    load_product("sku-1");

    decide();

    for (size_t i = 0; i < 4; i++) {
        assert_accepted(i, (int64_t)i + 1);
    }
    const struct world_order *order = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert_int_eq(order->order.status, ORDER_STATUS_DELIVERED);
    ck_assert_int_eq(order->loaded_version, 0);
    ck_assert_ptr_nonnull(order->placed);
}
END_TEST

START_TEST(an_order_cancelled_in_its_own_batch_gives_its_stock_back)
{
    add(order_of_two());
    add(an_authorization(2 * SAMPLE_PRICE));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(2, 3);
    ck_assert_int_eq(product->product.available, STOCK);
    ck_assert(strview_is(outcome(2)->event.order.cancelled.payment_status, "voided"));
}
END_TEST

START_TEST(a_loaded_order_gives_back_what_it_holds)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}, {{"sku-2", 5}, 3}, {{"sku-1", 5}, 1}};
    add(a_step(COMMAND_CANCEL_ORDER));
    struct world_order *order = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert(order->needs_loading && order->needs_claims);
    order->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 3};
    const struct world_product *first = load_product("sku-1");
    const struct world_product *second = load_product("sku-2");

    decide();

    assert_accepted(0, 2);
    ck_assert_int_eq(first->product.available, STOCK + 3);
    ck_assert_int_eq(second->product.available, STOCK + 3);
}
END_TEST

/* Else it would count as less than nothing, which ends the process. */
START_TEST(a_level_by_hand_beyond_which_nothing_can_be_counted_fails_its_command)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    add(a_step(COMMAND_CANCEL_ORDER));
    world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 1};
    struct world_product *product = load_product("sku-1");
    product->product.available = product->loaded_available = INT64_MAX - 1;

    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_EXHAUSTED);
}
END_TEST

START_TEST(stock_given_back_is_sold_again_within_the_batch)
{
    static const struct wanted_line ALL[] = {{{"sku-1", 5}, STOCK, PRICE_OF_CATALOGUE}};
    static const char SECOND[] = "01990000-0000-7000-8000-00000000000b";
    static const char THIRD[] = "01990000-0000-7000-8000-00000000000c";
    add(an_order(SAMPLE_ORDER_ID, ALL, 1));
    add(an_order(SECOND, ALL, 1));
    add(a_step(COMMAND_CANCEL_ORDER));
    add(an_order(THIRD, ALL, 1));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(0, 1);
    assert_rejected(1, REJECTION_INSUFFICIENT_STOCK);
    ck_assert_int_eq(outcome(1)->rejection.number, 0);
    assert_accepted(2, 2);
    assert_accepted(3, 1);
    ck_assert_int_eq(product->product.available, 0);
}
END_TEST

START_TEST(the_second_of_two_equal_steps_is_refused)
{
    add(order_of_two());
    add(a_step(COMMAND_CANCEL_ORDER));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(1, 2);
    assert_rejected(2, REJECTION_ILLEGAL_TRANSITION);
    ck_assert(outcome(2)->is_remembered);
    ck_assert_int_eq(product->product.available, STOCK);
}
END_TEST

START_TEST(a_refused_order_takes_nothing)
{
    static const struct wanted_line LINES[] = {{{"sku-1", 5}, 2, PRICE_OF_CATALOGUE},
                                               {{"sku-9", 5}, 1, PRICE_OF_CATALOGUE}};
    add(an_order(SAMPLE_ORDER_ID, LINES, 2));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_rejected(0, REJECTION_PRODUCT_UNKNOWN);
    ck_assert_int_eq(product->product.available, STOCK);
    ck_assert_ptr_null(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->placed);
}
END_TEST

START_TEST(what_the_batch_took_before_is_noted_of_the_product_that_was_refused)
{
    static const struct wanted_line FIRST[] = {{{"sku-2", 5}, 1, PRICE_OF_CATALOGUE}};
    static const struct wanted_line LINES[] = {{{"sku-1", 5}, 1, PRICE_OF_CATALOGUE},
                                               {{"sku-2", 5}, STOCK, PRICE_OF_CATALOGUE}};
    add(an_order(SAMPLE_ORDER_ID, FIRST, 1));
    add(an_order("01990000-0000-7000-8000-00000000000b", LINES, 2));
    load_customer("c-1");
    const struct world_product *there = load_product("sku-1");
    const struct world_product *short_of = load_product("sku-2");

    decide();

    assert_accepted(0, 1);
    assert_rejected(1, REJECTION_INSUFFICIENT_STOCK);
    ck_assert(strview_is(outcome(1)->rejection.sku, "sku-2"));
    ck_assert(short_of->is_refused_by_taking);
    ck_assert(!there->is_refused_by_taking);
}
END_TEST

START_TEST(an_id_of_ours_need_not_be_loaded_but_a_clients_must)
{
    struct command ours = order_of_two();
    ours.place_order.id_is_ours = true;
    add(ours);
    ck_assert(!world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->needs_loading);

    add(order_of_two());

    ck_assert(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->needs_loading);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/batch");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, a_shop_opens_and_sells_within_one_batch);
    tcase_add_test(rules, an_order_lives_a_whole_life_in_one_batch);
    tcase_add_test(rules, an_order_cancelled_in_its_own_batch_gives_its_stock_back);
    tcase_add_test(rules, a_loaded_order_gives_back_what_it_holds);
    tcase_add_test(rules, a_level_by_hand_beyond_which_nothing_can_be_counted_fails_its_command);
    tcase_add_test(rules, stock_given_back_is_sold_again_within_the_batch);
    tcase_add_test(rules, the_second_of_two_equal_steps_is_refused);
    tcase_add_test(rules, a_refused_order_takes_nothing);
    tcase_add_test(rules, what_the_batch_took_before_is_noted_of_the_product_that_was_refused);
    tcase_add_test(rules, an_id_of_ours_need_not_be_loaded_but_a_clients_must);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
