/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_event.h - everything that can have happened to an order.
 *
 * Why events carry names and prices as they were: a projector joins nothing
 * and a replay next year gives the same view. Personal data sits in the one
 * member `personal`, so that it can be encrypted per customer and forgotten.
 *
 * Ownership: see envelope.h; lines point into the caller's array or the arena.
 * Units: amounts in minor units of `currency`. Limits: those of the commands.
 */
#ifndef COMMON_CONTRACT_ORDER_EVENT_H
#define COMMON_CONTRACT_ORDER_EVENT_H

#include "common/contract/envelope.h"

/* Every kind once; tables by kind are made from this list. */
#define ORDER_EVENTS(X)                                                                            \
    X(PLACED, placed, "OrderPlaced")                                                               \
    X(PAYMENT_AUTHORIZED, payment_authorized, "PaymentAuthorized")                                 \
    X(SHIPPED, shipped, "OrderShipped")                                                            \
    X(DELIVERED, delivered, "OrderDelivered")                                                      \
    X(CANCELLED, cancelled, "OrderCancelled")                                                      \
    X(NOTE_ADDED, note_added, "NoteAdded")                                                         \
    X(SHIPPING_ADDRESS_CHANGED, shipping_address_changed, "ShippingAddressChanged")                \
    X(PAYMENT_DECLINED, payment_declined, "PaymentDeclined")                                       \
    X(TRACKING_RECORDED, tracking_recorded, "TrackingRecorded")                                    \
    X(PAYMENT_CAPTURED, payment_captured, "PaymentCaptured")                                       \
    X(RETURNED, returned, "OrderReturned")                                                         \
    X(PAYMENT_REFUNDED, payment_refunded, "PaymentRefunded")                                       \
    X(RISK_FLAGGED, risk_flagged, "RiskFlagged")                                                   \
    X(RISK_CLEARED, risk_cleared, "RiskCleared")                                                   \
    X(DISPUTE_OPENED, dispute_opened, "DisputeOpened")                                             \
    X(DISPUTE_RESOLVED, dispute_resolved, "DisputeResolved")

#define ORDER_EVENT_ENTRY(KIND, kind, type) ORDER_##KIND,
enum order_event_kind { ORDER_EVENTS(ORDER_EVENT_ENTRY) ORDER_EVENT_KIND_COUNT };

struct order_line {
    struct strview sku;
    struct strview name; /* the product's, when the order was placed */
    int64_t quantity;
    int64_t unit_price_minor;
};

struct shipping_address {
    struct strview name;
    struct strview line1;
    struct strview line2;       /* may be empty */
    struct strview city;        /* may be empty: Singapore is one */
    struct strview postal_code; /* may be empty: Hong Kong has none */
    struct strview region;      /* may be empty */
    struct strview country;     /* two capital letters */
};

/* An order's region: the address's, else its country. */
static inline struct strview shipping_region(const struct shipping_address *address)
{
    return address->region.len > 0 ? address->region : address->country;
}

struct order_placed {
    struct strview customer_id;
    struct strview customer_name; /* personal */
    struct strview currency;
    int64_t total_minor;
    int64_t item_count;    /* sum of the quantities */
    struct strview region; /* the address's region, else its country */
    struct strview provider;
    struct strview method;
    const struct order_line *lines;
    size_t line_count;
    struct shipping_address address; /* personal */
};

/* What becomes of the money when an order is cancelled or comes back. */
struct order_settlement {
    struct strview payment_status; /* afterwards: voided where nothing was captured */
    struct strview refund_state;   /* due where more was captured than refunded */
    int64_t voided_minor;          /* authorized and never to be captured; 0: nothing */
    int64_t due_minor;             /* captured and to be refunded; 0: nothing */
};

struct order_event {
    enum order_event_kind kind;
    struct envelope envelope; /* aggregate_id is the order id */
    union {
        struct order_placed placed;
        struct {
            int64_t amount_minor;
            struct strview reference;
        } payment_authorized;
        struct {
            struct strview carrier;
            struct strview tracking_number;
        } shipped;
        struct order_settlement cancelled;
        struct order_settlement returned;
        struct {
            int64_t amount_minor;
            int64_t captured_minor; /* with what was captured before */
        } payment_captured;
        struct {
            int64_t amount_minor;
            int64_t refunded_minor;        /* with what was refunded before */
            struct strview payment_status; /* partially_refunded or refunded */
            struct strview refund_state;   /* due: more is owed; partial; full */
        } payment_refunded;
        struct {
            struct strview flag; /* an id, see common/base/id_form.h */
        } risk_flagged, risk_cleared;
        struct {
            struct strview text; /* for the staff */
        } note_added;
        struct {
            struct strview region;           /* as in order_placed */
            struct shipping_address address; /* personal */
        } shipping_address_changed;
        struct {
            struct strview status;   /* the carrier's words */
            struct strview location; /* may be empty */
        } tracking_recorded;
    };
};

/* "OrderPlaced" ... as in the outbox column `type` and the header ce_type. */
const char *order_event_type(enum order_event_kind kind);

/* ---- what looks the same in an event and in a view -------------------------------------- */

/* The members "lines" and "shipping_address"; without the address where it has no country. */
struct event_reader;
void order_event_put_details(struct json_writer *writer, const struct order_placed *placed);
void order_event_read_details(struct event_reader *reader, const struct json_value *object,
                              struct order_placed *placed);

/* The members that are texts and numbers, as the event has them behind its envelope; and back, for
 * an event of that type: what does not stand there is empty. False for a type nobody knows. */
void order_event_put_members(struct json_writer *writer, const struct order_event *event);
bool order_event_read_members(struct event_reader *reader, struct strview type,
                              const struct json_value *object, struct order_event *ret);

#endif
