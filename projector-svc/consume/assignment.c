/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/assignment.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <assert.h>
#include <stdlib.h>

/* The only place where the state changes. A group may take away what it never gave: it lost us
 * while we were giving up. */
static void enter(struct assignment *assignment, enum assignment_state state)
{
    static const bool MAY[ASSIGNMENT_STATE_COUNT][ASSIGNMENT_STATE_COUNT] = {
        [ASSIGNMENT_NONE] = {[ASSIGNMENT_OPENING] = true, [ASSIGNMENT_REVOKED] = true},
        [ASSIGNMENT_OPENING] =
            {[ASSIGNMENT_RUNNING] = true, [ASSIGNMENT_REVOKED] = true, [ASSIGNMENT_NONE] = true},
        [ASSIGNMENT_RUNNING] = {[ASSIGNMENT_REVOKED] = true},
        [ASSIGNMENT_REVOKED] = {[ASSIGNMENT_REVOKED] = true, [ASSIGNMENT_NONE] = true},
    };
    assert(MAY[assignment->state][state]);
    assignment->state = state;
    assert(state != ASSIGNMENT_NONE || assignment->count == 0);
}

bool assignment_is_held(const struct assignment *assignment)
{
    return assignment->state == ASSIGNMENT_OPENING || assignment->state == ASSIGNMENT_RUNNING;
}

struct partition *assignment_find(const struct assignment *assignment, int topic, int32_t number)
{
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition_name *name = partition_name(assignment->partitions[i]);
        if (name->topic_index == topic && name->number == number) {
            return assignment->partitions[i];
        }
    }
    return NULL;
}

int64_t assignment_end_of(const struct assignment *assignment, const struct partition *partition)
{
    const struct partition_name *name = partition_name(partition);
    return kafka_consumer_end_offset(assignment->kafka, name->topic_index, name->number);
}

struct partition_report assignment_report(const struct assignment *assignment,
                                          const struct partition *partition, int64_t now_ms)
{
    return partition_report(partition, assignment_end_of(assignment, partition), now_ms);
}

/* --- given */

void assignment_take(struct assignment *assignment, const struct kafka_position *places,
                     size_t count, const char *const *topic_names)
{
    enter(assignment, ASSIGNMENT_OPENING);
    assignment->partitions = must_allocate(count + 1, sizeof(struct partition *));
    for (size_t i = 0; i < count; i++) {
        const struct partition_name name = {
            .aggregate = (enum aggregate_type)places[i].topic,
            .topic = topic_names[places[i].topic],
            .topic_index = places[i].topic,
            .number = places[i].partition,
        };
        assignment->partitions[i] = partition_new(assignment->context, &name);
    }
    assignment->places = must_allocate(count + 1, sizeof(struct intake_place));
    assignment->intake = (struct intake){.next = 0};
    assignment->count = count;
    assignment->epoch++;
}

static struct kafka_position place_of(const struct partition *partition, int64_t offset)
{
    const struct partition_name *name = partition_name(partition);
    return (struct kafka_position){name->topic_index, name->number, offset};
}

/* The group's assignment, and each later change of where one of its partitions is read. */
static enum error_kind assign_all(const struct assignment *assignment, struct error *err)
{
    struct kafka_position *places = must_allocate(assignment->count + 1, sizeof *places);
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        places[i] = place_of(partition, partition_reads_from(partition));
    }
    const enum error_kind kind =
        FAULT_POINT("projector.assign")
            ? error_set(err, ERROR_TRANSIENT, "a fault point said so")
            : kafka_consumer_assign(assignment->kafka, places, assignment->count, err);
    free(places);
    return kind;
}

void assignment_begin(struct assignment *assignment)
{
    struct error err;
    if (!assignment_is_held(assignment)) {
        return;
    }
    if (assign_all(assignment, &err) != ERROR_NONE) {
        loop_timer_start(assignment->restart_timer, activity_failed(&assignment->assigning, &err,
                                                                    loop_now_ms(), jitter_draw()));
        return;
    }
    activity_succeeded(&assignment->assigning, loop_now_ms());
    assignment->wants_restart = false;
    for (size_t i = 0; i < assignment->count; i++) {
        partition_restarted(assignment->partitions[i]);
    }
    if (assignment->state == ASSIGNMENT_OPENING) {
        enter(assignment, ASSIGNMENT_RUNNING);
        log_event(LOG_INFO, "partitions_assigned", LOG_INT("count", assignment->count),
                  LOG_STR("generation", assignment->context->generation));
    }
}

static void on_restart_timer(void *user)
{
    assignment_begin(user);
}

/* Not from inside: a partition asks for it in the middle of its own work, and several at once. */
void assignment_restart(struct assignment *assignment)
{
    if (!assignment->wants_restart && assignment->state == ASSIGNMENT_RUNNING) {
        assignment->wants_restart = true;
        loop_timer_start(assignment->restart_timer, 0);
    }
}

/* --- taken away */

static void forget_partitions(struct assignment *assignment)
{
    for (size_t i = 0; i < assignment->count; i++) {
        partition_free(assignment->partitions[i]);
    }
    free(assignment->partitions);
    free(assignment->places);
    assignment->partitions = NULL;
    assignment->places = NULL;
    assignment->count = 0;
}

void assignment_revoke(struct assignment *assignment)
{
    for (size_t i = 0; i < assignment->count; i++) {
        partition_stop(assignment->partitions[i]);
    }
    loop_timer_stop(assignment->restart_timer);
    assignment->wants_restart = false;
    enter(assignment, ASSIGNMENT_REVOKED);
    assignment_check_revoked(assignment);
}

void assignment_check_revoked(struct assignment *assignment)
{
    if (assignment->state != ASSIGNMENT_REVOKED) {
        return;
    }
    for (size_t i = 0; i < assignment->count; i++) {
        if (partition_is_busy(assignment->partitions[i])) {
            return;
        }
    }
    (void)FAULT_POINT("projector.revoked");
    assignment_commit(assignment);
    forget_partitions(assignment);
    enter(assignment, ASSIGNMENT_NONE);
    log_event(LOG_INFO, "partitions_returned", LOG_TEXT("nothing of theirs is in flight"));
    kafka_consumer_unassign(assignment->kafka);
}

void assignment_give_up(struct assignment *assignment)
{
    if (assignment->state == ASSIGNMENT_OPENING) {
        loop_timer_stop(assignment->restart_timer);
        forget_partitions(assignment);
        enter(assignment, ASSIGNMENT_NONE);
        kafka_consumer_unassign(assignment->kafka);
    }
}

void assignment_commit(const struct assignment *assignment)
{
    struct kafka_position *places = must_allocate(assignment->count + 1, sizeof *places);
    size_t count = 0;
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const int64_t position = assignment_report(assignment, partition, 0).position;
        if (position > 0) {
            places[count++] = place_of(partition, position);
        }
    }
    (void)FAULT_POINT("projector.before_commit");
    if (count > 0) {
        kafka_consumer_commit(assignment->kafka, places, count);
    }
    free(places);
}

/* --- life */

void assignment_init(struct assignment *assignment, struct loop *loop,
                     struct partition_context *context)
{
    *assignment = (struct assignment){.context = context};
    assignment->restart_timer = loop_timer_new(loop, on_restart_timer, assignment);
    activity_init(&assignment->assigning, "assigning partitions");
}

void assignment_done(struct assignment *assignment)
{
    forget_partitions(assignment);
    loop_timer_free(assignment->restart_timer);
    assignment->restart_timer = NULL;
}
