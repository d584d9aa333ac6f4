/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/trickle.h"

#include <assert.h>

bool trickle_passes(struct trickle *trickle, int64_t now_ms, uint64_t *ret_held)
{
    assert(trickle->passed <= TRICKLE_MOST);
    if (trickle->passed == 0 || now_ms - trickle->since_ms >= TRICKLE_WINDOW_MS) {
        trickle->since_ms = now_ms;
        trickle->passed = 0;
    }
    if (trickle->passed == TRICKLE_MOST) {
        trickle->held++;
        return false;
    }
    trickle->passed++;
    *ret_held = trickle->held;
    trickle->held = 0;
    assert(trickle->passed >= 1 && trickle->passed <= TRICKLE_MOST);
    return true;
}
