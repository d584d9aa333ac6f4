/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_minute.h - how many orders entered a status in each minute, by region and provider.
 *
 * Why by the minute in which it happened and not in which it was seen: a replay counts the same.
 * What would have expired by then is not written at all.
 *
 * Partitions share these keys and only count up in them, so it does not matter who comes first. A
 * minute with more regions and providers than FIELDS_MAX of orderspine.lua allow counts the rest as
 * other: of those it does matter who comes first, of the sums it does not.
 */
#ifndef PROJECTOR_SVC_CORE_OPS_MINUTE_H
#define PROJECTOR_SVC_CORE_OPS_MINUTE_H

#include "common/contract/order_status.h"
#include "projector-svc/core/write_set.h"

enum {
    OPS_MINUTE_MS = 60 * 1000,
    OPS_MINUTE_KEPT_MS = 48 * 3600 * 1000, /* from its end on */
};

struct ops_transition {
    int64_t at_ms;
    struct strview region;
    struct strview provider;
    enum order_status status; /* that was entered */
};

void ops_minute_count(const struct ops_transition *transition, int64_t now_ms,
                      struct write_set *set);

/* "yyyymmddhhmm", in the arena. */
struct strview ops_minute_name(struct arena *arena, int64_t at_ms);

#endif
