/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/metrics.h"

#include "command-svc/batch/batch_trouble.h"
#include "command-svc/core/held.h"

static const char *const OUTCOMES[] = {"accepted", "rejected", "replayed", "repeated", NULL};
static const char *const REFUSALS[] = {DOOR_REFUSALS(DOOR_REFUSAL_WORD) NULL};
static const char *const LOCKS[] = {HELD_KINDS(HELD_KIND_NAME) NULL};
#define LANE_STATE_WORD(NAME, word) word,
static const char *const LANE_NAMES[] = {LANE_STATES(LANE_STATE_WORD) NULL};
#define TROUBLE_WORD(NAME, word) word,
static const char *const TROUBLES[] = {BATCH_TROUBLES(TROUBLE_WORD) NULL};
static const double BATCH_BOUNDS[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

const struct metric COMMAND_METRICS[COMMAND_METRIC_COUNT] = {
    [METRIC_COMMANDS] = {.name = "orderspine_commands_total",
                         .type = METRIC_COUNTER,
                         .help = "Commands answered after a commit, by outcome.",
                         .label = "outcome",
                         .values = OUTCOMES},
    [METRIC_COMMANDS_REFUSED] = {.name = "orderspine_commands_refused_total",
                                 .type = METRIC_COUNTER,
                                 .help = "Commands refused at the door, by reason.",
                                 .label = "reason",
                                 .values = REFUSALS},
    [METRIC_COMMANDS_EXPIRED] = {.name = "orderspine_commands_expired_total",
                                 .type = METRIC_COUNTER,
                                 .help = "Commands that met their deadline while waiting."},
    [METRIC_COMMANDS_FAILED] = {.name = "orderspine_commands_failed_total",
                                .type = METRIC_COUNTER,
                                .help = "Commands that failed alone in their batch: look at the "
                                        "log, a person must act."},
    [METRIC_COMMAND_SECONDS] = {.name = "orderspine_command_duration_seconds",
                                .type = METRIC_HISTOGRAM,
                                .help = "From the queue to the answer."},
    [METRIC_QUEUE_SECONDS] = {.name = "orderspine_command_queue_seconds",
                              .type = METRIC_HISTOGRAM,
                              .help = "From the queue to the batch in which a command was "
                                      "answered."},
    [METRIC_BATCH_COMMANDS] = {.name = "orderspine_batch_commands",
                               .type = METRIC_HISTOGRAM,
                               .help = "Commands in one transaction.",
                               .bounds = BATCH_BOUNDS,
                               .bound_count = sizeof BATCH_BOUNDS / sizeof BATCH_BOUNDS[0]},
    [METRIC_BATCH_SECONDS] = {.name = "orderspine_batch_duration_seconds",
                              .type = METRIC_HISTOGRAM,
                              .help = "From BEGIN to the answer to COMMIT."},
    [METRIC_BATCHES_REPEATED] = {.name = "orderspine_batches_repeated_total",
                                 .type = METRIC_COUNTER,
                                 .help = "Batches begun anew, by what went wrong; stock: a level "
                                         "had moved since it was read.",
                                 .label = "reason",
                                 .values = TROUBLES},
    [METRIC_QUEUE_COMMANDS] = {.name = "orderspine_queue_commands",
                               .type = METRIC_GAUGE,
                               .help = "Commands that wait for a batch, as of the last second."},
    [METRIC_QUEUE_OLDEST] = {.name = "orderspine_queue_oldest_seconds",
                             .type = METRIC_GAUGE,
                             .help = "How long the one that waits longest has waited; 0: none "
                                     "waits."},
    [METRIC_QUEUE_PRINCIPALS] = {.name = "orderspine_queue_principals",
                                 .type = METRIC_GAUGE,
                                 .help =
                                     "Principals with unanswered commands, in the lane that has "
                                     "most of them."},
    [METRIC_QUEUE_LARGEST] = {.name = "orderspine_queue_largest_share_commands",
                              .type = METRIC_GAUGE,
                              .help = "Unanswered commands of the principal that has most of a "
                                      "lane's."},
    [METRIC_LANES] = {.name = "orderspine_lanes",
                      .type = METRIC_GAUGE,
                      .help = "Lanes by what they do, as seen once a second; disconnected: "
                              "PostgreSQL is not reached.",
                      .label = "state",
                      .values = LANE_NAMES},
    [METRIC_LANES_STALLED] = {.name = "orderspine_lanes_stalled",
                              .type = METRIC_GAUGE,
                              .help = "Lanes with work and no commit for ten seconds."},
    [METRIC_LOCKS_HELD] = {.name = "orderspine_locks_held_elsewhere",
                           .type = METRIC_GAUGE,
                           .help = "Locks that commands wait for and somebody else has; /readyz "
                                   "and the log name the holder.",
                           .label = "kind",
                           .values = LOCKS},
    [METRIC_LEVELS_FAILED] = {.name = "orderspine_level_batches_failed_total",
                              .type = METRIC_COUNTER,
                              .help = "Batches of stock levels that could not be announced; "
                                      "/readyz says why."},
    [METRIC_BELLS] = {.name = "orderspine_bells_total",
                      .type = METRIC_COUNTER,
                      .help = "Times the relay was told that there is something to publish."},
    [METRIC_OUTBOX_AGE] = {.name = "orderspine_outbox_oldest_age_seconds",
                           .type = METRIC_GAUGE,
                           .help = "How long the oldest event not known to be published has "
                                   "waited; 0: none waits."},
};
