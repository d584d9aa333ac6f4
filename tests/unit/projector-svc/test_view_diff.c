/* SPDX-License-Identifier: Apache-2.0 */
/* What is written when an order changes; whole scripts, written by hand. */
#include "tests/unit/projector-svc/view_diff_fixture.h"

START_TEST(a_placed_order_writes_all_of_its_views)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    begin();

    diff(&nothing, &placed);

    ck_assert_str_eq(
        written(),
        "HSET order:" AN_ORDER_ID " status placed payment_status pending refund_state none"
        " dispute none customer_id c1 currency GBP region Kent provider demo last_event_id e1"
        " last_event_type OrderPlaced total_minor 1250 item_count 3 placed_at 1001"
        " status_since 1001 source_version 1 projected_at 9999\n"
        "SET order:" AN_ORDER_ID ":details DETAILS\n"
        "RPUSHAT order:" AN_ORDER_ID ":timeline 0 t1\n"
        "ZADD customer:c1:orders 1001 " AN_ORDER_ID "\n"
        "ZADD orders:recent 1001 " AN_ORDER_ID "\n"
        "ZCAP orders:recent 100\n"
        "ZADD idx:status:placed 1001 " AN_ORDER_ID "\n"
        "ZADD idx:payment:pending 1001 " AN_ORDER_ID "\n"
        "ZADD ops:open 1101 " AN_ORDER_ID "\n"
        "PUBLISH orders m1\n"
        "PUBLISH orders:" AN_ORDER_ID " m1\n");
}
END_TEST

START_TEST(a_later_event_writes_only_what_it_changed)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    const struct order_view shipped = apply(confirmed, ORDER_SHIPPED, "e3");
    begin();

    diff(&confirmed, &shipped);

    ck_assert_str_eq(
        written(),
        "HSET order:" AN_ORDER_ID " status shipped carrier dhl tracking_number T1"
        " last_event_id e3 last_event_type OrderShipped status_since 1003 source_version 3"
        " projected_at 9999\n"
        "SET order:" AN_ORDER_ID ":details DETAILS\n"
        "RPUSHAT order:" AN_ORDER_ID ":timeline 2 t1\n"
        "SADD lookup:tracking:T1 " AN_ORDER_ID "\n"
        "ZREM idx:status:confirmed " AN_ORDER_ID "\n"
        "ZADD idx:status:shipped 1003 " AN_ORDER_ID "\n"
        "ZADD idx:payment:authorized 1003 " AN_ORDER_ID "\n"
        "ZADD idx:carrier:dhl 1003 " AN_ORDER_ID "\n"
        "ZADD ops:open 31003 " AN_ORDER_ID "\n"
        "PUBLISH orders m1\n"
        "PUBLISH orders:" AN_ORDER_ID " m1\n");
}
END_TEST

START_TEST(two_events_of_an_order_are_written_once)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    begin();

    diff(&nothing, &confirmed);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "status confirmed payment_status authorized"));
    ck_assert_ptr_nonnull(strstr(all, "RPUSHAT order:" AN_ORDER_ID ":timeline 0 t1 t2\n"));
    ck_assert_ptr_nonnull(
        strstr(all, "PUBLISH orders m1\nPUBLISH orders:" AN_ORDER_ID " m1\nPUBLISH orders m2\n"));
    ck_assert_ptr_null(strstr(all, "pending"));
}
END_TEST

START_TEST(orders_of_one_batch_share_the_lists_commands)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view first = apply(nothing, ORDER_PLACED, "e1");
    struct order_view second = first;
    second.order_id = STRVIEW("other");
    begin();

    diff(&nothing, &first);
    diff(&nothing, &second);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "ZADD customer:c1:orders 1001 " AN_ORDER_ID " 1001 other\n"));
    ck_assert_ptr_nonnull(strstr(all, "ZADD orders:recent 1001 " AN_ORDER_ID " 1001 other\n"));
    ck_assert_ptr_nonnull(strstr(all, "ZCAP orders:recent 100\n"));
}
END_TEST

START_TEST(waiting_is_shown_and_taken_back)
{
    begin();
    view_diff_waiting(STRVIEW("order:1"), "waiting_for", 0, 3, &set);
    view_diff_waiting(STRVIEW("order:2"), "waiting_for", 3, 0, &set);
    view_diff_waiting(STRVIEW("product:4"), "stock_waiting_for", 0, 2, &set);
    view_diff_waiting(STRVIEW("order:3"), "waiting_for", 3, 3, &set);
    ck_assert_str_eq(written(), "HSET order:1 waiting_for 3\nHDEL order:2 waiting_for\n"
                                "HSET product:4 stock_waiting_for 2\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/view_diff");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_placed_order_writes_all_of_its_views);
    tcase_add_test(rules, a_later_event_writes_only_what_it_changed);
    tcase_add_test(rules, two_events_of_an_order_are_written_once);
    tcase_add_test(rules, orders_of_one_batch_share_the_lists_commands);
    tcase_add_test(rules, waiting_is_shown_and_taken_back);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
