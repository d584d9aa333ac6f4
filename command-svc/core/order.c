/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/order.h"

#include "common/contract/role.h"

#include <assert.h>

typedef bool guard_fn(const struct order *order, const struct command *command, int64_t at_ms,
                      struct rejection *ret_rejection);
typedef bool may_fn(const struct order *order);
typedef void fill_fn(const struct order *order, const struct command *command,
                     struct order_event *event);

static guard_fn amount_is_the_total;
static guard_fn capture_fits;
static guard_fn refund_fits;
static guard_fn flag_is_new;
static guard_fn flag_is_set;
static may_fn has_room_for_flags;
static may_fn has_flags;
static may_fn has_no_open_dispute;
static may_fn has_open_dispute;
static fill_fn fill_authorize_payment;
static fill_fn fill_ship_order;
static fill_fn fill_cancel_order;
static fill_fn fill_add_note;
static fill_fn fill_change_shipping_address;
static fill_fn fill_record_tracking;
static fill_fn fill_capture_payment;
static fill_fn fill_return_order;
static fill_fn fill_refund_payment;
static fill_fn fill_flag_risk;
static fill_fn fill_clear_risk;

struct rule {
    unsigned statuses; /* bits of those it may happen in */
    unsigned payments; /* likewise of the payment's */
    fill_fn *fill;     /* what the event says, or NULL: the envelope says it all */
    guard_fn *guard;   /* what the command's members must fit, or NULL */
    may_fn *may;       /* what else must be so, or NULL */
};

#define IN(STATUS)   (1U << ORDER_STATUS_##STATUS)
#define PAID(STATUS) (1U << PAYMENT_##STATUS)
#define EVER         (~0U)
#define RULE         static const struct rule

/* The whole life cycle on one screen; what is not listed is refused. */
/* clang-format off */
RULE authorize_payment_rule       = {IN(PLACED), EVER, fill_authorize_payment,
                                     amount_is_the_total, NULL};
RULE decline_payment_rule         = {IN(PLACED), EVER, NULL, NULL, NULL};
RULE change_shipping_address_rule = {IN(PLACED) | IN(CONFIRMED), EVER,
                                     fill_change_shipping_address, NULL, NULL};
RULE cancel_order_rule            = {IN(PLACED) | IN(CONFIRMED), EVER, fill_cancel_order, NULL, NULL};
RULE ship_order_rule              = {IN(CONFIRMED), EVER, fill_ship_order, NULL, NULL};
RULE record_tracking_rule         = {IN(SHIPPED), EVER, fill_record_tracking, NULL, NULL};
RULE deliver_order_rule           = {IN(SHIPPED), EVER, NULL, NULL, NULL};
RULE return_order_rule            = {IN(DELIVERED), EVER, fill_return_order, NULL, NULL};
RULE capture_payment_rule         = {IN(CONFIRMED) | IN(SHIPPED) | IN(DELIVERED),
                                     PAID(AUTHORIZED) | PAID(CAPTURED), fill_capture_payment,
                                     capture_fits, NULL};
RULE refund_payment_rule          = {EVER, PAID(CAPTURED) | PAID(PARTIALLY_REFUNDED),
                                     fill_refund_payment, refund_fits, NULL};
RULE add_note_rule                = {EVER, EVER, fill_add_note, NULL, NULL};
RULE flag_risk_rule               = {EVER, EVER, fill_flag_risk, flag_is_new, has_room_for_flags};
RULE clear_risk_rule              = {EVER, EVER, fill_clear_risk, flag_is_set, has_flags};
RULE open_dispute_rule            = {EVER, EVER, NULL, NULL, has_no_open_dispute};
RULE resolve_dispute_rule         = {EVER, EVER, NULL, NULL, has_open_dispute};
/* clang-format on */

