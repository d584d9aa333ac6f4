/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted and what is printed at the end of a replay, to the letter.
 */
#include "common/base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/replay/report.h"

static struct plan_order order = {.line_count = 3, .total_minor = 123456789};

static void count(struct report *report, enum plan_kind kind, bool is_replayed, const char *reason)
{
    const struct plan_command command = {.kind = kind,
                                         .order = kind == PLAN_ADD_PRODUCT ? NULL : &order};
    const struct report_answer answer = {
        .is_accepted = reason == NULL,
        .is_replayed = is_replayed,
        .reason = strview_of(reason),
        .latency_us = 1500,
    };
    report_count(report, &command, &answer);
}

static const char EXPECTED[] = "command                    sent   accepted   replayed    refused\n"
                               "AddProduct                    1          1          0          0\n"
                               "PlaceOrder                    3          1          1          1\n"
                               "CancelOrder                   3          0          1          2\n"
                               "all                           7          2          2          3\n"
                               "\n"
                               "refused                   times   replayed  reason\n"
                               "PlaceOrder                    1          0  product-unknown\n"
                               "CancelOrder                   2          1  illegal-transition\n"
                               "CancelOrder                   1          0  not-found\n"
                               "\n"
                               "2 orders/s, 3 commands on orders a second, over 2.0 s\n"
                               "answers in p50 1.5 ms, p99 1.5 ms\n"
                               "tries made again: 4 put off by the service, 5 without an answer\n"
                               "\n"
                               "13,199 invoices, of which 163 without a line to sell, 569 "
                               "cancellations; 498 of these found no "
                               "order\n"
                               "planned: 3 orders, 9 lines, 741,344.05 GBP\n"
                               "placed: 2 orders, 6 lines, 2,469,135.78 GBP\n"
                               "2 commands not sent, as their order was refused\n";

START_TEST(a_replay_is_counted_apart_whether_it_accepts_or_refuses)
{
    const struct plan_totals planned = {
        .invoices = 13199,
        .empty_invoices = 163,
        .cancellations = 569,
        .idle_cancellations = 498,
        .orders = 3,
        .lines = 9,
        .total_minor = 74134405,
    };
    struct report report;
    report_init(&report, 7);
    report.put_off = 4;
    report.lost = 5;
    report.withheld = 2;
    report.sales_us = 2000000;
    CLEANUP_FREE
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    count(&report, PLAN_ADD_PRODUCT, false, NULL);
    count(&report, PLAN_PLACE_ORDER, false, NULL);
    count(&report, PLAN_PLACE_ORDER, true, NULL);
    count(&report, PLAN_PLACE_ORDER, false, "product-unknown");
    count(&report, PLAN_CANCEL_ORDER, false, "illegal-transition");
    count(&report, PLAN_CANCEL_ORDER, true, "illegal-transition");
    count(&report, PLAN_CANCEL_ORDER, false, "not-found");
    report_print(&report, &planned, out);
    ck_assert_int_eq(fclose(out), 0);

    ck_assert_int_eq(report_sent(&report), 7);
    ck_assert_str_eq(text, EXPECTED);
    report_done(&report);
}
END_TEST

START_TEST(progress_is_a_line_of_its_own_unless_on_a_terminal)
{
    struct report report;
    report_init(&report, 4);
    count(&report, PLAN_PLACE_ORDER, false, NULL);
    CLEANUP_FREE
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    report_progress(&report, 4000, 500000, false, out);
    report.withheld = 3999;
    report_progress(&report, 4000, 1000000, true, out);
    ck_assert_int_eq(fclose(out), 0);

    ck_assert_str_eq(text, "[..............................]   0 %  1 of 4,000 commands, 2/s, 0 s\n"
                           "\r[##############################] 100 %  4,000 of 4,000 commands, "
                           "4000/s, 1 s  ");
    report_done(&report);
}
END_TEST

START_TEST(a_replay_of_nothing_prints_no_nonsense)
{
    const struct plan_totals planned = {0};
    struct report report;
    report_init(&report, 0);
    CLEANUP_FREE
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    report_print(&report, &planned, out);
    ck_assert_int_eq(fclose(out), 0);

    ck_assert_ptr_nonnull(strstr(text, "0 orders/s"));
    ck_assert_ptr_nonnull(strstr(text, "p99 0.0 ms"));
    report_done(&report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/report");
    TCase *printing = tcase_create("printing");
    tcase_add_test(printing, a_replay_is_counted_apart_whether_it_accepts_or_refuses);
    tcase_add_test(printing, progress_is_a_line_of_its_own_unless_on_a_terminal);
    tcase_add_test(printing, a_replay_of_nothing_prints_no_nonsense);
    suite_add_tcase(suite, printing);
    return check_main(suite);
}
