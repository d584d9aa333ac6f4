/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/group_properties.h"

#include "common/base/must.h"

#include <stdbool.h>
#include <string.h>

/*
 * Topics may be made after we came, and until then their events are not followed. Of a partition as
 * little as there can be comes at once, a batch of records however large that is: so several
 * partitions have events for the calls that are on their way at once, within the same memory.
 */
static const struct kafka_property OWN[] = {
    {"topic.metadata.refresh.interval.ms", "1000"},
    {"fetch.message.max.bytes", "65536"},
};
enum { OWN_COUNT = sizeof OWN / sizeof OWN[0] };

/*
 * One answer brings one batch of records or two, of whichever partition comes first in the request,
 * which changes: the more it brings, the more is in memory before anything can be paused.
 */
#define FETCH_MAX "262144"
static const struct kafka_property LIMITS[] = {
    {"fetch.max.bytes", FETCH_MAX},
    {"message.max.bytes", FETCH_MAX},
};
enum { LIMIT_COUNT = sizeof LIMITS / sizeof LIMITS[0] };

/* librdkafka refuses to begin where the first of the limits is below the second. */
static bool names_message_max(const struct kafka_property *given, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(given[i].name, "message.max.bytes") == 0) {
            return true;
        }
    }
    return false;
}

struct kafka_property *group_properties(const struct kafka_property *given, size_t count,
                                        size_t *ret_count)
{
    const size_t limits = names_message_max(given, count) ? 0 : LIMIT_COUNT;
    struct kafka_property *all = must_allocate(OWN_COUNT + limits + count, sizeof *all);
    size_t used = OWN_COUNT;
    memcpy(all, OWN, sizeof OWN);
    for (size_t i = 0; i < limits; i++) {
        all[used++] = LIMITS[i];
    }
    for (size_t i = 0; i < count; i++) {
        all[used++] = given[i];
    }
    *ret_count = used;
    return all;
}
