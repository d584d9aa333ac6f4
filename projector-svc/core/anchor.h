/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anchor.h - is the record before a position still the one that was taken?
 *
 * Why: an offset says how many, not which. A Kafka that lost its end and was filled
 * again has other records under the same numbers, and who merely goes on at a
 * number passes them over at lag 0, for ever. So reading begins early: at the newest
 * one that was taken and has an id, which is compared. Behind it, up to the position, lie
 * records without one (a stranger's), which may be lost and replaced, too.
 *
 *   CHECKING ──the same, or nothing to compare──────────────> SURE (from the position on)
 *      │
 *      └─another one, or outside the log──> SEARCHING (from the log's beginning)
 *                                              ├─ begins behind the position ─> CUT
 *                                              ├─ the record was removed by age ─> UNPROVEN
 *                                              └─ replaced ─> SURE (from the beginning on)
 *
 * Going back to the beginning is always right: versions and ids make every event that
 * comes again harmless.
 *
 * Who reads asks anchor_start() where to begin, and again whenever wants_restart is set.
 *
 * Ownership: plain values. Units: offsets of one partition.
 */
#ifndef PROJECTOR_SVC_CORE_ANCHOR_H
#define PROJECTOR_SVC_CORE_ANCHOR_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ANCHOR_ID_MAX = 64, /* bytes of an event id */
};

/* Where reading begins when only the log itself knows. */
#define ANCHOR_BEGINNING ((int64_t)-2)
#define ANCHOR_NONE      ((int64_t)-1)

/*
 * UNPROVEN: sure, without having seen that the log reaches the position.
 * PASSING:  CHECKING has found the same, and looks at what follows up to the position.
 */
enum anchor_state {
    ANCHOR_SURE = 0,
    ANCHOR_UNPROVEN,
    ANCHOR_CHECKING,
    ANCHOR_PASSING,
    ANCHOR_SEARCHING,
    ANCHOR_CUT,
};

/*
 * NOTHING:  nothing new is known
 * SAME:     the log has the record that was taken last
 * UNKNOWN:  none was kept, or the log begins behind it: it cannot be told
 * REPLACED: Kafka lost records: reading goes on from what it has
 * REMOVED:  the log begins behind the position: events were removed unread
 */
enum anchor_finding {
    ANCHOR_NOTHING,
    ANCHOR_SAME,
    ANCHOR_UNKNOWN,
    ANCHOR_REPLACED,
    ANCHOR_REMOVED,
    ANCHOR_FINDING_COUNT
};

/* The record that was taken last, as it was kept. */
struct anchor_identity {
    int64_t offset; /* ANCHOR_NONE: none was kept */
    char id[ANCHOR_ID_MAX + 1];
};

struct anchor {
    enum anchor_state state;
    int64_t position; /* of the next record to take; 0: nothing was taken yet */
    struct anchor_identity kept;
    int64_t start;      /* of the record compared */
    int64_t next;       /* SURE, UNPROVEN: nothing below is taken */
    bool was_outside;   /* the log does not reach as far as start, or begins behind it */
    bool wants_restart; /* reading must begin anew at anchor_start() */
};

/* position: as stored; ANCHOR_NONE when there is none. */
void anchor_open(struct anchor *anchor, int64_t position, const struct anchor_identity *kept);

int64_t anchor_start(const struct anchor *anchor);

/* Whether it is known what reading goes on with. */
static inline bool anchor_is_sure(const struct anchor *anchor)
{
    return anchor->state == ANCHOR_SURE || anchor->state == ANCHOR_UNPROVEN;
}

/* Whether the ids of the records that come are compared. */
static inline bool anchor_is_comparing(const struct anchor *anchor)
{
    return anchor->state == ANCHOR_CHECKING || anchor->state == ANCHOR_PASSING;
}

/* A record came; true: take it. */
bool anchor_meet(struct anchor *anchor, int64_t offset, struct strview id,
                 enum anchor_finding *ret_finding);

/* The end was reached: the next record will have this offset. */
enum anchor_finding anchor_meet_end(struct anchor *anchor, int64_t offset);

/* Where it wanted to read is outside the log; open it anew when it was SURE. False: not even the
 * log's beginning is there. */
bool anchor_meet_outside(struct anchor *anchor);

#endif
