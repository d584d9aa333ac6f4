/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/customer.h"

#include "common/contract/role.h"

#include <assert.h>

enum state { ABSENT, ACTIVE, INACTIVE };

#define IN(STATE) (1U << (STATE))

/* In which states each may happen; what is not listed is refused. */
enum {
    register_customer_states = IN(ABSENT),
    change_contact_states = IN(ACTIVE) | IN(INACTIVE),
    deactivate_customer_states = IN(ACTIVE),
    reactivate_customer_states = IN(INACTIVE),
};

typedef void fill_fn(const struct customer *customer, const struct command *command,
                     struct customer_event *event);
#define DECLARE_FILL(KIND, kind, ...) static fill_fn fill_##kind;
CUSTOMER_COMMANDS(DECLARE_FILL)

#define ACTION_ROW(KIND, kind, name, path, roles, EVENT)                                           \
    [COMMAND_##KIND] = {kind##_states, EVENT, fill_##kind},
static const struct {
    unsigned states;
    enum customer_event_kind event;
    fill_fn *fill;
} ACTIONS[COMMAND_KIND_COUNT] = {CUSTOMER_COMMANDS(ACTION_ROW)};

static enum state state_of(const struct customer *customer)
{
    if (customer->version == 0) {
        return ABSENT;
    }
    return customer->is_active ? ACTIVE : INACTIVE;
}

static bool is_possible(const void *aggregate, enum command_kind kind)
{
    return (ACTIONS[kind].states & IN(state_of(aggregate))) != 0;
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
    assert(command->kind < COMMAND_KIND_COUNT && ACTIONS[command->kind].fill != NULL);
    if (!check(customer, command, ret_rejection)) {
        return false;
    }
    struct customer_event event = {
        .kind = ACTIONS[command->kind].event,
        .envelope = {.aggregate_id = command->aggregate_id,
                     .version = customer->version + 1,
                     .occurred_at_ms =
                         now_ms > customer->last_at_ms ? now_ms : customer->last_at_ms,
                     .actor = command->actor},
    };
    ACTIONS[command->kind].fill(customer, command, &event);
    *ret_event = event;
    return true;
}

static void fill_register_customer(const struct customer *customer, const struct command *command,
                                   struct customer_event *event)
{
    (void)customer;
    event->registered = command->register_customer;
}

static struct strview either(struct strview wanted, struct strview present)
{
    return wanted.len > 0 ? wanted : present;
}

static void fill_change_contact(const struct customer *customer, const struct command *command,
                                struct customer_event *event)
{
    const struct contact *wanted = &command->change_contact;
    event->contact_changed = (struct contact){.name = either(wanted->name, customer->name),
                                              .email = either(wanted->email, customer->email),
                                              .phone = either(wanted->phone, customer->phone)};
}

static void fill_deactivate_customer(const struct customer *customer, const struct command *command,
                                     struct customer_event *event)
{
    (void)customer;
    event->envelope.reason = command->deactivate_customer.reason;
}

static void fill_reactivate_customer(const struct customer *customer, const struct command *command,
                                     struct customer_event *event)
{
    (void)customer;
    event->envelope.reason = command->reactivate_customer.reason;
}

/* ---- applying ------------------------------------------------------------------------------ */

typedef void apply_fn(struct customer *customer, const struct customer_event *event);

static void set_contact(struct customer *customer, const struct contact *contact)
{
    customer->name = contact->name;
    customer->email = contact->email;
    customer->phone = contact->phone;
}

static void apply_registered(struct customer *customer, const struct customer_event *event)
{
    set_contact(customer, &event->registered);
    customer->is_active = true;
}

static void apply_contact_changed(struct customer *customer, const struct customer_event *event)
{
    set_contact(customer, &event->contact_changed);
}

static void apply_deactivated(struct customer *customer, const struct customer_event *event)
{
    (void)event;
    customer->is_active = false;
}

static void apply_reactivated(struct customer *customer, const struct customer_event *event)
{
    (void)event;
    customer->is_active = true;
}

#define APPLY_ROW(KIND, kind, type) [CUSTOMER_##KIND] = apply_##kind,
static apply_fn *const APPLY[] = {CUSTOMER_EVENTS(APPLY_ROW)};

void customer_apply(struct customer *customer, const struct customer_event *event)
{
    assert(event->envelope.version == customer->version + 1);
    customer->version = event->envelope.version;
    customer->last_at_ms = event->envelope.occurred_at_ms;
    APPLY[event->kind](customer, event);
}
