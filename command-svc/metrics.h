/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what command-svc counts; the table stands in metrics.c.
 */
#ifndef COMMAND_SVC_METRICS_H
#define COMMAND_SVC_METRICS_H

#include "common/run/metrics.h"

enum command_metric {
    METRIC_COMMANDS = 0,     /* label: outcome */
    METRIC_COMMANDS_REFUSED, /* label: why, at the door */
    METRIC_COMMANDS_EXPIRED,
    METRIC_COMMANDS_FAILED,
    METRIC_COMMAND_SECONDS,
    METRIC_BATCH_COMMANDS,
    METRIC_BATCH_SECONDS,
    METRIC_BATCHES_REPEATED, /* label: enum batch_trouble */
    METRIC_LANES_STALLED,
    METRIC_LOCKS_HELD,
    METRIC_BELLS,
    METRIC_OUTBOX_AGE,
    COMMAND_METRIC_COUNT
};

enum door_refusal {
    DOOR_INVALID = 0,
    DOOR_UNAUTHORIZED,
    DOOR_OVERLOADED,
    DOOR_UNAVAILABLE,
    DOOR_OVER_SHARE
};

extern const struct metric COMMAND_METRICS[COMMAND_METRIC_COUNT];

#endif
