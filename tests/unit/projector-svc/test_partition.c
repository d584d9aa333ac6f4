/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition between a Kafka and a Redis that are played here: what is asked of Redis is
 * remembered, and answered when a test says so. Its own functions stand in place of theirs.
 */
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/partition_internal.h"
#include "projector-svc/consume/queue.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_save.h"
#include "projector-svc/views/view_store.h"
#include "tests/support/check_main.h"

#include <stdint.h>
#include <string.h>

enum { PARTITIONS = 6 };

enum asked { ASKED_NOTHING = 0, ASKED_LOAD, ASKED_SAVE };

struct question {
    enum asked asked;
    view_store_done_fn *done;
    void *user;
    int64_t from;
    int64_t to;
};

static struct loop *loop;
static struct loop_timer *pause_timer;
static struct partition_context context;
static struct partition *partition[PARTITIONS];
static struct question question[PARTITIONS]; /* in the order of asking, those not answered yet */
static size_t questions;
static enum error_kind refusal;      /* of the next questions, at once */
static uintptr_t depths[PARTITIONS]; /* of the stack, at those that were closed */
static size_t given_back;
static size_t room_told;
static size_t closed;
static enum error_kind closed_why;
static size_t stopped;
static size_t restarts;
static size_t recovered;
static bool is_frozen_already; /* the aggregate that no record of ours belongs to */

/* --- in place of Kafka and Redis */

void kafka_record_done(struct kafka_record *record)
{
    (void)record;
    given_back++;
}

struct strview kafka_record_header(const struct kafka_record *record, const char *name)
{
    (void)record;
    (void)name;
    return STRVIEW("");
}

bool kafka_record_header_at(const struct kafka_record *record, size_t index, const char **ret_name,
                            struct strview *ret_value)
{
    (void)record;
    (void)index;
    (void)ret_name;
    (void)ret_value;
    return false;
}

size_t kafka_record_header_bytes(const struct kafka_record *record)
{
    (void)record;
    return 0;
}

static enum error_kind ask(struct question asked, struct error *err)
{
    if (refusal != ERROR_NONE) {
        return error_set(err, refusal, "refused");
    }
    ck_assert_uint_lt(questions, PARTITIONS);
    question[questions++] = asked;
    return ERROR_NONE;
}

enum error_kind view_store_load(struct redisconn *conn, struct batch *batch,
                                view_store_done_fn *done, void *user, struct error *err)
{
    (void)conn;
    for (size_t i = 0; is_frozen_already && i < batch->aggregate_count; i++) {
        batch->aggregates[i]->was_frozen = true;
        batch->aggregates[i]->frozen.reason = LINEUP_UNIDENTIFIED;
    }
    return ask((struct question){.asked = ASKED_LOAD, .done = done, .user = user}, err);
}

enum error_kind view_store_load_more(struct redisconn *conn, struct batch *batch,
                                     view_store_done_fn *done, void *user, struct error *err)
{
    return view_store_load(conn, batch, done, user, err);
}

enum error_kind view_save(struct redisconn *conn, struct arena *arena,
                          const struct view_save_move *move, const struct write_set *set,
                          view_save_done_fn *done, void *user, struct error *err)
{
    (void)conn;
    (void)arena;
    (void)set;
    return ask(
        (struct question){
            .asked = ASKED_SAVE, .done = done, .user = user, .from = move->from, .to = move->to},
        err);
}

/* The oldest question is answered. */
static void answer(enum error_kind kind)
{
    const struct question first = question[0];
    struct error err;
    ck_assert_uint_gt(questions, 0);
    memmove(question, question + 1, --questions * sizeof question[0]);
    if (kind == ERROR_NONE) {
        first.done(first.user, NULL);
    } else {
        (void)error_set(&err, kind, "so the test says");
        first.done(first.user, &err);
    }
}

/* --- what it says */

static void on_closed(void *user, struct partition *which, const struct error *why)
{
    (void)user;
    (void)which;
    depths[closed % PARTITIONS] = (uintptr_t)__builtin_frame_address(0);
    closed++;
    closed_why = why == NULL ? ERROR_NONE : why->kind;
}

static void on_stopped(void *user)
{
    (void)user;
    stopped++;
}

static void on_room(void *user)
{
    (void)user;
    room_told++;
}

static void on_restart(void *user)
{
    (void)user;
    restarts++;
}

