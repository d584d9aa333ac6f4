/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_internal.h - what the files of the relay share: relay (start and end, answers), effects
 * (what follows from a change of a shard), tick (once a second) and probe (how it is).
 */
#ifndef RELAY_SVC_RELAY_INTERNAL_H
#define RELAY_SVC_RELAY_INTERNAL_H

struct relay;

/*
 * A shards_effects_fn; user is the relay. Every function of core/shard_log that may change a shard
 * returns what follows (enum shard_effect), and this is the one place where that is done: what is
 * logged, asked, forgotten, read and given back. Nobody else looks at states to find out what has
 * happened.
 */
void relay_carry_out(void *user, int shard, unsigned effects);

/* There may be room in flight again: what waits for that goes on. */
void relay_make_room(struct relay *relay);

/* Once a second, while it is running. */
void relay_tick(struct relay *relay);

#endif
