/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admission.h - whether a submission may join a lane's queue, and where it stands in it.
 *
 * Why: core/door.h knows how long a queue may be, core/fair.h who has how much of it; here they
 * meet the queue.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_BATCH_ADMISSION_H
#define COMMAND_SVC_BATCH_ADMISSION_H

struct door;
struct lane_common;
struct submission;

enum lanes_verdict {
    LANES_TAKEN = 0,
    LANES_OVERLOADED,  /* more waits than is worked off in a moment: 503 overloaded */
    LANES_OVER_SHARE,  /* likewise, and it is this principal of several who has most of it: 429 */
    LANES_UNAVAILABLE, /* the database was never reached yet: 503 dependency-unavailable */
};

/* LANES_TAKEN: it may join. Its shard is known. */
enum lanes_verdict admission_judge(const struct lane_common *common, const struct door *door,
                                   const struct submission *submission);

/* It waits from now on, until lane_answer(). */
void admission_join(struct lane_common *common, struct submission *submission);

/* Brings the metrics of the queue up to date. */
void admission_show(const struct lane_common *common);

#endif
