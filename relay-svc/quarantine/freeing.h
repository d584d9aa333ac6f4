/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeing.h - carries out what persons ask for: publishes what waits of an aggregate, in order, in
 * place of an event they skip EventSkipped.
 *
 * Between two batches of the shard, one record in flight: whatever is refused again is known by
 * itself, and nothing overtakes. A long list goes in portions, so that the shard's other events
 * wait for moments only. One request at a time; what is interrupted is found in the database again.
 *
 * Ownership: what the options point to is borrowed. Threads: the loop's.
 */
#ifndef RELAY_SVC_QUARANTINE_FREEING_H
#define RELAY_SVC_QUARANTINE_FREEING_H

#include "common/base/error.h"
#include "relay-svc/publish/publisher.h"

struct freeing;
struct loop;
struct marking;
struct outbox_store;
struct resuming;
struct shards;

struct freeing_options {
    struct loop *loop;
    struct shards *shards;
    struct outbox_store *store;
    struct publisher *publisher;
    struct marking *marking;
    struct resuming *resuming; /* gets what was asked about shards that stand */
};

struct freeing *freeing_new(const struct freeing_options *options);
void freeing_free(struct freeing *freeing);

/* Once a second: has somebody asked for something? */
void freeing_look(struct freeing *freeing);

/* A shard may have become quiet. */
void freeing_pump(struct freeing *freeing);

/* A record sent by us has its answer; error is NULL where Kafka has it. */
void freeing_answer(struct freeing *freeing, const struct publisher_tag *tag,
                    const struct error *error);

#endif
