/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resuming.h - carries out what a person decides about a shard that stands: writes it down where it
 * is known what was sent, and looks again. The rules are core/resume's.
 *
 * Ownership: what the options point to is borrowed. Threads: the loop's.
 */
#ifndef RELAY_SVC_RESUME_RESUMING_H
#define RELAY_SVC_RESUME_RESUMING_H

struct leases;
struct marking;
struct outbox_request;
struct outbox_store;
struct resuming;
struct shards;

struct resuming *resuming_new(struct shards *shards, struct outbox_store *store,
                              struct leases *leases, struct marking *marking);
void resuming_free(struct resuming *resuming);

/* The oldest request about a shard of ours; the same one again means nothing. */
void resuming_take(struct resuming *resuming, const struct outbox_request *request);

/* Something may have changed that it waits for. */
void resuming_pump(struct resuming *resuming);

#endif
