/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_log.h - what a batch did, to the log and the metrics.
 *
 * Why only after its call was answered: what was not written did not happen.
 *
 * Why what cannot be read is not one line each: anybody who may write to Kafka can bring thousands
 * a second. The first one of an aggregate that is frozen by it is told at once, others once a
 * minute with their number; each is in the parked list, and counted in the metrics.
 */
#ifndef PROJECTOR_SVC_CONSUME_BATCH_LOG_H
#define PROJECTOR_SVC_CONSUME_BATCH_LOG_H

#include "common/base/news.h"
#include "common/base/strview.h"

struct batch;
struct metrics;

/* What strangers can make happen as often as they like; zeroed at first. */
struct batch_log_news {
    struct news foreign;
    struct news unreadable;
};

void batch_log(const struct batch *batch, struct strview slot, struct batch_log_news *news,
               struct metrics *metrics);

#endif
