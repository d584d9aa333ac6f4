/* SPDX-License-Identifier: Apache-2.0 */
/* The fold of an order's events: expectations written by hand. */
#include "projector-svc/core/order_view.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

static void ck_text(struct strview text, const char *expected)
{
    ck_assert_msg(strview_is(text, expected), "\"%.*s\" is not \"%s\"", STRVIEW_ARG(text),
                  expected);
}

static struct order_view fold(const enum order_event_kind *kinds, size_t count)
{
    static char ids[8][3] = {"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"};
    struct order_view view = {.version = 0};
    struct error err;
    for (size_t i = 0; i < count; i++) {
        const struct order_event event = an_event(kinds[i], (int64_t)i + 1);
        ck_assert_int_eq(order_view_apply(&view, &event, strview_of(ids[i]), &err), ERROR_NONE);
    }
    return view;
}

static const struct {
    enum order_event_kind kinds[4];
    size_t count;
    enum order_status status;
    enum payment_status payment;
} LIVES[] = {
    {{ORDER_PLACED}, 1, ORDER_STATUS_PLACED, PAYMENT_PENDING},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED}, 2, ORDER_STATUS_CONFIRMED, PAYMENT_AUTHORIZED},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED},
     3,
     ORDER_STATUS_SHIPPED,
     PAYMENT_AUTHORIZED},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED, ORDER_DELIVERED},
     4,
     ORDER_STATUS_DELIVERED,
     PAYMENT_AUTHORIZED},
    {{ORDER_PLACED, ORDER_CANCELLED}, 2, ORDER_STATUS_CANCELLED, PAYMENT_VOIDED},
    {{ORDER_PLACED, ORDER_PAYMENT_DECLINED}, 2, ORDER_STATUS_CANCELLED, PAYMENT_DECLINED},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_CANCELLED},
     3,
     ORDER_STATUS_CANCELLED,
     PAYMENT_VOIDED},
};

START_TEST(each_event_leads_to_its_status)
{
    const struct order_view view = fold(LIVES[_i].kinds, LIVES[_i].count);

    ck_assert_int_eq(view.status, LIVES[_i].status);
    ck_assert_int_eq(view.payment_status, LIVES[_i].payment);
    ck_assert_int_eq(view.version, (int64_t)LIVES[_i].count);
    ck_assert_int_eq(view.status_since_ms, T0 + view.version);
    ck_assert_int_eq(view.updated_at_ms, T0 + view.version);
    ck_assert_int_eq(view.placed_at_ms, T0 + 1);
}
END_TEST

START_TEST(what_happened_stays_readable_afterwards)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED,
                                          ORDER_DELIVERED};
    const struct order_view view = fold(life, 4);

    ck_text(view.order_id, AN_ORDER_ID);
    ck_text(view.last_event_id, "e4");
    ck_text(view.last_event_type, "OrderDelivered");
    ck_text(view.placed.customer_id, "c1");
    ck_assert_uint_eq(view.placed.line_count, 2);
    ck_assert_int_eq(view.authorization.amount_minor, 1250);
    ck_text(view.authorization.reference, "ref-1");
    ck_assert_int_eq(view.authorization.at_ms, T0 + 2);
    ck_text(view.shipment.carrier, "dhl");
    ck_text(view.shipment.tracking_number, "T1");
    ck_assert_int_eq(view.shipment.shipped_at_ms, T0 + 3);
    ck_assert_int_eq(view.shipment.delivered_at_ms, T0 + 4);
}
END_TEST

START_TEST(a_note_is_a_version_and_changes_nothing_else)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_NOTE_ADDED};
    const struct order_view view = fold(life, 2);

    ck_assert_int_eq(view.version, 2);
    ck_assert_int_eq(view.status, ORDER_STATUS_PLACED);
    ck_assert_int_eq(view.payment_status, PAYMENT_PENDING);
    ck_assert_int_eq(view.status_since_ms, T0 + 1);
    ck_assert_int_eq(view.updated_at_ms, T0 + 2);
    ck_assert_int_eq(view.notes.count, 1);
    ck_text(view.notes.list[0].text, "called back");
    ck_text(view.notes.list[0].by, "ann");
    ck_assert_int_eq(view.notes.list[0].at_ms, T0 + 2);
}
END_TEST

