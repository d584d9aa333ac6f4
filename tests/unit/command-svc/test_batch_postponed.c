/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands of a batch wait for a row or a shard that somebody else has. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/batch_fixture.h"

/* Of what could not be locked no level was read. */
static struct world_product *load_missed(const char *sku)
{
    struct world_product *product = load_product(sku);
    product->product.available = product->loaded_available = 0;
    product->is_stock_missed = true;
    return product;
}

static void assert_postponed(size_t at, const char *sku)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_POSTPONED);
    ck_assert(!outcome(at)->is_remembered);
    ck_assert(strview_is(outcome(at)->row, sku));
}

START_TEST(a_command_without_its_shard_is_left_as_it_is)
{
    add(order_of_two());
    add(a_registration("c-2"));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");
    batch_postpone(batch, 0);

    decide();

    assert_postponed(0, "");
    assert_accepted(1, 1);
    ck_assert_int_eq(product->product.available, STOCK);
}
END_TEST

START_TEST(only_what_needs_a_missed_row_of_stock_is_postponed)
{
    static const struct wanted_line OTHER[] = {{{"sku-2", 5}, 1, PRICE_OF_CATALOGUE}};
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    add(an_order("01990000-0000-7000-8000-00000000000b", ONE_LINE, 1));
    add(an_order("01990000-0000-7000-8000-00000000000c", OTHER, 1));
    add(a_delivery_of_stock("sku-1", 5));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    (void)load_missed("sku-1");
    load_product("sku-2");
    world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 1};

    decide();

    assert_postponed(0, "sku-1");
    assert_accepted(1, 1);
    assert_postponed(2, "sku-1");
    assert_postponed(3, "sku-1");
}
END_TEST

START_TEST(a_step_that_moves_no_stock_needs_no_row_of_it)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    add(an_authorization(2 * SAMPLE_PRICE));
    (void)load_missed("sku-1");
    world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->order =
        (struct order){.version = 1,
                       .status = ORDER_STATUS_PLACED,
                       .total_minor = 2 * SAMPLE_PRICE,
                       .claims = CLAIMS,
                       .claim_count = 1};

    decide();

    assert_accepted(0, 2);
}
END_TEST

/* Prices and what is said of a product have rows of their own. */
START_TEST(what_changes_a_product_but_not_its_level_needs_no_row_of_stock)
{
    add(a_new_price("sku-1", 2 * SAMPLE_PRICE));
    add(an_end_of_sale("sku-1"));
    add(a_count_of_stock("sku-1", 1));
    (void)load_missed("sku-1");

    decide();

    assert_accepted(0, 2);
    assert_accepted(1, 3);
    assert_postponed(2, "sku-1");
    ck_assert_int_eq(outcome(2)->missed, HELD_STOCK);
}
END_TEST

static struct world_order *load_order(enum order_status status)
{
    struct world_order *entry = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert_ptr_nonnull(entry);
    entry->order = (struct order){.version = 1, .status = status};
    entry->loaded_version = 1;
    return entry;
}

START_TEST(only_what_would_change_a_missed_row_is_postponed)
{
    add(a_step(COMMAND_CANCEL_ORDER));
    add(a_delivery_of_stock("sku-1", 5));
    add(a_delivery_of_stock("sku-2", 5));
    load_order(ORDER_STATUS_PLACED)->entry.is_row_missed = true;
    load_product("sku-1")->entry.is_row_missed = true;
    load_product("sku-2");

    decide();

    assert_postponed(0, SAMPLE_ORDER_ID);
    ck_assert_int_eq(outcome(0)->missed, HELD_ORDER);
    assert_postponed(1, "sku-1");
    ck_assert_int_eq(outcome(1)->missed, HELD_PRODUCT);
    assert_accepted(2, 2);
}
END_TEST

START_TEST(who_only_looks_at_a_missed_row_needs_it_not)
{
    add(order_of_two());
    load_customer("c-1");
    world_customer(&batch->world, STRVIEW("c-1"))->entry.is_row_missed = true;
    load_product("sku-1")->entry.is_row_missed = true;

    decide();

    assert_accepted(0, 1);
}
END_TEST

START_TEST(a_refusal_waits_for_no_row)
{
    add(a_step(COMMAND_CANCEL_ORDER));
    load_order(ORDER_STATUS_CANCELLED)->entry.is_row_missed = true;

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REJECTED);
}
END_TEST

