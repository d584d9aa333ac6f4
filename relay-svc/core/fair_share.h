/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fair_share.h - how many shards a relay may hold.
 *
 * Why not just an equal part: a relay that has lost Kafka publishes nothing, so it gives its part
 * to those that reach Kafka; but only as long as there is one: shards that nobody holds would
 * not be counted by anybody, and would wait for whoever comes first. Pure.
 */
#ifndef RELAY_SVC_CORE_FAIR_SHARE_H
#define RELAY_SVC_CORE_FAIR_SHARE_H

#include <stdbool.h>

struct fair_members {
    int alive;           /* relays, this one included */
    int others_reaching; /* of the others, those that reached Kafka within a lease */
    bool reaches;        /* whether this one did */
};

int fair_share(int shards, const struct fair_members *members);

#endif