START_TEST(of_many_notes_the_newest_are_kept_and_all_counted)
{
    struct order_entries notes = {.kept = 0};
    for (int64_t i = 1; i <= ORDER_ENTRIES_KEPT + 3; i++) {
        order_entries_add(&notes, &(struct order_entry){.at_ms = i, .text = STRVIEW("short")});
    }

    ck_assert_int_eq(notes.count, ORDER_ENTRIES_KEPT + 3);
    ck_assert_uint_eq(notes.kept, ORDER_ENTRIES_KEPT);
    ck_assert_int_eq(notes.list[0].at_ms, 4);
    ck_assert_int_eq(notes.list[ORDER_ENTRIES_KEPT - 1].at_ms, ORDER_ENTRIES_KEPT + 3);
}
END_TEST

START_TEST(large_notes_make_place_for_each_other)
{
    static char text[ORDER_ENTRIES_BYTES + 1];
    struct order_entries notes = {.kept = 0};
    const struct strview third = {.data = text, .len = ORDER_ENTRIES_BYTES / 3};
    const struct strview too_large = {.data = text, .len = ORDER_ENTRIES_BYTES + 1};
    for (int64_t i = 1; i <= 4; i++) {
        order_entries_add(&notes, &(struct order_entry){.at_ms = i, .text = third});
    }
    ck_assert_uint_eq(notes.kept, 3);
    ck_assert_int_eq(notes.list[0].at_ms, 2);

    order_entries_add(&notes, &(struct order_entry){.at_ms = 5, .text = too_large});

    ck_assert_uint_eq(notes.kept, 1); /* whatever it has */
    ck_assert_int_eq(notes.count, 5);
}
END_TEST

START_TEST(a_new_address_takes_the_place_of_the_old_one)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_SHIPPING_ADDRESS_CHANGED};
    const struct order_view view = fold(life, 2);

    ck_text(view.placed.address.line1, "2 Rue Haute");
    ck_text(view.placed.address.city, ""); /* nothing of the old one stays */
    ck_text(view.placed.region, "FR");
    ck_assert_int_eq(view.status, ORDER_STATUS_PLACED);
    ck_assert_int_eq(view.status_since_ms, T0 + 1);
}
END_TEST

START_TEST(the_newest_word_of_the_carrier_is_kept)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED,
                                          ORDER_TRACKING_RECORDED};
    const struct order_view view = fold(life, 4);

    ck_text(view.shipment.tracking_number, "T1");
    ck_text(view.shipment.tracking_status, "in transit");
    ck_text(view.shipment.location, "Leeds");
    ck_assert_int_eq(view.shipment.tracked_at_ms, T0 + 4);
    ck_assert_int_eq(view.status, ORDER_STATUS_SHIPPED);
}
END_TEST

static const enum order_event_kind MONEY_LIFE[] = {
    ORDER_PLACED,    ORDER_PAYMENT_AUTHORIZED, ORDER_PAYMENT_CAPTURED, ORDER_SHIPPED,
    ORDER_DELIVERED, ORDER_RETURNED,           ORDER_PAYMENT_REFUNDED};

START_TEST(money_taken_and_owed_is_told_from_what_was_returned)
{
    const struct order_view captured = fold(MONEY_LIFE, 3);
    const struct order_view returned = fold(MONEY_LIFE, 6);

    ck_assert_int_eq(captured.payment_status, PAYMENT_CAPTURED);
    ck_assert_int_eq(captured.captured_minor, 1000);
    ck_assert_int_eq(captured.status, ORDER_STATUS_CONFIRMED);
    ck_assert_int_eq(captured.status_since_ms, T0 + 2);
    ck_assert_int_eq(returned.status, ORDER_STATUS_RETURNED);
    ck_assert_int_eq(returned.status_since_ms, T0 + 6);
    ck_assert_int_eq(returned.payment_status, PAYMENT_CAPTURED);
    ck_assert_int_eq(returned.refund_state, REFUND_DUE);
    ck_text(returned.returning.reason, "does not fit");
    ck_assert_int_eq(returned.returning.at_ms, T0 + 6);
}
END_TEST

START_TEST(a_refund_says_how_much_is_back_and_whether_more_is_owed)
{
    const struct order_view view = fold(MONEY_LIFE, 7);

    ck_assert_int_eq(view.refunded_minor, 400);
    ck_assert_int_eq(view.refunds.count, 1);
    ck_assert_int_eq(view.refunds.list[0].amount_minor, 400);
    ck_text(view.refunds.list[0].text, "returned");
    ck_assert_int_eq(view.captures.count, 1);
    ck_assert_int_eq(view.captures.list[0].amount_minor, 1000);
    ck_assert_int_eq(view.payment_status, PAYMENT_PARTIALLY_REFUNDED);
    ck_assert_int_eq(view.refund_state, REFUND_DUE);
    ck_assert_int_eq(view.status, ORDER_STATUS_RETURNED);
}
END_TEST

