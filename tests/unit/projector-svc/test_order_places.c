/* SPDX-License-Identifier: Apache-2.0 */
/* Where an order is found, and where no more. */
#include "tests/unit/projector-svc/view_diff_fixture.h"

/* Each change of an order's places by itself. */
static void walk(const struct order_view *views, size_t count)
{
    begin();
    for (size_t i = 1; i < count; i++) {
        order_places_diff(&views[i - 1], &views[i], &LIMITS, &set);
    }
}

START_TEST(an_order_leaves_the_place_of_an_old_value)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    struct order_view views[3] = {confirmed, apply(confirmed, ORDER_SHIPPED, "e3")};
    views[2] = views[1];
    views[2].version++;
    views[2].shipment.tracking_number = STRVIEW("T 2");

    walk(views, 3);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "SADD lookup:tracking:T1 " AN_ORDER_ID "\n"));
    ck_assert_ptr_nonnull(strstr(all, "SREM lookup:tracking:T1 " AN_ORDER_ID "\n"
                                      "SADD lookup:tracking:T%202 " AN_ORDER_ID "\n"));
    ck_assert_ptr_null(strstr(all, "lookup:payment")); /* where it was before, and is */
}
END_TEST

START_TEST(an_order_moves_between_indexes_and_up_in_those_where_it_stays)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view flagged = apply(placed, ORDER_RISK_FLAGGED, "e2");
    const struct order_view views[] = {flagged, apply(flagged, ORDER_RISK_CLEARED, "e3")};

    walk((const struct order_view[]){placed, flagged}, 2);
    ck_assert_str_eq(written(), "ZADD idx:status:placed 1002 " AN_ORDER_ID "\n"
                                "ZADD idx:payment:pending 1002 " AN_ORDER_ID "\n"
                                "ZADD idx:risk:fraud 1002 " AN_ORDER_ID "\n");

    walk(views, 2);
    ck_assert_str_eq(written(), "ZADD idx:status:placed 1003 " AN_ORDER_ID "\n"
                                "ZADD idx:payment:pending 1003 " AN_ORDER_ID "\n"
                                "ZREM idx:risk:fraud " AN_ORDER_ID "\n");
}
END_TEST

START_TEST(what_nobody_owes_stands_in_no_index_of_refunds)
{
    const struct order_view nothing = {.version = 0};
    struct order_view views[3] = {apply(nothing, ORDER_PLACED, "e1")};
    views[1] = views[2] = views[0];
    views[1].refund_state = REFUND_DUE;

    walk(views, 3);

    ck_assert_ptr_nonnull(strstr(written(), "ZADD idx:refund:due 1001 " AN_ORDER_ID "\n"
                                            "ZREM idx:refund:due " AN_ORDER_ID "\n"));
}
END_TEST

START_TEST(an_order_is_open_until_it_has_come_to_an_end)
{
    const struct order_view nothing = {.version = 0};
    struct order_view views[5] = {nothing, apply(nothing, ORDER_PLACED, "e1")};
    views[2] = apply(views[1], ORDER_NOTE_ADDED, "e2");
    views[3] = apply(views[2], ORDER_CANCELLED, "e3");
    views[4] = apply(views[3], ORDER_NOTE_ADDED, "e4");

    walk(views, 5);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "ZADD ops:open 1101 " AN_ORDER_ID "\n")); /* once */
    ck_assert_ptr_nonnull(strstr(all, "ZREM ops:open " AN_ORDER_ID "\n"));
}
END_TEST

START_TEST(an_order_that_was_never_placed_is_found_nowhere)
{
    struct order_view nothing = {.version = 0};
    struct order_view skipped = {.version = 1, .order_id = STRVIEW(AN_ORDER_ID)};
    skipped.shipment.tracking_number = STRVIEW("T1");
    begin();

    order_places_diff(&nothing, &skipped, &LIMITS, &set);

    ck_assert_str_eq(written(), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/order_places");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, an_order_leaves_the_place_of_an_old_value);
    tcase_add_test(rules, an_order_moves_between_indexes_and_up_in_those_where_it_stays);
    tcase_add_test(rules, what_nobody_owes_stands_in_no_index_of_refunds);
    tcase_add_test(rules, an_order_is_open_until_it_has_come_to_an_end);
    tcase_add_test(rules, an_order_that_was_never_placed_is_found_nowhere);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
