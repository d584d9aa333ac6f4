/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/order.h"

#include "common/contract/role.h"

#include <assert.h>

typedef bool guard_fn(const struct order *order, const struct command *command,
                      struct rejection *ret_rejection);
typedef void fill_fn(const struct order *order, const struct command *command,
                     struct order_event *event);

static guard_fn amount_is_the_total;
static fill_fn fill_payment_authorized;
static fill_fn fill_shipped;
static fill_fn fill_delivered;
static fill_fn fill_cancelled;

/* What each command becomes, and where it stands in the path. */
static const struct {
    const char *path;
    enum order_event_kind event;
    guard_fn *guard; /* an extra condition, or NULL */
    fill_fn *fill;
} ACTIONS[COMMAND_KIND_COUNT] = {
    [COMMAND_AUTHORIZE_PAYMENT] = {"authorize-payment", ORDER_PAYMENT_AUTHORIZED,
                                   amount_is_the_total, fill_payment_authorized},
    [COMMAND_SHIP_ORDER] = {"ship", ORDER_SHIPPED, NULL, fill_shipped},
    [COMMAND_DELIVER_ORDER] = {"deliver", ORDER_DELIVERED, NULL, fill_delivered},
    [COMMAND_CANCEL_ORDER] = {"cancel", ORDER_CANCELLED, NULL, fill_cancelled},
};

/* The whole life cycle on one screen; what is not listed is refused. */
static const bool ALLOWED[ORDER_STATUS_COUNT][COMMAND_KIND_COUNT] = {
    [ORDER_STATUS_PLACED][COMMAND_AUTHORIZE_PAYMENT] = true,
    [ORDER_STATUS_PLACED][COMMAND_CANCEL_ORDER] = true,
    [ORDER_STATUS_CONFIRMED][COMMAND_SHIP_ORDER] = true,
    [ORDER_STATUS_CONFIRMED][COMMAND_CANCEL_ORDER] = true,
    [ORDER_STATUS_SHIPPED][COMMAND_DELIVER_ORDER] = true,
};

static void list_allowed(enum order_status status, struct rejection *rejection)
{
    size_t count = 0;
    for (size_t kind = 0; kind < COMMAND_KIND_COUNT && count + 1 < ALLOWED_MAX; kind++) {
        if (ALLOWED[status][kind]) {
            rejection->allowed[count++] = ACTIONS[kind].path;
        }
    }
}

static bool check_transition(const struct order *order, const struct command *command,
                             struct rejection *ret_rejection)
{
    if (order->version == 0 || !may_see(command->owner, order->customer_id)) {
        *ret_rejection = (struct rejection){.kind = REJECTION_NOT_FOUND};
        return false;
    }
    if (!command_meets_version(command, order->version, ret_rejection)) {
        return false;
    }
    if (!ALLOWED[order->status][command->kind]) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ILLEGAL_TRANSITION,
                                            .from = order_status_name(order->status),
                                            .command = ACTIONS[command->kind].path};
        list_allowed(order->status, ret_rejection);
        return false;
    }
    guard_fn *guard = ACTIONS[command->kind].guard;
    return guard == NULL || guard(order, command, ret_rejection);
}

bool order_decide(const struct order *order, const struct command *command, int64_t now_ms,
                  struct order_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind < COMMAND_KIND_COUNT && ACTIONS[command->kind].fill != NULL);
    if (!check_transition(order, command, ret_rejection)) {
        return false;
    }
    struct order_event event = {
        .kind = ACTIONS[command->kind].event,
        .envelope = {.aggregate_id = command->aggregate_id,
                     .version = order->version + 1,
                     .occurred_at_ms = now_ms > order->last_at_ms ? now_ms : order->last_at_ms,
                     .actor = command->actor},
    };
    assert(event.envelope.version > 1); /* placing makes the first */
    ACTIONS[command->kind].fill(order, command, &event);
    *ret_event = event;
    return true;
}

static bool amount_is_the_total(const struct order *order, const struct command *command,
                                struct rejection *ret_rejection)
{
    if (command->authorize_payment.amount_minor == order->total_minor) {
        return true;
    }
    *ret_rejection =
        (struct rejection){.kind = REJECTION_AMOUNT_MISMATCH, .number = order->total_minor};
    return false;
}

static void fill_payment_authorized(const struct order *order, const struct command *command,
                                    struct order_event *event)
{
    (void)order;
    event->payment_authorized.amount_minor = command->authorize_payment.amount_minor;
    event->payment_authorized.reference = command->authorize_payment.reference;
}

static void fill_shipped(const struct order *order, const struct command *command,
                         struct order_event *event)
{
    (void)order;
    event->shipped.carrier = command->ship_order.carrier;
    event->shipped.tracking_number = command->ship_order.tracking_number;
}

static void fill_delivered(const struct order *order, const struct command *command,
                           struct order_event *event)
{
    (void)order;
    (void)command;
    (void)event; /* the envelope says it all */
}

/* Money that was taken has to go back; an authorization is merely given up. */
static void fill_cancelled(const struct order *order, const struct command *command,
                           struct order_event *event)
{
    const bool is_captured = order->payment_status == PAYMENT_CAPTURED;
    event->envelope.reason = command->cancel_order.reason;
    event->cancelled.payment_status =
        strview_of(payment_status_name(is_captured ? PAYMENT_CAPTURED : PAYMENT_VOIDED));
    event->cancelled.refund_state =
        strview_of(refund_state_name(is_captured ? REFUND_DUE : REFUND_NONE));
}

bool order_event_releases_stock(const struct order_event *event)
{
    return event->kind == ORDER_CANCELLED;
}
