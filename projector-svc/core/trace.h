/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - where one event of an order is, and how its record is found in its partition; pure.
 *
 * Why a search by halves: a partition is a copy of its shard's log, in the order of seq, and may
 * have millions of records between two events of one order. What came elsewhere (published late,
 * out of the quarantine, or again after a fault) misleads no search, as each step goes where most
 * of the records that it has read point to; it may itself not be found.
 *
 * Ownership: plain values.
 */
#ifndef PROJECTOR_SVC_CORE_TRACE_H
#define PROJECTOR_SVC_CORE_TRACE_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets that were not looked at yet: from low up to, not including, high. */
struct trace_search {
    int64_t low;
    int64_t high;
};

/* Where to read next; false: there is nothing left. */
MUST_USE bool trace_search_next(const struct trace_search *search, int64_t *ret_offset);

/* The records from offset up to next were read: below of them come before the one looked for, above
 * behind it. The search becomes smaller by one offset at least. */
void trace_search_narrow(struct trace_search *search, int64_t offset, int64_t next, size_t below,
                         size_t above);

#define TRACE_STANDS(X)                                                                            \
    X(SHOWN, "in the view")                                                                        \
    X(PROJECTOR, "projector-svc has not taken it")                                                 \
    X(FROZEN, "its view stands still")                                                             \
    X(QUARANTINED, "in relay-svc's quarantine")                                                    \
    X(RELAY, "relay-svc has not published it")                                                     \
    X(ASTRAY, "not in its place in Kafka")

#define TRACE_STAND_ENTRY(NAME, words) TRACE_##NAME,
enum trace_stand { TRACE_STANDS(TRACE_STAND_ENTRY) TRACE_STAND_COUNT };
#undef TRACE_STAND_ENTRY

/* What the three stations say, read in the order PostgreSQL, Kafka, Redis. */
struct trace_facts {
    int64_t seq;
    int64_t version;
    int64_t offset;        /* of its record; -1: none was found */
    int64_t relayed;       /* the relay's position in its shard */
    int64_t shown_version; /* the view's; 0: there is none */
    bool is_quarantined;
    bool is_frozen; /* the view waits for a person or for an event */
};

enum trace_stand trace_stand_of(const struct trace_facts *facts);

const char *trace_stand_words(enum trace_stand stand);

#endif
