/* SPDX-License-Identifier: Apache-2.0 */
/* The projector apart from its group, as somebody leads it. */
#include "projector-svc/consume/projector_internal.h"

bool projector_limit(struct projector *projector, projector_limit_fn *limit_of, void *user)
{
    const struct assignment *assignment = &projector->assignment;
    for (size_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->partitions[i];
        partition_set_ceiling(partition, limit_of(user, partition_slot(partition)));
    }
    assignment_heed_room(&projector->assignment, false);
    return assignment->state == ASSIGNMENT_RUNNING;
}

bool projector_reads(const struct projector *projector, struct strview slot)
{
    const struct assignment *assignment = &projector->assignment;
    size_t at = 0;
    while (at < assignment->count &&
           !strview_equal(slot, partition_slot(assignment->partitions[at]))) {
        at++;
    }
    return at < assignment->count;
}

bool projector_is_at_limit(struct projector *projector)
{
    const struct assignment *assignment = &projector->assignment;
    bool is_at_limit = assignment->state == ASSIGNMENT_RUNNING;
    for (size_t i = 0; i < assignment->count; i++) {
        is_at_limit = partition_is_at_ceiling(assignment->partitions[i]) && is_at_limit;
    }
    return is_at_limit;
}