START_TEST(flags_and_disputes_come_and_go)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_RISK_FLAGGED, ORDER_DISPUTE_OPENED,
                                          ORDER_RISK_CLEARED, ORDER_DISPUTE_RESOLVED};
    const struct order_view before = fold(life, 3);
    const struct order_view after = fold(life, 5);

    ck_assert_uint_eq(before.risk_flags.count, 1);
    ck_text(before.risk_flags.names[0], "fraud");
    ck_assert_int_eq(before.dispute, DISPUTE_OPEN);
    ck_assert_int_eq(before.status_since_ms, T0 + 1);
    ck_assert_uint_eq(after.risk_flags.count, 0);
    ck_assert_int_eq(after.dispute, DISPUTE_RESOLVED);
    ck_text(before.dispute_case.reason, "not received");
    ck_assert_int_eq(before.dispute_case.opened_at_ms, T0 + 3);
    ck_assert_int_eq(before.dispute_case.resolved_at_ms, 0);
    ck_text(after.dispute_case.resolution, "not received");
    ck_assert_int_eq(after.dispute_case.resolved_at_ms, T0 + 5);
}
END_TEST

START_TEST(a_flag_that_cannot_be_set_or_cleared_is_none_of_ours)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_RISK_FLAGGED};
    struct order_view unset = fold(life, 1), set = fold(life, 2);
    const struct order_event clear = an_event(ORDER_RISK_CLEARED, 2);
    const struct order_event again = an_event(ORDER_RISK_FLAGGED, 3);
    struct error err;

    ck_assert_int_eq(order_view_apply(&unset, &clear, STRVIEW("e2"), &err), ERROR_INVALID);
    ck_assert_int_eq(order_view_apply(&set, &again, STRVIEW("e3"), &err), ERROR_INVALID);
}
END_TEST

START_TEST(a_cancellation_says_why_and_what_becomes_of_the_money)
{
    struct order_event cancelled = an_event(ORDER_CANCELLED, 2);
    const enum order_event_kind placed[] = {ORDER_PLACED};
    struct order_view view = fold(placed, 1);
    struct error err;
    cancelled.cancelled.payment_status = STRVIEW("captured");
    cancelled.cancelled.refund_state = STRVIEW("due");

    ck_assert_int_eq(order_view_apply(&view, &cancelled, STRVIEW("e2"), &err), ERROR_NONE);

    ck_assert_int_eq(view.payment_status, PAYMENT_CAPTURED);
    ck_assert_int_eq(view.refund_state, REFUND_DUE);
    ck_text(view.cancellation.reason, "changed my mind");
    ck_assert_int_eq(view.cancellation.at_ms, T0 + 2);
}
END_TEST

START_TEST(what_has_no_meaning_is_refused_and_changes_nothing)
{
    struct order_view nothing = {.version = 0};
    const enum order_event_kind placed[] = {ORDER_PLACED};
    struct order_view view = fold(placed, 1);
    const struct order_view before = view;
    struct order_event strange = an_event(ORDER_CANCELLED, 2);
    const struct order_event shipped = an_event(ORDER_SHIPPED, 1);
    const struct order_event again = an_event(ORDER_PLACED, 2);
    struct error err;
    strange.cancelled.refund_state = STRVIEW("perhaps");

    ck_assert_int_eq(order_view_apply(&nothing, &shipped, STRVIEW("e1"), &err), ERROR_INVALID);
    ck_assert_int_eq(nothing.version, 0);
    ck_assert_int_eq(order_view_apply(&view, &again, STRVIEW("e2"), &err), ERROR_INVALID);
    ck_assert_int_eq(order_view_apply(&view, &strange, STRVIEW("e2"), &err), ERROR_INVALID);
    ck_assert_int_eq(memcmp(&view, &before, sizeof view), 0);
}
END_TEST

/* Whoever appends to the outbox may leave it empty. */
START_TEST(an_order_of_no_customer_is_refused)
{
    struct order_view view = {.version = 0};
    struct order_event placed = an_event(ORDER_PLACED, 1);
    struct error err;
    placed.placed.customer_id = STRVIEW("");

    ck_assert_int_eq(order_view_apply(&view, &placed, STRVIEW("e1"), &err), ERROR_INVALID);

    ck_assert_str_eq(err.text, "an order of no customer");
    ck_assert_int_eq(view.version, 0);
}
END_TEST

