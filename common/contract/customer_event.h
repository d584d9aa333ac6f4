/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer_event.h - everything that can have happened to a customer.
 *
 * Name, email and phone are personal and sit in the member `personal`.
 * Ownership: see envelope.h.
 */
#ifndef COMMON_CONTRACT_CUSTOMER_EVENT_H
#define COMMON_CONTRACT_CUSTOMER_EVENT_H

#include "common/contract/envelope.h"

/* Every kind once; tables by kind are made from this list. */
#define CUSTOMER_EVENTS(X)                                                                         \
    X(REGISTERED, registered, "CustomerRegistered")                                                \
    X(CONTACT_CHANGED, contact_changed, "ContactChanged")                                          \
    X(DEACTIVATED, deactivated, "CustomerDeactivated")                                             \
    X(REACTIVATED, reactivated, "CustomerReactivated")

#define CUSTOMER_EVENT_ENTRY(KIND, kind, type) CUSTOMER_##KIND,
enum customer_event_kind { CUSTOMER_EVENTS(CUSTOMER_EVENT_ENTRY) CUSTOMER_EVENT_KIND_COUNT };

struct contact {
    struct strview name;
    struct strview email; /* may be empty */
    struct strview phone; /* may be empty */
};

/* What only counts (deactivated, reactivated) is said by the envelope and its reason. */
struct customer_event {
    enum customer_event_kind kind;
    struct envelope envelope; /* aggregate_id is the customer id */
    union {
        struct contact registered;
        struct contact contact_changed; /* the whole, as it is from now on */
    };
};

const char *customer_event_type(enum customer_event_kind kind);

#endif
