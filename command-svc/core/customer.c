/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/customer.h"

#include "common/contract/role.h"

#include <assert.h>

enum state { ABSENT, ACTIVE, INACTIVE };

#define IN(STATE) (1U << (STATE))

typedef void fill_fn(const struct customer *customer, const struct command *command,
                     struct customer_event *event);
static fill_fn fill_register_customer;
static fill_fn fill_change_contact;

struct rule {
    unsigned states; /* bits of those it may happen in */
    fill_fn *fill;   /* what the event says, or NULL: the envelope says it all */
};
#define RULE static const struct rule

/* What is not listed is refused. */
RULE register_customer_rule = {IN(ABSENT), fill_register_customer};
RULE change_contact_rule = {IN(ACTIVE) | IN(INACTIVE), fill_change_contact};
RULE deactivate_customer_rule = {IN(ACTIVE), NULL};
RULE reactivate_customer_rule = {IN(INACTIVE), NULL};

#define ACTION_ROW(KIND, kind, name, path, roles, EVENT)                                           \
    [COMMAND_##KIND] = {.rule = &kind##_rule, .event = (EVENT)},
static const struct {
    const struct rule *rule;
    enum customer_event_kind event;
} ACTIONS[COMMAND_KIND_COUNT] = {CUSTOMER_COMMANDS(ACTION_ROW)};

static enum state state_of(const struct customer *customer)
{
    assert(customer->version >= 0);
    if (customer->version == 0) {
        return ABSENT;
    }
    return customer->is_active ? ACTIVE : INACTIVE;
}

static bool is_possible(const void *aggregate, enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    const struct rule *rule = ACTIONS[kind].rule;
    return rule != NULL && (rule->states & IN(state_of(aggregate))) != 0;
}

/* Somebody else's customer is one that is not there, whatever its version and state. */
static bool check(const struct customer *customer, const struct command *command,
                  struct rejection *ret_rejection)
{
    const enum state state = state_of(customer);
    const bool is_new = command->kind == COMMAND_REGISTER_CUSTOMER;
    if (!is_new && (state == ABSENT || !may_see(command->owner, command->aggregate_id))) {
        *ret_rejection = (struct rejection){.kind = REJECTION_CUSTOMER_UNKNOWN};
        return false;
    }
    if (!command_meets_version(command, customer->version, ret_rejection)) {
        return false;
    }
    if (is_possible(customer, command->kind)) {
        assert(is_new == (state == ABSENT)); /* whatever the rules list */
        return true;
    }
    if (is_new) {
        *ret_rejection = (struct rejection){.kind = REJECTION_ALREADY_EXISTS};
    } else {
        *ret_rejection = command_refuse_transition(state == ACTIVE ? "active" : "inactive",
                                                   command->kind, is_possible, customer);
    }
    return false;
}

bool customer_decide(const struct customer *customer, const struct command *command, int64_t now_ms,
                     struct customer_event *ret_event, struct rejection *ret_rejection)
{
    assert(command->kind < COMMAND_KIND_COUNT);
    assert(ACTIONS[command->kind].rule != NULL);
    if (!check(customer, command, ret_rejection)) {
        return false;
    }
    const struct rule *rule = ACTIONS[command->kind].rule;
    *ret_event = (struct customer_event){
        .kind = ACTIONS[command->kind].event,
        .envelope = command_envelope(command, customer->version, customer->last_at_ms, now_ms)};
    if (rule->fill != NULL) {
        rule->fill(customer, command, ret_event);
    }
    assert(ret_event->envelope.version == customer->version + 1);
    assert(ret_event->envelope.occurred_at_ms >= customer->last_at_ms);
    return true;
}

static void fill_register_customer(const struct customer *customer, const struct command *command,
                                   struct customer_event *event)
{
    assert(customer->version == 0);
    assert(event->kind == CUSTOMER_REGISTERED);
    event->registered = command->register_customer;
}

static struct strview either(struct strview wanted, struct strview present)
{
    return wanted.len > 0 ? wanted : present;
}

static void fill_change_contact(const struct customer *customer, const struct command *command,
                                struct customer_event *event)
{
    assert(customer->version > 0);
    assert(event->kind == CUSTOMER_CONTACT_CHANGED);
    const struct contact *wanted = &command->change_contact;
    event->contact_changed = (struct contact){.name = either(wanted->name, customer->name),
                                              .email = either(wanted->email, customer->email),
                                              .phone = either(wanted->phone, customer->phone)};
}

/* ---- applying ------------------------------------------------------------------------------ */

typedef void apply_fn(struct customer *customer, const struct customer_event *event);

static void set_contact(struct customer *customer, const struct contact *contact)
{
    assert(customer->version >= 1);
    customer->name = contact->name;
    customer->email = contact->email;
    customer->phone = contact->phone;
}

static void apply_registered(struct customer *customer, const struct customer_event *event)
{
    assert(customer->version == 1);
    assert(!customer->is_active);
    set_contact(customer, &event->registered);
    customer->is_active = true;
}

static void apply_contact_changed(struct customer *customer, const struct customer_event *event)
{
    assert(customer->version > 1);
    set_contact(customer, &event->contact_changed);
}

static void apply_deactivated(struct customer *customer, const struct customer_event *event)
{
    (void)event;
    assert(customer->is_active);
    customer->is_active = false;
}

static void apply_reactivated(struct customer *customer, const struct customer_event *event)
{
    (void)event;
    assert(!customer->is_active);
    customer->is_active = true;
}

#define APPLY_ROW(KIND, kind, type) [CUSTOMER_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {CUSTOMER_EVENTS(APPLY_ROW)};

void customer_apply(struct customer *customer, const struct customer_event *event)
{
    assert(event->kind < CUSTOMER_EVENT_KIND_COUNT);
    assert(event->envelope.version == customer->version + 1); /* dense */
    assert(event->envelope.occurred_at_ms >= customer->last_at_ms);
    assert((event->kind == CUSTOMER_REGISTERED) == (customer->version == 0));
    customer->version = event->envelope.version;
    customer->last_at_ms = event->envelope.occurred_at_ms;
    APPLY[event->kind](customer, event);
    assert(state_of(customer) != ABSENT);
}
