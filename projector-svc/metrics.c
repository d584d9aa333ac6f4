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
static const char *const PARTITIONS[] = {"assigned", "out_of_range", "stalled",
                                         "stuck",    "unreported",   NULL};
static const char *const FOLLOWED[] = {"wanted", "followed", NULL};
static const char *const CHECKS[] = {"same", "unknown", "replaced", "removed", NULL}; /* anchor.h */
#define TOPIC_ROW(NAME, name) #name,
static const char *const TOPICS[] = {AGGREGATES(TOPIC_ROW) NULL};
static const double EVENT_BOUNDS[] = {1, 2, 4, 8, 16, 32, 48, 64};

const struct metric PROJECTOR_METRICS[PROJECTOR_METRIC_COUNT] = {
    [METRIC_EVENTS] =
        {.name = "orderspine_projector_events_total",
         .type = METRIC_COUNTER,
         .help = "Events by what became of them; unreadable and foreign ones are parked too.",
         .label = "outcome",
         .values = OUTCOMES},
    [METRIC_FROZEN] = {.name = "orderspine_projector_frozen_total",
                       .type = METRIC_COUNTER,
                       .help = "Aggregates frozen for a missing version or for two histories.",
                       .label = "reason",
                       .values = FROZEN},
    [METRIC_FROZEN_NOW] =
        {.name = "orderspine_projector_frozen_aggregates",
         .type = METRIC_GAUGE,
         .help = "Aggregates in this Redis that stand still, by why; the same in each projector.",
         .label = "state",
         .values = STATES + 1},
    [METRIC_BATCH_EVENTS] = {.name = "orderspine_projector_batch_events",
                             .type = METRIC_HISTOGRAM,
                             .help = "Events in one function call.",
                             .bounds = EVENT_BOUNDS,
                             .bound_count = sizeof EVENT_BOUNDS / sizeof EVENT_BOUNDS[0]},
    [METRIC_CALL_SECONDS] = {.name = "orderspine_projector_call_seconds",
                             .type = METRIC_HISTOGRAM,
                             .help = "From sending a function call to its answer."},
    [METRIC_RETRIES] = {.name = "orderspine_projector_retries_total",
                        .type = METRIC_COUNTER,
                        .help = "Batches that were put together again, by the reason.",
                        .label = "reason",
                        .values = RETRIES},
    [METRIC_PARTITIONS] =
        {.name = "orderspine_projector_partitions",
         .type = METRIC_GAUGE,
         .help = "Partitions this process holds, those of them that stand, and those whose "
                 "events nobody brings into this Redis.",
         .label = "state",
         .values = PARTITIONS},
    [METRIC_TOPICS] = {.name = "orderspine_projector_topics",
                       .type = METRIC_GAUGE,
                       .help = "Topics the views are made of, and those that somebody follows.",
                       .label = "state",
                       .values = FOLLOWED},
    [METRIC_CHECKS] = {.name = "orderspine_projector_position_checks_total",
                       .type = METRIC_COUNTER,
                       .help = "Comparisons of the record taken last with Kafka's, by the finding.",
                       .label = "finding",
                       .values = CHECKS},
    [METRIC_LAG_EVENTS] =
        {.name = "orderspine_projector_lag_events",
         .type = METRIC_GAUGE,
         .help = "Events not yet applied, of the partitions held and of those nobody reports; "
                 "no sample where there are neither.",
         .label = "aggregate",
         .values = TOPICS},
    [METRIC_LAG_SECONDS] =
        {.name = "orderspine_projector_lag_seconds",
         .type = METRIC_GAUGE,
         .help = "Age of the oldest event not yet applied; of what nobody reports, how long not.",
         .label = "aggregate",
         .values = TOPICS},
    [METRIC_QUEUED] = {.name = "orderspine_projector_queued_events",
                       .type = METRIC_GAUGE,
                       .help = "Events read from Kafka and waiting for their batch."},
    [METRIC_WAITERS] = {.name = "orderspine_projector_waiters",
                        .type = METRIC_GAUGE,
                        .help = "Requests waiting for an order's version."},
};
