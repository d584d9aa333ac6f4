/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/course.h"

#include "common/base/fault_point.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "projector-svc/consume/queue.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/batch_write.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/view_save.h"
#include "projector-svc/views/view_store.h"

#include <assert.h>

enum { ARENA_MAX = 64 << 20 }; /* bytes; one hostile record of 1 MiB can need most of it */

/* A step is done when it returns, or its question is on its way. */
enum outcome { GO_ON = 0, WAIT };

typedef enum error_kind step_fn(struct course *course, enum outcome *ret_outcome,
                                struct error *err);

static void on_answer(void *user, const struct error *failure);

/* A fault point that fails the step. */
static enum error_kind fail_at(bool at_point, struct error *err)
{
    return at_point ? error_set(err, ERROR_TRANSIENT, "a fault point said so") : ERROR_NONE;
}

/* --- the steps, in their order */

static enum error_kind add_records(struct course *course, struct error *err)
{
    const struct course_task *task = &course->task;
    for (size_t i = 0; i < task->records; i++) {
        const struct kafka_record *record = queue_at(task->queue, i);
        struct incoming *incoming = NULL;
        enum error_kind kind = incoming_of_record(record, task->topic, task->aggregate,
                                                  &course->arena, &incoming, err);
        if (kind == ERROR_NONE) {
            kind = batch_add(&course->batch, incoming, err);
        }
        if (kind != ERROR_NONE) {
            return kind;
        }
        course->next = record->offset + 1;
    }
    return ERROR_NONE;
}

/* The drained one first: the parked events that a batch may load are given in its order, and the
 * others get their turn. */
static enum error_kind fill(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    const struct course_task *task = &course->task;
    enum error_kind kind = batch_init(&course->batch, &course->arena, err);
    course->next = task->position;
    course->batch.slot = task->slot;
    course->batch.partition = task->partition;
    course->batch.reader = task->reader;
    course->batch.portion = task->portion;
    course->batch.times = task->times;
    course->batch.is_quiet = task->is_quiet;
    course->batch.counts.retries = task->retries;
    if (kind == ERROR_NONE && task->drained.len > 0) {
        kind = batch_add_drained(&course->batch, task->aggregate, task->drained, err);
    }
    if (kind == ERROR_NONE) {
        kind = add_records(course, err);
    }
    (void)FAULT_POINT("projector.decoded");
    *ret_outcome = GO_ON;
    return kind;
}

static enum error_kind load(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    *ret_outcome = WAIT;
    return view_store_load(course->task.redis, &course->batch, on_answer, course, err);
}

static enum error_kind look(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    bool wants_more = false;
    (void)FAULT_POINT("projector.loaded");
    const enum error_kind kind = batch_look(&course->batch, &wants_more, err);
    if (kind == ERROR_NONE && !wants_more) {
        course->at = COURSE_LOAD_MORE; /* passed over */
    }
    *ret_outcome = GO_ON;
    return kind;
}

static enum error_kind load_more(struct course *course, enum outcome *ret_outcome,
                                 struct error *err)
{
    *ret_outcome = WAIT;
    return view_store_load_more(course->task.redis, &course->batch, on_answer, course, err);
}

static enum error_kind fold(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    const struct course_task *task = &course->task;
    const struct view_moment moment = {.projected_at_ms = loop_wall_ms(),
                                       .recent_cap = task->recent_cap,
                                       .stream_cap = task->stream_cap,
                                       .limits = task->limits};
    enum error_kind kind = batch_fold(&course->batch, err);
    if (kind == ERROR_NONE) {
        kind = batch_write(&course->batch, &moment, &course->writes, err);
    }
    /* asked here and not when it began: the group may have told its goal meanwhile */
    course->ends_recovery = recovery_is_reached(task->recovery, course->next);
    if (kind == ERROR_NONE && course->ends_recovery) {
        write_set_add(&course->writes, WRITE_HDEL,
                      keys_named(&course->arena, course->batch.partition, KEYS_RECOVERING),
                      task->slot);
        if (!write_set_ok(&course->writes)) {
            kind = error_set(err, ERROR_EXHAUSTED, "a batch needs too much memory to be written");
        }
    }
    *ret_outcome = GO_ON;
    return kind;
}

static enum error_kind save(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    const struct course_task *task = &course->task;
    const struct view_save_move move = {.slot = task->slot,
                                        .generation = task->generation,
                                        .from = task->position,
                                        .to = course->next};
    enum error_kind kind = fail_at(FAULT_POINT("projector.before_fcall"), err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    course->sent_us = loop_now_us();
    kind = view_save(task->redis, &course->arena, &move, &course->writes, on_answer, course, err);
    (void)FAULT_POINT("projector.fcall_sent");
    *ret_outcome = WAIT;
    return kind;
}

/* The fault point: as if the answer had been lost. */
static enum error_kind end(struct course *course, enum outcome *ret_outcome, struct error *err)
{
    (void)course;
    *ret_outcome = GO_ON;
    return fail_at(FAULT_POINT("projector.fcall_replied"), err);
}

static step_fn *const STEPS[] = {
    [COURSE_IDLE] = NULL,           [COURSE_FILL] = fill,
    [COURSE_LOAD] = load,           [COURSE_LOOK] = look,
    [COURSE_LOAD_MORE] = load_more, [COURSE_FOLD] = fold,
    [COURSE_SAVE] = save,           [COURSE_END] = end,
};
static_assert(sizeof STEPS / sizeof STEPS[0] == COURSE_STEP_COUNT, "every step");

/* --- from one to the next */

/* Until a step waits for its answer, fails, or was the last one. */
static enum error_kind walk(struct course *course, struct error *err)
{
    enum outcome outcome = GO_ON;
    enum error_kind kind = ERROR_NONE;
    while (kind == ERROR_NONE && outcome == GO_ON && course->at < COURSE_END) {
        course->at++;
        kind = STEPS[course->at](course, &outcome, err);
    }
    return kind;
}

/* Redis never answers from inside a question, so no step is left half done below this. */
static void on_answer(void *user, const struct error *failure)
{
    struct course *course = user;
    struct error err;
    assert(course->at == COURSE_LOAD || course->at == COURSE_LOAD_MORE ||
           course->at == COURSE_SAVE);
    if (failure == NULL && walk(course, &err) != ERROR_NONE) {
        failure = &err;
    }
    if (failure != NULL || course->at == COURSE_END) {
        course->at = COURSE_IDLE;
        course->on_done(course->user, failure); /* perhaps its end */
    }
}

enum error_kind course_begin(struct course *course, const struct course_task *task,
                             struct error *err)
{
    assert(course->at == COURSE_IDLE);
    course->task = *task;
    const enum error_kind kind = walk(course, err);
    if (kind != ERROR_NONE) {
        course->at = COURSE_IDLE;
    }
    assert(course->at == COURSE_IDLE || course->at == COURSE_LOAD);
    return kind;
}

void course_init(struct course *course, course_done_fn *on_done, void *user)
{
    *course = (struct course){.on_done = on_done, .user = user};
    arena_init(&course->arena, ARENA_MAX);
}

void course_done(struct course *course)
{
    arena_done(&course->arena);
}

void course_release(struct course *course)
{
    assert(course->at == COURSE_IDLE);
    arena_reset(&course->arena);
}
