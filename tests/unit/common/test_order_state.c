/* SPDX-License-Identifier: Apache-2.0 */
/* What can follow what; what comes of it is tried where it is decided (tests/unit/command-svc). */
#include "common/contract/order_state.h"
#include "tests/support/check_main.h"

/* Of 100: authorized, 40 of it captured, 10 of that given back. */
static const struct order ORDER = {
    .version = 4,
    .last_at_ms = 1000,
    .status = ORDER_STATUS_CONFIRMED,
    .payment_status = PAYMENT_CAPTURED,
    .risk_flags = {.names = {{"fraud", sizeof "fraud" - 1}}, .count = 1},
    .authorized_minor = 100,
    .captured_minor = 40,
    .refunded_minor = 10};

static struct order_event next(enum order_event_kind kind)
{
    return (struct order_event){.kind = kind, .envelope = {.version = 5, .occurred_at_ms = 1000}};
}

START_TEST(the_next_version_follows_and_no_other)
{
    struct order_event event = next(ORDER_NOTE_ADDED);
    ck_assert(order_takes(&ORDER, &event));
    event.envelope.version = 6;
    ck_assert(!order_takes(&ORDER, &event));
    event.envelope.version = 4;
    ck_assert(!order_takes(&ORDER, &event));
    event = next(ORDER_NOTE_ADDED);
    event.envelope.occurred_at_ms = 999;
    ck_assert(!order_takes(&ORDER, &event));
    event = next(ORDER_EVENT_KIND_COUNT);
    ck_assert(!order_takes(&ORDER, &event));
}
END_TEST

START_TEST(an_order_is_placed_first_and_once)
{
    const struct order nothing = {.version = 0};
    struct order_event event = next(ORDER_PLACED);
    ck_assert(!order_takes(&ORDER, &event));
    event.envelope.version = 1;
    ck_assert(order_takes(&nothing, &event));
    event.kind = ORDER_NOTE_ADDED;
    ck_assert(!order_takes(&nothing, &event));
}
END_TEST

START_TEST(no_more_is_captured_than_authorized_nor_given_back_than_captured)
{
    struct order_event capture = next(ORDER_PAYMENT_CAPTURED);
    struct order_event refund = next(ORDER_PAYMENT_REFUNDED);
    capture.payment_captured.captured_minor = 100;
    refund.payment_refunded.refunded_minor = 40;
    ck_assert(order_takes(&ORDER, &capture));
    ck_assert(order_takes(&ORDER, &refund));
    capture.payment_captured.captured_minor = 101;
    refund.payment_refunded.refunded_minor = 41;
    ck_assert(!order_takes(&ORDER, &capture));
    ck_assert(!order_takes(&ORDER, &refund));
}
END_TEST

START_TEST(a_flag_is_set_where_it_is_not_and_cleared_where_it_is)
{
    struct order_event set = next(ORDER_RISK_FLAGGED);
    struct order_event clear = next(ORDER_RISK_CLEARED);
    set.risk_flagged.flag = STRVIEW("address");
    clear.risk_cleared.flag = STRVIEW("fraud");
    ck_assert(order_takes(&ORDER, &set));
    ck_assert(order_takes(&ORDER, &clear));
    set.risk_flagged.flag = STRVIEW("fraud");
    clear.risk_cleared.flag = STRVIEW("address");
    ck_assert(!order_takes(&ORDER, &set));
    ck_assert(!order_takes(&ORDER, &clear));

    struct order full = ORDER;
    full.risk_flags.count = RISK_FLAGS_MAX;
    set.risk_flagged.flag = STRVIEW("address");
    ck_assert(!order_takes(&full, &set));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/order_state");
    TCase *tests = tcase_create("takes");
    tcase_add_test(tests, the_next_version_follows_and_no_other);
    tcase_add_test(tests, an_order_is_placed_first_and_once);
    tcase_add_test(tests, no_more_is_captured_than_authorized_nor_given_back_than_captured);
    tcase_add_test(tests, a_flag_is_set_where_it_is_not_and_cleared_where_it_is);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
