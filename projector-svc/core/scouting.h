/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scouting.h - is what an address leads to now another server than the one we hold? pure.
 *
 * Why asked: a name, a virtual address or a proxy that leads elsewhere after a failover ends no
 * connection to a server that is still there, and what is written to it then is lost.
 *
 * A server is known by the name it gives itself at each start (run_id). Who writes goes to none
 * that is a replica: an address may lead to several in turn, and where we are is better.
 */
#ifndef PROJECTOR_SVC_CORE_SCOUTING_H
#define PROJECTOR_SVC_CORE_SCOUTING_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

/* role: as INFO says. */
bool scouting_leads_elsewhere(struct strview ours, struct strview found, struct strview role);

/*
 * For who only reads: each reading tells when the views were last reported on, and by which server
 * they are written. Silence there is the only reason to look elsewhere, so that a reader beside
 * several replicas stays where it is. Units: milliseconds of one clock.
 */
struct scouting {
    int64_t reported; /* as it was read last */
    int64_t heard_ms; /* since when it is that; 0: nothing was read yet */
    int64_t looked_ms;
};

enum { SCOUTING_SILENT_MS = 4000, SCOUTING_EVERY_MS = 3000 };

void scouting_hear(struct scouting *scouting, int64_t reported, int64_t now_ms);

/* Whether to look now; counts it. */
bool scouting_is_due(struct scouting *scouting, int64_t now_ms);

#endif