static void on_recovered(void *user, struct partition *which)
{
    (void)user;
    (void)which;
    recovered++;
}

/* --- the stage */

static void end_turn(void *user)
{
    (void)user;
    loop_stop(loop);
}

static void let_loop_turn(void)
{
    loop_timer_start(pause_timer, 0);
    loop_run(loop);
}

static void open_at(size_t which, int64_t position)
{
    const struct partition_stand stand = {.position = position,
                                          .identity = {.offset = ANCHOR_NONE}};
    partition_open(partition[which], &stand);
    partition_restarted(partition[which]);
}

static void take(size_t which, int64_t offset)
{
    struct kafka_record record = {.offset = offset, .value = STRVIEW("{}")};
    partition_take(partition[which], &record);
}

static int64_t position_of(size_t which)
{
    return partition_report(partition[which], -1, 0).position;
}

static void set_up(void)
{
    struct error err;
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    pause_timer = loop_timer_new(loop, end_turn, NULL);
    context = (struct partition_context){
        .metrics = metrics_new(PROJECTOR_METRICS, PROJECTOR_METRIC_COUNT),
        .recent_cap = 100,
        .on_closed = on_closed,
        .on_stopped = on_stopped,
        .on_room = on_room,
        .on_restart = on_restart,
        .on_recovered = on_recovered,
        .generation = "1",
    };
    partition_context_open(&context, loop);
    for (int i = 0; i < PARTITIONS; i++) {
        partition[i] =
            partition_new(&context, &(struct partition_name){.topic = "order.events", .number = i});
    }
    questions = given_back = room_told = closed = stopped = restarts = recovered = 0;
    refusal = closed_why = ERROR_NONE;
    is_frozen_already = false;
}

static void tear_down(void)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        partition_free(partition[i]);
    }
    partition_context_close(&context);
    metrics_free(context.metrics);
    loop_timer_free(pause_timer);
    loop_free(loop);
}

START_TEST(a_batch_begins_in_the_next_turn_and_moves_the_position)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    ck_assert_uint_eq(questions, 0);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
    take(0, 2); /* waits for the next batch */
    answer(ERROR_NONE);
    ck_assert_int_eq(question[0].asked, ASKED_SAVE);
    ck_assert_int_eq(question[0].from, VIEW_POSITIONS_NONE);
    ck_assert_int_eq(question[0].to, 2);
    ck_assert_uint_eq(given_back, 0);
    answer(ERROR_NONE);
    ck_assert_uint_eq(given_back, 2);
    ck_assert_int_eq(position_of(0), 2);
    ck_assert_uint_eq(questions, 0);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
}
END_TEST

START_TEST(what_it_holds_where_its_end_is_and_that_there_is_room_again_is_told)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    struct intake_place place = partition_place(partition[0]);
    ck_assert(place.is_open && place.is_working && !place.is_at_end);
    ck_assert_uint_ge(place.bytes, 2 * QUEUE_RECORD_OVERHEAD);
    partition_at_end(partition[0], 2);
    partition_note_paused(partition[0], true);
    place = partition_place(partition[0]);
    ck_assert(!place.is_open && place.is_at_end);
    take(0, 2);
    ck_assert(!partition_place(partition[0]).is_at_end);
    room_told = 0;
    let_loop_turn();
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert_uint_eq(room_told, 1);
    ck_assert_uint_eq(partition_place(partition[0]).bytes, 0);
    partition_restarted(partition[0]);
    ck_assert(partition_place(partition[0]).is_open);
    partition_close(partition[0]);
    ck_assert(!partition_place(partition[0]).is_working);
}
END_TEST

/* It has no leader, say: what it would bring is not waited for. */
START_TEST(who_is_read_and_brings_nothing_counts_as_at_its_end_until_a_record_comes)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_look(partition[0], -1, false, 1);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_look(partition[0], -1, false, LATER_MS);
    ck_assert(partition_place(partition[0]).is_at_end);
    partition_restarted(partition[0]);
    ck_assert(partition_place(partition[0]).is_at_end);
    take(0, 0);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_look(partition[0], -1, false, 2 * LATER_MS);
    partition_look(partition[0], -1, false, 3 * LATER_MS);
    ck_assert(!partition_place(partition[0]).is_at_end); /* its own queue waits, not Kafka */
}
END_TEST

