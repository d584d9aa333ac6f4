/* SPDX-License-Identifier: Apache-2.0 */
/* How an order is paid. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

START_TEST(a_payment_must_be_the_total_exactly)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    const struct command less = an_authorization(TOTAL - 1);
    const struct command more = an_authorization(TOTAL + 1);

    ck_assert(!order_decide(&order, &less, NOW, &event, &rejection));
    ck_assert_int_eq(rejection.kind, REJECTION_AMOUNT_MISMATCH);
    ck_assert_int_eq(rejection.number, TOTAL);
    ck_assert(!order_decide(&order, &more, NOW, &event, &rejection));
    ck_assert_int_eq(rejection.kind, REJECTION_AMOUNT_MISMATCH);
}
END_TEST

START_TEST(the_state_is_looked_at_before_the_amount)
{
    const struct order order = an_order_in(ORDER_STATUS_SHIPPED);
    const struct command command = an_authorization(TOTAL - 1);

    ck_assert(!order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
}
END_TEST

START_TEST(an_authorization_is_remembered_with_its_reference)
{
    struct order order = an_order_in(ORDER_STATUS_PLACED);
    const struct command command = an_authorization(TOTAL);

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    order_apply(&order, &event);

    ck_assert_int_eq(order.payment_status, PAYMENT_AUTHORIZED);
    ck_assert_int_eq(order.authorized_minor, TOTAL);
    ck_assert(strview_is(order.payment_reference, "ref-1"));
    ck_assert(!order_event_releases_stock(&event));
}
END_TEST

START_TEST(a_declined_payment_ends_the_order_and_frees_its_stock)
{
    struct order order = an_order_in(ORDER_STATUS_PLACED);
    const struct command command = a_step(COMMAND_DECLINE_PAYMENT);

    ck_assert(order_command_releases_stock(COMMAND_DECLINE_PAYMENT));
    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert(order_event_releases_stock(&event));
    ck_assert(strview_is(event.envelope.reason, "insufficient funds"));
    order_apply(&order, &event);

    ck_assert_int_eq(order.status, ORDER_STATUS_CANCELLED);
    ck_assert_int_eq(order.payment_status, PAYMENT_DECLINED);
    ck_assert_int_eq(order.refund_state, REFUND_NONE);
}
END_TEST

START_TEST(a_payment_is_captured_in_parts_up_to_what_was_authorized)
{
    struct order order = a_paid_order(ORDER_STATUS_SHIPPED, PAYMENT_AUTHORIZED, 0, 0);
    const struct command part = a_capture(1000);
    const struct command rest = a_capture(250);

    ck_assert(take(&order, &part, NOW));
    ck_assert_int_eq(event.payment_captured.amount_minor, 1000);
    ck_assert_int_eq(event.payment_captured.captured_minor, 1000);
    ck_assert_int_eq(order.payment_status, PAYMENT_CAPTURED);
    ck_assert(!take(&order, &part, NOW));
    ck_assert_int_eq(rejection.kind, REJECTION_AMOUNT_EXCEEDED);
    ck_assert_int_eq(rejection.number, 250);
    ck_assert(take(&order, &rest, NOW));
    ck_assert_int_eq(event.payment_captured.captured_minor, 1250);
    ck_assert_int_eq(order.captured_minor, 1250);
    ck_assert(!take(&order, &rest, NOW));
    ck_assert_int_eq(rejection.number, 0);
    ck_assert_int_eq(order.refund_state, REFUND_NONE);
}
END_TEST

/* payment statuses in which a capture, a refund is possible at all, of a confirmed order */
static const struct {
    enum payment_status payment;
    int64_t captured, refunded;
    bool may_capture, may_refund;
} PAYMENTS[] = {
    {PAYMENT_PENDING, 0, 0, false, false},
    {PAYMENT_AUTHORIZED, 0, 0, true, false},
    {PAYMENT_CAPTURED, 1000, 0, true, true},
    {PAYMENT_PARTIALLY_REFUNDED, 1000, 300, false, true},
    {PAYMENT_REFUNDED, 1000, 1000, false, false},
    {PAYMENT_VOIDED, 0, 0, false, false},
    {PAYMENT_DECLINED, 0, 0, false, false},
};

static void assert_possible(struct order *order, const struct command *command, bool is_possible)
{
    ck_assert_int_eq(order_decide(order, command, NOW, &event, &rejection), is_possible);
    if (!is_possible) {
        ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
        ck_assert_str_eq(rejection.from, "confirmed");
    }
}

START_TEST(money_is_taken_and_given_back_only_where_it_is)
{
    struct order order = a_paid_order(ORDER_STATUS_CONFIRMED, PAYMENTS[_i].payment,
                                      PAYMENTS[_i].captured, PAYMENTS[_i].refunded);
    const struct command capture = a_capture(1);
    const struct command refund = a_refund(1);

    assert_possible(&order, &capture, PAYMENTS[_i].may_capture);
    assert_possible(&order, &refund, PAYMENTS[_i].may_refund);
}
END_TEST

static TCase *payment_case(void)
{
    TCase *payment = tcase_create("payment");
    tcase_add_checked_fixture(payment, open_all, NULL);
    tcase_add_test(payment, a_payment_must_be_the_total_exactly);
    tcase_add_test(payment, the_state_is_looked_at_before_the_amount);
    tcase_add_test(payment, an_authorization_is_remembered_with_its_reference);
    tcase_add_test(payment, a_declined_payment_ends_the_order_and_frees_its_stock);
    tcase_add_test(payment, a_payment_is_captured_in_parts_up_to_what_was_authorized);
    tcase_add_loop_test(payment, money_is_taken_and_given_back_only_where_it_is, 0,
                        sizeof PAYMENTS / sizeof PAYMENTS[0]);
    return payment;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, payment_case());
    return check_main(suite);
}
