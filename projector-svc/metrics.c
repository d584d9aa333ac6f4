/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/metrics.h"

#include "common/contract/topics.h"
#include "projector-svc/core/lineup.h"

#include <assert.h>

static const char *const OUTCOMES[] = {"applied", "duplicate", "parked", "unreadable",
                                       "untold",  "foreign",   NULL};
static_assert(sizeof OUTCOMES / sizeof OUTCOMES[0] == OUTCOME_COUNT + 1, "every outcome");
static const char *const FROZEN[] = {"gap", "forked", NULL};
#define STATE_ROW(STATE, name) name,
static const char *const STATES[] = {LINEUP_STATES(STATE_ROW) NULL}; /* the first one is none */
static const char *const RETRIES[] = {"conflict", "redis_away", "refused", NULL};
static const char *const PARTITIONS[] = {"assigned",   "out_of_range", "stalled",    "stuck",
                                         "unreported", "recovering",   "uncompared", NULL};
static const char *const FOLLOWED[] = {"wanted", "followed", NULL};
static const char *const CHECKS[] = {"same", "unknown", "replaced", "removed", NULL}; /* anchor.h */
static const char *const RESETS[] = {"gone", "ahead", "unknown", NULL};
static_assert(sizeof RESETS / sizeof RESETS[0] == RESET_COUNT + 1, "every reason");
#define TOPIC_ROW(NAME, name) #name,
static const char *const TOPICS[] = {AGGREGATES(TOPIC_ROW) NULL};
static const double EVENT_BOUNDS[] = {1, 2, 4, 8, 16, 32, 48, 64};

const struct metric PROJECTOR_METRICS[] = {PROJECTOR_METRIC_ROWS(METRIC_ROW)};

const char *metric_reset_name(enum metric_reset reset)
{
    return RESETS[reset];
}
