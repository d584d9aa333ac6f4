/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seam.h - where a partition that lost its beginning follows the topic that was replayed in its
 * place: is there nothing between them? Pure.
 *
 * One that has no record any more has nothing to compare: then something must have been replayed.
 *
 *   NONE ──expected──> OPEN ──first record──> MEETING ──a place in the outbox──> WHOLE, or TORN
 *                       └──────a later one: it was met before, and is──────────> WHOLE
 *
 * Why they must overlap: numbers in the outbox have holes, so that nothing else tells that no event
 * lies between the last that was replayed and the first that is there.
 *
 * Units: offsets in Kafka; numbers of the outbox (ce_sequence), from 1 on, 0: a record has none.
 */
#ifndef PROJECTOR_SVC_CORE_SEAM_H
#define PROJECTOR_SVC_CORE_SEAM_H

#include <stdbool.h>
#include <stdint.h>

enum seam_state { SEAM_NONE = 0, SEAM_OPEN, SEAM_MEETING, SEAM_WHOLE, SEAM_TORN };

struct seam {
    enum seam_state state;
    int64_t first;       /* offset of the oldest record that is left */
    int64_t replayed_to; /* number of the last event that was replayed; 0: none was */
};

/* A record of the replayed topic. */
void seam_note(struct seam *seam, int64_t number);

/* The usual topic begins there, and ends at end; nothing where it was said before. False: it has
 * nothing left, and nothing of it was replayed. */
bool seam_expect(struct seam *seam, int64_t first, int64_t end);

/* A record of the usual topic. False: events may be missing before it, and it must not be taken. */
bool seam_meet(struct seam *seam, int64_t offset, int64_t number);

#endif