START_TEST(a_refusal_waits_for_no_row_of_stock)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    static const struct wanted_line OF_ANOTHER_PRICE[] = {{{"sku-1", 5}, 1, 1}};
    struct command of_an_older_version = a_delivery_of_stock("sku-1", 5);
    of_an_older_version.expected_version = 7;
    add(a_step(COMMAND_CANCEL_ORDER));
    add(of_an_older_version);
    add(an_order("01990000-0000-7000-8000-00000000000b", OF_ANOTHER_PRICE, 1));
    load_customer("c-1");
    (void)load_missed("sku-1");
    struct world_order *order = load_order(ORDER_STATUS_SHIPPED);
    order->order.claims = CLAIMS;
    order->order.claim_count = 1;

    decide();

    assert_rejected(0, REJECTION_ILLEGAL_TRANSITION);
    assert_rejected(1, REJECTION_VERSION_CONFLICT);
    assert_rejected(2, REJECTION_PRICE_CHANGED);
}
END_TEST

/* Of a row that somebody has, nothing was read: that it has too little is not known. */
START_TEST(what_is_refused_for_a_level_that_could_not_be_read_waits)
{
    add(order_of_two());
    add(a_count_of_stock("sku-1", -1));
    load_customer("c-1");
    const struct world_product *product = load_missed("sku-1");

    decide();

    assert_postponed(0, "sku-1");
    assert_postponed(1, "sku-1");
    ck_assert(!product->is_refused_by_taking);
}
END_TEST

START_TEST(what_changes_a_customer_waits_for_its_row)
{
    add(a_deactivation("c-1"));
    load_customer("c-1");
    world_customer(&batch->world, STRVIEW("c-1"))->entry.is_row_missed = true;

    decide();

    ck_assert_int_eq(outcome(0)->missed, HELD_CUSTOMER);
}
END_TEST

START_TEST(a_row_that_is_not_there_yet_is_not_missed)
{
    add(a_registration("c-2"));
    world_customer(&batch->world, STRVIEW("c-2"))->entry.is_row_missed = true;

    decide();

    assert_accepted(0, 1);
}
END_TEST

START_TEST(rows_are_to_change_of_those_who_are_commanded_not_of_those_looked_at)
{
    add(order_of_two());
    add(a_registration("c-2"));
    add(a_delivery_of_stock("sku-2", 5));
    add(a_step(COMMAND_CANCEL_ORDER));

    ck_assert(!world_customer(&batch->world, STRVIEW("c-1"))->entry.is_to_change);
    ck_assert(!world_product(&batch->world, STRVIEW("sku-1"))->entry.is_to_change);
    ck_assert(world_customer(&batch->world, STRVIEW("c-2"))->entry.is_to_change);
    ck_assert(world_product(&batch->world, STRVIEW("sku-2"))->entry.is_to_change);
    ck_assert(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->entry.is_to_change);
}
END_TEST

START_TEST(a_receipt_answers_whatever_is_missed)
{
    const struct command *command = add(order_of_two());
    (void)load_missed("sku-1");
    struct world_receipt *receipt = world_receipt(&batch->world, uuid_view(&command->receipt_key));
    receipt->is_loaded = true;
    memcpy(receipt->request_hash, command->request_hash, REQUEST_HASH_LEN);

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REPLAYED);
}
END_TEST

START_TEST(a_command_that_may_only_be_a_retry_needs_its_receipt_alone)
{
    struct command retry = order_of_two();
    retry.is_retry_only = true;
    struct command fresh = order_of_two();
    fresh.is_retry_only = true;
    const struct command *first = add(retry);
    add(fresh);
    struct world_receipt *receipt = world_receipt(&batch->world, uuid_view(&first->receipt_key));
    receipt->is_loaded = true;
    memcpy(receipt->request_hash, first->request_hash, REQUEST_HASH_LEN);

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REPLAYED);
    assert_rejected(1, REJECTION_OUTBOX_TOO_OLD);
    ck_assert(!outcome(1)->is_remembered);
    ck_assert_ptr_null(batch->world.orders.first);
    ck_assert_ptr_null(batch->world.products.first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/batch: postponing");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, a_command_without_its_shard_is_left_as_it_is);
    tcase_add_test(rules, only_what_needs_a_missed_row_of_stock_is_postponed);
    tcase_add_test(rules, a_step_that_moves_no_stock_needs_no_row_of_it);
    tcase_add_test(rules, what_changes_a_product_but_not_its_level_needs_no_row_of_stock);
    tcase_add_test(rules, only_what_would_change_a_missed_row_is_postponed);
    tcase_add_test(rules, who_only_looks_at_a_missed_row_needs_it_not);
    tcase_add_test(rules, a_refusal_waits_for_no_row);
    tcase_add_test(rules, a_refusal_waits_for_no_row_of_stock);
    tcase_add_test(rules, what_is_refused_for_a_level_that_could_not_be_read_waits);
    tcase_add_test(rules, what_changes_a_customer_waits_for_its_row);
    tcase_add_test(rules, a_row_that_is_not_there_yet_is_not_missed);
    tcase_add_test(rules, rows_are_to_change_of_those_who_are_commanded_not_of_those_looked_at);
    tcase_add_test(rules, a_receipt_answers_whatever_is_missed);
    tcase_add_test(rules, a_command_that_may_only_be_a_retry_needs_its_receipt_alone);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
