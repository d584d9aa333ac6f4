/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sample_events.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): an initialiser cannot stand in parentheses */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        .data = literal, .len = sizeof(literal) - 1                                                \
    }
#define ORDER(number, after_ms, who, why)                                                          \
    {                                                                                              \
        .aggregate_id = TEXT("0190a5b0-7c4e-7def-8123-456789abcdef"), .version = (number),         \
        .occurred_at_ms = 1767323045678 + (after_ms), .actor = who, .reason = why                  \
    }
#define CUSTOMER(number, who, why)                                                                 \
    {                                                                                              \
        .aggregate_id = TEXT("c17850"), .version = (number),                                       \
        .occurred_at_ms = 1767225600000 + (number), .actor = who, .reason = why                    \
    }
#define PRODUCT(number, why)                                                                       \
    {                                                                                              \
        .aggregate_id = TEXT("85123A"), .version = (number),                                       \
        .occurred_at_ms = 1767225600000 + (number), .actor = AGENT_ACTOR, .reason = why            \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define CUSTOMER_ACTOR                                                                             \
    {                                                                                              \
        .role = TEXT("customer"), .subject = TEXT("c17850")                                        \
    }
#define AGENT_ACTOR                                                                                \
    {                                                                                              \
        .role = TEXT("agent"), .subject = TEXT("anna")                                             \
    }
#define PAYMENT_ACTOR                                                                              \
    {                                                                                              \
        .role = TEXT("payment"), .subject = TEXT("psp-1")                                          \
    }
#define FULFILMENT_ACTOR                                                                           \
    {                                                                                              \
        .role = TEXT("fulfilment"), .subject = TEXT("warehouse-2")                                 \
    }
#define OPERATOR_ACTOR                                                                             \
    {                                                                                              \
        .role = TEXT("operator"), .subject = TEXT("command-svc")                                   \
    }
#define NO_TEXT                                                                                    \
    {                                                                                              \
        .data = NULL, .len = 0                                                                     \
    }

static const struct order_line LINES[] = {
    {.sku = TEXT("85123A"),
     .name = TEXT("WHITE HANGING HEART T-LIGHT HOLDER"),
     .quantity = 6,
     .unit_price_minor = 255},
    {.sku = TEXT("71053"),
     .name = TEXT("WHITE METAL LANTERN"),
     .quantity = 2,
     .unit_price_minor = 339},
    {.sku = TEXT("gift-wrap"), .name = TEXT("Gift wrap"), .quantity = 1, .unit_price_minor = 0},
};

const struct sample_event SAMPLE_EVENTS[SAMPLE_EVENT_COUNT] = {
    {.name = "OrderPlaced",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PLACED,
                     .envelope = ORDER(1, 0, CUSTOMER_ACTOR, NO_TEXT),
                     .placed = {.customer_id = TEXT("c17850"),
                                .customer_name = TEXT("Ad\xc3\xa9la \"Ada\" O\xe2\x80\x99Neil"),
                                .currency = TEXT("GBP"),
                                .total_minor = 2208,
                                .item_count = 9,
                                .region = TEXT("United Kingdom"),
                                .provider = TEXT("demo"),
                                .method = TEXT("card"),
                                .lines = LINES,
                                .line_count = 3,
                                .address = {.name = TEXT("Ad\xc3\xa9la O\xe2\x80\x99Neil"),
                                            .line1 = TEXT("221B Baker Street"),
                                            .line2 = TEXT("2nd floor, \"back\" door"),
                                            .city = TEXT("London"),
                                            .postal_code = TEXT("NW1 6XE"),
                                            .region = TEXT("United Kingdom"),
                                            .country = TEXT("GB")}}}},
    {.name = "OrderPlaced.minimal",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PLACED,
                     .envelope = ORDER(1, 0, AGENT_ACTOR, NO_TEXT),
                     .placed = {.customer_id = TEXT("guest"),
                                .customer_name = TEXT("guest"),
                                .currency = TEXT("JPY"),
                                .total_minor = 0,
                                .item_count = 1,
                                .region = TEXT("ZZ"),
                                .provider = TEXT("demo"),
                                .method = TEXT("card"),
                                .lines = LINES + 2,
                                .line_count = 1,
                                .address = {.name = TEXT("guest"),
                                            .line1 = TEXT("-"),
                                            .country = TEXT("ZZ")}}}},
    {.name = "PaymentAuthorized",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PAYMENT_AUTHORIZED,
                     .envelope = ORDER(2, 1500, PAYMENT_ACTOR, NO_TEXT),
                     .payment_authorized = {.amount_minor = 2208, .reference = TEXT("auth-7f3a")}}},
    {.name = "OrderShipped",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_SHIPPED,
                     .envelope = ORDER(3, 86400000, FULFILMENT_ACTOR, NO_TEXT),
                     .shipped = {.carrier = TEXT("royal-mail"),
                                 .tracking_number = TEXT("RM123456785GB")}}},
    {.name = "OrderDelivered",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_DELIVERED,
                     .envelope = ORDER(4, 172800000, FULFILMENT_ACTOR, NO_TEXT)}},
    {.name = "OrderCancelled",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_CANCELLED,
                     .envelope = ORDER(3, 7200000, CUSTOMER_ACTOR, TEXT("ordered twice")),
                     .cancelled = {.payment_status = TEXT("voided"),
                                   .refund_state = TEXT("none")}}},
    {.name = "OrderCancelled.captured",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_CANCELLED,
                     .envelope = ORDER(4, 7200000, AGENT_ACTOR, TEXT("damaged in the warehouse")),
                     .cancelled = {.payment_status = TEXT("captured"),
                                   .refund_state = TEXT("due")}}},
    {.name = "NoteAdded",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_NOTE_ADDED,
                     .envelope = ORDER(5, 172900000, AGENT_ACTOR, NO_TEXT),
                     .note_added = {.text =
                                        TEXT("Asked for an invoice \xe2\x80\x93 sent by post")}}},
    {.name = "ShippingAddressChanged",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_SHIPPING_ADDRESS_CHANGED,
                     .envelope = ORDER(2, 3600000, CUSTOMER_ACTOR, NO_TEXT),
                     .shipping_address_changed = {.region = TEXT("Kent"),
                                                  .address = {.name = TEXT(
                                                                  "Ad\xc3\xa9la O\xe2\x80\x99Neil"),
                                                              .line1 = TEXT("1 High Street"),
                                                              .line2 = TEXT("Flat 2"),
                                                              .city = TEXT("Dover"),
                                                              .postal_code = TEXT("CT16 1AA"),
                                                              .region = TEXT("Kent"),
                                                              .country = TEXT("GB")}}}},
    {.name = "ShippingAddressChanged.minimal",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_SHIPPING_ADDRESS_CHANGED,
                     .envelope = ORDER(2, 3600000, AGENT_ACTOR, NO_TEXT),
                     .shipping_address_changed = {.region = TEXT("ZZ"),
                                                  .address = {.name = TEXT("guest"),
                                                              .line1 = TEXT("-"),
                                                              .country = TEXT("ZZ")}}}},
    {.name = "PaymentDeclined",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PAYMENT_DECLINED,
                     .envelope = ORDER(2, 1500, PAYMENT_ACTOR, TEXT("insufficient funds"))}},
    {.name = "TrackingRecorded",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_TRACKING_RECORDED,
                     .envelope = ORDER(4, 100800000, FULFILMENT_ACTOR, NO_TEXT),
                     .tracking_recorded = {.status = TEXT("out for delivery"),
                                           .location = TEXT("London, N1")}}},
    {.name = "TrackingRecorded.minimal",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_TRACKING_RECORDED,
                     .envelope = ORDER(4, 100800000, FULFILMENT_ACTOR, NO_TEXT),
                     .tracking_recorded = {.status = TEXT("accepted")}}},
    {.name = "OrderCancelled.part-captured",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_CANCELLED,
                     .envelope = ORDER(4, 7200000, AGENT_ACTOR, TEXT("damaged in the warehouse")),
                     .cancelled = {.payment_status = TEXT("captured"),
                                   .refund_state = TEXT("due"),
                                   .voided_minor = 1208,
                                   .due_minor = 1000}}},
    {.name = "PaymentCaptured",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PAYMENT_CAPTURED,
                     .envelope = ORDER(4, 86400001, PAYMENT_ACTOR, NO_TEXT),
                     .payment_captured = {.amount_minor = 1208, .captured_minor = 2208}}},
    {.name = "OrderReturned",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_RETURNED,
                     .envelope = ORDER(6, 604800000, AGENT_ACTOR, TEXT("does not fit")),
                     .returned = {.payment_status = TEXT("captured"),
                                  .refund_state = TEXT("due"),
                                  .voided_minor = 1000,
                                  .due_minor = 1208}}},
    {.name = "OrderReturned.unpaid",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_RETURNED,
                     .envelope = ORDER(6, 604800000, AGENT_ACTOR, TEXT("does not fit")),
                     .returned = {.payment_status = TEXT("voided"),
                                  .refund_state = TEXT("none"),
                                  .voided_minor = 2208}}},
    {.name = "PaymentRefunded",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_PAYMENT_REFUNDED,
                     .envelope = ORDER(7, 604900000, AGENT_ACTOR, TEXT("returned")),
                     .payment_refunded = {.amount_minor = 208,
                                          .refunded_minor = 1208,
                                          .payment_status = TEXT("partially_refunded"),
                                          .refund_state = TEXT("due")}}},
    {.name = "RiskFlagged",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_RISK_FLAGGED,
                     .envelope =
                         ORDER(2, 2000, PAYMENT_ACTOR, TEXT("card used in three countries")),
                     .risk_flagged = {.flag = TEXT("stolen-card")}}},
    {.name = "RiskCleared",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_RISK_CLEARED,
                     .envelope = ORDER(3, 3000, AGENT_ACTOR, TEXT("the buyer travels")),
                     .risk_cleared = {.flag = TEXT("stolen-card")}}},
    {.name = "DisputeOpened",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_DISPUTE_OPENED,
                     .envelope =
                         ORDER(5, 604800000, PAYMENT_ACTOR, TEXT("chargeback: not received"))}},
    {.name = "DisputeResolved",
     .event.aggregate = AGGREGATE_ORDER,
     .event.order = {.kind = ORDER_DISPUTE_RESOLVED,
                     .envelope =
                         ORDER(6, 691200000, AGENT_ACTOR, TEXT("it was at the neighbour's"))}},
    {.name = "CustomerRegistered",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_REGISTERED,
                        .envelope = {.aggregate_id = TEXT("c17850"),
                                     .version = 1,
                                     .occurred_at_ms = 1767225600000,
                                     .actor = AGENT_ACTOR},
                        .registered = {.name = TEXT("Ad\xc3\xa9la O\xe2\x80\x99Neil"),
                                       .email = TEXT("adela@example.com"),
                                       .phone = TEXT("+44 20 7946 0991")}}},
    {.name = "CustomerRegistered.minimal",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_REGISTERED,
                        .envelope = {.aggregate_id = TEXT("guest"),
                                     .version = 1,
                                     .occurred_at_ms = 1767225600000,
                                     .actor = AGENT_ACTOR},
                        .registered = {.name = TEXT("guest")}}},
    {.name = "ContactChanged",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_CONTACT_CHANGED,
                        .envelope = CUSTOMER(2, CUSTOMER_ACTOR, NO_TEXT),
                        .contact_changed = {.name = TEXT("Ad\xc3\xa9la O\xe2\x80\x99Neil"),
                                            .email = TEXT("ada@example.com"),
                                            .phone = TEXT("+44 20 7946 0991")}}},
    {.name = "ContactChanged.minimal",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_CONTACT_CHANGED,
                        .envelope = CUSTOMER(2, AGENT_ACTOR, NO_TEXT),
                        .contact_changed = {.name = TEXT("guest")}}},
    {.name = "CustomerDeactivated",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_DEACTIVATED,
                        .envelope = CUSTOMER(3, AGENT_ACTOR, TEXT("asked to be left alone"))}},
    {.name = "CustomerReactivated",
     .event.aggregate = AGGREGATE_CUSTOMER,
     .event.customer = {.kind = CUSTOMER_REACTIVATED,
                        .envelope = CUSTOMER(4, AGENT_ACTOR, TEXT("came back"))}},
    {.name = "ProductAdded",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_ADDED,
                       .envelope = {.aggregate_id = TEXT("85123A"),
                                    .version = 1,
                                    .occurred_at_ms = 1767225600001,
                                    .actor = AGENT_ACTOR},
                       .added = {.name = TEXT("WHITE HANGING HEART T-LIGHT HOLDER"),
                                 .unit_price_minor = 255,
                                 .currency = TEXT("GBP")}}},
    {.name = "ProductAdded.free",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_ADDED,
                       .envelope = {.aggregate_id = TEXT("gift-wrap"),
                                    .version = 1,
                                    .occurred_at_ms = 1767225600002,
                                    .actor = AGENT_ACTOR},
                       .added = {.name = TEXT("Gift wrap"),
                                 .unit_price_minor = 0,
                                 .currency = TEXT("GBP")}}},
    {.name = "StockReceived",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_STOCK_RECEIVED,
                       .envelope = {.aggregate_id = TEXT("85123A"),
                                    .version = 2,
                                    .occurred_at_ms = 1767225600003,
                                    .actor = AGENT_ACTOR},
                       .stock_received = {.quantity = 1000000}}},
    {.name = "StockReceived.largest",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_STOCK_RECEIVED,
                       .envelope = {.aggregate_id = TEXT("85123A"),
                                    .version = INT32_MAX,
                                    .occurred_at_ms = 253402300799999,
                                    .actor = AGENT_ACTOR},
                       .stock_received = {.quantity = 1000000000}}},
    {.name = "PriceChanged",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_PRICE_CHANGED,
                       .envelope = PRODUCT(3, NO_TEXT),
                       .price_changed = {.unit_price_minor = 295, .currency = TEXT("GBP")}}},
    {.name = "StockAdjusted",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_STOCK_ADJUSTED,
                       .envelope = PRODUCT(4, TEXT("two broken in the warehouse")),
                       .stock_adjusted = {.delta = -2}}},
    {.name = "StockAdjusted.found",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_STOCK_ADJUSTED,
                       .envelope = PRODUCT(5, TEXT("one found behind the shelf")),
                       .stock_adjusted = {.delta = 1}}},
    {.name = "ProductDiscontinued",
     .event.aggregate = AGGREGATE_PRODUCT,
     .event.product = {.kind = PRODUCT_DISCONTINUED,
                       .envelope = PRODUCT(6, TEXT("the maker retired"))}},
    {.name = "StockLevelChanged",
     .event.aggregate = AGGREGATE_STOCK,
     .event.stock = {.kind = STOCK_LEVEL_CHANGED,
                     .envelope = {.aggregate_id = TEXT("85123A"),
                                  .version = 7,
                                  .occurred_at_ms = 1767225600007,
                                  .actor = OPERATOR_ACTOR},
                     .level_changed = {.available = 999998}}},
    {.name = "StockLevelChanged.none",
     .event.aggregate = AGGREGATE_STOCK,
     .event.stock = {.kind = STOCK_LEVEL_CHANGED,
                     .envelope = {.aggregate_id = TEXT("85123A"),
                                  .version = 8,
                                  .occurred_at_ms = 1767225600008,
                                  .actor = OPERATOR_ACTOR},
                     .level_changed = {.available = 0}}},
};

struct strview sample_type(const struct sample_event *sample)
{
    return (struct strview){.data = sample->name, .len = strcspn(sample->name, ".")};
}

bool sample_encode(const struct sample_event *sample, struct strbuf *out)
{
    return event_encode(&sample->event, out);
}

enum error_kind recode_event(enum aggregate_type aggregate, struct strview type,
                             struct strview payload, struct arena *arena, struct strbuf *out,
                             struct error *err)
{
    struct event event;
    const enum error_kind kind = event_decode(aggregate, type, payload, arena, &event, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (!event_encode(&event, out)) {
        return error_set(err, ERROR_EXHAUSTED, "cannot be encoded again");
    }
    return ERROR_NONE;
}
