/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filling.h - brings topics that are behind to where their shards stand: rows that the position has
 * passed, out of the outbox, in order, to that topic alone.
 *
 * It reads on a connection of its own, one range at a time, shard after shard, so that nothing else
 * waits for it. The rules are core/shard_log's.
 */
#ifndef RELAY_SVC_READ_FILLING_H
#define RELAY_SVC_READ_FILLING_H

#include "common/base/error.h"

struct filling;
struct reading;
struct reading_options;

/* On the same connections as the reading; see there. */
struct filling *filling_new(const struct reading_options *options, struct reading *reading);
void filling_free(struct filling *filling);

/* Goes on if it can: call when something has changed. */
void filling_pump(struct filling *filling);

/* ERROR_NONE, or why the last read failed. */
MUST_USE enum error_kind filling_probe(const struct filling *filling, struct error *err);

#endif
