/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch writes of levels it read without a lock, and what has to hold for that when it
 * does. Quantities are small, the level that was read is ten.
 */
#include "command-svc/core/batch.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>

enum { NOW = 5000, ARENA_MAX = 16 << 20, COMMANDS = 8, READ = 10 };

static struct arena arena;
static struct batch *batch;
static struct command commands[COMMANDS];
static struct wanted_line lines[COMMANDS][2];
static char order_ids[COMMANDS][UUID_TEXT_LEN + 1];
static size_t count;
static struct error err;

static void open_batch(void)
{
    arena_init(&arena, ARENA_MAX);
    batch = malloc(sizeof *batch);
    ck_assert_ptr_nonnull(batch);
    batch_init(batch, &arena);
    count = 0;
    struct world_customer *customer = world_customer(&batch->world, STRVIEW("c-1"));
    ck_assert_ptr_nonnull(customer);
    customer->customer = (struct customer){.version = 1, .is_active = true};
    customer->loaded_version = 1;
}

static void close_batch(void)
{
    batch_done(batch);
    free(batch);
    arena_done(&arena);
}

static void add(struct command command)
{
    commands[count] = command;
    ck_assert_int_eq(batch_add(batch, &commands[count++], &err), ERROR_NONE);
}

static const char *next_order_id(void)
{
    (void)snprintf(order_ids[count], sizeof order_ids[count], "01990000-0000-7000-8000-%012zu",
                   count);
    return order_ids[count];
}

static void want(const char *sku, int64_t pieces)
{
    lines[count][0] = (struct wanted_line){strview_of(sku), pieces, PRICE_OF_CATALOGUE};
    add(an_order(next_order_id(), lines[count], 1));
}

static void want_both(int64_t first, int64_t second)
{
    lines[count][0] = (struct wanted_line){STRVIEW("sku-1"), first, PRICE_OF_CATALOGUE};
    lines[count][1] = (struct wanted_line){STRVIEW("sku-1"), second, PRICE_OF_CATALOGUE};
    add(an_order(next_order_id(), lines[count], 2));
}

/* Of an order placed in this very batch. */
static void cancel(size_t placed)
{
    struct command command = a_step(COMMAND_CANCEL_ORDER);
    command.aggregate_id = strview_of(order_ids[placed]);
    add(command);
}

static struct world_product *load(const char *sku)
{
    struct world_product *entry = world_product(&batch->world, strview_of(sku));
    ck_assert_ptr_nonnull(entry);
    entry->product = (struct product){.version = 1,
                                      .unit_price_minor = SAMPLE_PRICE,
                                      .currency = STRVIEW("EUR"),
                                      .available = READ};
    entry->loaded_version = 1;
    entry->loaded_available = READ;
    return entry;
}

static void decide(void)
{
    load("sku-1");
    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_NONE);
}

/* a: accepted, r: refused; one letter for each command. */
static void assert_outcomes(const char *expected)
{
    for (size_t i = 0; i < count; i++) {
        const enum outcome_kind kind = batch->items[i].outcome.kind;
        ck_assert_msg(kind == (expected[i] == 'a' ? OUTCOME_ACCEPTED : OUTCOME_REJECTED),
                      "command %zu", i);
    }
}

static void assert_one_change(int64_t delta, int64_t least, int64_t most)
{
    ck_assert_uint_eq(batch->stock_change_count, 1);
    const struct stock_change *change = &batch->stock_changes[0];
    ck_assert(strview_is(change->sku, "sku-1"));
    ck_assert_int_eq(change->read, READ);
    ck_assert_int_eq(change->delta, delta);
    ck_assert_int_eq(change->least, least);
    ck_assert_int_eq(change->most, most);
}

START_TEST(what_is_taken_must_be_there)
{
    want("sku-1", 3);
    want("sku-1", 4);
    decide();
    assert_outcomes("aa");
    assert_one_change(-7, 7, STOCK_NO_MOST);
}
END_TEST

START_TEST(what_comes_back_needs_nothing)
{
    add(a_delivery_of_stock("sku-1", 5));
    decide();
    assert_outcomes("a");
    assert_one_change(5, 0, STOCK_NO_MOST);
}
END_TEST

START_TEST(what_comes_back_first_may_be_taken)
{
    add(a_delivery_of_stock("sku-1", 5));
    want("sku-1", 12);
    decide();
    assert_outcomes("aa");
    assert_one_change(-7, 7, STOCK_NO_MOST);
}
END_TEST

START_TEST(what_comes_back_later_must_be_there_before)
{
    want("sku-1", 8);
    cancel(0);
    want("sku-1", 6);
    decide();
    assert_outcomes("aaa");
    assert_one_change(-6, 8, STOCK_NO_MOST);
}
END_TEST

START_TEST(a_level_that_ends_as_it_began_is_looked_at_all_the_same)
{
    want("sku-1", 8);
    cancel(0);
    decide();
    assert_one_change(0, 8, STOCK_NO_MOST);
}
END_TEST

