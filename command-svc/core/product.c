/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/product.h"

#include <assert.h>

enum state { ABSENT, SOLD, DISCONTINUED };

#define IN(STATE) (1U << (STATE))

/* False, with the rejection, when there is more to it than the state. */
typedef bool fill_fn(const struct product *product, const struct command *command,
                     struct product_event *event, struct rejection *ret_rejection);
static fill_fn fill_add_product;
static fill_fn fill_receive_stock;
static fill_fn fill_change_price;
static fill_fn fill_adjust_stock;

struct rule {
    unsigned states; /* bits of those it may happen in */
    fill_fn *fill;   /* what the event says, or NULL: the envelope says it all */
};
#define RULE static const struct rule

/* What is not listed is refused. Goods that are not sold any more still come back and are counted.
 */
RULE add_product_rule = {IN(ABSENT), fill_add_product};
RULE receive_stock_rule = {IN(SOLD) | IN(DISCONTINUED), fill_receive_stock};
RULE change_price_rule = {IN(SOLD), fill_change_price};
RULE adjust_stock_rule = {IN(SOLD) | IN(DISCONTINUED), fill_adjust_stock};
RULE discontinue_product_rule = {IN(SOLD), NULL};

#define ACTION_ROW(KIND, kind, name, path, roles, EVENT)                                           \
    [COMMAND_##KIND] = {.rule = &kind##_rule, .event = (EVENT)},
static const struct {
    const struct rule *rule;
    enum product_event_kind event;
} ACTIONS[COMMAND_KIND_COUNT] = {PRODUCT_COMMANDS(ACTION_ROW)};

static enum state state_of(const struct product *product)
{
    assert(product->version >= 0);
    if (product->version == 0) {
        return ABSENT;
    }
    return product->is_discontinued ? DISCONTINUED : SOLD;
}

static bool is_possible(const void *aggregate, enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    const struct rule *rule = ACTIONS[kind].rule;
    return rule != NULL && (rule->states & IN(state_of(aggregate))) != 0;
}

static bool check(const struct product *product, const struct command *command,
                  struct rejection *ret_rejection)
{
    const enum state state = state_of(product);
    const bool is_new = command->kind == COMMAND_ADD_PRODUCT;
    if (!is_new && state == ABSENT) {
        *ret_rejection =
            (struct rejection){.kind = REJECTION_PRODUCT_UNKNOWN, .sku = command->aggregate_id};
        return false;
    }
    if (!command_meets_version(command, product->version, ret_rejection)) {
        return false;
    }
    if (is_possible(product, command->kind)) {
        assert(is_new == (state == ABSENT)); /* whatever the rules list */
        return true;
    }
    if (is_new) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
    } else {
        *ret_rejection = command_refuse_transition(state == SOLD ? "sold" : "discontinued",
                                                   command->kind, is_possible, product);
    }
    return false;
}

bool product_decide(const struct product *product, const struct command *command, int64_t now_ms,
                    struct product_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    assert(ACTIONS[command->kind].rule != NULL);
    if (!check(product, command, ret_rejection)) {
        return false;
    }
    const struct rule *rule = ACTIONS[command->kind].rule;
    struct product_event event = {
        .kind = ACTIONS[command->kind].event,
        .envelope = command_envelope(command, product->version, product->last_at_ms, now_ms)};
    if (rule->fill != NULL && !rule->fill(product, command, &event, ret_rejection)) {
        return false;
    }
    assert(event.envelope.version == product->version + 1);
    assert(event.envelope.occurred_at_ms >= product->last_at_ms);
    *ret_event = event;
    return true;
}

static bool fill_add_product(const struct product *product, const struct command *command,
                             struct product_event *event, struct rejection *ret_rejection)
{
    (void)ret_rejection;
    assert(product->version == 0);
    assert(event->kind == PRODUCT_ADDED);
    event->added.name = command->add_product.name;
    event->added.unit_price_minor = command->add_product.unit_price_minor;
    event->added.currency = command->add_product.currency;
    return true;
}

