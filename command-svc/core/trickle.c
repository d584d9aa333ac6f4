/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/trickle.h"

#include <assert.h>

/* Nothing is held back while there is room, and what passes tells of what was. */
static bool is_sound(const struct trickle *trickle)
{
    return trickle->passed <= TRICKLE_MOST &&
           (trickle->held == 0 || trickle->passed == TRICKLE_MOST);
}

bool trickle_passes(struct trickle *trickle, int64_t now_ms, uint64_t *ret_held)
{
    assert(is_sound(trickle));
    if (trickle->passed == 0 || now_ms - trickle->since_ms >= TRICKLE_WINDOW_MS) {
        trickle->since_ms = now_ms;
        trickle->passed = 0;
    }
    if (trickle->passed == TRICKLE_MOST) {
        trickle->held++;
        assert(is_sound(trickle));
        return false;
    }
    trickle->passed++;
    *ret_held = trickle->held;
    trickle->held = 0;
    assert(is_sound(trickle));
    assert(trickle->passed >= 1);
    return true;
}
