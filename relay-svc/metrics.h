/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what relay-svc counts; the table is the only list of names.
 */
#ifndef RELAY_SVC_METRICS_H
#define RELAY_SVC_METRICS_H

#include "common/run/metrics.h"
#include "relay-svc/core/shard_log.h"

enum relay_metric {
    METRIC_PUBLISHED = 0, /* by topic */
    METRIC_ALREADY_THERE,
    METRIC_DELIVERY_FAILURES,
    METRIC_PRODUCERS,
    METRIC_TAILS, /* by verdict */
    METRIC_READS,
    METRIC_ROWS_READ,
    METRIC_ROWS_HELD,
    METRIC_READ_SECONDS,
    METRIC_MARKS,
    METRIC_IN_FLIGHT,
    METRIC_SHARDS, /* by state */
    METRIC_MEMBERS,
    METRIC_RIVALS,
    METRIC_LOCKS,
    METRIC_BACKLOG,
    METRIC_OLDEST_AGE,
    RELAY_METRIC_COUNT
};

extern const struct metric RELAY_METRICS[RELAY_METRIC_COUNT];

/* Label values of METRIC_PUBLISHED, NULL-ended: to be set before the metrics are made. */
extern const char *relay_topic_labels[SHARD_TOPICS_MAX + 1];

#endif