static bool stock_may_change(const struct product *product, const struct command *command,
                             int64_t delta, struct rejection *ret_rejection)
{
    assert(product->available >=
           0); /* the table's rule; more than STOCK_MAX somebody may have written */
    if (delta > STOCK_MAX - product->available) {
        *ret_rejection = (struct rejection){.kind = REJECTION_TOTAL_TOO_LARGE};
        return false;
    }
    if (delta < -product->available) {
        *ret_rejection = (struct rejection){.kind = REJECTION_INSUFFICIENT_STOCK,
                                            .sku = command->aggregate_id,
                                            .number = product->available,
                                            .expected = -delta};
        return false;
    }
    return true;
}

static bool fill_receive_stock(const struct product *product, const struct command *command,
                               struct product_event *event, struct rejection *ret_rejection)
{
    assert(command->receive_stock.quantity > 0);
    assert(event->kind == PRODUCT_STOCK_RECEIVED);
    event->stock_received.quantity = command->receive_stock.quantity;
    return stock_may_change(product, command, command->receive_stock.quantity, ret_rejection);
}

static bool fill_change_price(const struct product *product, const struct command *command,
                              struct product_event *event, struct rejection *ret_rejection)
{
    (void)ret_rejection;
    assert(product->version > 0);
    assert(!product->is_discontinued);
    assert(event->kind == PRODUCT_PRICE_CHANGED);
    event->price_changed.unit_price_minor = command->change_price.unit_price_minor;
    event->price_changed.currency = product->currency;
    return true;
}

static bool fill_adjust_stock(const struct product *product, const struct command *command,
                              struct product_event *event, struct rejection *ret_rejection)
{
    assert(product->version > 0);
    assert(event->kind == PRODUCT_STOCK_ADJUSTED);
    event->stock_adjusted.delta = command->adjust_stock.delta;
    return stock_may_change(product, command, command->adjust_stock.delta, ret_rejection);
}

bool product_event_moves_stock(const struct product_event *event)
{
    assert(event->kind < PRODUCT_EVENT_KIND_COUNT);
    return event->kind == PRODUCT_STOCK_RECEIVED || event->kind == PRODUCT_STOCK_ADJUSTED;
}

/* ---- applying ------------------------------------------------------------------------------ */

typedef void apply_fn(struct product *product, const struct product_event *event);

static void apply_added(struct product *product, const struct product_event *event)
{
    assert(product->version == 1);
    product->name = event->added.name;
    product->unit_price_minor = event->added.unit_price_minor;
    product->currency = event->added.currency;
}

static void change_stock(struct product *product, int64_t delta)
{
    assert(delta <= STOCK_MAX - product->available); /* decided before */
    product->available += delta;
    assert(product->available >= 0);
}

static void apply_stock_received(struct product *product, const struct product_event *event)
{
    assert(event->stock_received.quantity > 0);
    change_stock(product, event->stock_received.quantity);
}

static void apply_price_changed(struct product *product, const struct product_event *event)
{
    assert(!product->is_discontinued);
    product->unit_price_minor = event->price_changed.unit_price_minor;
}

static void apply_stock_adjusted(struct product *product, const struct product_event *event)
{
    change_stock(product, event->stock_adjusted.delta);
}

static void apply_discontinued(struct product *product, const struct product_event *event)
{
    (void)event;
    assert(!product->is_discontinued);
    product->is_discontinued = true;
}

#define APPLY_ROW(KIND, kind, type) [PRODUCT_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {PRODUCT_EVENTS(APPLY_ROW)};

void product_apply(struct product *product, const struct product_event *event)
{
    assert(event->kind < PRODUCT_EVENT_KIND_COUNT);
    assert(event->envelope.version == product->version + 1); /* dense */
    assert(event->envelope.occurred_at_ms >= product->last_at_ms);
    assert((event->kind == PRODUCT_ADDED) == (product->version == 0));
    product->version = event->envelope.version;
    product->last_at_ms = event->envelope.occurred_at_ms;
    APPLY[event->kind](product, event);
    assert(state_of(product) != ABSENT);
}
