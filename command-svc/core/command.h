/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - an intent, checked for form, not yet for sense.
 *
 * Why ids are drawn at the door: a batch that has to be repeated after an
 * unanswered COMMIT uses the same ids again, and deciding stays pure.
 *
 * Ownership: views point into the request the command came with.
 * Units: amounts in minor units. Limits: those of the command reader.
 */
#ifndef COMMAND_SVC_CORE_COMMAND_H
#define COMMAND_SVC_CORE_COMMAND_H

#include "common/base/uuid7.h"
#include "common/contract/customer_event.h"
#include "common/contract/order_event.h"
#include "common/contract/role.h"
#include "common/contract/topics.h"

/* Who may send it. */
#define BY_AGENT      ROLE_BIT(ROLE_AGENT)
#define BY_BUYER      (ROLE_BIT(ROLE_CUSTOMER) | ROLE_BIT(ROLE_AGENT))
#define BY_PAYMENT    ROLE_BIT(ROLE_PAYMENT)
#define BY_JUDGE      (ROLE_BIT(ROLE_AGENT) | ROLE_BIT(ROLE_PAYMENT))
#define BY_FULFILMENT ROLE_BIT(ROLE_FULFILMENT)

/*
 * Every command once, by whose rules decide it; all tables by command are made from these lists:
 *
 *   X(KIND, kind, name in receipts, path, who may, event it becomes)
 *
 * `kind` is also the name of its members in struct command, of its body in http/command_body.c and
 * of its rule in the core. A path without an id is one whose body may have it.
 */
#define CUSTOMER_COMMANDS(X)                                                                       \
    X(REGISTER_CUSTOMER, register_customer, "RegisterCustomer", "/v1/customers", BY_AGENT,         \
      CUSTOMER_REGISTERED)                                                                         \
    X(CHANGE_CONTACT, change_contact, "ChangeContact", "/v1/customers/{id}/change-contact",        \
      BY_BUYER, CUSTOMER_CONTACT_CHANGED)                                                          \
    X(DEACTIVATE_CUSTOMER, deactivate_customer, "DeactivateCustomer",                              \
      "/v1/customers/{id}/deactivate", BY_AGENT, CUSTOMER_DEACTIVATED)                             \
    X(REACTIVATE_CUSTOMER, reactivate_customer, "ReactivateCustomer",                              \
      "/v1/customers/{id}/reactivate", BY_AGENT, CUSTOMER_REACTIVATED)

#define PRODUCT_COMMANDS(X)                                                                        \
    X(ADD_PRODUCT, add_product, "AddProduct", "/v1/products", BY_AGENT, PRODUCT_ADDED)             \
    X(RECEIVE_STOCK, receive_stock, "ReceiveStock", "/v1/products/{sku}/receive-stock", BY_AGENT,  \
      PRODUCT_STOCK_RECEIVED)                                                                      \
    X(CHANGE_PRICE, change_price, "ChangePrice", "/v1/products/{sku}/change-price", BY_AGENT,      \
      PRODUCT_PRICE_CHANGED)                                                                       \
    X(ADJUST_STOCK, adjust_stock, "AdjustStock", "/v1/products/{sku}/adjust-stock", BY_AGENT,      \
      PRODUCT_STOCK_ADJUSTED)                                                                      \
    X(DISCONTINUE_PRODUCT, discontinue_product, "DiscontinueProduct",                              \
      "/v1/products/{sku}/discontinue", BY_AGENT, PRODUCT_DISCONTINUED)

#define PLACING_COMMANDS(X)                                                                        \
    X(PLACE_ORDER, place_order, "PlaceOrder", "/v1/orders", BY_BUYER, ORDER_PLACED)

#define ORDER_COMMANDS(X)                                                                          \
    X(AUTHORIZE_PAYMENT, authorize_payment, "AuthorizePayment",                                    \
      "/v1/orders/{id}/authorize-payment", BY_PAYMENT, ORDER_PAYMENT_AUTHORIZED)                   \
    X(SHIP_ORDER, ship_order, "ShipOrder", "/v1/orders/{id}/ship", BY_FULFILMENT, ORDER_SHIPPED)   \
    X(DELIVER_ORDER, deliver_order, "DeliverOrder", "/v1/orders/{id}/deliver", BY_FULFILMENT,      \
      ORDER_DELIVERED)                                                                             \
    X(CANCEL_ORDER, cancel_order, "CancelOrder", "/v1/orders/{id}/cancel", BY_BUYER,               \
      ORDER_CANCELLED)                                                                             \
    X(ADD_NOTE, add_note, "AddNote", "/v1/orders/{id}/add-note", BY_AGENT, ORDER_NOTE_ADDED)       \
    X(CHANGE_SHIPPING_ADDRESS, change_shipping_address, "ChangeShippingAddress",                   \
      "/v1/orders/{id}/change-shipping-address", BY_BUYER, ORDER_SHIPPING_ADDRESS_CHANGED)         \
    X(DECLINE_PAYMENT, decline_payment, "DeclinePayment", "/v1/orders/{id}/decline-payment",       \
      BY_PAYMENT, ORDER_PAYMENT_DECLINED)                                                          \
    X(RECORD_TRACKING, record_tracking, "RecordTracking", "/v1/orders/{id}/record-tracking",       \
      BY_FULFILMENT, ORDER_TRACKING_RECORDED)                                                      \
    X(CAPTURE_PAYMENT, capture_payment, "CapturePayment", "/v1/orders/{id}/capture-payment",       \
      BY_PAYMENT, ORDER_PAYMENT_CAPTURED)                                                          \
    X(RETURN_ORDER, return_order, "ReturnOrder", "/v1/orders/{id}/return", BY_AGENT,               \
      ORDER_RETURNED)                                                                              \
    X(REFUND_PAYMENT, refund_payment, "RefundPayment", "/v1/orders/{id}/refund", BY_AGENT,         \
      ORDER_PAYMENT_REFUNDED)                                                                      \
    X(FLAG_RISK, flag_risk, "FlagRisk", "/v1/orders/{id}/flag-risk", BY_JUDGE, ORDER_RISK_FLAGGED) \
    X(CLEAR_RISK, clear_risk, "ClearRisk", "/v1/orders/{id}/clear-risk", BY_JUDGE,                 \
      ORDER_RISK_CLEARED)                                                                          \
    X(OPEN_DISPUTE, open_dispute, "OpenDispute", "/v1/orders/{id}/open-dispute", BY_JUDGE,         \
      ORDER_DISPUTE_OPENED)                                                                        \
    X(RESOLVE_DISPUTE, resolve_dispute, "ResolveDispute", "/v1/orders/{id}/resolve-dispute",       \
      BY_JUDGE, ORDER_DISPUTE_RESOLVED)

