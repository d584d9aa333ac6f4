/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.h - how far a partition's views had once come, while Redis has less; pure.
 *
 * Why three who may know: what this process saw, what the group had committed to Kafka, and the
 * goal that another process left in Redis. The farthest of them counts.
 *
 * Units: offsets; 0: nothing known.
 */
#ifndef PROJECTOR_SVC_CORE_RECOVERY_H
#define PROJECTOR_SVC_CORE_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing is known to be lost. */
struct recovery {
    int64_t goal;      /* position that ends it; 0: nothing is being recovered */
    int64_t committed; /* by the group */
    int64_t opened;    /* the position that reading began at */
};

/* seen: the position we had ourselves; goal: as Redis has it. Returns how far the views had come
 * when that is news to Redis, 0 when it is not or nothing is lost. */
int64_t recovery_find(struct recovery *recovery, int64_t seen, int64_t position, int64_t goal);

/*
 * Whether Redis had less when reading began than the group had committed, and has it all again: a
 * short log is read before the group's answer comes. Says so once.
 */
bool recovery_is_over_already(struct recovery *recovery, int64_t position);

/* Whether the goal that Redis has is one that nobody will take back: who told it did so late (it
 * was frozen, or ended), and the position is there already. */
bool recovery_is_left_over(const struct recovery *recovery, int64_t position, int64_t goal);

/* Whether a batch up to this position ends it. */
bool recovery_is_reached(const struct recovery *recovery, int64_t position);

#endif
