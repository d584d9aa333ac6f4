/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - what came of one trip, as its activity (common/run/activity.h) notes it.
 */
#ifndef COMMAND_SVC_UPKEEP_OUTCOME_H
#define COMMAND_SVC_UPKEEP_OUTCOME_H

#include <stdbool.h>

struct activity;
struct pgconn_failure;

/* Returns whether it succeeded. */
bool note_outcome(struct activity *activity, const struct pgconn_failure *failure);

#endif
