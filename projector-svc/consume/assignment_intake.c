/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the assignment is read at once; core/intake.h decides. */
#include "projector-svc/consume/assignment.h"
#include "projector-svc/core/intake.h"

static void apply(const struct assignment *assignment, struct partition *partition, bool is_open)
{
    const struct partition_name *name = partition_name(partition);
    if (is_open) {
        kafka_consumer_resume(assignment->kafka, name->topic_index, name->number);
    } else {
        kafka_consumer_pause(assignment->kafka, name->topic_index, name->number);
    }
    partition_note_paused(partition, !is_open);
}

/* Mostly little is held and everything is read: then there is nothing to decide. */
static bool is_at_ease(const struct assignment *assignment)
{
    for (size_t i = 0; i < assignment->count; i++) {
        if (!assignment->places[i].is_open) {
            return false;
        }
    }
    return assignment->context->queued_bytes < INTAKE_UNIT;
}

void assignment_heed_room(struct assignment *assignment, bool is_drained)
{
    if (assignment->state != ASSIGNMENT_RUNNING) {
        return;
    }
    for (size_t i = 0; i < assignment->count; i++) {
        assignment->places[i] = partition_place(assignment->partitions[i]);
    }
    if (is_at_ease(assignment)) {
        return;
    }
    intake_decide(&assignment->intake, assignment->places, assignment->count, is_drained);
    for (size_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->partitions[i];
        const bool is_open = assignment->places[i].is_open;
        if (is_open != partition_place(partition).is_open) {
            apply(assignment, partition, is_open);
        }
    }
}
