/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decisions.h - what operators have decided about an aggregate that stood still; pure.
 *
 * Why kept and not just done: views are filled again from Kafka, by a rebuild or after Redis lost
 * them, and stand still there at the same record. A decision is looked at wherever its aggregate
 * stands still, so it must say the same then: a version to pass over, or records by their place.
 *
 * Why places for records: a record that names no version, or one that is taken already, can be told
 * from a later one of its kind only by where it is. What came after the decision was not seen by
 * who decided, and freezes its aggregate again.
 *
 * Ownership: texts and arrays are the caller's. Units: times are epoch milliseconds, UTC.
 */
#ifndef PROJECTOR_SVC_CORE_DECISIONS_H
#define PROJECTOR_SVC_CORE_DECISIONS_H

#include "common/base/strview.h"
#include "projector-svc/core/lineup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RETRY: look at what is parked once more
 * SKIP:  go on without the version that is missing or cannot be read, or without the records that
 *        name none of their own
 */
#define DECISION_KINDS(X)                                                                          \
    X(RETRY, "retry")                                                                              \
    X(SKIP, "skip")

#define DECISION_ENTRY(KIND, name) DECISION_##KIND,
enum decision_kind { DECISION_KINDS(DECISION_ENTRY) DECISION_KIND_COUNT };
#undef DECISION_ENTRY

/* Of one aggregate; a person decides, so there are few. */
enum { DECISIONS_MAX = 200 };

struct decision {
    enum decision_kind kind;
    enum lineup_state state; /* by which it stood still */
    int64_t version;         /* that it waited for */
    int64_t at_ms;
    struct strview by;     /* the principal's subject */
    struct strview reason; /* SKIP */
    /* SKIP of records: those of this partition before this offset, which were there when it was
     * decided. */
    struct strview slot; /* "<topic>/<partition>" */
    int64_t below;
    /* It is about records that belong to no aggregate, whatever versions they claim; not kept. */
    bool is_of_none;
};

struct decisions {
    const struct decision *list; /* in the order in which they were taken */
    size_t count;
};

const char *decision_kind_name(enum decision_kind kind);

/* DECISION_KIND_COUNT for a name nobody knows. */
enum decision_kind decision_kind_of_name(struct strview name);

/* Its version is passed over. */
bool decision_skips_version(const struct decision *decision);

/* Records are dropped by their place: it needs slot and below. */
bool decision_drops_records(const struct decision *decision);

/* A record of this partition, at this offset, counts for nothing, unless it is a version that comes
 * next. */
bool decisions_drop(const struct decisions *decisions, struct strview slot, int64_t offset);

/*
 * Why the decision cannot be taken; NULL: it can. state: as it is now, LINEUP_FLOWING: not frozen;
 * waits_for: the same. taken: before this one.
 */
const char *decision_refusal(const struct decision *decision, enum lineup_state state,
                             int64_t waits_for, size_t taken);

#endif