START_TEST(who_is_paused_or_has_more_to_come_is_not_silent)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_note_paused(partition[0], true);
    partition_look(partition[0], -1, false, 1);
    partition_look(partition[0], -1, false, LATER_MS);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition_note_paused(partition[0], false);
    partition_look(partition[0], -1, false, LATER_MS + 1);
    ck_assert(!partition_place(partition[0]).is_at_end);
}
END_TEST

/* Nothing of it is taken, so it would never be full. */
START_TEST(who_lies_outside_the_log_counts_as_at_its_end)
{
    open_at(0, VIEW_POSITIONS_NONE);
    ck_assert(!partition_place(partition[0]).is_at_end);
    partition[0]->source.is_out_of_range = true;
    ck_assert(partition_place(partition[0]).is_at_end);
}
END_TEST

/* Others are read meanwhile: that is no standstill. */
START_TEST(who_waits_to_be_read_again_is_not_stuck)
{
    enum { LATER_MS = 60000 };
    open_at(0, VIEW_POSITIONS_NONE);
    partition_note_paused(partition[0], true);
    partition_look(partition[0], 5, true, 1);
    partition_look(partition[0], 5, true, LATER_MS);
    ck_assert(!partition_report(partition[0], 5, LATER_MS).is_stuck);
    partition_note_paused(partition[0], false);
    partition_look(partition[0], 5, true, 2 * LATER_MS);
    partition_look(partition[0], 5, true, 3 * LATER_MS);
    ck_assert(partition_report(partition[0], 5, 3 * LATER_MS).is_stuck);
}
END_TEST

START_TEST(only_so_many_are_on_their_way_and_the_next_one_follows)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        open_at(i, VIEW_POSITIONS_NONE);
        take(i, 0);
    }
    let_loop_turn();
    ck_assert_uint_eq(questions, TURNS_MAX);
    for (int i = 0; i < TURNS_MAX; i++) {
        answer(ERROR_NONE);
    }
    answer(ERROR_NONE); /* the first one's save */
    ck_assert_uint_eq(questions, TURNS_MAX - 1);
    let_loop_turn();
    ck_assert_uint_eq(questions, TURNS_MAX);
    ck_assert(partition_is_busy(partition[TURNS_MAX]));
    ck_assert(!partition_is_busy(partition[0]));
}
END_TEST

/* at which question it fails */
START_TEST(a_failure_closes_it_and_what_is_queued_goes_on_from_where_redis_stands)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    let_loop_turn();
    for (int i = 0; i < _i; i++) {
        answer(ERROR_NONE);
    }
    answer(ERROR_TRANSIENT);
    ck_assert_uint_eq(closed, 1);
    ck_assert_int_eq(closed_why, ERROR_TRANSIENT);
    ck_assert(partition_is_closed(partition[0]));
    const size_t before = restarts;
    open_at(0, 1); /* the answer was lost, and the first one is there */
    ck_assert_uint_eq(restarts, before);
    ck_assert_uint_eq(given_back, 1);
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
}
END_TEST

/* A batch of what there is, as far as it may grow; ends well. */
static void pass_batch(void)
{
    let_loop_turn();
    answer(ERROR_NONE);
    answer(ERROR_NONE);
}

START_TEST(what_was_too_much_is_halved_and_grows_again_step_by_step)
{
    open_at(0, VIEW_POSITIONS_NONE);
    for (int i = 0; i < 8; i++) {
        take(0, i);
    }
    let_loop_turn();
    answer(ERROR_EXHAUSTED);
    open_at(0, VIEW_POSITIONS_NONE);
    for (int i = 8; i < BATCH_EVENTS_MAX; i++) {
        take(0, i);
    }
    pass_batch();
    ck_assert_int_eq(position_of(0), 4);
    pass_batch();
    ck_assert_int_eq(position_of(0), 4 + 8);
    pass_batch();
    ck_assert_int_eq(position_of(0), 4 + 8 + 16);
}
END_TEST

START_TEST(parked_events_that_were_too_much_stop_no_record)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    partition_drain(partition[0], STRVIEW("o-1"));
    let_loop_turn();
    ck_assert_int_eq(question[0].asked, ASKED_LOAD);
    answer(ERROR_EXHAUSTED);
    open_at(0, 1);
    take(0, 1);
    pass_batch();
    ck_assert_int_eq(position_of(0), 2);
}
END_TEST

