/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/asker.h"

#include "common/io/loop.h"
#include "common/run/auth.h"
#include "projector-svc/query/query.h"

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

bool asker_is_the_same(struct query *query)
{
    const struct auth *auth = query->context->auth;
    if (loop_wall_ms() >= query->until_ms) {
        return false;
    }
    if (query->auth_epoch == auth_epoch(auth)) {
        return true;
    }
    const struct principal *principal = auth_of_request(auth, query->request);
    query->auth_epoch = auth_epoch(auth);
    query->until_ms = principal == NULL ? 0 : principal->until_ms;
    return principal != NULL && asker_role(principal) == query->role &&
           strview_equal(asker_bound_to(principal, query->readable), query->only);
}

int64_t asker_may_wait_ms(const struct query *query, int64_t wait_ms)
{
    const int64_t now_ms = loop_wall_ms();
    if (query->until_ms <= now_ms) {
        return 0;
    }
    return wait_ms < query->until_ms - now_ms ? wait_ms : query->until_ms - now_ms;
}