START_TEST(a_refusal_by_what_was_read_needs_nothing)
{
    want("sku-1", READ + 1);
    decide();
    assert_outcomes("r");
    ck_assert_uint_eq(batch->stock_change_count, 0);
}
END_TEST

START_TEST(a_refusal_by_what_was_read_needs_nothing_beside_others_takings_either)
{
    want("sku-1", 4);
    want("sku-1", READ + 1);
    decide();
    assert_outcomes("ar");
    assert_one_change(-4, 4, STOCK_NO_MOST);
}
END_TEST

START_TEST(a_refusal_by_the_batchs_own_taking_holds_while_no_more_is_there)
{
    want("sku-1", 8);
    want("sku-1", 3);
    decide();
    assert_outcomes("ar");
    assert_one_change(-8, 8, READ);
}
END_TEST

START_TEST(it_holds_on_even_when_all_was_given_back)
{
    want("sku-1", 8);
    want("sku-1", 3);
    cancel(0);
    decide();
    assert_outcomes("ara");
    assert_one_change(0, 8, READ);
}
END_TEST

START_TEST(lines_of_one_product_are_wanted_together)
{
    want("sku-1", 1);
    want_both(4, 6);
    decide();
    assert_outcomes("ar");
    assert_one_change(-1, 1, READ);
}
END_TEST

START_TEST(an_orders_own_lines_are_no_taking_of_the_batch)
{
    want_both(4, 7);
    decide();
    assert_outcomes("r");
    ck_assert_uint_eq(batch->stock_change_count, 0);
}
END_TEST

START_TEST(pieces_that_are_counted_away_must_be_there)
{
    add(a_count_of_stock("sku-1", -4));
    decide();
    assert_outcomes("a");
    assert_one_change(-4, 4, STOCK_NO_MOST);
}
END_TEST

START_TEST(a_count_that_is_refused_is_as_an_order_that_is)
{
    add(a_count_of_stock("sku-1", -READ - 1));
    add(a_count_of_stock("sku-1", -4));
    add(a_count_of_stock("sku-1", -READ));
    decide();
    assert_outcomes("rar");
    assert_one_change(-4, 4, READ);
}
END_TEST

START_TEST(a_new_products_level_is_nobody_elses)
{
    add(an_addition("sku-new", SAMPLE_PRICE));
    add(a_delivery_of_stock("sku-new", 5));
    want("sku-new", 4);
    want("sku-new", 4);
    decide();
    assert_outcomes("aaar");
    ck_assert_uint_eq(batch->stock_change_count, 0);
    ck_assert(stock_has_moved(world_product(&batch->world, STRVIEW("sku-new"))));
}
END_TEST

START_TEST(rows_come_in_byte_order)
{
    static const char *const SORTED[] = {"A", "A-1", "B", "a", "a.b", "a_b"};
    static const char *const MIXED[] = {"a_b", "B", "A-1", "a", "a.b", "A"};
    for (size_t i = 0; i < 6; i++) {
        want(MIXED[i], 1);
        load(MIXED[i]);
    }
    decide();
    ck_assert_uint_eq(batch->stock_change_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert(strview_is(batch->stock_changes[i].sku, SORTED[i]));
    }
}
END_TEST

START_TEST(only_levels_that_differ_have_moved)
{
    want("sku-1", 2);
    cancel(0);
    want("sku-2", 1);
    const struct world_product *second = load("sku-2");
    decide();
    ck_assert(!stock_has_moved(world_product(&batch->world, STRVIEW("sku-1"))));
    ck_assert(stock_has_moved(second));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/stock");
    TCase *tcase = tcase_create("conditions");
    tcase_add_checked_fixture(tcase, open_batch, close_batch);
    tcase_add_test(tcase, what_is_taken_must_be_there);
    tcase_add_test(tcase, what_comes_back_needs_nothing);
    tcase_add_test(tcase, what_comes_back_first_may_be_taken);
    tcase_add_test(tcase, what_comes_back_later_must_be_there_before);
    tcase_add_test(tcase, a_level_that_ends_as_it_began_is_looked_at_all_the_same);
    tcase_add_test(tcase, a_refusal_by_what_was_read_needs_nothing);
    tcase_add_test(tcase, a_refusal_by_what_was_read_needs_nothing_beside_others_takings_either);
    tcase_add_test(tcase, a_refusal_by_the_batchs_own_taking_holds_while_no_more_is_there);
    tcase_add_test(tcase, it_holds_on_even_when_all_was_given_back);
    tcase_add_test(tcase, lines_of_one_product_are_wanted_together);
    tcase_add_test(tcase, an_orders_own_lines_are_no_taking_of_the_batch);
    tcase_add_test(tcase, pieces_that_are_counted_away_must_be_there);
    tcase_add_test(tcase, a_count_that_is_refused_is_as_an_order_that_is);
    tcase_add_test(tcase, a_new_products_level_is_nobody_elses);
    tcase_add_test(tcase, rows_come_in_byte_order);
    tcase_add_test(tcase, only_levels_that_differ_have_moved);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
