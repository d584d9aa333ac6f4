/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sales file means, rule by rule. A plan is compared as text: each chain
 * on a line, its commands as a letter and the name their key is made of.
 */
#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "tests/support/check_main.h"
#include "tests/support/replay/plan.h"

#include <stdio.h>

enum { TEXT_MAX = 1 << 16, ARENA_MAX = 1 << 24 };

static const char HEADER[] =
    "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n";

static const char LETTERS[PLAN_KIND_COUNT + 1] = "+*@PASDX"; /* in the order of enum plan_kind */

/* The plan of the rows, or the fault in them. */
struct planned {
    char text[TEXT_MAX];
    struct arena arena;
    struct plan plan;
    enum error_kind kind;
    struct error err;
};
static struct planned planned;

static void setup(void)
{
    arena_init(&planned.arena, ARENA_MAX);
}

static void teardown(void)
{
    arena_done(&planned.arena);
}

static enum error_kind plan_rows(const char *rows, size_t limit)
{
    struct sales sales;
    (void)snprintf(planned.text, sizeof planned.text, "%s%s", HEADER, rows);
    planned.kind =
        sales_read(planned.text, strlen(planned.text), &planned.arena, &sales, &planned.err);
    if (planned.kind == ERROR_NONE) {
        planned.kind = plan_make(&sales, limit, &planned.arena, &planned.plan, &planned.err);
    }
    return planned.kind;
}

static size_t write_chains(const struct plan_chains *chains, struct strbuf *out)
{
    size_t commands = 0;
    for (size_t i = 0; i < chains->count; i++) {
        for (const struct plan_command *command = chains->items[i].first; command != NULL;
             command = command->next) {
            strbuf_append_char(out, LETTERS[command->kind]);
            strbuf_append(out, command->name);
            strbuf_append_char(out, command->next == NULL ? '\n' : ' ');
            commands++;
        }
    }
    return commands;
}

static void assert_chains(const struct plan_chains *chains, const char *expected)
{
    struct strbuf text;
    strbuf_init(&text, TEXT_MAX);
    ck_assert_uint_eq(write_chains(chains, &text), chains->commands);
    ck_assert_str_eq(strbuf_cstr(&text), expected);
    strbuf_done(&text);
}

static const struct plan_product *product_of_chain(size_t number)
{
    return planned.plan.setup.items[number].first->product;
}

static const struct plan_order *order_of_chain(size_t number)
{
    return planned.plan.sales.items[number].first->order;
}

static void assert_text(struct strview got, const char *expected)
{
    ck_assert_msg(strview_is(got, expected), "got %.*s", STRVIEW_ARG(got));
}

/* ---- products --------------------------------------------------------------------------- */

