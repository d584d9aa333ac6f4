/* SPDX-License-Identifier: Apache-2.0 */
/* Money that goes back to the customer of an order. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

enum { DAY_MS = 86400000 };

static const struct {
    enum payment_status before;
    int64_t captured, refunded;
    const char *payment_after, *refund_after;
    int64_t voided, due;
} SETTLED[] = {
    {PAYMENT_PENDING, 0, 0, "voided", "none", 0, 0},
    {PAYMENT_AUTHORIZED, 0, 0, "voided", "none", 1250, 0},
    {PAYMENT_CAPTURED, 1250, 0, "captured", "due", 0, 1250},
    {PAYMENT_CAPTURED, 1000, 0, "captured", "due", 250, 1000},
    {PAYMENT_PARTIALLY_REFUNDED, 1000, 300, "partially_refunded", "due", 250, 700},
    {PAYMENT_REFUNDED, 1000, 1000, "refunded", "full", 250, 0},
};

static void assert_settled(int row, const struct order_settlement *settlement,
                           const struct order *after)
{
    ck_assert(strview_is(settlement->payment_status, SETTLED[row].payment_after));
    ck_assert(strview_is(settlement->refund_state, SETTLED[row].refund_after));
    ck_assert_int_eq(settlement->voided_minor, SETTLED[row].voided);
    ck_assert_int_eq(settlement->due_minor, SETTLED[row].due);
    ck_assert_str_eq(payment_status_name(after->payment_status), SETTLED[row].payment_after);
    ck_assert_str_eq(refund_state_name(after->refund_state), SETTLED[row].refund_after);
}

START_TEST(cancelling_gives_up_what_was_not_taken_and_owes_what_was)
{
    struct order order = a_paid_order(ORDER_STATUS_CONFIRMED, SETTLED[_i].before,
                                      SETTLED[_i].captured, SETTLED[_i].refunded);
    const struct command command = a_step(COMMAND_CANCEL_ORDER);

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert(strview_is(event.envelope.reason, "changed my mind"));
    ck_assert(order_event_releases_stock(&event));
    order_apply(&order, &event);

    assert_settled(_i, &event.cancelled, &order);
}
END_TEST

START_TEST(so_does_a_return)
{
    struct order order = a_paid_order(ORDER_STATUS_DELIVERED, SETTLED[_i].before,
                                      SETTLED[_i].captured, SETTLED[_i].refunded);
    const struct command command = a_step(COMMAND_RETURN_ORDER);

    ck_assert(order_command_releases_stock(COMMAND_RETURN_ORDER));
    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert(strview_is(event.envelope.reason, "does not fit"));
    ck_assert(order_event_releases_stock(&event));
    order_apply(&order, &event);

    ck_assert_int_eq(order.status, ORDER_STATUS_RETURNED);
    assert_settled(_i, &event.returned, &order);
}
END_TEST

START_TEST(a_refund_nobody_owed_is_partial_and_then_full)
{
    struct order order = a_paid_order(ORDER_STATUS_SHIPPED, PAYMENT_CAPTURED, 1000, 0);
    const struct command part = a_refund(400);
    const struct command rest = a_refund(600);

    ck_assert(take(&order, &part, NOW));
    ck_assert_int_eq(event.payment_refunded.amount_minor, 400);
    ck_assert_int_eq(event.payment_refunded.refunded_minor, 400);
    ck_assert(strview_is(event.envelope.reason, "returned"));
    ck_assert_int_eq(order.payment_status, PAYMENT_PARTIALLY_REFUNDED);
    ck_assert_int_eq(order.refund_state, REFUND_PARTIAL);
    ck_assert(take(&order, &rest, NOW));
    ck_assert_int_eq(event.payment_refunded.refunded_minor, 1000);
    ck_assert_int_eq(order.payment_status, PAYMENT_REFUNDED);
    ck_assert_int_eq(order.refund_state, REFUND_FULL);
}
END_TEST

START_TEST(what_is_due_stays_due_until_all_of_it_is_paid)
{
    struct order order = a_paid_order(ORDER_STATUS_DELIVERED, PAYMENT_CAPTURED, 1000, 0);
    const struct command returning = a_step(COMMAND_RETURN_ORDER);
    const struct command part = a_refund(999);
    const struct command more = a_refund(2);
    const struct command rest = a_refund(1);

    ck_assert(take(&order, &returning, NOW));
    ck_assert(take(&order, &part, NOW));
    ck_assert_int_eq(order.refund_state, REFUND_DUE);
    ck_assert_int_eq(order.payment_status, PAYMENT_PARTIALLY_REFUNDED);
    ck_assert(!take(&order, &more, NOW));
    ck_assert_int_eq(rejection.kind, REJECTION_AMOUNT_EXCEEDED);
    ck_assert_int_eq(rejection.number, 1);
    ck_assert(take(&order, &rest, NOW));
    ck_assert_int_eq(order.refund_state, REFUND_FULL);
    ck_assert_int_eq(order.payment_status, PAYMENT_REFUNDED);
}
END_TEST

START_TEST(long_after_delivery_a_refund_wants_an_override)
{
    struct order order = a_paid_order(ORDER_STATUS_SHIPPED, PAYMENT_CAPTURED, 1000, 0);
    const struct command delivery = a_step(COMMAND_DELIVER_ORDER);
    struct command refund = a_refund(1);
    struct command too_much = a_refund(1001);
    refund.refund_window_ms = too_much.refund_window_ms = INT64_C(60) * DAY_MS;

    ck_assert(take(&order, &refund, NOW + INT64_C(100) * DAY_MS)); /* on its way: no limit */
    ck_assert(take(&order, &delivery, NOW + INT64_C(100) * DAY_MS));
    ck_assert(take(&order, &refund, NOW + INT64_C(160) * DAY_MS));
    ck_assert(!take(&order, &refund, NOW + INT64_C(160) * DAY_MS + 1));
    ck_assert_int_eq(rejection.kind, REJECTION_REFUND_WINDOW_CLOSED);
    ck_assert(!take(&order, &too_much, NOW + INT64_C(161) * DAY_MS)); /* the amount first */
    ck_assert_int_eq(rejection.kind, REJECTION_AMOUNT_EXCEEDED);
    refund.refund_payment.override = true;
    ck_assert(take(&order, &refund, NOW + INT64_C(161) * DAY_MS));
}
END_TEST

static TCase *refund_case(void)
{
    TCase *refund = tcase_create("refund");
    tcase_add_checked_fixture(refund, open_all, NULL);
    tcase_add_loop_test(refund, cancelling_gives_up_what_was_not_taken_and_owes_what_was, 0,
                        sizeof SETTLED / sizeof SETTLED[0]);
    tcase_add_loop_test(refund, so_does_a_return, 0, sizeof SETTLED / sizeof SETTLED[0]);
    tcase_add_test(refund, a_refund_nobody_owed_is_partial_and_then_full);
    tcase_add_test(refund, what_is_due_stays_due_until_all_of_it_is_paid);
    tcase_add_test(refund, long_after_delivery_a_refund_wants_an_override);
    return refund;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, refund_case());
    return check_main(suite);
}
