/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.h - who may ask: the roles of tokens and of events' actors, and the one rule of whose
 * things somebody may see.
 *
 * Why the rule stands here: the half that takes commands and the half that answers queries must
 * give the same answer about somebody else's order, which is that of one that does not exist.
 */
#ifndef COMMON_CONTRACT_ROLE_H
#define COMMON_CONTRACT_ROLE_H

#include "common/base/error.h"
#include "common/base/strview.h"

/* Each role once. */
#define ROLES(X)                                                                                   \
    X(CUSTOMER, "customer")                                                                        \
    X(AGENT, "agent")                                                                              \
    X(PAYMENT, "payment")                                                                          \
    X(FULFILMENT, "fulfilment")                                                                    \
    X(OPERATOR, "operator")

#define ROLE_ENTRY(NAME, name) ROLE_##NAME,
enum role { ROLES(ROLE_ENTRY) ROLE_COUNT };
#define ROLE_BIT(role) (1U << (role))

/* "customer", "agent", "payment", "fulfilment", "operator" */
const char *role_name(enum role value);

/* False, *ret untouched, when no role has that name. */
MUST_USE bool role_parse(struct strview word, enum role *ret);

/*
 * To be asked before any property of an aggregate is told. only: the one customer whose things
 * somebody may see (a customer's own id), empty for who may see everybody's. owner: whose it is.
 */
static inline bool may_see(struct strview only, struct strview owner)
{
    return only.len == 0 || strview_equal(only, owner);
}

#endif
