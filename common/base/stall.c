/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/stall.h"

bool stall_look(struct stall *stall, bool has_work, uint64_t done, int64_t now_ms)
{
    const bool is_same = has_work && stall->is_waiting && done == stall->done;
    if (!is_same) {
        *stall = (struct stall){.done = done, .since_ms = now_ms, .is_waiting = has_work};
        return false;
    }
    return now_ms - stall->since_ms >= STALL_AFTER_MS;
}
