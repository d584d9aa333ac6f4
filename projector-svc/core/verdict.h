/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - what a difference between PostgreSQL, Kafka and Redis is; pure.
 *
 * Why so few: each is another errand. What is in flight is looked at again later; what is lost
 * comes back by a replay or a rebuild; what is stale waits for somebody; a fork is a history too
 * many, and what was edited by hand nobody will mend but the hand.
 *
 * Why a view is judged by its own version first: a view that equals the fold of fewer events is
 * only behind, and everything else about it would be called a difference.
 */
#ifndef PROJECTOR_SVC_CORE_VERDICT_H
#define PROJECTOR_SVC_CORE_VERDICT_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * IN_FLIGHT: changed since the heads were read, or its shard is not past them
 * LOST:      somewhere it is missing
 * STALE:     it equals the fold of fewer versions, or waits for a person
 * FORKED:    the same version, another event; or an event that the outbox does not hold
 * EDITED:    the same version and event, other content
 */
#define VERDICTS(X)                                                                                \
    X(IN_FLIGHT, "in flight")                                                                      \
    X(LOST, "lost")                                                                                \
    X(STALE, "stale")                                                                              \
    X(FORKED, "forked")                                                                            \
    X(EDITED, "edited by hand")

#define VERDICT_ENTRY(NAME, name) VERDICT_##NAME,
enum verdict { VERDICTS(VERDICT_ENTRY) VERDICT_COUNT };
#undef VERDICT_ENTRY

const char *verdict_name(enum verdict verdict);

/* How what stands somewhere compares with what should. */
enum likeness { LIKENESS_SAME = 0, LIKENESS_OTHER, LIKENESS_MISSING };

/* What a view shows of an aggregate. */
struct shown_view {
    int64_t head;           /* its newest version in the outbox */
    int64_t version;        /* that it shows; 0: there is no view; -1: no number */
    enum likeness event;    /* the event it names, with the outbox's of that version */
    enum likeness contents; /* with the fold of so many versions */
};

/* It may be so because the view was read at another moment than the rows; anything else cannot. */
bool verdict_is_of_timing(const struct shown_view *shown, enum verdict verdict);

/* False: nothing is different. */
MUST_USE bool verdict_of_view(const struct shown_view *shown, enum verdict *ret);

#endif
