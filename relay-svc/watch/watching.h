/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watching.h - once a second: what should have been published, and was it?
 *
 * Why: a list of known troubles ends where the unknown ones begin. So the rows behind each position
 * are compared with what has been done about them: a shard that does not move for ten seconds
 * though there are rows and the servers answer, whoever holds it; a shard without a row to be held
 * by, marks that are due and not written, a fill that stands, and a sequence behind the
 * positions (its next rows would be passed over).
 */
#ifndef RELAY_SVC_WATCH_WATCHING_H
#define RELAY_SVC_WATCH_WATCHING_H

#include "common/base/error.h"

#include <stdbool.h>

struct marking;
struct outbox_store;
struct publisher;
struct shards;
struct watching;

/* owner is this relay's name; all of it is borrowed. */
struct watching *watching_new(struct shards *shards, struct outbox_store *store,
                              const struct publisher *publisher, const struct marking *marking,
                              const char *owner);
void watching_free(struct watching *watching);

/* Once a second. */
void watching_look(struct watching *watching);

/* The sequence is behind a position, or is not drawn in the order of commits: nothing may be read,
 * it would not be all. */
bool watching_is_sequence_bad(const struct watching *watching);

/* Locks that somebody else keeps: tables, our row of relay_member, shards. */
int watching_locks(const struct watching *watching);

/* ERROR_NONE, or what stands still. */
MUST_USE enum error_kind watching_probe(const struct watching *watching, struct error *err);

#endif
