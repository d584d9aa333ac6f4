/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition_internal.h - a partition, for the files of its module.
 *
 *   partition.c ──> partition_batch.c ──> partition_internal.c
 *        └────────> partition_report.c
 *
 * Each calls only those to its right.
 */
#ifndef PROJECTOR_SVC_CONSUME_PARTITION_INTERNAL_H
#define PROJECTOR_SVC_CONSUME_PARTITION_INTERNAL_H

#include "common/base/error.h"
#include "common/base/news.h"
#include "common/base/stall.h"
#include "common/base/strview.h"
#include "projector-svc/consume/course.h"
#include "projector-svc/consume/partition.h"
#include "projector-svc/consume/queue.h"
#include "projector-svc/consume/source.h"
#include "projector-svc/core/draining.h"
#include "projector-svc/core/progress.h"
#include "projector-svc/core/recovery.h"
#include "projector-svc/core/turns.h"

enum { PARTITION_SLOT_MAX = 320 }; /* bytes; a topic's name has at most 249 */

enum partition_state { STATE_NEW = 0, STATE_CLOSED, STATE_READY, STATE_BUSY, STATE_COUNT };

/* What follows when nothing is in flight any more. */
enum partition_next { NEXT_BATCH = 0, NEXT_CLOSE, NEXT_STOP };

/* Since when it is read and neither a record nor its end has come. */
struct silence {
    struct stall stall;
    bool is_long;
};

/* How far it may go. */
struct ceiling {
    int64_t offset; /* of the first record that is not to be taken */
    bool is_over;   /* records beyond it were given back; they are read again when it is raised */
};

struct partition {
    struct partition_context *context;
    struct partition_name name;
    char slot_text[PARTITION_SLOT_MAX];
    struct strview slot;
    enum partition_state state;
    enum partition_next next;
    int64_t position; /* as Redis has it, or VIEW_POSITIONS_NONE */
    struct queue queue;
    struct source source;
    struct recovery recovery;
    struct draining draining;
    struct progress progress;
    struct turn turn;
    bool is_paused; /* by core/intake.h: Kafka is not asked for more of it */
    struct ceiling ceiling;
    bool is_at_end; /* its end was the last thing that came */
    struct silence silence;
    struct course course;
    size_t batch_limit;   /* events */
    size_t retries;       /* that no batch has told yet */
    struct error trouble; /* why Redis refused the last batch; kind NONE: it did not */
    struct news troubles[ERROR_KIND_COUNT];
    struct news conflicts; /* batches that were not written as somebody else is at it */
};

/* The only place where the state changes. */
void partition_enter(struct partition *partition, enum partition_state state);

/* Its batch begins in the loop's next turn at the earliest, never from inside. */
void partition_ask_turn(struct partition *partition);

/* Gives its oldest records back. */
void partition_give_back(struct partition *partition, size_t count);

/* The same, and tells that there is room. */
void partition_drop(struct partition *partition, size_t count);

/* Ends of a batch. why: NULL when it only wants to be compared with the log. */
void partition_on_course_done(void *user, const struct error *failure);

#endif
