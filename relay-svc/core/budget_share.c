/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/budget_share.h"

#include <assert.h>

size_t budget_share_left(size_t budget, size_t shards, size_t used, size_t own)
{
    assert(shards > 0);
    assert(own <= used);
    const size_t part = budget / shards;
    if (used >= budget) {
        return 0;
    }
    if (own == 0) {
        return part > 0 ? part : 1;
    }
    return own < part ? part - own : 0;
}
