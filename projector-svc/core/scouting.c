/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/scouting.h"

bool scouting_leads_elsewhere(struct strview ours, struct strview found, struct strview role)
{
    return ours.len > 0 && found.len > 0 && !strview_equal(ours, found) &&
           strview_is(role, "master");
}

void scouting_hear(struct scouting *scouting, int64_t reported, int64_t now_ms)
{
    if (scouting->reported != reported || scouting->heard_ms == 0) {
        scouting->reported = reported;
        scouting->heard_ms = now_ms;
    }
}

bool scouting_is_due(struct scouting *scouting, int64_t now_ms)
{
    const bool is_due = scouting->heard_ms > 0 &&
                        now_ms - scouting->heard_ms >= SCOUTING_SILENT_MS &&
                        now_ms - scouting->looked_ms >= SCOUTING_EVERY_MS;
    if (is_due) {
        scouting->looked_ms = now_ms;
    }
    return is_due;
}
