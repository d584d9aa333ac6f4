/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bell.h - tells the relay that the outbox has grown.
 *
 * Why after the commit, on a connection of its own: NOTIFY inside a busy transaction
 * takes a lock that lives until its commit has reached the disk, so notifying
 * commits would queue up behind each other.
 *
 * Rings are coalesced: while one is under way, any number of commits cost one more.
 * A lost ring costs the relay one poll interval.
 */
#ifndef COMMAND_SVC_UPKEEP_BELL_H
#define COMMAND_SVC_UPKEEP_BELL_H

struct metrics;
struct pgconn;

/*
 *   still ─> ringing ─> still
 *              │  ^
 *              v  │
 *         to ring again     something was committed since
 */
enum bell_state { BELL_STILL = 0, BELL_RINGING, BELL_TO_RING_AGAIN };

/* Zeroed but for what is borrowed: still. */
struct bell {
    struct pgconn *conn;
    struct metrics *metrics;
    enum bell_state state;
};

/* Never fails; costs nothing while disconnected. */
void bell_ring(struct bell *bell);

#endif
