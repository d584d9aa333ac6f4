/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.h - which shards this relay may copy.
 *
 * A shard has one owner, by a lease in the database that is renewed four times
 * in its life. Each relay takes its fair share, ceil(shards / live relays): who
 * holds more gives the surplus back.
 *
 * Relays that share the shards must publish to the same topics, or each topic has a
 * part of the events and nobody is told. So the first one's prefix counts: a relay
 * that finds another prefix among the live members gives back what it has, takes
 * nothing and says so, until that member has gone.
 *
 * What is done when is core/membership's; here it
 * is asked of the database, and the answers are brought to the shards.
 *
 * Threads: the loop's. Every function here may change shards, and what follows from that is carried
 * out before it returns.
 */
#ifndef RELAY_SVC_LEASE_LEASES_H
#define RELAY_SVC_LEASE_LEASES_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct leases;
struct loop;
struct marking;
struct outbox_store;
struct publisher;
struct shards;

/* All of it borrowed, for as long as the leases live. */
struct leases_options {
    struct loop *loop;
    struct shards *shards;
    struct outbox_store *store;
    struct publisher *publisher;
    struct marking *marking;
    int64_t lease_ms;
    const char *topic_prefix;  /* of all topics */
    const char *kafka_cluster; /* that they are in; "": not known */
};

struct leases *leases_new(const struct leases_options *options);
void leases_free(struct leases *leases);

/* The database is there (again): begin as soon as nothing of before is in flight. */
void leases_begin(struct leases *leases);

/*
 * A connection was lost, and what comes back may be another database: nothing
 * more is sent, and every shard is claimed anew, with a look at its tails.
 */
void leases_doubt(struct leases *leases);

/* A shard that is leaving may have finished. */
void leases_check_leaving(struct leases *leases);

/* Everything has been given back, or cannot be. */
bool leases_are_gone(const struct leases *leases);

int leases_members(const struct leases *leases);

/* Live members that publish under another prefix. */
int leases_rivals(const struct leases *leases);

/* ERROR_NONE, or which other member keeps this relay from taking shards. */
MUST_USE enum error_kind leases_probe(const struct leases *leases, struct error *err);

/* Looks at what the database holds of the stopped shards that want it: perhaps a person has
 * decided. Does nothing when it is talking already; call again. */
void leases_look(struct leases *leases);

#endif
