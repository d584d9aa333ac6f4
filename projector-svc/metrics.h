/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what this service counts: one table, read by the exposition and the README.
 */
#ifndef PROJECTOR_SVC_METRICS_H
#define PROJECTOR_SVC_METRICS_H

#include "common/run/metrics.h"

enum projector_metric {
    METRIC_EVENTS = 0,
    METRIC_FROZEN,
    METRIC_FROZEN_NOW,
    METRIC_BATCH_EVENTS,
    METRIC_CALL_SECONDS,
    METRIC_RETRIES,
    METRIC_PARTITIONS,
    METRIC_TOPICS,
    METRIC_CHECKS,
    METRIC_LAG_EVENTS,
    METRIC_LAG_SECONDS,
    METRIC_QUEUED,
    METRIC_WAITERS,
    PROJECTOR_METRIC_COUNT
};

/* Label values, in the order of the table's names. */
enum metric_outcome {
    OUTCOME_APPLIED = 0,
    OUTCOME_DUPLICATE,
    OUTCOME_PARKED,
    OUTCOME_UNREADABLE,
    OUTCOME_UNTOLD,
    OUTCOME_FOREIGN,
    OUTCOME_COUNT
};
enum metric_frozen { FROZEN_GAP = 0, FROZEN_FORK };
enum metric_retry { RETRY_CONFLICT = 0, RETRY_REDIS_AWAY, RETRY_REFUSED };
enum metric_partition {
    PARTITION_ASSIGNED = 0,
    PARTITION_OUT_OF_RANGE,
    PARTITION_STALLED,
    PARTITION_STUCK,
    PARTITION_UNREPORTED
};
enum metric_topics { TOPICS_WANTED = 0, TOPICS_FOLLOWED };

extern const struct metric PROJECTOR_METRICS[PROJECTOR_METRIC_COUNT];

#endif
