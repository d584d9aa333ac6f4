/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - one aggregate that is verified: its rows, its tables, its view.
 *
 * Calling sequence: subject_add() for each of its rows, in order; subject_judge_state() for the
 * tables; subject_ask() sends what is read of Redis, twice, and calls on_read when all of it is
 * there; then subject_judge_view().
 *
 * Ownership: everything lives in the arena of its portion.
 */
#ifndef PROJECTOR_SVC_VERIFY_SUBJECT_H
#define PROJECTOR_SVC_VERIFY_SUBJECT_H

#include "projector-svc/verify/expected.h"
#include "projector-svc/verify/state_row.h"
#include "projector-svc/verify/verify_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct subject {
    struct verify *verify;
    struct arena *arena;
    struct expected_events events;
    size_t cap;
    struct strview *event_ids; /* as the outbox has them, beside events.list */
    size_t ids_cap;
    int shard;
    int64_t newest_seq;
    int64_t newest_version;
    int64_t first_version; /* that the outbox holds */
    int64_t settled; /* the newest one that was there when the heads were read; 0: not known */
    int64_t gap;     /* the first behind it that the outbox does not hold; 0: it holds all */
    struct state_row row;
    /* What Redis shows. */
    int64_t projected_at_ms;
    struct shown_view shown;
    struct strview shown_event;
    struct expected expected;
    char what[EXPECTED_WHAT_MAX];
    struct error failure;
};

/* From the row that the session has at hand. ERROR_EXHAUSTED. */
MUST_USE enum error_kind subject_add(struct subject *subject, const struct pgsession *session,
                                     struct error *err);

/* Changed since the heads were read, or nobody waited until its shard was past them. */
bool subject_is_in_flight(const struct subject *subject);

/* It began in rows that the outbox has given up: nothing is known that it could be held against. */
bool subject_is_cut(const struct subject *subject);

/* All of its events are at hand. */
bool subject_is_whole(const struct subject *subject);

/* What the tables say, with what its rows make. False: they agree. */
MUST_USE bool subject_judge_state(struct subject *subject, struct verify_finding *ret);

/* Sends the first reading: what it shows. */
MUST_USE enum error_kind subject_ask_shown(struct subject *subject, struct error *err);

/* Sends the second: all that should be there of as many versions as it shows. */
MUST_USE enum error_kind subject_ask_view(struct subject *subject, struct error *err);

/* When both have come. False: nothing is different. */
MUST_USE bool subject_judge_view(struct subject *subject, struct verify_finding *ret);

#endif
