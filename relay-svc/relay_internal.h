/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_internal.h - what the files of the relay share: relay (start and end, answers), tick (once
 * a second) and probe (how it is).
 */
#ifndef RELAY_SVC_RELAY_INTERNAL_H
#define RELAY_SVC_RELAY_INTERNAL_H

struct relay;

/* There may be room in flight again: what waits for that goes on. */
void relay_make_room(struct relay *relay);

/* Once a second, while it is running. */
void relay_tick(struct relay *relay);

#endif
