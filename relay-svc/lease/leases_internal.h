/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases_internal.h - what the files of the leases share: leases (beats and the fair share),
 * claiming (shards that become ours, or are looked at again) and returning (shards given back). An
 * arrow goes from leases to the other two.
 */
#ifndef RELAY_SVC_LEASE_LEASES_INTERNAL_H
#define RELAY_SVC_LEASE_LEASES_INTERNAL_H

#include "common/io/loop.h"
#include "common/run/activity.h"
#include "relay-svc/core/membership.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/shards/shards.h"

#include <stddef.h>

struct leases {
    struct leases_options options;
    struct loop_timer *timer; /* of the next beat */
    struct membership membership;
    struct activity joining;   /* fails while there is a rival */
    struct outbox_lease *held; /* what the beat in flight renews */
    size_t held_count;
    struct membership_told *told; /* by shard, as that beat tells */
    struct outbox_lease *granted; /* as the claim or look in flight tells */
    size_t granted_count;
    struct shard_topic_mark *sent; /* the same: [shard][topic] */
    struct quarantine *parked;     /* the same, by shard */
    struct outbox_bounds bounds;   /* the same */
    struct outbox_lease *released;
    size_t released_count;
};

/* The trip in flight was answered, one way or another: the next beat is due. */
static inline void leases_rearm(struct leases *leases)
{
    loop_timer_start(leases->timer, membership_answered(&leases->membership));
}

/* At once, unless its predecessor is on its way: that one arms the timer anew. */
static inline void leases_beat_now(struct leases *leases)
{
    if (!leases->membership.is_talking) {
        loop_timer_start(leases->timer, 0);
    }
}

static inline void leases_count(struct leases *leases, enum lease_change change)
{
    metrics_add(leases->options.shards->metrics, METRIC_LEASE_CHANGES, change, 1);
}

/* As many more shards as there are, and nobody holds. */
void leases_claim(struct leases *leases, int max);

#endif
