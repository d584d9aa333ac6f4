/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_state.h - the states of a shard, the ways between them, and what follows from each way.
 *
 *     UNOWNED --own--> CHECKING --every tail judged--> RUNNING
 *     CHECKING --a tail that forbids it--> STOPPED
 *     RUNNING --failed delivery--> FAILED --nothing in flight--> CHECKING
 *     RUNNING --stop(reason)--> STOPPED --recheck, nothing in flight--> CHECKING
 *     any --producer lost--> CHECKING       any --lose--> UNOWNED
 *     any --leave--> LEAVING (sends no more; released when nothing is in flight)
 *
 * Why a table: whoever changes a state is told here what has to be done about it, as a set of
 * effects. So nobody has to find out afterwards what has happened, and no caller can forget a part.
 * A way that is not in the table is a fault of the program and ends it.
 *
 * Pure.
 */
#ifndef RELAY_SVC_CORE_SHARD_STATE_H
#define RELAY_SVC_CORE_SHARD_STATE_H

#include "common/base/error.h"

/*
 * CHECKING: its partitions' tails are being read and judged
 * FAILED:   a delivery failed: waits until nothing is in flight
 * LEAVING:  to be released
 * STOPPED:  a person must act; see reason
 */
#define SHARD_STATES(X)                                                                            \
    X(UNOWNED, "unowned")                                                                          \
    X(CHECKING, "checking")                                                                        \
    X(RUNNING, "running")                                                                          \
    X(FAILED, "failed")                                                                            \
    X(LEAVING, "leaving")                                                                          \
    X(STOPPED, "stopped")

#define SHARD_STATE_ENTRY(STATE, name) SHARD_##STATE,
enum shard_state { SHARD_STATES(SHARD_STATE_ENTRY) SHARD_STATE_COUNT };

/* What follows from a change of a shard; sets of them are unsigned. */
enum shard_effect {
    SHARD_ENTERED = 1 << 0,      /* the state is another one, from now on */
    SHARD_TELL_FAILED = 1 << 1,  /* a person should know the reason */
    SHARD_REFUSED = 1 << 2,      /* Kafka has refused something: which are the limits now? */
    SHARD_TELL_STOPPED = 1 << 3, /* a person must know the reason */
    SHARD_CHECK_TAILS = 1 << 4,  /* ask, anew, what its partitions hold */
    SHARD_FORGET_TAILS = 1 << 5, /* what they hold is no question any more */
    SHARD_READ = 1 << 6,         /* its rows are wanted */
    SHARD_RELEASE = 1 << 7,      /* it may be time to give it back */
    SHARD_PARK = 1 << 8,         /* it pauses for a row that is to be parked */
};

/* What follows from the way that leads from one state to another, or to the same one anew. */
MUST_USE unsigned shard_state_effects(enum shard_state from, enum shard_state to);

const char *shard_state_name(enum shard_state state);

#endif
