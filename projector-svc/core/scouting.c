/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/scouting.h"

#include <assert.h>

/* Nothing is looked for before something was heard. */
static bool is_sound(const struct scouting *scouting)
{
    return scouting->heard_ms >= 0 && scouting->looked_ms >= 0 &&
           (scouting->heard_ms > 0 || scouting->looked_ms == 0);
}

bool scouting_leads_elsewhere(struct strview ours, struct strview found, struct strview role)
{
    return ours.len > 0 && found.len > 0 && !strview_equal(ours, found) &&
           strview_is(role, "master");
}

void scouting_hear(struct scouting *scouting, int64_t reported, int64_t now_ms)
{
    assert(is_sound(scouting));
    assert(now_ms > 0); /* 0 says that nothing was heard yet */
    if (scouting->reported != reported || scouting->heard_ms == 0) {
        scouting->reported = reported;
        scouting->heard_ms = now_ms;
    }
    assert(is_sound(scouting));
    assert(scouting->heard_ms > 0);
    assert(scouting->reported == reported);
}

bool scouting_is_due(struct scouting *scouting, int64_t now_ms)
{
    assert(is_sound(scouting));
    const bool is_due = scouting->heard_ms > 0 &&
                        now_ms - scouting->heard_ms >= SCOUTING_SILENT_MS &&
                        now_ms - scouting->looked_ms >= SCOUTING_EVERY_MS;
    if (is_due) {
        scouting->looked_ms = now_ms;
    }
    assert(is_sound(scouting));
    return is_due;
}
