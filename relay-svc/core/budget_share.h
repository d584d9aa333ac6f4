/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget_share.h - how much of a budget that all shards share one of them may take.
 *
 * Why: a partition without a leader keeps what was sent to it. So each of n shards may hold an
 * n-th, whatever the others hold; and one row, however large, as long as the budget lasts. Pure.
 */
#ifndef RELAY_SVC_CORE_BUDGET_SHARE_H
#define RELAY_SVC_CORE_BUDGET_SHARE_H

#include <stddef.h>

/* What it may take more; its own is part of what is used. shards is not 0. */
size_t budget_share_left(size_t budget, size_t shards, size_t used, size_t own);

#endif
