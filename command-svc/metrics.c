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

const struct metric COMMAND_METRICS[] = {COMMAND_METRIC_ROWS(METRIC_ROW)};
