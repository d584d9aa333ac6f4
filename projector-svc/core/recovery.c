/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/recovery.h"

#include <assert.h>

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

int64_t recovery_find(struct recovery *recovery, int64_t seen, int64_t position, int64_t goal)
{
    const int64_t had_reached = larger(seen, recovery->committed);
    const int64_t farthest = larger(goal, had_reached);
    recovery->goal = farthest > position ? farthest : 0;
    assert(recovery->goal == 0 || recovery->goal > position);
    assert(recovery->goal == 0 || (recovery->goal >= seen && recovery->goal >= goal &&
                                   recovery->goal >= recovery->committed));
    const int64_t news = had_reached > position && goal < had_reached ? had_reached : 0;
    assert(news == 0 || news == recovery->goal); /* what Redis is told is what ends it */
    return news;
}

bool recovery_is_over_already(struct recovery *recovery, int64_t position)
{
    const bool is_over = recovery->opened < recovery->committed && recovery->committed <= position;
    if (is_over) {
        recovery->opened = position;
    }
    assert(!is_over || recovery->opened >= recovery->committed); /* it is said once */
    return is_over;
}

bool recovery_is_left_over(const struct recovery *recovery, int64_t position, int64_t goal)
{
    return goal != 0 && goal <= position && recovery->goal == 0;
}

bool recovery_is_reached(const struct recovery *recovery, int64_t position)
{
    return recovery->goal != 0 && position >= recovery->goal;
}
