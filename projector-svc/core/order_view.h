/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_view.h - what readers see of an order, as a fold over its events.
 *
 * Why no rules: what may happen was decided before the event was written. The
 * fold only refuses what it cannot give a meaning, such as a shipment of an order
 * that was never placed. Which event comes next is lineup.h's business.
 *
 * Why every field comes from the events: a rebuild next year gives the same
 * bytes. (When it was projected is added on writing, see view_json.h.)
 *
 * Ownership: a plain value; its texts are borrowed from the events or from the
 * stored document. Units: times in epoch milliseconds, 0 = has not happened.
 */
#ifndef PROJECTOR_SVC_CORE_ORDER_VIEW_H
#define PROJECTOR_SVC_CORE_ORDER_VIEW_H

#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "common/contract/order_event.h"
#include "common/contract/order_status.h"
#include "common/contract/risk_flags.h"
#include "projector-svc/core/order_entries.h"

#include <stdbool.h>
#include <stdint.h>

struct order_view {
    struct strview order_id;
    int64_t version; /* 0: no event yet */
    struct strview last_event_id;
    struct strview last_event_type;
    enum order_status status;
    enum payment_status payment_status;
    enum refund_state refund_state;
    enum dispute_state dispute;
    struct risk_flags risk_flags;
    struct order_placed placed; /* with the address of now; customer_id is empty before */
    int64_t placed_at_ms;
    int64_t status_since_ms;
    int64_t updated_at_ms;
    struct {
        int64_t amount_minor;
        struct strview reference;
        int64_t at_ms;
    } authorization;
    int64_t captured_minor;
    int64_t refunded_minor;
    struct order_entries captures;
    struct order_entries refunds;
    struct order_entries notes;
    struct {
        struct strview reason;
        int64_t opened_at_ms;
        struct strview resolution;
        int64_t resolved_at_ms; /* 0: it is open */
    } dispute_case;             /* the newest one */
    struct {
        struct strview carrier;
        struct strview tracking_number;
        int64_t shipped_at_ms;
        int64_t delivered_at_ms;
        struct strview tracking_status; /* the carrier's newest words */
        struct strview location;
        int64_t tracked_at_ms;
    } shipment;
    struct {
        struct strview reason;
        int64_t at_ms;
    } cancellation;
    struct {
        struct strview reason;
        int64_t at_ms;
    } returning;
};

/*
 * Moves the view on by its next event. The event's id is not in its payload, so
 * it comes beside it. Fails with ERROR_INVALID, the view untouched, when the
 * event has no meaning for it.
 */
MUST_USE enum error_kind order_view_apply(struct order_view *view, const struct order_event *event,
                                          struct strview event_id, struct error *err);

/* Moves it on over an event an operator has skipped: the version counts, nothing else changes. */
void order_view_pass(struct order_view *view, struct strview event_id, struct strview event_type,
                     int64_t at_ms);

/* One sentence for people: what the event meant. */
void order_view_summary(const struct order_event *event, struct strbuf *out);

#endif
