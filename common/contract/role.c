/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/role.h"

#include <assert.h>

#define NAME_ROW(NAME, name) name,
static const char *const NAMES[] = {ROLES(NAME_ROW)};

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
