/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/decisions.h"

#include <assert.h>

#define KIND_ROW(KIND, name) [DECISION_##KIND] = (name),
static const char *const KIND_NAMES[] = {DECISION_KINDS(KIND_ROW)};

const char *decision_kind_name(enum decision_kind kind)
{
    assert(kind < DECISION_KIND_COUNT);
    return KIND_NAMES[kind];
}

enum decision_kind decision_kind_of_name(struct strview name)
{
    size_t kind = 0;
    while (kind < DECISION_KIND_COUNT && !strview_is(name, KIND_NAMES[kind])) {
        kind++;
    }
    assert(kind <= DECISION_KIND_COUNT);
    return (enum decision_kind)kind;
}

bool decision_skips_version(const struct decision *decision)
{
    assert(decision->kind <= DECISION_KIND_COUNT);
    assert(decision->state < LINEUP_STATE_COUNT);
    return decision->kind == DECISION_SKIP &&
           (decision->state == LINEUP_GAP || decision->state == LINEUP_UNREADABLE);
}

bool decision_drops_records(const struct decision *decision)
{
    assert(decision->kind <= DECISION_KIND_COUNT);
    assert(decision->state < LINEUP_STATE_COUNT);
    return decision->kind == DECISION_SKIP &&
           (decision->state == LINEUP_FORKED || decision->state == LINEUP_UNIDENTIFIED);
}

bool decisions_drop(const struct decisions *decisions, struct strview slot, int64_t offset)
{
    assert(decisions->list != NULL || decisions->count == 0);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        if (decision_drops_records(decision) && offset < decision->below &&
            strview_equal(slot, decision->slot)) {
            assert(!decision_skips_version(decision)); /* it is about the one or the other */
            return true;
        }
    }
    return false;
}

const char *decision_refusal(const struct decision *decision, enum lineup_state state,
                             int64_t waits_for, size_t taken)
{
    assert(state < LINEUP_STATE_COUNT);
    assert(decision->kind < DECISION_KIND_COUNT); /* who asks says which; only kept ones may not */
    if (state == LINEUP_FLOWING) {
        return "nothing stands still there";
    }
    if (state == LINEUP_DRAINING) {
        return "it is free already: what was parked is being applied";
    }
    if (decision->version != waits_for) {
        return "it waits for another version by now";
    }
    const bool helps = !decision->is_of_none && (state == LINEUP_GAP || state == LINEUP_UNREADABLE);
    if (decision->kind == DECISION_RETRY && !helps) {
        return "looking again would find the same: only skip ends it";
    }
    return taken >= DECISIONS_MAX ? "as many decisions as are kept were taken about it" : NULL;
}