#define ACTION_ROW(KIND, kind, name, path, roles, EVENT)                                           \
    [COMMAND_##KIND] = {.rule = &kind##_rule, .event = (EVENT)},
static const struct {
    const struct rule *rule;
    enum order_event_kind event;
} ACTIONS[COMMAND_KIND_COUNT] = {ORDER_COMMANDS(ACTION_ROW)};

/* What was taken was promised before, and what went back was taken. */
static bool is_sound(const struct order *order)
{
    return order->refunded_minor >= 0 && order->refunded_minor <= order->captured_minor &&
           order->captured_minor <= order->authorized_minor &&
           order->risk_flags.count <= RISK_FLAGS_MAX;
}

static bool is_possible(const struct order *order, enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    assert(order->status < ORDER_STATUS_COUNT);
    assert(order->payment_status < PAYMENT_STATUS_COUNT);
    const struct rule *rule = ACTIONS[kind].rule;
    return rule != NULL && (rule->statuses >> order->status & 1) != 0 &&
           (rule->payments >> order->payment_status & 1) != 0 &&
           (rule->may == NULL || rule->may(order));
}

/* Without the one that was refused, which its members may be to blame for. */
static void refuse_transition(const struct order *order, enum command_kind refused,
                              struct rejection *ret_rejection)
{
    size_t count = 0;
    assert(refused < COMMAND_KIND_COUNT);
    assert(order->version >= 1);
    *ret_rejection = (struct rejection){.kind = REJECTION_ILLEGAL_TRANSITION,
                                        .from = order_status_name(order->status),
                                        .command = command_word(refused)};
    for (unsigned i = 0; i < COMMAND_KIND_COUNT && count + 1 < ALLOWED_MAX; i++) {
        const enum command_kind kind = (enum command_kind)i;
        if (kind != refused && is_possible(order, kind)) {
            ret_rejection->allowed[count++] = command_word(kind);
        }
    }
    assert(count < ALLOWED_MAX);
    assert(ret_rejection->allowed[count] == NULL);
}

static bool check_transition(const struct order *order, const struct command *command,
                             int64_t at_ms, struct rejection *ret_rejection)
{
    assert(at_ms >= order->last_at_ms); /* times never go back */
    if (order->version == 0 || !may_see(command->owner, order->customer_id)) {
        *ret_rejection = (struct rejection){.kind = REJECTION_NOT_FOUND};
        return false;
    }
    if (!command_meets_version(command, order->version, ret_rejection)) {
        return false;
    }
    ret_rejection->kind = REJECTION_ILLEGAL_TRANSITION;
    guard_fn *guard = ACTIONS[command->kind].rule->guard;
    if (is_possible(order, command->kind) &&
        (guard == NULL || guard(order, command, at_ms, ret_rejection))) {
        /* no guard has refused and let it by */
        assert(ret_rejection->kind == REJECTION_ILLEGAL_TRANSITION);
        return true;
    }
    assert(ret_rejection->kind < REJECTION_KIND_COUNT); /* each refusal has its reason */
    if (ret_rejection->kind == REJECTION_ILLEGAL_TRANSITION) {
        refuse_transition(order, command->kind, ret_rejection);
    }
    return false;
}

bool order_decide(const struct order *order, const struct command *command, int64_t now_ms,
                  struct order_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    assert(ACTIONS[command->kind].rule != NULL);
    assert(is_sound(order));
    const int64_t at_ms = now_ms > order->last_at_ms ? now_ms : order->last_at_ms;
    if (!check_transition(order, command, at_ms, ret_rejection)) {
        return false;
    }
    assert(order->version >= 1); /* placing makes the first */
    const struct rule *rule = ACTIONS[command->kind].rule;
    *ret_event = (struct order_event){
        .kind = ACTIONS[command->kind].event,
        .envelope = command_envelope(command, order->version, order->last_at_ms, at_ms)};
    if (rule->fill != NULL) {
        rule->fill(order, command, ret_event);
    }
    assert(order_takes(order, ret_event)); /* what is decided can be applied */
    return true;
}

/* ---- what a command's members must fit ----------------------------------------------------- */

static bool amount_is_the_total(const struct order *order, const struct command *command,
                                int64_t at_ms, struct rejection *ret_rejection)
{
    (void)at_ms;
    assert(order->total_minor >= 0);
    if (command->authorize_payment.amount_minor == order->total_minor) {
        return true;
    }
    *ret_rejection =
        (struct rejection){.kind = REJECTION_AMOUNT_MISMATCH, .number = order->total_minor};
    return false;
}

static bool amount_fits(int64_t amount_minor, int64_t remaining_minor,
                        struct rejection *ret_rejection)
{
    assert(amount_minor > 0);
    assert(remaining_minor >= 0);
    if (amount_minor <= remaining_minor) {
        return true;
    }
    *ret_rejection =
        (struct rejection){.kind = REJECTION_AMOUNT_EXCEEDED, .number = remaining_minor};
    return false;
}

static bool capture_fits(const struct order *order, const struct command *command, int64_t at_ms,
                         struct rejection *ret_rejection)
{
    (void)at_ms;
    return amount_fits(command->capture_payment.amount_minor,
                       order->authorized_minor - order->captured_minor, ret_rejection);
}

static bool refund_fits(const struct order *order, const struct command *command, int64_t at_ms,
                        struct rejection *ret_rejection)
{
    if (!amount_fits(command->refund_payment.amount_minor,
                     order->captured_minor - order->refunded_minor, ret_rejection)) {
        return false;
    }
    assert(order->captured_minor > order->refunded_minor); /* or nothing would have fitted */
    if (order->delivered_at_ms == 0 || command->refund_payment.override ||
        at_ms - order->delivered_at_ms <= command->refund_window_ms) {
        return true;
    }
    *ret_rejection = (struct rejection){.kind = REJECTION_REFUND_WINDOW_CLOSED};
    return false;
}

/* Of these the state is to blame, although it takes the flag to see it: an illegal transition. */
static bool flag_is_new(const struct order *order, const struct command *command, int64_t at_ms,
                        struct rejection *ret_rejection)
{
    (void)at_ms;
    (void)ret_rejection;
    return !risk_flags_has(&order->risk_flags, command->flag_risk.flag);
}

static bool flag_is_set(const struct order *order, const struct command *command, int64_t at_ms,
                        struct rejection *ret_rejection)
{
    (void)at_ms;
    (void)ret_rejection;
    return risk_flags_has(&order->risk_flags, command->clear_risk.flag);
}

static bool has_room_for_flags(const struct order *order)
{
    assert(is_sound(order));
    return order->risk_flags.count < RISK_FLAGS_MAX;
}

static bool has_flags(const struct order *order)
{
    return order->risk_flags.count > 0;
}

static bool has_no_open_dispute(const struct order *order)
{
    return order->dispute != DISPUTE_OPEN;
}

static bool has_open_dispute(const struct order *order)
{
    return order->dispute == DISPUTE_OPEN;
}

/* ---- what an event says -------------------------------------------------------------------- */

static void fill_authorize_payment(const struct order *order, const struct command *command,
                                   struct order_event *event)
{
    assert(command->authorize_payment.amount_minor == order->total_minor); /* the guard's */
    assert(event->kind == ORDER_PAYMENT_AUTHORIZED);
    event->payment_authorized.amount_minor = command->authorize_payment.amount_minor;
    event->payment_authorized.reference = command->authorize_payment.reference;
}

static void fill_ship_order(const struct order *order, const struct command *command,
                            struct order_event *event)
{
    (void)order;
    assert(event->kind == ORDER_SHIPPED);
    event->shipped.carrier = command->ship_order.carrier;
    event->shipped.tracking_number = command->ship_order.tracking_number;
}

/* Money that was taken has to go back; an authorization, or what is left of it, is given up. */
static struct order_settlement settle(const struct order *order)
{
    const int64_t due_minor = order->captured_minor - order->refunded_minor;
    const enum payment_status payment =
        order->captured_minor > 0 ? order->payment_status : PAYMENT_VOIDED;
    const enum refund_state refund = due_minor > 0 ? REFUND_DUE : order->refund_state;
    assert(is_sound(order));
    assert(due_minor <= order->captured_minor); /* no more goes back than was taken */
    return (struct order_settlement){
        .payment_status = strview_of(payment_status_name(payment)),
        .refund_state = strview_of(refund_state_name(refund)),
        .voided_minor = order->authorized_minor - order->captured_minor,
        .due_minor = due_minor,
    };
}

static void fill_cancel_order(const struct order *order, const struct command *command,
                              struct order_event *event)
{
    (void)command;
    assert(event->kind == ORDER_CANCELLED);
    event->cancelled = settle(order);
}

static void fill_return_order(const struct order *order, const struct command *command,
                              struct order_event *event)
{
    (void)command;
    assert(event->kind == ORDER_RETURNED);
    event->returned = settle(order);
}

static void fill_capture_payment(const struct order *order, const struct command *command,
                                 struct order_event *event)
{
    const int64_t amount_minor = command->capture_payment.amount_minor;
    assert(event->kind == ORDER_PAYMENT_CAPTURED);
    assert(amount_minor > 0); /* what is taken only grows */
    event->payment_captured.amount_minor = amount_minor;
    event->payment_captured.captured_minor = order->captured_minor + amount_minor;
    assert(event->payment_captured.captured_minor <= order->authorized_minor);
}

/* What is owed stays owed until all of it is paid. */
static void fill_refund_payment(const struct order *order, const struct command *command,
                                struct order_event *event)
{
    const int64_t refunded_minor = order->refunded_minor + command->refund_payment.amount_minor;
    const bool is_all = refunded_minor == order->captured_minor;
    assert(refunded_minor > order->refunded_minor && refunded_minor <= order->captured_minor);
    const enum refund_state in_parts =
        order->refund_state == REFUND_DUE ? REFUND_DUE : REFUND_PARTIAL;
    assert(event->kind == ORDER_PAYMENT_REFUNDED);
    event->payment_refunded.amount_minor = command->refund_payment.amount_minor;
    event->payment_refunded.refunded_minor = refunded_minor;
    event->payment_refunded.payment_status =
        strview_of(payment_status_name(is_all ? PAYMENT_REFUNDED : PAYMENT_PARTIALLY_REFUNDED));
    event->payment_refunded.refund_state =
        strview_of(refund_state_name(is_all ? REFUND_FULL : in_parts));
}

static void fill_add_note(const struct order *order, const struct command *command,
                          struct order_event *event)
{
    (void)order;
    assert(event->kind == ORDER_NOTE_ADDED);
    event->note_added.text = command->add_note.text;
}

static void fill_change_shipping_address(const struct order *order, const struct command *command,
                                         struct order_event *event)
{
    (void)order;
    assert(event->kind == ORDER_SHIPPING_ADDRESS_CHANGED);
    event->shipping_address_changed.address = command->change_shipping_address.address;
    event->shipping_address_changed.region =
        shipping_region(&command->change_shipping_address.address);
}

static void fill_record_tracking(const struct order *order, const struct command *command,
                                 struct order_event *event)
{
    (void)order;
    assert(event->kind == ORDER_TRACKING_RECORDED);
    event->tracking_recorded.status = command->record_tracking.status;
    event->tracking_recorded.location = command->record_tracking.location;
}

static void fill_flag_risk(const struct order *order, const struct command *command,
                           struct order_event *event)
{
    assert(!risk_flags_has(&order->risk_flags, command->flag_risk.flag));
    assert(event->kind == ORDER_RISK_FLAGGED);
    event->risk_flagged.flag = command->flag_risk.flag;
}

static void fill_clear_risk(const struct order *order, const struct command *command,
                            struct order_event *event)
{
    assert(risk_flags_has(&order->risk_flags, command->clear_risk.flag));
    assert(event->kind == ORDER_RISK_CLEARED);
    event->risk_cleared.flag = command->clear_risk.flag;
}

/* ---- stock --------------------------------------------------------------------------------- */

static bool releases_stock(enum order_event_kind kind)
{
    assert(kind < ORDER_EVENT_KIND_COUNT);
    return kind == ORDER_CANCELLED || kind == ORDER_PAYMENT_DECLINED || kind == ORDER_RETURNED;
}

bool order_event_releases_stock(const struct order_event *event)
{
    return releases_stock(event->kind);
}

bool order_command_releases_stock(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return ACTIONS[kind].rule != NULL && releases_stock(ACTIONS[kind].event);
}
