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
    METRIC_QUEUE_SECONDS,
    METRIC_BATCH_COMMANDS,
    METRIC_BATCH_SECONDS,
    METRIC_BATCHES_REPEATED, /* label: enum batch_trouble */
    METRIC_QUEUE_COMMANDS,
    METRIC_QUEUE_OLDEST,
    METRIC_QUEUE_PRINCIPALS,
    METRIC_QUEUE_LARGEST,
    METRIC_LANES, /* label: enum lane_state */
    METRIC_LANES_STALLED,
    METRIC_LOCKS_HELD,
    METRIC_LEVELS_FAILED,
    METRIC_BELLS,
    METRIC_OUTBOX_AGE,
    COMMAND_METRIC_COUNT
};

/* What a lane is seen doing from outside; what it does between PostgreSQL's answers is over before
 * anybody looks. */
#define LANE_STATES(X)                                                                             \
    X(IDLE, "idle")                                                                                \
    X(LOADING, "loading")                                                                          \
    X(SAVING, "saving")                                                                            \
    X(ENDING, "ending")                                                                            \
    X(DOWN, "disconnected")

#define LANE_STATE_ENTRY(NAME, name) LANE_STATE_##NAME,
enum lane_state { LANE_STATES(LANE_STATE_ENTRY) LANE_STATE_COUNT };

/* Why a command is refused at the door. */
#define DOOR_REFUSALS(X)                                                                           \
    X(INVALID, "invalid")                                                                          \
    X(UNAUTHORIZED, "unauthorized")                                                                \
    X(OVERLOADED, "overloaded")                                                                    \
    X(UNAVAILABLE, "unavailable")                                                                  \
    X(OVER_SHARE, "over-share")                                                                    \
    X(RATE_LIMITED, "rate-limited")

#define DOOR_REFUSAL_ENTRY(WHY, word) DOOR_##WHY,
#define DOOR_REFUSAL_WORD(WHY, word)  word,
enum door_refusal { DOOR_REFUSALS(DOOR_REFUSAL_ENTRY) DOOR_REFUSAL_COUNT };

extern const struct metric COMMAND_METRICS[COMMAND_METRIC_COUNT];

#endif
