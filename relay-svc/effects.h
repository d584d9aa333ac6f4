/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effects.h - carries out what follows from a change of a shard.
 *
 * Why this module is alone: every function of core/shard_log that may change a shard returns what
 * follows (enum shard_effect), and this is the one place where that is done: what is logged, asked,
 * forgotten, read and given back. Nobody else looks at states to find out what has happened.
 *
 * Threads: the loop's. A call may carry out further effects, of this shard and of others, before it
 * returns: whoever calls looks at a shard's state anew afterwards.
 */
#ifndef RELAY_SVC_EFFECTS_H
#define RELAY_SVC_EFFECTS_H

#include "relay-svc/core/shard_log.h"

struct relay;

void effects_carry_out(struct relay *relay, int shard, unsigned effects);

/* The same rule for every shard, and what follows; what concerns them all is done once, at the
 * end. */
void effects_of_all(struct relay *relay, unsigned (*rule)(struct shard_log *log));

#endif