START_TEST(a_code_becomes_a_sku)
{
    ck_assert_int_eq(plan_rows("1,BANK CHARGES,a,1,d,1,7,UK\n"
                               "1,a.B_c-9,b,1,d,1,7,UK\n"
                               "1,caf\xC3\xA9/1,c,1,d,1,7,UK\n"
                               "1,?,d,1,d,1,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+BANK_CHARGES *BANK_CHARGES\n"
                                       "+a.B_c-9 *a.B_c-9\n"
                                       "+caf__1 *caf__1\n"
                                       "+_0 *_0\n"
                                       "@c7\n");
}
END_TEST

START_TEST(codes_that_become_one_sku_are_one_product)
{
    ck_assert_int_eq(plan_rows("1,A B,short,1,d,2,7,UK\n"
                               "1,A/B,longer name,1,d,1,7,UK\n"
                               "1,A_B,,1,d,3,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+A_B *A_B\n@c7\n");
    ck_assert_int_eq(planned.plan.totals.merged_codes, 2);
    assert_text(product_of_chain(0)->name, "longer name");
    ck_assert_int_eq(product_of_chain(0)->price.minor, 200);
}
END_TEST

START_TEST(a_name_is_the_longest_description_and_the_first_of_equal_length)
{
    ck_assert_int_eq(
        plan_rows("1,A,abc,1,d,1,7,UK\n"
                  "1,A,abcd,1,d,1,7,UK\n"
                  "1,A,wxyz,1,d,1,7,UK\n"
                  "1,A,\xC2\xA3\xC2\xA3\xC2\xA3,1,d,1,7,UK\n" /* 6 bytes, 3 characters */
                  "1,B,,1,d,1,7,UK\n",
                  0),
        ERROR_NONE);

    assert_text(product_of_chain(0)->name, "abcd");
    assert_text(product_of_chain(1)->name, "B");
}
END_TEST

START_TEST(a_price_is_the_first_positive_one_and_without_one_there_is_no_product)
{
    ck_assert_int_eq(plan_rows("1,A,a,1,d,0,7,UK\n"
                               "1,A,a,-1,d,-4,7,UK\n"
                               "1,A,a,1,d,0.001,7,UK\n" /* positive, though it rounds to 0 */
                               "1,A,a,1,d,5,7,UK\n"
                               "1,FREE,f,1,d,0,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+A *A\n@c7\n");
    ck_assert_int_eq(product_of_chain(0)->price.minor, 0);
}
END_TEST

/* ---- orders ----------------------------------------------------------------------------- */

START_TEST(an_order_has_the_lines_with_quantity_and_price_and_keeps_them_apart)
{
    ck_assert_int_eq(plan_rows("1,A,a,2,d,1.005,7,EIRE\n"
                               "1,A,a,2,d,1.005,7,EIRE\n"
                               "1,A,a,-1,d,1,7,EIRE\n"
                               "1,A,a,0,d,1,7,EIRE\n"
                               "1,B,a,3,d,0,7,EIRE\n"
                               "1,B,a,4,d,0.001,7,EIRE\n",
                               0),
                     ERROR_NONE);

    const struct plan_order *order = order_of_chain(0);
    ck_assert_int_eq(order->line_count, 3);
    ck_assert_int_eq(order->total_minor, 404);
    assert_text(order->customer_id, "c7");
    assert_text(order->region, "EIRE");
    ck_assert_int_eq(planned.plan.totals.orders, 1);
    ck_assert_int_eq(planned.plan.totals.lines, 3);
    ck_assert_int_eq(planned.plan.totals.total_minor, 404);
}
END_TEST

START_TEST(an_invoice_without_a_line_to_sell_or_of_another_kind_is_passed_over)
{
    ck_assert_int_eq(plan_rows("1,A,a,-2,d,1,7,UK\n"
                               "2,A,a,2,d,0,7,UK\n"
                               "A3,A,a,2,d,1,7,UK\n"
                               "c4,A,a,2,d,1,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+A *A\n@c7\n");
    assert_chains(&planned.plan.sales, "");
    ck_assert_int_eq(planned.plan.totals.invoices, 4);
    ck_assert_int_eq(planned.plan.totals.empty_invoices, 4);
}
END_TEST

START_TEST(shipping_and_delivery_depend_on_the_number)
{
    ck_assert_int_eq(plan_rows("11,A,a,1,d,1,7,UK\n"
                               "20,A,a,1,d,1,7,UK\n"
                               "25,A,a,1,d,1,7,UK\n"
                               "30B,A,a,1,d,1,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.sales, "P11 A11 S11 D11 P20 A20 P25 A25 S25 P30B A30B\n");
}
END_TEST

START_TEST(one_customer_is_one_chain_in_file_order_and_the_longest_comes_first)
{
    ck_assert_int_eq(plan_rows("10,A,a,1,d,1,7,UK\n"
                               "20,A,a,1,d,1,8,UK\n"
                               "30,A,a,1,d,1,,UK\n"
                               "40,A,a,1,d,1,,\n"
                               "10,A,a,1,d,1,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+A *A\n@c7\n@c8\n@guest\n");
    assert_chains(&planned.plan.sales, "P30 A30 P40 A40\nP10 A10\nP20 A20\n");
    ck_assert_int_eq(order_of_chain(1)->line_count, 2);
    assert_text(planned.plan.sales.items[0].last->order->region, "Unspecified");
}
END_TEST

/* ---- cancellations ---------------------------------------------------------------------- */

START_TEST(a_cancellation_takes_the_customers_latest_order_before_it_with_such_a_code)
{
    ck_assert_int_eq(plan_rows("10,A,a,1,d,1,7,UK\n"
                               "10,B,a,1,d,1,7,UK\n"
                               "20,B,a,1,d,1,7,UK\n"
                               "30,C,a,1,d,1,7,UK\n"
                               "C40,X,a,-1,d,1,7,UK\n"
                               "C40,B,a,-1,d,1,7,UK\n"
                               "50,B,a,1,d,1,7,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.sales, "P10 A10 P20 A20 P30 A30 XC40 P50 A50\n");
    const struct plan_command *cancel = planned.plan.sales.items[0].first;
    while (cancel->kind != PLAN_CANCEL_ORDER) {
        cancel = cancel->next;
    }
    assert_text(cancel->order->invoice, "20");
}
END_TEST

START_TEST(a_cancellation_may_meet_one_order_again_as_its_state_does_not_matter)
{
    ck_assert_int_eq(plan_rows("11,A,a,1,d,1,,UK\n"
                               "C12,A,a,-1,d,1,,UK\n"
                               "C13,A,a,-1,d,1,,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.sales, "P11 A11 S11 D11 XC12 XC13\n");
}
END_TEST

START_TEST(a_cancellation_that_finds_no_order_sends_nothing)
{
    ck_assert_int_eq(plan_rows("C1,A,a,-1,d,1,7,UK\n" /* nothing before it */
                               "10,A,a,1,d,1,7,UK\n"
                               "10,B,a,1,d,0,7,UK\n"
                               "C2,A,a,-1,d,1,8,UK\n" /* somebody else's */
                               "C3,B,a,-1,d,1,7,UK\n" /* on the invoice, but not sent */
                               "C4,A,a,-1,d,1,,UK\n",
                               0),
                     ERROR_NONE);

    assert_chains(&planned.plan.sales, "P10 A10\n");
    ck_assert_int_eq(planned.plan.totals.cancellations, 4);
    ck_assert_int_eq(planned.plan.totals.idle_cancellations, 4);
    assert_chains(&planned.plan.setup, "+A *A\n+B *B\n@c7\n@c8\n@guest\n");
}
END_TEST

/* ---- the limit, and what cannot be planned ---------------------------------------------- */

START_TEST(a_limit_cuts_invoices_but_names_and_prices_stay_those_of_the_whole_file)
{
    ck_assert_int_eq(plan_rows("10,A,a,1,d,0,7,UK\n"
                               "20,A,a,1,d,0,7,UK\n"
                               "30,B,b,1,d,1,8,UK\n"
                               "20,B,b,1,d,2,7,UK\n"
                               "40,A,longest,1,d,3,8,UK\n",
                               2),
                     ERROR_NONE);

    assert_chains(&planned.plan.setup, "+A *A\n+B *B\n@c7\n");
    assert_chains(&planned.plan.sales, "P20 A20\n");
    assert_text(product_of_chain(0)->name, "longest");
    ck_assert_int_eq(product_of_chain(0)->price.minor, 300);
    ck_assert_int_eq(planned.plan.totals.invoices, 2);
}
END_TEST

static const struct {
    const char *rows;
    const char *fault;
} BAD[] = {
    {"1,A,a,1,d,1,7\n", "line 2: 7 fields where the header has 8"},
    {"1,A,a,one,d,1,7,UK\n", "line 2: quantity is \"one\""},
    {"1,A,a,1,d,1e3,7,UK\n", "line 2: unit_price is \"1e3\""},
    {",A,a,1,d,1,7,UK\n", "line 2: invoice is \"\""},
    {"1,,a,1,d,1,7,UK\n", "line 2: stock_code is \"\""},
    {"1,A,a,1,d,1,1234567890123456789012345678901234567890123456789012345678901234,UK\n",
     "line 2: customer_id is \"1234567890123456789012345678901234567890123456789012345678901234\""},
    {"1,A,\xFF,1,d,1,7,UK\n", "byte 88 is not UTF-8"},
    {"1,A,a,9223372036854775807,d,1,7,UK\n", "invoice 1: its total is too large"},
    {"1,A,a,9223372036854775807,d,0.01,7,UK\n2,A,a,1,d,0.01,7,UK\n",
     "the sum of all orders is too large"},
};

START_TEST(a_file_with_a_fault_is_refused_with_its_place)
{
    ck_assert_int_eq(plan_rows(BAD[_i].rows, 0), ERROR_INVALID);

    ck_assert_str_eq(planned.err.text, BAD[_i].fault);
}
END_TEST

START_TEST(a_file_without_a_column_is_refused)
{
    char text[] = "invoice,stock_code,description,quantity,unit_price,country\n1,A,a,1,1,UK\n";
    struct sales sales;
    struct error err;

    ck_assert_int_eq(sales_read(text, strlen(text), &planned.arena, &sales, &err), ERROR_INVALID);

    ck_assert_str_eq(err.text, "there is no column \"customer_id\"");
}
END_TEST

START_TEST(columns_may_stand_in_any_order)
{
    char text[] = "country,customer_id,unit_price,quantity,description,stock_code,invoice\n"
                  "EIRE,7,1.25,3,a tin,A,9\n";
    struct sales sales;
    struct error err;

    ck_assert_int_eq(sales_read(text, strlen(text), &planned.arena, &sales, &err), ERROR_NONE);

    ck_assert_uint_eq(sales.count, 1);
    assert_text(sales.rows[0].invoice, "9");
    assert_text(sales.rows[0].country, "EIRE");
    ck_assert_int_eq(sales.rows[0].quantity, 3);
    ck_assert_int_eq(sales.rows[0].price.minor, 125);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/plan");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, a_code_becomes_a_sku);
    tcase_add_test(rules, codes_that_become_one_sku_are_one_product);
    tcase_add_test(rules, a_name_is_the_longest_description_and_the_first_of_equal_length);
    tcase_add_test(rules, a_price_is_the_first_positive_one_and_without_one_there_is_no_product);
    tcase_add_test(rules, an_order_has_the_lines_with_quantity_and_price_and_keeps_them_apart);
    tcase_add_test(rules, an_invoice_without_a_line_to_sell_or_of_another_kind_is_passed_over);
    tcase_add_test(rules, shipping_and_delivery_depend_on_the_number);
    tcase_add_test(rules, one_customer_is_one_chain_in_file_order_and_the_longest_comes_first);
    tcase_add_test(rules,
                   a_cancellation_takes_the_customers_latest_order_before_it_with_such_a_code);
    tcase_add_test(rules, a_cancellation_may_meet_one_order_again_as_its_state_does_not_matter);
    tcase_add_test(rules, a_cancellation_that_finds_no_order_sends_nothing);
    tcase_add_test(rules, a_limit_cuts_invoices_but_names_and_prices_stay_those_of_the_whole_file);
    tcase_add_loop_test(rules, a_file_with_a_fault_is_refused_with_its_place, 0,
                        (int)(sizeof BAD / sizeof BAD[0]));
    tcase_add_test(rules, a_file_without_a_column_is_refused);
    tcase_add_test(rules, columns_may_stand_in_any_order);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
