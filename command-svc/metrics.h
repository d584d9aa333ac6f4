/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what command-svc counts: one list.
 */
#ifndef COMMAND_SVC_METRICS_H
#define COMMAND_SVC_METRICS_H

#include "common/run/metrics.h"

#define COMMAND_METRIC_ROWS(X)                                                                     \
    X(METRIC_COMMANDS, COUNTER, "orderspine_commands_total",                                       \
      "Commands answered after a commit, by outcome.", METRIC_BY("outcome", OUTCOMES))             \
    X(METRIC_COMMANDS_REFUSED, COUNTER, "orderspine_commands_refused_total",                       \
      "Commands refused at the door, by reason.", METRIC_BY("reason", REFUSALS))                   \
    X(METRIC_COMMANDS_EXPIRED, COUNTER, "orderspine_commands_expired_total",                       \
      "Commands that met their deadline while waiting.", )                                         \
    X(METRIC_COMMANDS_FAILED, COUNTER, "orderspine_commands_failed_total",                         \
      "Commands that failed alone in their batch: look at the log, a person must act.", )          \
    X(METRIC_COMMAND_SECONDS, HISTOGRAM, "orderspine_command_duration_seconds",                    \
      "From the queue to the answer.", )                                                           \
    X(METRIC_QUEUE_SECONDS, HISTOGRAM, "orderspine_command_queue_seconds",                         \
      "From the queue to the batch in which a command was answered.", )                            \
    X(METRIC_BATCH_COMMANDS, HISTOGRAM, "orderspine_batch_commands",                               \
      "Commands in one transaction.", METRIC_BOUNDS(BATCH_BOUNDS))                                 \
    X(METRIC_BATCH_SECONDS, HISTOGRAM, "orderspine_batch_duration_seconds",                        \
      "From BEGIN to the answer to COMMIT.", )                                                     \
    X(METRIC_BATCHES_REPEATED, COUNTER, "orderspine_batches_repeated_total",                       \
      "Batches begun anew, by what went wrong; stock: a level had moved since it was read.",       \
      METRIC_BY("reason", TROUBLES))                                                               \
    X(METRIC_QUEUE_COMMANDS, GAUGE, "orderspine_queue_commands",                                   \
      "Commands that wait for a batch, as of the last second.", )                                  \
    X(METRIC_QUEUE_OLDEST, GAUGE, "orderspine_queue_oldest_seconds",                               \
      "How long the one that waits longest has waited; 0: none waits.", )                          \
    X(METRIC_QUEUE_PRINCIPALS, GAUGE, "orderspine_queue_principals",                               \
      "Principals with unanswered commands, in the lane that has most of them.", )                 \
    X(METRIC_QUEUE_LARGEST, GAUGE, "orderspine_queue_largest_share_commands",                      \
      "Unanswered commands of the principal that has most of a lane's.", )                         \
    X(METRIC_LANES, GAUGE, "orderspine_lanes",                                                     \
      "Lanes by what they do, as seen once a second; disconnected: PostgreSQL is not "             \
      "reached.",                                                                                  \
      METRIC_BY("state", LANE_NAMES))                                                              \
    X(METRIC_LANES_STALLED, GAUGE, "orderspine_lanes_stalled",                                     \
      "Lanes with work and no commit for ten seconds.", )                                          \
    X(METRIC_LOCKS_HELD, GAUGE, "orderspine_locks_held_elsewhere",                                 \
      "Locks that commands wait for and somebody else has; /readyz and the log name the "          \
      "holder.",                                                                                   \
      METRIC_BY("kind", LOCKS))                                                                    \
    X(METRIC_LEVELS_FAILED, COUNTER, "orderspine_level_batches_failed_total",                      \
      "Batches of stock levels that could not be announced; /readyz says why.", )                  \
    X(METRIC_BELLS, COUNTER, "orderspine_bells_total",                                             \
      "Times the relay was told that there is something to publish.", )                            \
    X(METRIC_OUTBOX_AGE, GAUGE, "orderspine_outbox_oldest_age_seconds",                            \
      "How long the oldest event not known to be published has waited; 0: none waits.", )

enum command_metric { COMMAND_METRIC_ROWS(METRIC_ENTRY) COMMAND_METRIC_COUNT };

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
