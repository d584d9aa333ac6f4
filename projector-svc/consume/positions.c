/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/positions.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/consume/redis_gate.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/view_positions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_FIRST_MS = 50,
    RETRY_LAST_MS = 5000,
    HELD_MS = 8000, /* a rebuild holds views for 5 s at most */
};

/* --- when */

void positions_open_soon(struct positions *positions, int64_t delay_ms)
{
    const bool may_open = positions->gate->is_open && !positions->opening.is_asked &&
                          assignment_is_held(positions->assignment);
    const int64_t due_ms = loop_now_ms() + delay_ms;
    if (may_open && (!loop_timer_is_armed(positions->timer) || due_ms < positions->due_ms)) {
        positions->due_ms = due_ms;
        loop_timer_start(positions->timer, delay_ms);
    }
}

void positions_open_later(struct positions *positions)
{
    positions_open_soon(positions, backoff_next_ms(&positions->backoff, jitter_draw()));
}

void positions_open_last(struct positions *positions)
{
    positions_open_soon(positions, RETRY_LAST_MS);
}

void positions_stop(struct positions *positions)
{
    loop_timer_stop(positions->timer);
}

void positions_settle(struct positions *positions)
{
    if (!loop_timer_is_armed(positions->timer) && !positions->opening.is_asked) {
        backoff_reset(&positions->backoff);
    }
}

/* --- asking */

/* All are asked for, also those whose answers are not used: their number is small. */
static void ask(struct positions *positions, struct positions_question *question,
                view_positions_fn *on_answer)
{
    const struct assignment *assignment = positions->assignment;
    struct error ignored; /* whoever asks asks again */
    struct strview *slots = must_allocate(assignment->count + 1, sizeof *slots);
    for (size_t i = 0; i < assignment->count; i++) {
        slots[i] = partition_slot(assignment->partitions[i]);
    }
    question->epoch = assignment->epoch;
    question->is_asked = view_positions_ask(positions->gate->conn, slots, assignment->count,
                                            on_answer, positions, &ignored) == ERROR_NONE;
    free(slots);
}

/* The answer is of the partitions that we have now, in their order. */
static bool is_current(const struct positions *positions, const struct positions_question *question)
{
    return assignment_is_held(positions->assignment) &&
           question->epoch == positions->assignment->epoch;
}

static void note_draining(const struct positions *positions, const struct view_positions *reading)
{
    const struct assignment *assignment = positions->assignment;
    struct strview aggregate;
    struct strview slot;
    for (size_t i = 0; view_positions_draining(reading, i, &aggregate, &slot); i++) {
        const struct strview type = strview_take(&aggregate, ':');
        for (size_t at = 0; at < assignment->count; at++) {
            struct partition *partition = assignment->partitions[at];
            if (strview_equal(slot, partition_slot(partition)) &&
                strview_is(type, aggregate_name(partition_name(partition)->aggregate))) {
                partition_drain(partition, aggregate);
            }
        }
    }
}

/* --- whether that works */

/* A Redis that is away, or whose functions are, the gate tells of. */
static void note_failure(struct positions *positions, const struct error *failure)
{
    struct error err;
    if (failure->kind == ERROR_INVALID) {
        (void)error_set(&err, ERROR_INVALID,
                        "%.200s; until that key is mended, or `projector-svc rebuild` makes the "
                        "views anew, nobody sees here that Redis has lost something",
                        failure->text);
        (void)activity_note(&positions->agreeing, &err);
    }
}

static void note_reading(struct positions *positions, const struct view_positions *reading)
{
    const int64_t now_ms = loop_now_ms();
    struct error err = {.kind = ERROR_NONE};
    positions->is_recovering = reading->is_recovering;
    if (!reading->is_held) {
        positions->held_since_ms = 0;
    } else if (positions->held_since_ms == 0) {
        positions->held_since_ms = now_ms;
    } else if (now_ms - positions->held_since_ms > HELD_MS) {
        (void)error_set(&err, ERROR_INVALID,
                        "nothing is written, as %s is there; no `projector-svc rebuild` leaves it "
                        "for so long: `redis-cli DEL %s` ends it",
                        KEYS_HELD, KEYS_HELD);
    }
    (void)activity_note(&positions->agreeing, &err);
}

/* --- opening */

void positions_tell_goal(const struct positions *positions, const struct partition *partition,
                         int64_t known_goal)
{
    enum { ARENA_MAX = 1024 };
    const int64_t goal = assignment_report(positions->assignment, partition, 0).goal;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    if (goal > known_goal) {
        redisconn_tell(positions->gate->conn,
                       REDISCONN_COMMAND(
                           STRVIEW("HSET"),
                           keys_named(&arena, partition_name(partition)->number, KEYS_RECOVERING),
                           partition_slot(partition), strview_of(NUMBER_TEXT(goal))));
    }
}

