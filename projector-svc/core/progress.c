/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/progress.h"

#include <assert.h>

/* Reading comes from where it began to the furthest place, and is never beyond that. */
static bool is_sound(const struct progress *progress)
{
    return progress->began <= progress->next && progress->next <= progress->furthest;
}

int64_t progress_lag_ms(const struct progress *progress, int64_t oldest_ms, int64_t now_ms)
{
    assert(is_sound(progress));
    const int64_t since_ms = oldest_ms > 0 ? oldest_ms : progress->moved_ms;
    const int64_t lag_ms = since_ms > 0 && since_ms < now_ms ? now_ms - since_ms : 1;
    assert(lag_ms > 0); /* 0 says that there is none */
    return lag_ms;
}

void progress_receive(struct progress *progress, int64_t offset)
{
    assert(offset >= 0);
    assert(is_sound(progress));
    if (offset < progress->next && offset != progress->began) {
        progress->began = offset;
        progress->furthest = offset;
    }
    progress->next = offset + 1;
    if (offset >= progress->furthest) {
        progress->furthest = offset + 1;
        progress->received++;
    }
    assert(is_sound(progress));
}

bool progress_look(struct progress *progress, bool has_work, int64_t position, int64_t now_ms)
{
    assert(is_sound(progress));
    const bool was_stuck = progress->is_stuck;
    progress->is_stuck =
        stall_look(&progress->stall, has_work, progress->received + (uint64_t)position, now_ms);
    assert(!progress->is_stuck || has_work); /* who has nothing to do is not stuck */
    return progress->is_stuck && !was_stuck;
}
