/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builders.h - events and views for the projector's tests, with what a test does not care about
 * filled in.
 */
#ifndef TESTS_UNIT_PROJECTOR_SVC_BUILDERS_H
#define TESTS_UNIT_PROJECTOR_SVC_BUILDERS_H

#include "common/contract/order_event.h"
#include "projector-svc/core/order_view.h"

#include <stdint.h>

#define AN_ORDER_ID "0199c0de-0000-7000-8000-000000000001"

enum { T0 = 1000 }; /* v1 happened at T0 + 1, v2 at T0 + 2 ... */

static const struct order_line TWO_LINES[] = {
    {{"PEN", sizeof "PEN" - 1}, {"Pen", sizeof "Pen" - 1}, 2, 125},
    {{"INK", sizeof "INK" - 1}, {"Ink, blue", sizeof "Ink, blue" - 1}, 1, 1000},
};

/* Of payments and their return. */
static inline void fill_money(struct order_event *event)
{
    if (event->kind == ORDER_PAYMENT_AUTHORIZED) {
        event->payment_authorized.amount_minor = 1250;
        event->payment_authorized.reference = STRVIEW("ref-1");
    } else if (event->kind == ORDER_PAYMENT_DECLINED) {
        event->envelope.reason = STRVIEW("insufficient funds");
    } else if (event->kind == ORDER_PAYMENT_CAPTURED) {
        event->payment_captured.amount_minor = 1000;
        event->payment_captured.captured_minor = 1000;
    } else if (event->kind == ORDER_RETURNED) {
        event->envelope.reason = STRVIEW("does not fit");
        event->returned = (struct order_settlement){.payment_status = STRVIEW("captured"),
                                                    .refund_state = STRVIEW("due"),
                                                    .voided_minor = 250,
                                                    .due_minor = 1000};
    } else if (event->kind == ORDER_PAYMENT_REFUNDED) {
        event->envelope.reason = STRVIEW("returned");
        event->payment_refunded.amount_minor = 400;
        event->payment_refunded.refunded_minor = 400;
        event->payment_refunded.payment_status = STRVIEW("partially_refunded");
        event->payment_refunded.refund_state = STRVIEW("due");
    }
}

/* The version's event of that kind; placed: two lines, 12.50 GBP, customer c1. */
static inline struct order_event an_event(enum order_event_kind kind, int64_t version)
{
    struct order_event event = {
        .kind = kind,
        .envelope = {.aggregate_id = STRVIEW(AN_ORDER_ID),
                     .version = version,
                     .occurred_at_ms = T0 + version,
                     .actor = {STRVIEW("agent"), STRVIEW("ann")}},
    };
    if (kind == ORDER_PLACED) {
        event.placed = (struct order_placed){
            .customer_id = STRVIEW("c1"),
            .customer_name = STRVIEW("Ada"),
            .currency = STRVIEW("GBP"),
            .total_minor = 1250,
            .item_count = 3,
            .region = STRVIEW("Kent"),
            .provider = STRVIEW("demo"),
            .method = STRVIEW("card"),
            .lines = TWO_LINES,
            .line_count = 2,
            .address = {.name = STRVIEW("Ada"),
                        .line1 = STRVIEW("1 High St"),
                        .city = STRVIEW("Dover"),
                        .postal_code = STRVIEW("CT16"),
                        .region = STRVIEW("Kent"),
                        .country = STRVIEW("GB")},
        };
    } else if (kind == ORDER_SHIPPED) {
        event.shipped.carrier = STRVIEW("dhl");
        event.shipped.tracking_number = STRVIEW("T1");
    } else if (kind == ORDER_CANCELLED) {
        event.envelope.reason = STRVIEW("changed my mind");
        event.cancelled.payment_status = STRVIEW("voided");
        event.cancelled.refund_state = STRVIEW("none");
    } else if (kind == ORDER_NOTE_ADDED) {
        event.note_added.text = STRVIEW("called back");
    } else if (kind == ORDER_SHIPPING_ADDRESS_CHANGED) {
        event.shipping_address_changed.region = STRVIEW("FR");
        event.shipping_address_changed.address = (struct shipping_address){
            .name = STRVIEW("Ada"), .line1 = STRVIEW("2 Rue Haute"), .country = STRVIEW("FR")};
    } else if (kind == ORDER_RISK_FLAGGED || kind == ORDER_RISK_CLEARED) {
        event.envelope.reason = STRVIEW("three cards");
        event.risk_flagged.flag = STRVIEW("fraud");
    } else if (kind == ORDER_DISPUTE_OPENED || kind == ORDER_DISPUTE_RESOLVED) {
        event.envelope.reason = STRVIEW("not received");
    } else if (kind == ORDER_TRACKING_RECORDED) {
        event.tracking_recorded.status = STRVIEW("in transit");
        event.tracking_recorded.location = STRVIEW("Leeds");
    }
    fill_money(&event);
    return event;
}

#endif