/* Whose parked events come first: the others of its batch may have more than one batch loads. */
START_TEST(the_drained_one_is_the_first_of_its_batch)
{
    const struct batch *batch = &partition[0]->course.batch;
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    take(0, 1);
    partition_drain(partition[0], STRVIEW("PEN"));

    let_loop_turn();

    ck_assert_uint_eq(batch->aggregate_count, 2);
    ck_assert(batch->aggregates[0]->is_drained);
    ck_assert(strview_is(batch->aggregates[0]->id, "PEN"));
    ck_assert(!batch->aggregates[1]->is_drained);
}
END_TEST

START_TEST(a_position_outside_the_queue_begins_reading_anew)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    answer(ERROR_CONFLICT);
    const size_t before = restarts;
    open_at(0, 7);
    ck_assert_uint_eq(restarts, before + 1);
    ck_assert_uint_eq(given_back, 1);
    ck_assert_int_eq(partition_reads_from(partition[0]), 6);
}
END_TEST

START_TEST(when_redis_refuses_at_once_each_is_closed_once)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        open_at(i, VIEW_POSITIONS_NONE);
        take(i, 0);
    }
    refusal = ERROR_TRANSIENT;
    let_loop_turn();
    ck_assert_uint_eq(closed, PARTITIONS);
    for (size_t i = 1; i < PARTITIONS; i++) {
        ck_assert_uint_eq(depths[i], depths[0]); /* none inside another, however many wait */
    }
    refusal = ERROR_NONE;
    open_at(5, VIEW_POSITIONS_NONE);
    let_loop_turn();
    ck_assert_uint_eq(questions, 1);
}
END_TEST

/* Who waits for its end, to give it back, is told: no smaller batch follows. */
START_TEST(one_that_is_stopped_while_its_batch_is_too_large_has_ended)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    take(0, 1);
    let_loop_turn();
    partition_stop(partition[0]);
    answer(ERROR_EXHAUSTED);
    ck_assert(!partition_is_busy(partition[0]));
    ck_assert_uint_eq(stopped, 1);
    ck_assert_uint_eq(closed, 0);
}
END_TEST

START_TEST(a_stopped_one_ends_what_is_on_its_way_and_begins_nothing)
{
    open_at(0, VIEW_POSITIONS_NONE);
    open_at(1, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    take(0, 1);
    take(1, 0);
    partition_stop(partition[0]);
    partition_stop(partition[1]); /* it waits for its turn */
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert_uint_eq(stopped, 1);
    ck_assert_int_eq(position_of(0), 1);
    let_loop_turn();
    ck_assert_uint_eq(questions, 0);
}
END_TEST

static void recheck(struct partition *which)
{
    partition_recheck(which);
}

static void (*const CLOSERS[])(struct partition *) = {recheck, partition_halt};
enum { CLOSER_COUNT = sizeof CLOSERS / sizeof CLOSERS[0] };

START_TEST(a_batch_on_its_way_ends_before_it_is_closed)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    CLOSERS[_i](partition[0]);
    ck_assert(partition_is_busy(partition[0]));
    answer(ERROR_NONE);
    answer(ERROR_NONE);
    ck_assert(partition_is_closed(partition[0]));
    ck_assert_uint_eq(closed, 1);
    ck_assert_int_eq(closed_why, ERROR_NONE);
    ck_assert_int_eq(position_of(0), 1);
}
END_TEST

/* after so many answers the group says how far the views once were */
START_TEST(a_goal_learnt_in_flight_is_taken_away_again)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    let_loop_turn();
    for (int i = 0; i < _i; i++) {
        answer(ERROR_NONE);
    }
    partition_note_committed(partition[0], 1);
    ck_assert_int_eq(partition_report(partition[0], -1, 0).goal, 1);
    for (int i = _i; i < 2; i++) {
        answer(ERROR_NONE);
    }
    ck_assert_int_eq(partition_report(partition[0], -1, 0).goal, 0);
    ck_assert_int_eq((int)recovered, _i); /* before it was folded, its call says so */
}
END_TEST

START_TEST(a_goal_that_is_reached_already_is_taken_back)
{
    partition_open(
        partition[0],
        &(struct partition_stand){.position = 7, .goal = 7, .identity = {.offset = ANCHOR_NONE}});
    ck_assert_uint_eq(recovered, 1);

    partition_heed_goal(partition[0], 7, 8); /* Redis lost something: what follows will end it */
    partition_heed_goal(partition[0], 7, 0);
    ck_assert_uint_eq(recovered, 1);
    partition_heed_goal(partition[0], 7, 5); /* told late, by one that was frozen */
    ck_assert_uint_eq(recovered, 2);
}
END_TEST

