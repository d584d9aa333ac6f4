/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parking.h - puts what Kafka will never take into the quarantine.
 *
 * Why the shard waits for it: a crash counts all rows up to the partition's end as sent. So nothing
 * behind the event goes out before the database knows, in one transaction with the position, that
 * it waits.
 *
 * Ownership: what the options point to is borrowed. Threads: the loop's.
 */
#ifndef RELAY_SVC_QUARANTINE_PARKING_H
#define RELAY_SVC_QUARANTINE_PARKING_H

struct loop;
struct marking;
struct outbox_store;
struct parking;
struct shards;

struct parking *parking_new(struct loop *loop, struct shards *shards, struct outbox_store *store,
                            struct marking *marking);
void parking_free(struct parking *parking);

/* A shard pauses for it, has become quiet, or what was to be marked is. */
void parking_pump(struct parking *parking);

#endif
