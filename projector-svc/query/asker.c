/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/asker.h"

#include "common/run/auth.h"

/* Without tokens everybody may do everything; to read everything is the agent's. */
enum role asker_role(const struct principal *principal)
{
    return principal->is_anyone ? ROLE_AGENT : principal->role;
}

struct strview asker_bound_to(const struct principal *principal, enum readable readable)
{
    const bool is_bound = readers_reading(asker_role(principal), readable) == READING_OWN;
    return strview_of(is_bound ? principal->subject : "");
}