/* Before anything is written to it: readers are to know by then that it is another one. */
static void name_copy(const struct positions *positions, const struct view_positions *reading)
{
    const struct strview server = strview_of(positions->gate->server);
    if (positions->generation == NULL && !view_positions_is_named(reading, server)) {
        view_positions_name_copy(positions->gate->conn, server, jitter_draw());
    }
}

static void open_all(struct positions *positions, const struct view_positions *reading)
{
    struct assignment *assignment = positions->assignment;
    name_copy(positions, reading);
    (void)snprintf(assignment->context->generation, sizeof assignment->context->generation, "%s",
                   reading->generation);
    assignment->context->times = reading->times;
    for (size_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->partitions[i];
        const struct partition_stand stand = {.position = reading->positions[i],
                                              .goal = reading->goals[i],
                                              .identity = reading->identities[i]};
        if (partition_is_closed(partition)) {
            partition_open(partition, &stand);
            positions_tell_goal(positions, partition, stand.goal);
        }
    }
    if (assignment->state == ASSIGNMENT_OPENING) {
        assignment_begin(assignment);
    }
    note_draining(positions, reading);
}

static void on_opening(void *user, const struct view_positions *reading,
                       const struct error *failure)
{
    struct positions *positions = user;
    positions->opening.is_asked = false;
    if (failure != NULL) {
        note_failure(positions, failure);
        log_event(LOG_WARN, "positions_unknown", LOG_ERR(failure), LOG_TEXT("asking Redis again"));
        redis_gate_reload(positions->gate, failure);
        positions_open_later(positions);
    } else if (positions->generation != NULL &&
               strcmp(positions->generation, reading->generation) != 0) {
        positions->on_exchanged(positions->user);
    } else if (is_current(positions, &positions->opening)) {
        open_all(positions, reading);
    } else {
        positions_open_soon(positions, 0); /* the group decided anew meanwhile */
    }
}

static void on_open_due(void *user)
{
    struct positions *positions = user;
    struct assignment *assignment = positions->assignment;
    if (assignment->count == 0 && assignment->state == ASSIGNMENT_OPENING) {
        assignment_begin(assignment); /* the group is larger than what it shares out */
        return;
    }
    if (positions->generation == NULL) {
        view_positions_begin(positions->gate->conn);
    }
    ask(positions, &positions->opening, on_opening);
    if (!positions->opening.is_asked) {
        positions_open_later(positions);
    }
}

/* --- comparing */

/* A partition with nothing in flight must stand in Redis where we think it does. */
static void compare_all(struct positions *positions, const struct view_positions *reading)
{
    const struct assignment *assignment = positions->assignment;
    const bool is_same_generation =
        strcmp(reading->generation, assignment->context->generation) == 0 &&
        reading->times == assignment->context->times;
    bool any_differs = false;
    for (size_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->partitions[i];
        if (!is_same_generation || !partition_stands_at(partition, reading->positions[i])) {
            partition_close(partition);
            any_differs = true;
        } else if (!partition_is_closed(partition)) {
            partition_heed_goal(partition, reading->positions[i], reading->goals[i]);
        }
    }
    if (any_differs) {
        positions_open_soon(positions, 0);
    }
}

static void on_comparing(void *user, const struct view_positions *reading,
                         const struct error *failure)
{
    struct positions *positions = user;
    positions->comparing.is_asked = false;
    if (failure != NULL) {
        note_failure(positions, failure);
        redis_gate_reload(positions->gate, failure);
        return;
    }
    note_reading(positions, reading);
    if (positions->assignment->state == ASSIGNMENT_RUNNING &&
        is_current(positions, &positions->comparing)) {
        compare_all(positions, reading);
        note_draining(positions, reading);
    }
}

void positions_compare(struct positions *positions)
{
    if (positions->assignment->count == 0) {
        (void)activity_note(&positions->agreeing, NULL); /* there is nothing to compare */
    } else if (!positions->comparing.is_asked) {
        ask(positions, &positions->comparing, on_comparing);
    }
}

/* --- life */

void positions_init(struct positions *positions, struct loop *loop, struct assignment *assignment,
                    struct redis_gate *gate)
{
    *positions = (struct positions){
        .assignment = assignment,
        .gate = gate,
        .timer = loop_timer_new(loop, on_open_due, positions),
        .backoff = {.first_ms = RETRY_FIRST_MS, .cap_ms = RETRY_LAST_MS},
        .agreeing = ACTIVITY("comparing positions"),
    };
}

void positions_done(struct positions *positions)
{
    loop_timer_free(positions->timer);
    positions->timer = NULL;
}
