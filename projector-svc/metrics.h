/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what this service counts: one list, read by the exposition and the README.
 */
#ifndef PROJECTOR_SVC_METRICS_H
#define PROJECTOR_SVC_METRICS_H

#include "common/run/metrics.h"

#define PROJECTOR_METRIC_ROWS(X)                                                                   \
    X(METRIC_EVENTS, COUNTER, "orderspine_projector_events_total",                                 \
      "Events by what became of them; unreadable and foreign ones are parked too.",                \
      METRIC_BY("outcome", OUTCOMES))                                                              \
    X(METRIC_FROZEN, COUNTER, "orderspine_projector_frozen_total",                                 \
      "Aggregates frozen for a missing version or for two histories.",                             \
      METRIC_BY("reason", FROZEN))                                                                 \
    X(METRIC_FROZEN_NOW, GAUGE, "orderspine_projector_frozen_aggregates",                          \
      "Aggregates in this Redis that stand still, by why; the same in each projector.",            \
      METRIC_BY("state", STATES + 1))                                                              \
    X(METRIC_BATCH_EVENTS, HISTOGRAM, "orderspine_projector_batch_events",                         \
      "Events in one function call.", METRIC_BOUNDS(EVENT_BOUNDS))                                 \
    X(METRIC_CALL_SECONDS, HISTOGRAM, "orderspine_projector_call_seconds",                         \
      "From sending a function call to its answer.", )                                             \
    X(METRIC_RETRIES, COUNTER, "orderspine_projector_retries_total",                               \
      "Batches that were put together again, by the reason.", METRIC_BY("reason", RETRIES))        \
    X(METRIC_PARTITIONS, GAUGE, "orderspine_projector_partitions",                                 \
      "Partitions this process holds, those of them that stand or are filled again after a loss "  \
      "in Redis, or cannot be compared with it; and those whose events nobody brings into it.",    \
      METRIC_BY("state", PARTITIONS))                                                              \
    X(METRIC_TOPICS, GAUGE, "orderspine_projector_topics",                                         \
      "Topics the views are made of, and those that somebody follows.",                            \
      METRIC_BY("state", FOLLOWED))                                                                \
    X(METRIC_CHECKS, COUNTER, "orderspine_projector_position_checks_total",                        \
      "Comparisons of the record taken last with Kafka's, by the finding.",                        \
      METRIC_BY("finding", CHECKS))                                                                \
    X(METRIC_LAG_EVENTS, GAUGE, "orderspine_projector_lag_events",                                 \
      "Events not yet applied, of the partitions held and of those nobody reports; no "            \
      "sample where there are neither.",                                                           \
      METRIC_BY("aggregate", TOPICS))                                                              \
    X(METRIC_LAG_SECONDS, GAUGE, "orderspine_projector_lag_seconds",                               \
      "Age of the oldest event not yet applied; of what nobody reports, how long not.",            \
      METRIC_BY("aggregate", TOPICS))                                                              \
    X(METRIC_QUEUED, GAUGE, "orderspine_projector_queued_events",                                  \
      "Events read from Kafka and waiting for their batch.", )                                     \
    X(METRIC_STREAMS, GAUGE, "orderspine_projector_streams", "Open streams (/v1/stream).", )       \
    X(METRIC_STREAM_EVENTS, COUNTER, "orderspine_projector_stream_events_total",                   \
      "Events sent on streams, to each reader.", )                                                 \
    X(METRIC_STREAM_RESETS, COUNTER, "orderspine_projector_stream_resets_total",                   \
      "Readers told that what they had last is not known to be followed by all.",                  \
      METRIC_BY("reason", RESETS))                                                                 \
    X(METRIC_STREAMS_CUT, COUNTER, "orderspine_projector_streams_cut_total",                       \
      "Streams ended because their readers took nothing.", )                                       \
    X(METRIC_RECOVERING, GAUGE, "orderspine_projector_recovering",                                 \
      "1 while answers say recovering: Redis may show less than before, or is filled again.", )    \
    X(METRIC_WAITERS, GAUGE, "orderspine_projector_waiters",                                       \
      "Requests waiting for an order's version.", )

enum projector_metric { PROJECTOR_METRIC_ROWS(METRIC_ENTRY) PROJECTOR_METRIC_COUNT };

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
    PARTITION_UNREPORTED,
    PARTITION_RECOVERING,
    PARTITION_UNCOMPARED
};
enum metric_reset { RESET_GONE = 0, RESET_AHEAD, RESET_UNKNOWN, RESET_COUNT };
enum metric_topics { TOPICS_WANTED = 0, TOPICS_FOLLOWED };

/* Readers are told the same word. */
const char *metric_reset_name(enum metric_reset reset);

extern const struct metric PROJECTOR_METRICS[PROJECTOR_METRIC_COUNT];

#endif
