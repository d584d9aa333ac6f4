/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/fair_share.h"

#include <assert.h>
#include <stdint.h>

int fair_share(int shards, const struct fair_members *members)
{
    assert(shards > 0);
    assert(members->alive > 0);
    const int reaching = members->others_reaching + (members->reaches ? 1 : 0);
    if (reaching > 0 && !members->reaches) {
        return 0;
    }
    const int sharing = reaching > 0 ? reaching : members->alive;
    assert(sharing > 0); /* else nobody would hold them */
    const int share = (shards + sharing - 1) / sharing;
    assert(share > 0);
    assert((int64_t)share * sharing >= shards); /* each shard is within somebody's */
    return share;
}