/* A batch that Redis refuses; the partition is opened again. */
static void fail_batch_by(enum error_kind kind)
{
    let_loop_turn();
    answer(kind);
    open_at(0, VIEW_POSITIONS_NONE);
}

START_TEST(each_kind_of_failure_is_said_at_once_and_then_once_a_minute)
{
    struct news *refused = &partition[0]->troubles[ERROR_INVALID];
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    fail_batch_by(ERROR_INVALID);
    ck_assert(refused->was_said);
    ck_assert_uint_eq(refused->unsaid, 0);
    fail_batch_by(ERROR_INVALID);
    fail_batch_by(ERROR_INVALID);
    ck_assert_uint_eq(refused->unsaid, 2);
    fail_batch_by(ERROR_TRANSIENT);
    ck_assert(partition[0]->troubles[ERROR_TRANSIENT].was_said);
    ck_assert_uint_eq(partition[0]->troubles[ERROR_TRANSIENT].unsaid, 0);
    ck_assert_uint_eq(refused->unsaid, 2);
    refused->said_ms -= NEWS_EVERY_MS;
    fail_batch_by(ERROR_INVALID);
    ck_assert_uint_eq(refused->unsaid, 0);
}
END_TEST

START_TEST(another_owners_write_is_no_trouble_to_speak_of)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    fail_batch_by(ERROR_CONFLICT);
    ck_assert(!partition[0]->troubles[ERROR_CONFLICT].was_said);
    ck_assert_int_eq(partition[0]->trouble.kind, ERROR_NONE);
}
END_TEST

/* The first batch freezes it, which is told whenever it happens. */
START_TEST(foreign_records_that_come_again_and_again_are_said_once_a_minute)
{
    const struct news *foreign = &context.unread.foreign;
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    ck_assert(!foreign->was_said);
    is_frozen_already = true;
    take(0, 1);
    pass_batch();
    ck_assert(foreign->was_said);
    ck_assert_uint_eq(foreign->unsaid, 0);
    take(0, 2);
    take(0, 3);
    pass_batch();
    ck_assert_uint_eq(foreign->unsaid, 2);
    ck_assert(!context.unread.unreadable.was_said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_test(courses, a_batch_begins_in_the_next_turn_and_moves_the_position);
    tcase_add_test(courses, what_it_holds_where_its_end_is_and_that_there_is_room_again_is_told);
    tcase_add_test(courses,
                   who_is_read_and_brings_nothing_counts_as_at_its_end_until_a_record_comes);
    tcase_add_test(courses, who_is_paused_or_has_more_to_come_is_not_silent);
    tcase_add_test(courses, who_lies_outside_the_log_counts_as_at_its_end);
    tcase_add_test(courses, who_waits_to_be_read_again_is_not_stuck);
    tcase_add_test(courses, only_so_many_are_on_their_way_and_the_next_one_follows);
    tcase_add_loop_test(
        courses, a_failure_closes_it_and_what_is_queued_goes_on_from_where_redis_stands, 0, 2);
    tcase_add_test(courses, what_was_too_much_is_halved_and_grows_again_step_by_step);
    tcase_add_test(courses, parked_events_that_were_too_much_stop_no_record);
    tcase_add_test(courses, the_drained_one_is_the_first_of_its_batch);
    tcase_add_test(courses, a_position_outside_the_queue_begins_reading_anew);
    tcase_add_test(courses, when_redis_refuses_at_once_each_is_closed_once);
    tcase_add_test(courses, one_that_is_stopped_while_its_batch_is_too_large_has_ended);
    tcase_add_test(courses, a_stopped_one_ends_what_is_on_its_way_and_begins_nothing);
    tcase_add_loop_test(courses, a_batch_on_its_way_ends_before_it_is_closed, 0, CLOSER_COUNT);
    tcase_add_loop_test(courses, a_goal_learnt_in_flight_is_taken_away_again, 0, 2);
    tcase_add_test(courses, a_goal_that_is_reached_already_is_taken_back);
    tcase_add_test(courses, each_kind_of_failure_is_said_at_once_and_then_once_a_minute);
    tcase_add_test(courses, another_owners_write_is_no_trouble_to_speak_of);
    tcase_add_test(courses, foreign_records_that_come_again_and_again_are_said_once_a_minute);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
