/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marking.h - positions and newest rows sent, into the database: all shards in
 * one statement, at most twice a second. A mark lost in a crash costs nothing:
 * the tails tell.
 */
#ifndef RELAY_SVC_LEASE_MARKING_H
#define RELAY_SVC_LEASE_MARKING_H

#include <stdbool.h>
#include <stdint.h>

struct marking;
struct loop;
struct outbox_store;
struct shards;

/* Positions are in the database: what waited for that may go on. */
typedef void marking_written_fn(void *user);

struct marking *marking_new(struct loop *loop, struct shards *shards, struct outbox_store *store,
                            marking_written_fn *on_written, void *user);
void marking_free(struct marking *marking);

/* There may be something to mark: within half a second. */
void marking_touch(struct marking *marking);

/* As soon as possible, for shards that are about to be given back. */
void marking_hurry(struct marking *marking);

/* How often positions were written; only differences mean anything. */
uint64_t marking_written(const struct marking *marking);

#endif
