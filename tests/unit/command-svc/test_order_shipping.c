/* SPDX-License-Identifier: Apache-2.0 */
/* What the events of an order's shipping carry. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

START_TEST(an_event_carries_who_did_it_and_its_data)
{
    const struct order order = an_order_in(ORDER_STATUS_CONFIRMED);
    const struct command command = a_step(COMMAND_SHIP_ORDER);

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert(strview_is(event.envelope.aggregate_id, SAMPLE_ORDER_ID));
    ck_assert(strview_is(event.envelope.actor.role, "agent"));
    ck_assert(strview_is(event.envelope.actor.subject, "a1"));
    ck_assert(strview_is(event.shipped.carrier, "dhl"));
    ck_assert(strview_is(event.shipped.tracking_number, "T-1"));
}
END_TEST

START_TEST(an_address_carries_its_region_or_else_its_country)
{
    const struct order order = an_order_in(ORDER_STATUS_CONFIRMED);
    struct command command = a_step(COMMAND_CHANGE_SHIPPING_ADDRESS);

    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert(strview_is(event.shipping_address_changed.address.line1, "1 High Street"));
    ck_assert(strview_is(event.shipping_address_changed.region, "GB"));

    command.change_shipping_address.address.region = STRVIEW("Kent");
    ck_assert(order_decide(&order, &command, NOW, &event, &rejection));
    ck_assert(strview_is(event.shipping_address_changed.region, "Kent"));
}
END_TEST

static TCase *shipping_case(void)
{
    TCase *shipping = tcase_create("shipping");
    tcase_add_checked_fixture(shipping, open_all, NULL);
    tcase_add_test(shipping, an_event_carries_who_did_it_and_its_data);
    tcase_add_test(shipping, an_address_carries_its_region_or_else_its_country);
    return shipping;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, shipping_case());
    return check_main(suite);
}