START_TEST(a_skipped_event_counts_as_a_version)
{
    const enum order_event_kind placed[] = {ORDER_PLACED};
    struct order_view view = fold(placed, 1);

    order_view_pass(&view, STRVIEW("e2"), STRVIEW("EventSkipped"), T0 + 2);

    ck_assert_int_eq(view.version, 2);
    ck_text(view.last_event_id, "e2");
    ck_text(view.last_event_type, "EventSkipped");
    ck_assert_int_eq(view.status, ORDER_STATUS_PLACED);
    ck_assert_int_eq(view.status_since_ms, T0 + 1);
}
END_TEST

static const struct {
    enum order_event_kind kind;
    const char *sentence;
} SENTENCES[] = {
    {ORDER_PLACED, "Order placed with 3 items"},
    {ORDER_PAYMENT_AUTHORIZED, "Payment authorized"},
    {ORDER_SHIPPED, "Order shipped with dhl, tracking number T1"},
    {ORDER_DELIVERED, "Order delivered"},
    {ORDER_CANCELLED, "Order cancelled: changed my mind"},
    {ORDER_NOTE_ADDED, "Note added"},
    {ORDER_SHIPPING_ADDRESS_CHANGED, "Shipping address changed"},
    {ORDER_PAYMENT_DECLINED, "Payment declined, order cancelled: insufficient funds"},
    {ORDER_TRACKING_RECORDED, "Carrier: in transit, Leeds"},
    {ORDER_PAYMENT_CAPTURED, "Payment captured"},
    {ORDER_RISK_FLAGGED, "Risk flagged: three cards"},
    {ORDER_RISK_CLEARED, "Risk cleared: three cards"},
    {ORDER_DISPUTE_OPENED, "Dispute opened"}, /* why is not for everybody */
    {ORDER_DISPUTE_RESOLVED, "Dispute resolved"},
    {ORDER_RETURNED, "Order returned: does not fit"},
    {ORDER_PAYMENT_REFUNDED, "Payment refunded: returned"},
};

START_TEST(each_event_has_a_sentence)
{
    const struct order_event event = an_event(SENTENCES[_i].kind, 1);
    struct strbuf out;
    strbuf_init(&out, 4096);

    order_view_summary(&event, &out);

    ck_assert_str_eq(strbuf_cstr(&out), SENTENCES[_i].sentence);
    strbuf_done(&out);
}
END_TEST

START_TEST(words_and_values_belong_together)
{
    enum order_status status = ORDER_STATUS_PLACED;
    enum payment_status payment = PAYMENT_PENDING;

    ck_assert(order_status_parse(STRVIEW("returned"), &status));
    ck_assert_int_eq(status, ORDER_STATUS_RETURNED);
    ck_assert(payment_status_parse(STRVIEW("partially_refunded"), &payment));
    ck_assert_int_eq(payment, PAYMENT_PARTIALLY_REFUNDED);
    ck_assert(!order_status_parse(STRVIEW("lost"), &status));
    ck_assert_int_eq(status, ORDER_STATUS_RETURNED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/order_view");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, each_event_leads_to_its_status, 0, sizeof LIVES / sizeof LIVES[0]);
    tcase_add_test(rules, what_happened_stays_readable_afterwards);
    tcase_add_test(rules, a_note_is_a_version_and_changes_nothing_else);
    tcase_add_test(rules, of_many_notes_the_newest_are_kept_and_all_counted);
    tcase_add_test(rules, large_notes_make_place_for_each_other);
    tcase_add_test(rules, a_new_address_takes_the_place_of_the_old_one);
    tcase_add_test(rules, the_newest_word_of_the_carrier_is_kept);
    tcase_add_test(rules, money_taken_and_owed_is_told_from_what_was_returned);
    tcase_add_test(rules, a_refund_says_how_much_is_back_and_whether_more_is_owed);
    tcase_add_test(rules, flags_and_disputes_come_and_go);
    tcase_add_test(rules, a_flag_that_cannot_be_set_or_cleared_is_none_of_ours);
    tcase_add_test(rules, a_cancellation_says_why_and_what_becomes_of_the_money);
    tcase_add_test(rules, what_has_no_meaning_is_refused_and_changes_nothing);
    tcase_add_test(rules, an_order_of_no_customer_is_refused);
    tcase_add_test(rules, a_skipped_event_counts_as_a_version);
    tcase_add_loop_test(rules, each_event_has_a_sentence, 0,
                        sizeof SENTENCES / sizeof SENTENCES[0]);
    tcase_add_test(rules, words_and_values_belong_together);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
