/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/order.h"

#include "common/contract/role.h"

#include <assert.h>

typedef bool guard_fn(const struct order *order, const struct command *command,
                      struct rejection *ret_rejection);
typedef void fill_fn(const struct order *order, const struct command *command,
                     struct order_event *event);

static guard_fn amount_is_the_total;
#define DECLARE_FILL(KIND, kind, ...) static fill_fn fill_##kind;
ORDER_COMMANDS(DECLARE_FILL)

struct rule {
    unsigned statuses; /* bits of those it may happen in */
    guard_fn *guard;   /* an extra condition, or NULL */
};

#define IN(STATUS) (1U << ORDER_STATUS_##STATUS)
#define EVER       (~0U)

/* The whole life cycle on one screen; what is not listed is refused. */
static const struct rule authorize_payment_rule = {IN(PLACED), amount_is_the_total};
static const struct rule ship_order_rule = {IN(CONFIRMED), NULL};
static const struct rule deliver_order_rule = {IN(SHIPPED), NULL};
static const struct rule cancel_order_rule = {IN(PLACED) | IN(CONFIRMED), NULL};
static const struct rule add_note_rule = {EVER, NULL};
static const struct rule change_shipping_address_rule = {IN(PLACED) | IN(CONFIRMED), NULL};
static const struct rule decline_payment_rule = {IN(PLACED), NULL};
static const struct rule record_tracking_rule = {IN(SHIPPED), NULL};

#define ACTION_ROW(KIND, kind, name, path, roles, EVENT)                                           \
    [COMMAND_##KIND] = {&kind##_rule, EVENT, fill_##kind},
static const struct {
    const struct rule *rule;
    enum order_event_kind event;
    fill_fn *fill;
} ACTIONS[COMMAND_KIND_COUNT] = {ORDER_COMMANDS(ACTION_ROW)};

static bool is_possible(const struct order *order, enum command_kind kind)
{
    const struct rule *rule = ACTIONS[kind].rule;
    return rule != NULL && (rule->statuses >> order->status & 1) != 0;
}

static void list_allowed(const struct order *order, struct rejection *rejection)
{
    size_t count = 0;
    for (unsigned kind = 0; kind < COMMAND_KIND_COUNT && count + 1 < ALLOWED_MAX; kind++) {
        if (is_possible(order, (enum command_kind)kind)) {
            rejection->allowed[count++] = command_word((enum command_kind)kind);
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
    if (!is_possible(order, command->kind)) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ILLEGAL_TRANSITION,
                                            .from = order_status_name(order->status),
                                            .command = command_word(command->kind)};
        list_allowed(order, ret_rejection);
        return false;
    }
    guard_fn *guard = ACTIONS[command->kind].rule->guard;
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

static void fill_authorize_payment(const struct order *order, const struct command *command,
                                   struct order_event *event)
{
    (void)order;
    event->payment_authorized.amount_minor = command->authorize_payment.amount_minor;
    event->payment_authorized.reference = command->authorize_payment.reference;
}

static void fill_ship_order(const struct order *order, const struct command *command,
                            struct order_event *event)
{
    (void)order;
    event->shipped.carrier = command->ship_order.carrier;
    event->shipped.tracking_number = command->ship_order.tracking_number;
}

static void fill_deliver_order(const struct order *order, const struct command *command,
                               struct order_event *event)
{
    (void)order;
    (void)command;
    (void)event; /* the envelope says it all */
}

/* Money that was taken has to go back; an authorization is merely given up. */
static void fill_cancel_order(const struct order *order, const struct command *command,
                              struct order_event *event)
{
    const bool is_captured = order->payment_status == PAYMENT_CAPTURED;
    event->envelope.reason = command->cancel_order.reason;
    event->cancelled.payment_status =
        strview_of(payment_status_name(is_captured ? PAYMENT_CAPTURED : PAYMENT_VOIDED));
    event->cancelled.refund_state =
        strview_of(refund_state_name(is_captured ? REFUND_DUE : REFUND_NONE));
}

static void fill_add_note(const struct order *order, const struct command *command,
                          struct order_event *event)
{
    (void)order;
    event->note_added.text = command->add_note.text;
}

static void fill_change_shipping_address(const struct order *order, const struct command *command,
                                         struct order_event *event)
{
    (void)order;
    event->shipping_address_changed.address = command->change_shipping_address.address;
    event->shipping_address_changed.region =
        shipping_region(&command->change_shipping_address.address);
}

static void fill_decline_payment(const struct order *order, const struct command *command,
                                 struct order_event *event)
{
    (void)order;
    event->envelope.reason = command->decline_payment.reason;
}

static void fill_record_tracking(const struct order *order, const struct command *command,
                                 struct order_event *event)
{
    (void)order;
    event->tracking_recorded.status = command->record_tracking.status;
    event->tracking_recorded.location = command->record_tracking.location;
}

/* ---- stock --------------------------------------------------------------------------------- */

static bool releases_stock(enum order_event_kind kind)
{
    return kind == ORDER_CANCELLED || kind == ORDER_PAYMENT_DECLINED;
}

bool order_event_releases_stock(const struct order_event *event)
{
    return releases_stock(event->kind);
}

bool order_command_releases_stock(enum command_kind kind)
{
    return ACTIONS[kind].rule != NULL && releases_stock(ACTIONS[kind].event);
}
