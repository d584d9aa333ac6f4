/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/metrics.h"

#include "common/contract/shard.h"

const char *relay_topic_labels[SHARD_TOPICS_MAX + 1] = {NULL};

#define STATE_ROW(STATE, name) name,
static const char *const STATES[] = {SHARD_STATES(STATE_ROW) NULL};

#define LEASE_CHANGE_ROW(KIND, name) name,
static const char *const LEASE_CHANGE_NAMES[] = {LEASE_CHANGES(LEASE_CHANGE_ROW) NULL};

static const double BATCH_BOUNDS[] = {0, 1, 4, 16, 64, 256, 1024, 4096};

#define BY_SHARD .label = "shard", .label_count = SHARDS_MAX

const struct metric RELAY_METRICS[] = {RELAY_METRIC_ROWS(METRIC_ROW)};
