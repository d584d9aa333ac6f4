/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment.h - the partitions that the group has given us: from when they are given until they go
 * back.
 *
 *   NONE ──given──> OPENING ──positions known──> RUNNING ──taken──> REVOKED ──idle──> NONE
 *     ^                └─────────────taken, or given up ───────────────┘
 *
 * Why they go back late: Kafka gives them to another member at once, and a call that is still in
 * flight would write beside it. (It would be refused, by its position; but only after work.)
 *
 * Ownership: of the partitions. Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_ASSIGNMENT_H
#define PROJECTOR_SVC_CONSUME_ASSIGNMENT_H

#include "common/io/kafka/kafka_consumer.h"
#include "common/run/activity.h"
#include "projector-svc/consume/partition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_timer;

enum assignment_state {
    ASSIGNMENT_NONE = 0, /* the group has given us nothing */
    ASSIGNMENT_OPENING,  /* given; positions are being read */
    ASSIGNMENT_RUNNING,  /* Kafka was told where to begin */
    ASSIGNMENT_REVOKED,  /* taken away; calls in flight end first */
    ASSIGNMENT_STATE_COUNT
};

struct assignment {
    struct kafka_consumer *kafka; /* the owner's */
    struct partition_context *context;
    enum assignment_state state;
    struct partition **partitions;
    struct intake_place *places; /* of the same, for assignment_heed_room() */
    size_t count;
    struct intake intake;
    unsigned epoch; /* counts assignments: an answer may come when they have changed */
    struct loop_timer *restart_timer;
    struct activity assigning;
    bool wants_restart; /* reading must begin anew */
};

/* The consumer is set later. */
void assignment_init(struct assignment *assignment, struct loop *loop,
                     struct partition_context *context);
/* After the last call has ended. */
void assignment_done(struct assignment *assignment);

/* topic_names by index; they outlive it. */
void assignment_take(struct assignment *assignment, const struct kafka_position *places,
                     size_t count, const char *const *topic_names);

/* It is ours, and may be opened. */
bool assignment_is_held(const struct assignment *assignment);

/* Tells Kafka from where each is read, now; again by itself when that fails. */
void assignment_begin(struct assignment *assignment);

/* The same, in the loop's next turn; once for many. */
void assignment_restart(struct assignment *assignment);

void assignment_revoke(struct assignment *assignment);

/* Returns what was revoked when nothing of it is in flight any more. */
void assignment_check_revoked(struct assignment *assignment);

/* One that was given and never begun is returned at once. */
void assignment_give_up(struct assignment *assignment);

/* For those who watch the group's lag; and after a loss in Redis it tells how far the views were.
 */
void assignment_commit(const struct assignment *assignment);

/* Pauses partitions and goes on with others, by how much is held. is_drained: whatever was fetched
 * has been handed out. */
void assignment_heed_room(struct assignment *assignment, bool is_drained);

/* NULL: it is not ours. */
struct partition *assignment_find(const struct assignment *assignment, int topic, int32_t number);

struct partition_report assignment_report(const struct assignment *assignment,
                                          const struct partition *partition, int64_t now_ms);

/* The newest end that Kafka has told of; -1: not known. */
int64_t assignment_end_of(const struct assignment *assignment, const struct partition *partition);

#endif
