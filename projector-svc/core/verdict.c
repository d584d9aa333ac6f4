/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/verdict.h"

#include <assert.h>

#define VERDICT_NAME(NAME, name) [VERDICT_##NAME] = (name),
static const char *const NAMES[] = {VERDICTS(VERDICT_NAME)};

const char *verdict_name(enum verdict verdict)
{
    assert(verdict < VERDICT_COUNT);
    return NAMES[verdict];
}

bool verdict_is_of_timing(const struct shown_view *shown, enum verdict verdict)
{
    assert(verdict < VERDICT_COUNT);
    assert(verdict != VERDICT_IN_FLIGHT); /* that is what is asked */
    return shown->version == 0 || shown->version > shown->head || verdict == VERDICT_STALE;
}

bool verdict_of_view(const struct shown_view *shown, enum verdict *ret)
{
    assert(shown->head >= 0);
    const bool is_number = shown->version >= 0;
    const bool is_fork = shown->version > shown->head || shown->event != LIKENESS_SAME;
    if (shown->version > 0 && is_fork) {
        *ret = VERDICT_FORKED;
    } else if (shown->version == 0 || (is_number && shown->contents == LIKENESS_MISSING)) {
        *ret = VERDICT_LOST;
    } else if (!is_number || shown->contents == LIKENESS_OTHER) {
        *ret = VERDICT_EDITED;
    } else if (shown->version < shown->head) {
        *ret = VERDICT_STALE;
    } else {
        assert(shown->version == shown->head);
        assert(shown->event == LIKENESS_SAME);
        assert(shown->contents == LIKENESS_SAME);
        return false;
    }
    return true;
}
