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
    X(METRIC_POSITION, GAUGE, "orderspine_relay_position",                                         \
      "Number of the row up to which all of the shard is published, whoever holds it.", BY_SHARD)  \
    X(METRIC_ROWS_BEHIND, GAUGE, "orderspine_relay_rows_behind",                                   \
      "Events of the shard not yet published, whoever holds it, estimated.", BY_SHARD)             \
    X(METRIC_SECONDS_BEHIND, GAUGE, "orderspine_relay_seconds_behind",                             \
      "Age of the oldest of them.", BY_SHARD)                                                      \
    X(METRIC_DELIVERY_FAILURES, COUNTER, "orderspine_relay_delivery_failures_total",               \
      "Deliveries that failed; the shard then starts after its partition's tail.", )               \
    X(METRIC_PRODUCERS, COUNTER, "orderspine_relay_producers_renewed_total",                       \
      "Kafka producers replaced after a fatal error.", )                                           \
    X(METRIC_TAILS, COUNTER, "orderspine_relay_tails_total",                                       \
      "Partition tails judged before a shard ran.", METRIC_BY("verdict", TAIL_VERDICT_NAMES))      \
    X(METRIC_ROWS_HELD, COUNTER, "orderspine_relay_rows_held_total",                               \
      "Rows read too early, to be read again.", )                                                  \
    X(METRIC_READ_SECONDS, HISTOGRAM, "orderspine_relay_read_seconds",                             \
      "How long a query for rows took.", )                                                         \
    X(METRIC_READ_BATCH, HISTOGRAM, "orderspine_relay_read_batch_rows",                            \
      "Rows that one query returned.", METRIC_BOUNDS(BATCH_BOUNDS))                                \
    X(METRIC_PRODUCE_SECONDS, HISTOGRAM, "orderspine_relay_produce_seconds",                       \
      "Age of an event when it is handed to Kafka's client, by the clocks of PostgreSQL and of "   \
      "this host: of the first of each query.", )                                                  \
    X(METRIC_ACKNOWLEDGE_SECONDS, HISTOGRAM, "orderspine_relay_acknowledge_seconds",               \
      "From there to Kafka's acknowledgement, of each event.", )                                   \
    X(METRIC_ACKNOWLEDGE_BATCH, HISTOGRAM, "orderspine_relay_acknowledge_batch_events",            \
      "Events whose acknowledgements came together.", METRIC_BOUNDS(BATCH_BOUNDS))                 \
    X(METRIC_LEASE_CHANGES, COUNTER, "orderspine_relay_lease_changes_total",                       \
      "Shards that this relay took, gave back, or lost.", METRIC_BY("change", LEASE_CHANGE_NAMES)) \
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
    X(METRIC_UNFIT_TOPICS, GAUGE, "orderspine_relay_unfit_topics",                                 \
      "Topics that have another number of partitions than there are shards, as last looked at.", ) \
    X(METRIC_LOCKS, GAUGE, "orderspine_relay_locks_held_elsewhere",                                \
      "What this relay needs and somebody else keeps locked; /readyz and the log name the "        \
      "holder.", )                                                                                 \
    X(METRIC_BACKLOG, GAUGE, "orderspine_relay_backlog",                                           \
      "Events not yet published, of all shards, estimated.", )                                     \
    X(METRIC_OLDEST_AGE, GAUGE, "orderspine_relay_oldest_age_seconds",                             \
      "Age of the oldest of them.", )

enum relay_metric { RELAY_METRIC_ROWS(METRIC_ENTRY) RELAY_METRIC_COUNT };

extern const struct metric RELAY_METRICS[RELAY_METRIC_COUNT];

/* Labels of METRIC_LEASE_CHANGES. Lost: not given back by us; the database says that it is
 * another's, or its connection was lost. */
#define LEASE_CHANGES(X)               X(TAKEN, "taken") X(RETURNED, "returned") X(LOST, "lost")
#define LEASE_CHANGE_ENTRY(KIND, name) LEASE_CHANGE_##KIND,
enum lease_change { LEASE_CHANGES(LEASE_CHANGE_ENTRY) };

/* Label values of METRIC_PUBLISHED, NULL-ended: to be set before the metrics are made. */
extern const char *relay_topic_labels[SHARD_TOPICS_MAX + 1];

#endif
