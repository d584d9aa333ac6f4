/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an order, cell by cell.
 *
 * The matrix below is written by hand from the requirements, not derived from
 * the code's table: a change of rule must be made in both places.
 */
#include "command-svc/core/order.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000, EARLIER = 4000, TOTAL = 1250, STEPS = 15 };

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

static struct order_event event;
static struct rejection rejection;

static void open_all(void)
{
    event = (struct order_event){.kind = ORDER_EVENT_KIND_COUNT};
    rejection = (struct rejection){.kind = REJECTION_KIND_COUNT};
}

static struct order an_order_in(enum order_status status)
{
    return (struct order){.version = 7,
                          .placed_at_ms = 1000,
                          .last_at_ms = EARLIER,
                          .status = status,
                          .customer_id = STRVIEW("c-1"),
                          .currency = STRVIEW("EUR"),
                          .total_minor = TOTAL,
                          .payment_status = PAYMENT_CAPTURED,
                          .authorized_minor = TOTAL,
                          .captured_minor = TOTAL - 250,
                          .dispute = DISPUTE_OPEN,
                          .risk_flags = {.names = {STRVIEW("address")}, .count = 1}};
}

static struct command step_command(enum command_kind kind)
{
    return kind == COMMAND_AUTHORIZE_PAYMENT ? an_authorization(TOTAL) : a_step(kind);
}

/* ---- the matrix ---------------------------------------------------------------------------- */

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

/* ---- amounts, versions, times -------------------------------------------------------------- */

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

/* ---- money going back ---------------------------------------------------------------------- */

enum { DAY_MS = 86400000 };

/* An order of 1,250 in that status, its payment at that point. */
static struct order a_paid_order(enum order_status status, enum payment_status payment,
                                 int64_t captured_minor, int64_t refunded_minor)
{
    struct order order = an_order_in(status);
    order.payment_status = payment;
    order.authorized_minor = payment == PAYMENT_PENDING ? 0 : TOTAL;
    order.captured_minor = captured_minor;
    order.refunded_minor = refunded_minor;
    order.refund_state = refunded_minor == 0                ? REFUND_NONE
                         : refunded_minor == captured_minor ? REFUND_FULL
                                                            : REFUND_PARTIAL;
    return order;
}

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

static bool take(struct order *order, const struct command *command, int64_t at_ms)
{
    if (!order_decide(order, command, at_ms, &event, &rejection)) {
        return false;
    }
    order_apply(order, &event);
    return true;
}

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

/* ---- what bars nothing --------------------------------------------------------------------- */

static void assert_illegal(struct order *order, const struct command *command)
{
    ck_assert(!take(order, command, NOW));
    ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
    ck_assert_str_eq(rejection.command, command_word(command->kind));
    for (size_t i = 0; rejection.allowed[i] != NULL; i++) {
        ck_assert_str_ne(rejection.allowed[i], rejection.command);
    }
}

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

static TCase *life_case(void)
{
    TCase *life = tcase_create("life");
    tcase_add_checked_fixture(life, open_all, NULL);
    tcase_add_loop_test(life, a_step_is_possible_only_from_the_states_listed, 0, ROWS * STEPS);
    tcase_add_loop_test(life, a_refused_step_says_from_where_and_what_is_possible, 0, ROWS);
    tcase_add_loop_test(life, no_step_finds_an_order_that_is_not_there, 0, STEPS);
    tcase_add_test(life, a_customer_does_not_learn_that_a_strangers_order_exists);
    tcase_add_test(life, a_customer_may_cancel_its_own_order);
    tcase_add_test(life, a_payment_must_be_the_total_exactly);
    tcase_add_test(life, the_state_is_looked_at_before_the_amount);
    tcase_add_test(life, another_version_than_expected_is_a_conflict);
    tcase_add_test(life, the_version_expected_lets_the_step_through);
    tcase_add_test(life, time_never_goes_back_within_an_order);
    tcase_add_test(life, an_event_carries_who_did_it_and_its_data);
    tcase_add_loop_test(life, cancelling_gives_up_what_was_not_taken_and_owes_what_was, 0,
                        sizeof SETTLED / sizeof SETTLED[0]);
    tcase_add_loop_test(life, so_does_a_return, 0, sizeof SETTLED / sizeof SETTLED[0]);
    tcase_add_test(life, a_payment_is_captured_in_parts_up_to_what_was_authorized);
    tcase_add_loop_test(life, money_is_taken_and_given_back_only_where_it_is, 0,
                        sizeof PAYMENTS / sizeof PAYMENTS[0]);
    tcase_add_test(life, a_refund_nobody_owed_is_partial_and_then_full);
    tcase_add_test(life, what_is_due_stays_due_until_all_of_it_is_paid);
    tcase_add_test(life, long_after_delivery_a_refund_wants_an_override);
    tcase_add_test(life, a_flag_is_set_and_cleared_in_turns);
    tcase_add_test(life, a_flag_beyond_the_sixteenth_is_refused);
    tcase_add_test(life, a_dispute_is_opened_and_resolved_in_turns);
    tcase_add_test(life, an_authorization_is_remembered_with_its_reference);
    tcase_add_test(life, a_declined_payment_ends_the_order_and_frees_its_stock);
    tcase_add_test(life, an_address_carries_its_region_or_else_its_country);
    return life;
}

int main(void)
{
    Suite *suite = suite_create("command-svc/core/order");
    suite_add_tcase(suite, life_case());
    return check_main(suite);
}
