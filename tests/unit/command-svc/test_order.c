/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an order, cell by cell.
 *
 * The matrix below is written by hand from the requirements, not derived from
 * the code's table: a change of rule must be made in both places.
 */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/order_fixture.h"

enum { STEPS = 15 };

/* authorize, ship, deliver, cancel, note, address, decline, tracking, capture, return, refund, of
 * an order whose payment is captured in part; '.' is refused; then what the refusal lists as
 * possible
 */
static const struct {
    enum order_status from;
    const char *cells;
    const char *allowed[11];
} LIFE[] = {
    {ORDER_STATUS_PLACED,
     "A..CNRX...FK..S",
     {"authorize-payment", "cancel", "add-note", "change-shipping-address", "decline-payment",
      "refund", "flag-risk", "clear-risk", "resolve-dispute", NULL}},
    {ORDER_STATUS_CONFIRMED,
     ".S.CNR..P.FK..S",
     {"ship", "cancel", "add-note", "change-shipping-address", "capture-payment", "refund",
      "flag-risk", "clear-risk", "resolve-dispute", NULL}},
    {ORDER_STATUS_SHIPPED,
     "..D.N..TP.FK..S",
     {"deliver", "add-note", "record-tracking", "capture-payment", "refund", "flag-risk",
      "clear-risk", "resolve-dispute", NULL}},
    {ORDER_STATUS_DELIVERED,
     "....N...PBFK..S",
     {"add-note", "capture-payment", "return", "refund", "flag-risk", "clear-risk",
      "resolve-dispute", NULL}},
    {ORDER_STATUS_RETURNED,
     "....N.....FK..S",
     {"add-note", "refund", "flag-risk", "clear-risk", "resolve-dispute", NULL}},
    {ORDER_STATUS_CANCELLED,
     "....N.....FK..S",
     {"add-note", "refund", "flag-risk", "clear-risk", "resolve-dispute", NULL}},
};
enum { ROWS = sizeof LIFE / sizeof LIFE[0] };

static const struct {
    enum command_kind command;
    const char *path;
    enum order_event_kind event;
    enum order_status status; /* NONE: as before */
} STEP[STEPS] = {
    {COMMAND_AUTHORIZE_PAYMENT, "authorize-payment", ORDER_PAYMENT_AUTHORIZED,
     ORDER_STATUS_CONFIRMED},
    {COMMAND_SHIP_ORDER, "ship", ORDER_SHIPPED, ORDER_STATUS_SHIPPED},
    {COMMAND_DELIVER_ORDER, "deliver", ORDER_DELIVERED, ORDER_STATUS_DELIVERED},
    {COMMAND_CANCEL_ORDER, "cancel", ORDER_CANCELLED, ORDER_STATUS_CANCELLED},
    {COMMAND_ADD_NOTE, "add-note", ORDER_NOTE_ADDED, ORDER_STATUS_NONE},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, "change-shipping-address", ORDER_SHIPPING_ADDRESS_CHANGED,
     ORDER_STATUS_NONE},
    {COMMAND_DECLINE_PAYMENT, "decline-payment", ORDER_PAYMENT_DECLINED, ORDER_STATUS_CANCELLED},
    {COMMAND_RECORD_TRACKING, "record-tracking", ORDER_TRACKING_RECORDED, ORDER_STATUS_NONE},
    {COMMAND_CAPTURE_PAYMENT, "capture-payment", ORDER_PAYMENT_CAPTURED, ORDER_STATUS_NONE},
    {COMMAND_RETURN_ORDER, "return", ORDER_RETURNED, ORDER_STATUS_RETURNED},
    {COMMAND_REFUND_PAYMENT, "refund", ORDER_PAYMENT_REFUNDED, ORDER_STATUS_NONE},
    {COMMAND_FLAG_RISK, "flag-risk", ORDER_RISK_FLAGGED, ORDER_STATUS_NONE},
    {COMMAND_CLEAR_RISK, "clear-risk", ORDER_RISK_CLEARED, ORDER_STATUS_NONE},
    {COMMAND_OPEN_DISPUTE, "open-dispute", ORDER_DISPUTE_OPENED, ORDER_STATUS_NONE},
    {COMMAND_RESOLVE_DISPUTE, "resolve-dispute", ORDER_DISPUTE_RESOLVED, ORDER_STATUS_NONE},
};

static struct command step_command(enum command_kind kind)
{
    return kind == COMMAND_AUTHORIZE_PAYMENT ? an_authorization(TOTAL) : a_step(kind);
}

START_TEST(a_step_is_possible_only_from_the_states_listed)
{
    const int row = _i / STEPS;
    const int step = _i % STEPS;
    const struct order before = an_order_in(LIFE[row].from);
    struct order order = before;
    const struct command command = step_command(STEP[step].command);

    const bool accepted = order_decide(&order, &command, NOW, &event, &rejection);

    ck_assert_mem_eq(&order, &before, sizeof order); /* deciding changes nothing */
    ck_assert_int_eq(accepted, LIFE[row].cells[step] != '.');
    if (accepted) {
        ck_assert_int_eq(event.kind, STEP[step].event);
        ck_assert_int_eq(event.envelope.version, 8);
        order_apply(&order, &event);
        ck_assert_int_eq(order.status, STEP[step].status == ORDER_STATUS_NONE ? before.status
                                                                              : STEP[step].status);
        ck_assert_int_eq(order.version, 8);
    } else {
        ck_assert_int_eq(event.kind, ORDER_EVENT_KIND_COUNT);
        ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
    }
}
END_TEST

START_TEST(a_refused_step_says_from_where_and_what_is_possible)
{
    const struct order order = an_order_in(LIFE[_i].from);
    const struct command command = step_command(
        LIFE[_i].from == ORDER_STATUS_SHIPPED ? COMMAND_SHIP_ORDER : COMMAND_DELIVER_ORDER);

    ck_assert(!order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert_str_eq(rejection.from, order_status_name(LIFE[_i].from));
    ck_assert_str_eq(rejection.command, LIFE[_i].from == ORDER_STATUS_SHIPPED ? "ship" : "deliver");
    size_t at = 0;
    for (; LIFE[_i].allowed[at] != NULL; at++) {
        ck_assert_str_eq(rejection.allowed[at], LIFE[_i].allowed[at]);
    }
    ck_assert_ptr_null(rejection.allowed[at]);
}
END_TEST

START_TEST(no_step_finds_an_order_that_is_not_there)
{
    const struct order order = {.version = 0};
    const struct command command = step_command(STEP[_i].command);

    ck_assert(!order_decide(&order, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_NOT_FOUND);
}
END_TEST

static TCase *life_case(void)
{
    TCase *life = tcase_create("life");
    tcase_add_checked_fixture(life, open_all, NULL);
    tcase_add_loop_test(life, a_step_is_possible_only_from_the_states_listed, 0, ROWS * STEPS);
    tcase_add_loop_test(life, a_refused_step_says_from_where_and_what_is_possible, 0, ROWS);
    tcase_add_loop_test(life, no_step_finds_an_order_that_is_not_there, 0, STEPS);
    return life;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, life_case());
    return check_main(suite);
}
