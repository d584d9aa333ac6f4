/* SPDX-License-Identifier: Apache-2.0 */
/*
 * course.h - the way of one batch, from records to Redis' answer.
 *
 *   fill ─> load ~> look ─> load more ~> fold ─> save ~> end        (~> waits for Redis)
 *
 * Why a table of steps: each does one thing and says whether the next one waits for an answer, so
 * the way reads from top to bottom, and one place goes on, fails and ends.
 *
 * Why only one batch of a partition at a time: what a batch loads must be what the one before
 * has written.
 *
 * Ownership: what it is made of (struct course_task) outlives it; the batch and all that was
 * made of it live in the course's arena until course_release(). Threads: the loop's.
 * Errors: as of view_store_load() and view_save(); nothing was written, or the answer was lost.
 */
#ifndef PROJECTOR_SVC_CONSUME_COURSE_H
#define PROJECTOR_SVC_CONSUME_COURSE_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json_writer.h"
#include "common/contract/topics.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/recovery.h"
#include "projector-svc/core/write_set.h"
#include "projector-svc/views/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
struct redisconn;

enum course_step {
    COURSE_IDLE = 0,
    COURSE_FILL,
    COURSE_LOAD,
    COURSE_LOOK,
    COURSE_LOAD_MORE,
    COURSE_FOLD,
    COURSE_SAVE,
    COURSE_END,
    COURSE_STEP_COUNT
};

struct course_task {
    struct redisconn *redis;
    const char *topic;
    enum aggregate_type aggregate;
    struct strview slot; /* of its topic and */
    int32_t partition;
    const struct queue *queue; /* the batch's records are its first ones, and stay there */
    size_t records;
    int64_t portion;        /* of parked events, at most */
    struct strview drained; /* an aggregate whose parked events are applied; empty: none */
    const struct recovery *recovery;
    int64_t position; /* as Redis has it, or VIEW_POSITIONS_NONE */
    const char *generation;
    enum json_times times; /* of the documents in these views */
    struct strview reader; /* see core/reader.h */
    int64_t recent_cap;
    int64_t stream_cap;
    const struct order_limits *limits;
    bool is_quiet;  /* nobody is told what it applies */
    size_t retries; /* batches that failed before it and are not told yet */
};

/* failure is NULL when all is written. Never from inside course_begin(); the course is idle again,
 * and its owner may free it inside. */
typedef void course_done_fn(void *user, const struct error *failure);

struct course {
    enum course_step at;
    struct course_task task;
    struct arena arena;
    struct batch batch;
    struct write_set writes;
    int64_t next;       /* the position after it */
    bool ends_recovery; /* and its call says so */
    int64_t sent_us;
    course_done_fn *on_done;
    void *user;
};

void course_init(struct course *course, course_done_fn *on_done, void *user);
void course_done(struct course *course);

/* Fails when not even the first question could be asked; on_done() does not follow then. */
MUST_USE enum error_kind course_begin(struct course *course, const struct course_task *task,
                                      struct error *err);

/* After its end: what stands idle keeps no memory. */
void course_release(struct course *course);

#endif
