/* SPDX-License-Identifier: Apache-2.0 */
/* What any step of an order is held to, whichever it is. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

START_TEST(a_customer_does_not_learn_that_a_strangers_order_exists)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    struct command command = a_step(COMMAND_CANCEL_ORDER);
    command.owner = STRVIEW("c-2");
    command.expected_version = 3; /* not even by a version conflict */

    ck_assert(!order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_NOT_FOUND);
}
END_TEST

START_TEST(a_customer_may_cancel_its_own_order)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    struct command command = a_step(COMMAND_CANCEL_ORDER);
    command.owner = STRVIEW("c-1");

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
}
END_TEST

START_TEST(another_version_than_expected_is_a_conflict)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    struct command command = a_step(COMMAND_SHIP_ORDER); /* illegal too, but older news */
    command.expected_version = 6;

    ck_assert(!order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_VERSION_CONFLICT);
    ck_assert_int_eq(rejection.expected, 6);
    ck_assert_int_eq(rejection.number, 7);
}
END_TEST

START_TEST(the_version_expected_lets_the_step_through)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    struct command command = an_authorization(TOTAL);
    command.expected_version = 7;

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
}
END_TEST

START_TEST(time_never_goes_back_within_an_order)
{
    const struct order order = an_order_in(ORDER_STATUS_PLACED);
    const struct command command = an_authorization(TOTAL);

    ck_assert(order_decide(&order, &command, EARLIER - 1, &event, &rejection));
    ck_assert_int_eq(event.envelope.occurred_at_ms, EARLIER);
    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.envelope.occurred_at_ms, NOW);
}
END_TEST

static TCase *step_case(void)
{
    TCase *step = tcase_create("step");
    tcase_add_checked_fixture(step, open_all, NULL);
    tcase_add_test(step, a_customer_does_not_learn_that_a_strangers_order_exists);
    tcase_add_test(step, a_customer_may_cancel_its_own_order);
    tcase_add_test(step, another_version_than_expected_is_a_conflict);
    tcase_add_test(step, the_version_expected_lets_the_step_through);
    tcase_add_test(step, time_never_goes_back_within_an_order);
    return step;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, step_case());
    return check_main(suite);
}
