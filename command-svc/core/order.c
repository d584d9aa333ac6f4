/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/order.h"

#include "command-svc/core/money.h"
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

/* ---- placing ------------------------------------------------------------------------------- */

/* What earlier lines of the same order already take of the product. */
static int64_t taken_before(const struct place_order *wanted, size_t line)
{
    int64_t taken = 0;
    for (size_t i = 0; i < line; i++) {
        if (strview_equal(wanted->lines[i].sku, wanted->lines[line].sku)) {
            taken += wanted->lines[i].quantity; /* 500 lines of a million: no overflow */
        }
    }
    return taken;
}

static bool refuse_line(struct rejection *ret_rejection, enum rejection_kind kind,
                        const struct wanted_line *line, int64_t number)
{
    *ret_rejection = (struct rejection){.kind = kind, .sku = line->sku, .number = number};
    return false;
}

static bool check_line(const struct command *command, const struct product *product, size_t index,
                       struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    const struct wanted_line *line = &wanted->lines[index];
    if (product->version == 0) {
        return refuse_line(ret_rejection, REJECTION_PRODUCT_UNKNOWN, line, 0);
    }
    if (product->is_discontinued) {
        return refuse_line(ret_rejection, REJECTION_PRODUCT_DISCONTINUED, line, 0);
    }
    if (!strview_equal(product->currency, wanted->currency)) {
        return refuse_line(ret_rejection, REJECTION_CURRENCY_MISMATCH, line, 0);
    }
    if (line->unit_price_minor != PRICE_OF_CATALOGUE && !command->may_set_price &&
        line->unit_price_minor != product->unit_price_minor) {
        return refuse_line(ret_rejection, REJECTION_PRICE_CHANGED, line, product->unit_price_minor);
    }
    if (product->available - taken_before(wanted, index) < line->quantity) {
        return refuse_line(ret_rejection, REJECTION_INSUFFICIENT_STOCK, line, product->available);
    }
    return true;
}

/* Whoever may not see an order learns of it only that its id is taken, whatever its state. */
static bool check_place(const struct placing *placing, const struct command *command,
                        struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    if (placing->order->version > 0 && !may_see(command->owner, placing->order->customer_id)) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    if (!may_see(command->owner, wanted->customer_id) || placing->customer->version == 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_CUSTOMER_UNKNOWN};
        return false;
    }
    if (!command_meets_version(command, placing->order->version, ret_rejection)) {
        return false;
    }
    if (placing->order->version > 0) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
        return false;
    }
    if (!placing->customer->is_active) {
        *ret_rejection = (struct rejection){.kind = REJECTION_CUSTOMER_INACTIVE};
        return false;
    }
    for (size_t i = 0; i < wanted->line_count; i++) {
        if (!check_line(command, placing->products[i], i, ret_rejection)) {
            return false;
        }
    }
    return true;
}

/* False when the total passes what money may be. */
static bool price_lines(struct product *const *products, const struct place_order *wanted,
                        struct order_line *lines, struct order_placed *placed)
{
    for (size_t i = 0; i < wanted->line_count; i++) {
        const struct wanted_line *line = &wanted->lines[i];
        lines[i] = (struct order_line){
            .sku = line->sku,
            .name = products[i]->name,
            .quantity = line->quantity,
            .unit_price_minor = line->unit_price_minor == PRICE_OF_CATALOGUE
                                    ? products[i]->unit_price_minor
                                    : line->unit_price_minor,
        };
        placed->item_count += line->quantity;
        if (!money_add_line(&placed->total_minor, line->quantity, lines[i].unit_price_minor)) {
            return false;
        }
    }
    assert(placed->total_minor >= 0 && placed->item_count >= (int64_t)wanted->line_count);
    placed->lines = lines;
    placed->line_count = wanted->line_count;
    return true;
}

enum error_kind order_place(const struct placing *placing, const struct command *command,
                            struct arena *arena, bool *ret_accepted, struct order_event *ret_event,
                            struct rejection *ret_rejection)
{
    const struct place_order *wanted = &command->place_order;
    if (!check_place(placing, command, ret_rejection)) {
        *ret_accepted = false;
        return ERROR_NONE;
    }
    struct order_line *lines = arena_array(arena, wanted->line_count, sizeof *lines);
    if (lines == NULL) {
        return ERROR_EXHAUSTED;
    }
    struct order_event event = {
        .kind = ORDER_PLACED,
        .envelope = {.aggregate_id = command->aggregate_id,
                     .version = 1,
                     .occurred_at_ms = placing->now_ms,
                     .actor = command->actor},
        .placed = {.customer_id = wanted->customer_id,
                   .customer_name = placing->customer->name,
                   .currency = wanted->currency,
                   .region = wanted->address.region.len > 0 ? wanted->address.region
                                                            : wanted->address.country,
                   .provider = wanted->provider,
                   .method = wanted->method,
                   .address = wanted->address},
    };
    *ret_accepted = price_lines(placing->products, wanted, lines, &event.placed);
    if (*ret_accepted) {
        *ret_event = event;
    } else {
        *ret_rejection = (struct rejection){.kind = REJECTION_TOTAL_TOO_LARGE};
    }
    return ERROR_NONE;
}

/* ---- everything after ---------------------------------------------------------------------- */

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

/* ---- applying ------------------------------------------------------------------------------ */

typedef void apply_fn(struct order *order, const struct order_event *event);

static void apply_placed(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_PLACED;
    order->placed_at_ms = event->envelope.occurred_at_ms;
    order->customer_id = event->placed.customer_id;
    order->currency = event->placed.currency;
    order->total_minor = event->placed.total_minor;
}

static void apply_payment_authorized(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_CONFIRMED;
    order->payment_status = PAYMENT_AUTHORIZED;
    order->authorized_minor = event->payment_authorized.amount_minor;
    order->payment_reference = event->payment_authorized.reference;
}

static void apply_shipped(struct order *order, const struct order_event *event)
{
    (void)event;
    order->status = ORDER_STATUS_SHIPPED;
}

static void apply_delivered(struct order *order, const struct order_event *event)
{
    (void)event;
    order->status = ORDER_STATUS_DELIVERED;
}

static void apply_cancelled(struct order *order, const struct order_event *event)
{
    order->status = ORDER_STATUS_CANCELLED;
    (void)!payment_status_parse(event->cancelled.payment_status, &order->payment_status);
    (void)!refund_state_parse(event->cancelled.refund_state, &order->refund_state);
}

#define APPLY_ROW(KIND, kind, type) [ORDER_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {ORDER_EVENTS(APPLY_ROW)};

void order_apply(struct order *order, const struct order_event *event)
{
    assert(event->kind < ORDER_EVENT_KIND_COUNT);
    assert(event->envelope.version == order->version + 1); /* dense */
    assert(event->envelope.occurred_at_ms >= order->last_at_ms);
    order->version = event->envelope.version;
    order->last_at_ms = event->envelope.occurred_at_ms;
    APPLY[event->kind](order, event);
}
