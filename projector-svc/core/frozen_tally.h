/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen_tally.h - how many aggregates are frozen, and by what; counted in passes; pure.
 *
 * Why passes: Redis gives the list in portions, so that it never holds others up; what was counted
 * counts when the last portion is in. What is kept under no aggregate's id holds nobody up, and
 * is not counted.
 *
 * Ownership: plain values; a zeroed one has counted nothing.
 */
#ifndef PROJECTOR_SVC_CORE_FROZEN_TALLY_H
#define PROJECTOR_SVC_CORE_FROZEN_TALLY_H

#include "common/base/error.h"
#include "common/base/id_form.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"
#include "projector-svc/core/lineup.h"

#include <stddef.h>
#include <stdint.h>

struct frozen_count {
    size_t of[LINEUP_STATE_COUNT];
    /* One of them, as an example; those that only a person can end go first. */
    enum lineup_state state; /* LINEUP_FLOWING: none */
    enum aggregate_type type;
    char id[ID_FORM_MAX + 1];
    int64_t waits_for; /* version */
};

struct frozen_tally {
    struct frozen_count counting; /* this pass */
    struct frozen_count whole;    /* the last whole one */
};

void frozen_tally_add(struct frozen_tally *tally, enum aggregate_type type, struct strview id,
                      enum lineup_state state, int64_t waits_for);

/* The pass has ended. */
void frozen_tally_end(struct frozen_tally *tally);

/* ERROR_NONE, or how many wait, for what, and which one of them; a customer is not named. Those
 * that are being freed are well. */
MUST_USE enum error_kind frozen_tally_tell(const struct frozen_tally *tally, struct error *err);

#endif
