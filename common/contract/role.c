/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/role.h"

#include <assert.h>

static const char *const NAMES[] = {
    [ROLE_CUSTOMER] = "customer",     [ROLE_AGENT] = "agent",       [ROLE_PAYMENT] = "payment",
    [ROLE_FULFILMENT] = "fulfilment", [ROLE_OPERATOR] = "operator",
};
static_assert(sizeof NAMES / sizeof NAMES[0] == ROLE_COUNT, "every role needs a name");

const char *role_name(enum role role)
{
    assert(role < ROLE_COUNT);
    return NAMES[role];
}

bool role_parse(struct strview name, enum role *ret_role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (strview_is(name, NAMES[i])) {
            *ret_role = (enum role)i;
            return true;
        }
    }
    return false;
}
