/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen.h - the aggregates that stand still: counted, told of, and tried again by a program that
 * can read other events than the one that froze them.
 *
 * Why looked for: a frozen aggregate is looked at again when the event it waits for comes. Where
 * the event is there and could not be read, none comes, so a program that can read it has to ask
 * who waits (core/reader.h). And what waits for a person must be seen without one asking. What one
 * has decided is found here, too, where views are filled again and stand still at the same place
 * (core/decisions.h).
 *
 * Why a portion each second: there may be many, Redis works for readers meanwhile, and a partition
 * takes a few at a time.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_FROZEN_H
#define PROJECTOR_SVC_CONSUME_FROZEN_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/run/activity.h"
#include "projector-svc/core/frozen_tally.h"

#include <stdbool.h>

struct assignment;
struct followed;
struct metrics;
struct redisconn;

struct frozen {
    struct redisconn *redis; /* the caller's, as are the next two */
    const struct assignment *assignment;
    const struct followed *followed; /* how many partitions there are */
    struct strview reader;           /* us */
    struct frozen_tally tally;
    char cursor[24]; /* Redis's, in the pass; "0": one begins */
    bool is_asking;
    struct activity standing; /* fails while some stand still, or Redis does not tell which */
};

void frozen_init(struct frozen *frozen);

/* Once a second. */
void frozen_look(struct frozen *frozen);

void frozen_expose(const struct frozen *frozen, struct metrics *metrics);

#endif
