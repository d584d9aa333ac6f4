/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/metrics.h"

const char *relay_topic_labels[SHARD_TOPICS_MAX + 1] = {NULL};

#define STATE_ROW(STATE, name) name,
static const char *const STATES[] = {SHARD_STATES(STATE_ROW) NULL};

const struct metric RELAY_METRICS[] = {RELAY_METRIC_ROWS(METRIC_ROW)};
