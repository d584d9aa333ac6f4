/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - the shards of this relay at work: what its parts share.
 *
 * The parts, each its own file, none of which waits:
 *     leases    which shards are ours
 *     tails     what lies in Kafka already, before a shard runs
 *     reading   rows out of the outbox, to be sent
 *     filling   the same for topics that lack rows which the position has passed
 *     sending   a row to the publisher, and how much may be in flight
 *     marking   positions into the database
 *     watching  whether all that should be done is done
 * The rules are core/shard_log's; what follows from them is carried out by effects. This file holds
 * the shards themselves and passes answers to them.
 *
 * Threads: the loop's.
 */
#ifndef RELAY_SVC_RELAY_H
#define RELAY_SVC_RELAY_H

#include "common/base/error.h"
#include "common/io/kafka_config.h"
#include "common/run/activity.h"
#include "relay-svc/core/shard_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct kafka_topics;
struct kafka_topics_wanted;
struct filling;
struct leases;
struct marking;
struct metrics;
struct publisher;
struct reading;
struct shards;
struct tails;
struct watching;

struct relay_options {
    const char *database_url;
    struct kafka_config kafka;
    const char *owner;
    const char *topic_prefix; /* of all topics: what other relays on this database must have, too */
    const char *const *aggregate_types; /* one per topic */
    const char *const *topics;
    int topic_count;
    int replication;
    int64_t lease_ms;
    int readers;
    int64_t poll_ms;    /* longest pause between looks at the outbox */
    int window_rows;    /* per shard */
    int64_t read_bytes; /* per trip, about */
    struct metrics *metrics;
    /* This installation cannot be served (another number of shards or partitions). */
    void (*on_fatal)(void *user, const struct error *err);
    void *user;
};

/* What was last said of a shard. */
struct relay_told {
    char reason[SHARD_REASON_MAX];
    int64_t at_ms;
};

enum { RELAY_PARTY_COUNT = 2 }; /* PostgreSQL, Kafka */

struct relay {
    struct loop *loop;
    struct relay_options options;
    struct outbox_store *store;
    int shard_count;              /* 0 until the database has told */
    struct kafka_topics *looking; /* at the topics; NULL when not */
    bool is_look_over;
    struct activity topics; /* looking at them */
    struct kafka_topics_wanted *wanted;
    int64_t message_max[SHARD_TOPICS_MAX]; /* each topic's max.message.bytes; 0: not told */
    struct error topics_error;             /* why the topics are not in order yet */
    bool is_running;                       /* from here on: what exists once they are */
    struct shards *shards;
    struct relay_told *told; /* by shard */
    struct publisher *publisher;
    struct leases *leases;
    struct tails *tails;
    struct reading *reading;
    struct filling *filling;
    struct watching *watching;
    struct marking *marking;
    struct loop_timer *ticker;
    int behind;                        /* topics of shards that are being filled, as last told */
    int away_ticks[RELAY_PARTY_COUNT]; /* for how long */
    bool is_draining;
};

MUST_USE enum error_kind relay_new(struct loop *loop, const struct relay_options *options,
                                   struct relay **ret_relay, struct error *err);
void relay_free(struct relay *relay);

/* Takes no more rows; finishes what is in flight, marks it and gives the shards back. */
void relay_drain(struct relay *relay);
bool relay_is_drained(const struct relay *relay);

/* Probes: ERROR_NONE or the reason. */
MUST_USE enum error_kind relay_probe_database(void *user, struct error *err);
MUST_USE enum error_kind relay_probe_kafka(void *user, struct error *err);
MUST_USE enum error_kind relay_probe_shards(void *user, struct error *err);
/* Whether what waits goes on. */
MUST_USE enum error_kind relay_probe_progress(void *user, struct error *err);
/* The last error of every statement whose last attempt failed. */
MUST_USE enum error_kind relay_probe_work(void *user, struct error *err);

/* Brings gauges up to date. */
void relay_update_metrics(void *user);

#endif
