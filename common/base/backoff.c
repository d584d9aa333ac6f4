/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/backoff.h"

#include <assert.h>
#include <limits.h>

int64_t backoff_next_ms(struct backoff *backoff, uint64_t random)
{
    assert(backoff->first_ms > 0 && backoff->first_ms <= backoff->cap_ms);
    int64_t whole = backoff->first_ms;
    for (unsigned i = 0; i < backoff->attempts && whole < backoff->cap_ms; i++) {
        whole *= 2;
    }
    if (whole > backoff->cap_ms) {
        whole = backoff->cap_ms;
    }
    if (backoff->attempts < UINT_MAX) {
        backoff->attempts++;
    }
    const int64_t half = whole / 2;
    return whole - (half > 0 ? (int64_t)(random % (uint64_t)half) : 0);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}