#define COMMANDS(X)                                                                                \
    CUSTOMER_COMMANDS(X)                                                                           \
    PRODUCT_COMMANDS(X)                                                                            \
    PLACING_COMMANDS(X)                                                                            \
    ORDER_COMMANDS(X)

#define COMMAND_ENTRY(KIND, ...) COMMAND_##KIND,
enum command_kind { COMMANDS(COMMAND_ENTRY) COMMAND_KIND_COUNT };

enum { REQUEST_HASH_LEN = 32 }; /* SHA-256 */

enum { EXPECT_ANY_VERSION = -1 };

/* What the buyer asks for; a price of -1 means "the catalogue's". */
struct wanted_line {
    struct strview sku;
    int64_t quantity;
    int64_t unit_price_minor;
};

enum { PRICE_OF_CATALOGUE = -1 };

struct place_order {
    struct strview customer_id;
    struct strview currency;
    const struct wanted_line *lines;
    size_t line_count;
    struct shipping_address address;
    struct strview provider;
    struct strview method;
    bool id_is_ours; /* drawn by us a moment ago: no order can have it yet */
};

struct refund_payment {
    int64_t amount_minor;
    bool override; /* the refund window does not count */
};

struct command {
    enum command_kind kind;
    struct strview aggregate_id;
    struct actor actor;
    struct strview reason;    /* the event's, of commands that ask for one */
    struct strview owner;     /* a customer's id that may touch only its own; empty: anybody's */
    bool may_set_price;       /* a line's price counts even if the catalogue's differs */
    int64_t refund_window_ms; /* after delivery, refunds need an override beyond it */
    bool is_retry_only;       /* answered when it was decided before, refused when it is new */
    int64_t expected_version; /* If-Match, or EXPECT_ANY_VERSION */
    struct uuid command_id;   /* ours */
    struct uuid event_id;     /* of the one event it may cause */
    struct uuid receipt_key;  /* head of SHA-256(principal, 0, Idempotency-Key) */
    uint8_t request_hash[REQUEST_HASH_LEN];
    struct strview traceparent; /* W3C trace context handed on, or empty */
    union {
        struct contact register_customer;
        struct contact change_contact; /* what is empty stays as it was */
        struct {
            struct strview name;
            int64_t unit_price_minor;
            struct strview currency;
        } add_product;
        struct {
            int64_t quantity;
        } receive_stock;
        struct {
            int64_t unit_price_minor;
        } change_price;
        struct {
            int64_t delta; /* may be negative */
        } adjust_stock;
        struct place_order place_order;
        struct {
            int64_t amount_minor;
            struct strview reference;
        } authorize_payment;
        struct {
            struct strview carrier;
            struct strview tracking_number;
        } ship_order;
        struct {
            struct strview text;
        } add_note;
        struct {
            struct shipping_address address;
        } change_shipping_address;
        struct {
            struct strview status;
            struct strview location; /* may be empty */
        } record_tracking;
        struct {
            int64_t amount_minor;
        } capture_payment;
        struct refund_payment refund_payment;
        struct {
            struct strview flag;
        } flag_risk, clear_risk;
    };
};

/* "PlaceOrder" ... as in receipts. */
const char *command_name(enum command_kind kind);

/* The end of its path, as refusals name it: "ship". */
const char *command_word(enum command_kind kind);

/* Of the event it becomes where the aggregate is at that version, since last_at_ms. No event is
 * older than the one before it. */
struct envelope command_envelope(const struct command *command, int64_t version, int64_t last_at_ms,
                                 int64_t now_ms);

/* If-Match: false, with the rejection, when the aggregate is at another version than expected. */
struct rejection;
MUST_USE bool command_meets_version(const struct command *command, int64_t current_version,
                                    struct rejection *ret_rejection);

/* The refusal of what is not possible in that state, and what is. */
typedef bool command_possible_fn(const void *aggregate, enum command_kind kind);
struct rejection command_refuse_transition(const char *from, enum command_kind wanted,
                                           command_possible_fn *is_possible, const void *aggregate);

/* The aggregate a command of that kind is about. */
enum aggregate_type command_aggregate(enum command_kind kind);

#endif
