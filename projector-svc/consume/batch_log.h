/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_log.h - what a batch did, to the log and the metrics.
 *
 * Why only after its call was answered: what was not written did not happen.
 */
#ifndef PROJECTOR_SVC_CONSUME_BATCH_LOG_H
#define PROJECTOR_SVC_CONSUME_BATCH_LOG_H

#include "common/base/strview.h"

struct batch;
struct metrics;

void batch_log(const struct batch *batch, struct strview slot, struct metrics *metrics);

#endif
