/* SPDX-License-Identifier: Apache-2.0 */
/* Marks on an order, which bar none of its steps. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

START_TEST(a_flag_is_set_and_cleared_in_turns)
{
    struct order order = {.version = 1, .status = ORDER_STATUS_PLACED};
    const struct command set = a_step(COMMAND_FLAG_RISK);
    const struct command clear = a_step(COMMAND_CLEAR_RISK);

    assert_illegal(&order, &clear);
    ck_assert(take(&order, &set, NOW));
    ck_assert(strview_is(event.risk_flagged.flag, "fraud"));
    ck_assert(strview_is(event.envelope.reason, "three cards"));
    assert_illegal(&order, &set);
    ck_assert(take(&order, &clear, NOW));
    ck_assert(strview_is(event.risk_cleared.flag, "fraud"));
    ck_assert_uint_eq(order.risk_flags.count, 0);
    assert_illegal(&order, &clear);
    ck_assert(take(&order, &set, NOW));
}
END_TEST

START_TEST(a_flag_beyond_the_sixteenth_is_refused)
{
    static const char LETTERS[] = "abcdefghijklmnopq";
    struct order order = {.version = 1, .status = ORDER_STATUS_PLACED};
    struct command set = a_step(COMMAND_FLAG_RISK);
    for (size_t i = 0; i < 16; i++) {
        set.flag_risk.flag = (struct strview){&LETTERS[i], 1};
        ck_assert(take(&order, &set, NOW));
    }
    set.flag_risk.flag = STRVIEW("q");
    assert_illegal(&order, &set);
}
END_TEST

START_TEST(a_dispute_is_opened_and_resolved_in_turns)
{
    struct order order = {.version = 1, .status = ORDER_STATUS_PLACED};
    const struct command open = a_step(COMMAND_OPEN_DISPUTE);
    const struct command resolve = a_step(COMMAND_RESOLVE_DISPUTE);

    assert_illegal(&order, &resolve);
    ck_assert(take(&order, &open, NOW));
    ck_assert_int_eq(order.dispute, DISPUTE_OPEN);
    ck_assert(strview_is(event.envelope.reason, "not received"));
    assert_illegal(&order, &open);
    ck_assert(take(&order, &resolve, NOW));
    ck_assert_int_eq(order.dispute, DISPUTE_RESOLVED);
    assert_illegal(&order, &resolve);
    ck_assert(take(&order, &open, NOW));
    ck_assert_int_eq(order.dispute, DISPUTE_OPEN);
}
END_TEST

static TCase *marks_case(void)
{
    TCase *marks = tcase_create("marks");
    tcase_add_checked_fixture(marks, open_all, NULL);
    tcase_add_test(marks, a_flag_is_set_and_cleared_in_turns);
    tcase_add_test(marks, a_flag_beyond_the_sixteenth_is_refused);
    tcase_add_test(marks, a_dispute_is_opened_and_resolved_in_turns);
    return marks;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, marks_case());
    return check_main(suite);
}
