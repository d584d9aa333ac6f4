/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done about a failed batch hangs on what failed. The table is written from the
 * promises: only one command's data may end in a 500.
 */
#include "command-svc/batch/batch_trouble.h"
#include "tests/support/check_main.h"

#include <stdio.h>

static const struct {
    const char *what;
    enum batch_statement statement;
    const char *sqlstate;
    const char *constraint;
    enum batch_trouble wanted;
} CASES[] = {
    {"the queued lock did not come", QUEUE_FOR_SHARD, "55P03", "", BATCH_SHARD_HELD},
    {"a row of stock did not come", LOCK_STOCK, "55P03", "", BATCH_STOCK_HELD},
    {"a row of stock did not come in the end", UPDATE_STOCK, "55P03", "", BATCH_STOCK_HELD},
    {"a customer's row did not come", UPDATE_CUSTOMERS, "55P03", "", BATCH_ROW_HELD},
    {"a product's row did not come", UPDATE_PRODUCTS, "55P03", "", BATCH_ROW_HELD},
    {"an order's row did not come", UPDATE_ORDERS, "55P03", "", BATCH_ROW_HELD},
    {"a payment's row did not come", UPDATE_PAYMENTS, "55P03", "", BATCH_ROW_HELD},
    {"an announced level's row did not come", SAVE_ANNOUNCEMENTS, "55P03", "", BATCH_ROW_HELD},
    {"a level that moved", UPDATE_STOCK, "22012", "", BATCH_STOCK_MOVED},
    {"a level below zero", UPDATE_STOCK, "23514", "stock_available_check", BATCH_STOCK_MOVED},
    {"a level past what fits", UPDATE_STOCK, "22003", "", BATCH_STOCK_MOVED},
    {"rows of stock taken crosswise", UPDATE_STOCK, "40P01", "", BATCH_PASSING},
    {"another lock did not come", INSERT_RECEIPTS, "55P03", "", BATCH_PASSING},
    {"no partition", INSERT_OUTBOX, "23514", "", BATCH_NO_PARTITION},
    {"an event that a CHECK refuses", INSERT_OUTBOX, "23514", "outbox_row_fits", BATCH_DATA},
    {"a number at or below the position", INSERT_OUTBOX, "22012", "", BATCH_SEQ_WENT_BACK},
    {"a number that is taken", INSERT_OUTBOX, "23505", "outbox_0_pkey", BATCH_SEQ_WENT_BACK},
    {"a version that is taken", INSERT_OUTBOX, "23505",
     "outbox_0_aggregatetype_aggregateid_aggregateversion_key", BATCH_DATA},
    {"a version that moved on", UPDATE_ORDERS, "22012", "", BATCH_PASSING},
    {"one key for two aggregates", INSERT_RECEIPTS, "23505", "receipt_pkey", BATCH_PASSING},
    {"a value too large", INSERT_LINES, "22003", "", BATCH_DATA},
    {"a CHECK of a table", UPDATE_PAYMENTS, "23514", "payment_check", BATCH_DATA},
    {"a deadlock", LOCK_STOCK, "40P01", "", BATCH_PASSING},
    {"cancelled", LOCK_STOCK, "57014", "", BATCH_PASSING},
    {"a disk that is full", COMMIT_BATCH, "53100", "", BATCH_PASSING},
    {"a right that is missing", READ_GROUND, "42501", "", BATCH_PASSING},
    {"a damaged page", LOAD_ORDERS, "XX001", "", BATCH_PASSING},
    {"the connection was lost", BATCH_STATEMENT_COUNT, "", "", BATCH_PASSING},
};

START_TEST(each_cause_has_its_cure)
{
    struct pgconn_failure failure = {.err = {.kind = ERROR_TRANSIENT}};
    (void)snprintf(failure.sqlstate, sizeof failure.sqlstate, "%s", CASES[_i].sqlstate);
    (void)snprintf(failure.constraint, sizeof failure.constraint, "%s", CASES[_i].constraint);

    ck_assert_msg(batch_trouble_of(CASES[_i].statement, &failure) == CASES[_i].wanted, "%s",
                  CASES[_i].what);
}
END_TEST

START_TEST(a_guard_that_missed_its_rows_names_their_table)
{
    struct pgconn_failure failure = {.sqlstate = "22012"};
    ck_assert_str_eq(batch_trouble_guarded_table(UPDATE_STOCK, &failure), "stock");
    ck_assert_str_eq(batch_trouble_guarded_table(UPDATE_PAYMENTS, &failure), "payment");
    ck_assert_str_eq(batch_trouble_guarded_table(SAVE_ANNOUNCEMENTS, &failure), "stock_announced");
    ck_assert_ptr_null(batch_trouble_guarded_table(INSERT_OUTBOX, &failure));
    ck_assert_ptr_null(batch_trouble_guarded_table(BATCH_STATEMENT_COUNT, &failure));
    failure = (struct pgconn_failure){.sqlstate = "55P03"};
    ck_assert_ptr_null(batch_trouble_guarded_table(UPDATE_STOCK, &failure));
}
END_TEST

START_TEST(memory_of_ours_that_ran_out_parts_the_batch)
{
    const struct pgconn_failure failure = {.err = {.kind = ERROR_EXHAUSTED}};

    ck_assert_int_eq(batch_trouble_of(BATCH_STATEMENT_COUNT, &failure), BATCH_DATA);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/batch_trouble");
    TCase *causes = tcase_create("causes");
    tcase_add_loop_test(causes, each_cause_has_its_cure, 0, sizeof CASES / sizeof CASES[0]);
    tcase_add_test(causes, a_guard_that_missed_its_rows_names_their_table);
    tcase_add_test(causes, memory_of_ours_that_ran_out_parts_the_batch);
    suite_add_tcase(suite, causes);
    return check_main(suite);
}
