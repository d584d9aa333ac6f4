/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/command-svc/order_fixture.h"

#include <check.h>

struct order_event event;
struct rejection rejection;

void open_all(void)
{
    event = (struct order_event){.kind = ORDER_EVENT_KIND_COUNT};
    rejection = (struct rejection){.kind = REJECTION_KIND_COUNT};
}

struct order an_order_in(enum order_status status)
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

struct order a_paid_order(enum order_status status, enum payment_status payment,
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

bool take(struct order *order, const struct command *command, int64_t at_ms)
{
    if (!order_decide(order, command, at_ms, &event, &rejection)) {
        return false;
    }
    order_apply(order, &event);
    return true;
}

void assert_illegal(struct order *order, const struct command *command)
{
    ck_assert(!take(order, command, NOW));
    ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
    ck_assert_str_eq(rejection.command, command_word(command->kind));
    for (size_t i = 0; rejection.allowed[i] != NULL; i++) {
        ck_assert_str_ne(rejection.allowed[i], rejection.command);
    }
}
