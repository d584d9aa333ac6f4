/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/following.h"

#include <assert.h>

bool following_is_reported(const struct following *following, int64_t now_ms)
{
    return following->is_own || (following->told_end >= 0 &&
                                 now_ms - following->reported_at < FOLLOWING_SILENT_AFTER_MS);
}

/* Behind the last event there may be markers, which move no position. */
static int64_t reached(const struct following *following)
{
    const bool is_further = following->told_lag_ms == 0 && following->reported_at > 0 &&
                            following->told_end > following->position;
    const int64_t reached = is_further ? following->told_end : following->position;
    assert(reached >= following->position); /* what was told takes nothing away */
    return reached;
}

int64_t following_missed(const struct following *following, int64_t since_ms, int64_t now_ms)
{
    const int64_t missing = following->end - reached(following);
    const bool may_still_come = now_ms - since_ms < FOLLOWING_SILENT_AFTER_MS;
    const bool is_missed =
        missing > 0 && !may_still_come && !following_is_reported(following, now_ms);
    assert(!is_missed || !following->is_own); /* what this process holds somebody brings */
    return is_missed ? missing : 0;
}
