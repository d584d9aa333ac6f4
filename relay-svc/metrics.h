/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what relay-svc counts: one list.
 */
#ifndef RELAY_SVC_METRICS_H
#define RELAY_SVC_METRICS_H

#include "common/run/metrics.h"
#include "relay-svc/core/shard_log.h"

#define RELAY_METRIC_ROWS(X)                                                                       \
    X(METRIC_PUBLISHED, COUNTER, "orderspine_relay_published_total",                               \
      "Events acknowledged by Kafka.", METRIC_BY("topic", relay_topic_labels))                     \
    X(METRIC_ALREADY_THERE, COUNTER, "orderspine_relay_duplicates_avoided_total",                  \
      "Events not sent because the partition's tail had them.", )                                  \
    X(METRIC_PARKED, COUNTER, "orderspine_relay_parked_total",                                     \
      "Events that were put into the quarantine, or passed over as their aggregate is there.", )   \
    X(METRIC_QUARANTINED, GAUGE, "orderspine_relay_quarantined_aggregates",                        \
      "Aggregates of this relay's shards of which events wait for a person.", )                    \
    X(METRIC_DELIVERY_FAILURES, COUNTER, "orderspine_relay_delivery_failures_total",               \
      "Deliveries that failed; the shard then starts after its partition's tail.", )               \
    X(METRIC_PRODUCERS, COUNTER, "orderspine_relay_producers_renewed_total",                       \
      "Kafka producers replaced after a fatal error.", )                                           \
    X(METRIC_TAILS, COUNTER, "orderspine_relay_tails_total",                                       \
      "Partition tails judged before a shard ran.", METRIC_BY("verdict", TAIL_VERDICT_NAMES))      \
    X(METRIC_READS, COUNTER, "orderspine_relay_reads_total", "Queries for rows of the outbox.", )  \
    X(METRIC_ROWS_READ, COUNTER, "orderspine_relay_rows_read_total",                               \
      "Rows these queries returned.", )                                                            \
    X(METRIC_ROWS_HELD, COUNTER, "orderspine_relay_rows_held_total",                               \
      "Rows read too early, to be read again.", )                                                  \
    X(METRIC_READ_SECONDS, HISTOGRAM, "orderspine_relay_read_seconds",                             \
      "How long a query for rows took.", )                                                         \
    X(METRIC_MARKS, COUNTER, "orderspine_relay_marks_total",                                       \
      "Writes of positions to the database.", )                                                    \
    X(METRIC_IN_FLIGHT, GAUGE, "orderspine_relay_in_flight",                                       \
      "Events sent and not yet acknowledged.", )                                                   \
    X(METRIC_SHARDS, GAUGE, "orderspine_relay_shards", "Shards by their state at this relay.",     \
      METRIC_BY("state", STATES))                                                                  \
    X(METRIC_MEMBERS, GAUGE, "orderspine_relay_members",                                           \
      "Live relays on this database, this one included.", )                                        \
    X(METRIC_RIVALS, GAUGE, "orderspine_relay_rivals",                                             \
      "Live relays on this database that publish under another TOPIC_PREFIX or to another "        \
      "Kafka cluster; this one takes no shards while there are any.", )                            \
    X(METRIC_LOCKS, GAUGE, "orderspine_relay_locks_held_elsewhere",                                \
      "What this relay needs and somebody else keeps locked; /readyz and the log name the "        \
      "holder.", )                                                                                 \
    X(METRIC_BACKLOG, GAUGE, "orderspine_relay_backlog",                                           \
      "Events not yet published, of all shards, estimated.", )                                     \
    X(METRIC_OLDEST_AGE, GAUGE, "orderspine_relay_oldest_age_seconds",                             \
      "Age of the oldest of them.", )

enum relay_metric { RELAY_METRIC_ROWS(METRIC_ENTRY) RELAY_METRIC_COUNT };

extern const struct metric RELAY_METRICS[RELAY_METRIC_COUNT];

/* Label values of METRIC_PUBLISHED, NULL-ended: to be set before the metrics are made. */
extern const char *relay_topic_labels[SHARD_TOPICS_MAX + 1];

#endif
