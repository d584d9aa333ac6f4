/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - the shards of this relay at work.
 *
 * The parts, each in a folder of its own and working on the shards, none of which waits:
 *     leases    which shards are ours
 *     tails     what lies in Kafka already, before a shard runs
 *     reading   rows out of the outbox, to be sent
 *     filling   the same for topics that lack rows which the position has passed
 *     marking   positions into the database
 *     parking   what Kafka will never take, out of the way
 *     freeing   the same, when a person has decided
 *     resuming  shards that stand, when a person has decided
 *     watching  whether all that should be done is done
 * The relay makes them all once database and topics are in order, passes answers to the shards, and
 * carries out what follows from a change (relay_effects.c).
 *
 * Threads: the loop's.
 */
#ifndef RELAY_SVC_RELAY_H
#define RELAY_SVC_RELAY_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct metrics;
struct relay;
struct shards;

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

MUST_USE enum error_kind relay_new(struct loop *loop, const struct relay_options *options,
                                   struct relay **ret_relay, struct error *err);
void relay_free(struct relay *relay);

/* Takes no more rows; finishes what is in flight, marks it and gives the shards back. */
void relay_drain(struct relay *relay);
bool relay_is_drained(const struct relay *relay);

/* NULL as long as database and topics have not both been in order. */
const struct shards *relay_shards(const struct relay *relay);
/* Once there are shards: relays that live, this one included; records sent and not answered. */
int relay_members(const struct relay *relay);
size_t relay_in_flight(const struct relay *relay);

/* Probes: ERROR_NONE or the reason. */
MUST_USE enum error_kind relay_probe_database(void *user, struct error *err);
MUST_USE enum error_kind relay_probe_kafka(void *user, struct error *err);
MUST_USE enum error_kind relay_probe_shards(void *user, struct error *err);
/* Whether what waits goes on. */
MUST_USE enum error_kind relay_probe_progress(void *user, struct error *err);
/* Whether nothing waits for a person. Advisory: everything else goes on. */
MUST_USE enum error_kind relay_probe_quarantine(void *user, struct error *err);
/* The last error of every statement whose last attempt failed. */
MUST_USE enum error_kind relay_probe_work(void *user, struct error *err);

/* Brings gauges up to date. */
void relay_update_metrics(void *user);

#endif
