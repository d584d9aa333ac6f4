/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doubt.h - may Redis show less than somebody was shown before? pure.
 *
 * Why each reader judges by itself: whatever a projector writes down about a loss is lost with the
 * rest, and none may be running. So a reader doubts what it reads from when it connects, when the
 * copy it reads is another one than before, or has applied less, until all of it is proved.
 *
 * What proves a partition: its owner has reported since the doubt began how far Kafka goes, and
 * Redis has come as far. Whatever anybody was shown came from Kafka before that.
 *
 * Ownership: the slots are its own, while it doubts. Units: epoch milliseconds, offsets.
 */
#ifndef PROJECTOR_SVC_CORE_DOUBT_H
#define PROJECTOR_SVC_CORE_DOUBT_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOUBT_COPY_MAX = 80 };

/* Which copy of the views it is; "" what is not there. */
struct doubt_marks {
    char
        copy[DOUBT_COPY_MAX]; /* chosen when these views were begun, or first written on a server */
    int64_t applied;          /* events */
};

/* NEITHER: by who is of a version that says nothing of it. */
#define DOUBT_REACHED_NEITHER ((int64_t)-2)
#define DOUBT_REACHED_UNKNOWN ((int64_t)-1)

/* Of one partition. */
struct doubt_report {
    struct strview slot;
    int64_t position; /* in Redis */
    int64_t end;      /* as its owner knows it; -1: it does not */
    int64_t reached;  /* by the owner's memory, once Kafka has answered it */
    int64_t lag_ms;   /* 0: the owner has all there is */
    int64_t reported_at;
};

struct doubt_slot {
    uint64_t name; /* its hash */
    int64_t reported_at;
    int64_t target; /* the position that proves it */
};

/* BEGUN: what was reported before is not known yet. Zeroed: as when it has just connected. */
enum doubt_state { DOUBT_BEGUN = 0, DOUBT_WAITS, DOUBT_OVER };

struct doubt {
    enum doubt_state state;
    struct doubt_marks marks; /* as they were read last */
    struct doubt_slot *slots;
    size_t count;
    size_t room;
};

void doubt_done(struct doubt *doubt);

/* Anything may have happened since it was read last. */
void doubt_begin(struct doubt *doubt);

/* With each reading. Returns whether it has begun by that. */
bool doubt_meet(struct doubt *doubt, const struct doubt_marks *marks);

/* All that is reported, as one moment shows it. partitions: so many there are; 0: not told. Returns
 * whether it is over by that. */
bool doubt_take(struct doubt *doubt, const struct doubt_report *reports, size_t count,
                int64_t partitions);

#endif
