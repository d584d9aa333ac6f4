/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/frozen_tally.h"

#include <assert.h>
#include <stdio.h>

enum { COUNTS_MAX = 160 };

/* Their order is the states': the later one is the worse. */
static bool is_waiting(enum lineup_state state)
{
    assert(state < LINEUP_STATE_COUNT);
    return state != LINEUP_FLOWING && state != LINEUP_DRAINING;
}

/* What is told of was counted, and waits. */
static bool is_sound(const struct frozen_count *count)
{
    return count->state < LINEUP_STATE_COUNT &&
           (count->state == LINEUP_FLOWING ||
            (is_waiting(count->state) && count->of[count->state] > 0 && count->id[0] != '\0'));
}

void frozen_tally_add(struct frozen_tally *tally, enum aggregate_type type, struct strview id,
                      enum lineup_state state, int64_t waits_for)
{
    struct frozen_count *counting = &tally->counting;
    assert(state < LINEUP_STATE_COUNT);
    if (!id_form_fits(id)) {
        return;
    }
    counting->of[state]++;
    if (is_waiting(state) && state > counting->state) {
        counting->state = state;
        counting->type = type;
        counting->waits_for = waits_for;
        (void)snprintf(counting->id, sizeof counting->id, "%.*s", STRVIEW_ARG(id));
    }
    assert(is_sound(counting));
    assert(!is_waiting(state) || counting->state >= state);
}

void frozen_tally_end(struct frozen_tally *tally)
{
    assert(is_sound(&tally->counting));
    tally->whole = tally->counting;
    tally->counting = (struct frozen_count){.state = LINEUP_FLOWING};
    assert(is_sound(&tally->counting));
}

/* "2 gap, 1 unreadable" */
static void put_counts(const struct frozen_count *count, char text[static COUNTS_MAX])
{
    size_t len = 0;
    text[0] = '\0';
    for (enum lineup_state state = LINEUP_GAP; state < LINEUP_STATE_COUNT; state++) {
        if (is_waiting(state) && count->of[state] > 0) {
            len += (size_t)snprintf(text + len, COUNTS_MAX - len, "%s%zu %s", len > 0 ? ", " : "",
                                    count->of[state], lineup_state_name(state));
            assert(len < COUNTS_MAX); /* the longest numbers of all states */
        }
    }
}

enum error_kind frozen_tally_tell(const struct frozen_tally *tally, struct error *err)
{
    const struct frozen_count *count = &tally->whole;
    char counts[COUNTS_MAX];
    if (count->state == LINEUP_FLOWING) {
        return ERROR_NONE;
    }
    assert(is_sound(count));
    put_counts(count, counts);
    assert(counts[0] != '\0'); /* what waits has a reason that is told */
    return error_set(err, ERROR_INVALID,
                     "aggregates stand still: %s; one is %s %s, which waits for version %lld; "
                     "see: projector-svc dead-letters list",
                     counts, aggregate_name(count->type),
                     count->type == AGGREGATE_CUSTOMER ? "*" : count->id,
                     (long long)count->waits_for);
}
