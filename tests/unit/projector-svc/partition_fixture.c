/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projector-svc/partition_fixture.h"

#include "common/base/parse.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/view_save.h"

#include <string.h>

static struct loop *loop;
static struct loop_timer *pause_timer;
struct partition_context context;
struct partition *partition[PARTITIONS];
struct question question[PARTITIONS];
size_t questions;
enum error_kind refusal;
uintptr_t depths[PARTITIONS];
size_t given_back;
size_t room_told;
size_t closed;
enum error_kind closed_why;
size_t stopped;
size_t restarts;
size_t recovered;
int64_t retries_told;
bool is_frozen_already;

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

static int64_t counted_up(const struct write_set *set, const char *field)
{
    int64_t number = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->writes[i];
        for (size_t j = 0; write->kind == WRITE_HINCRBY && j < write->count; j += 2) {
            if (strview_is(write->args[j], field)) {
                ck_assert(parse_i64(write->args[j + 1], &number));
            }
        }
    }
    return number;
}

enum error_kind view_save(struct redisconn *conn, struct arena *arena,
                          const struct view_save_move *move, const struct write_set *set,
                          view_save_done_fn *done, void *user, struct error *err)
{
    (void)conn;
    (void)arena;
    retries_told = counted_up(set, "retries");
    return ask(
        (struct question){
            .asked = ASKED_SAVE, .done = done, .user = user, .from = move->from, .to = move->to},
        err);
}

void answer(enum error_kind kind)
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

void let_loop_turn(void)
{
    loop_timer_start(pause_timer, 0);
    loop_run(loop);
}

void open_at(size_t which, int64_t position)
{
    const struct partition_stand stand = {.position = position,
                                          .identity = {.offset = ANCHOR_NONE}};
    partition_open(partition[which], &stand);
    partition_restarted(partition[which]);
}

void take(size_t which, int64_t offset)
{
    struct kafka_record record = {.offset = offset, .value = STRVIEW("{}")};
    partition_take(partition[which], &record);
}

int64_t position_of(size_t which)
{
    return partition_report(partition[which], -1, 0).position;
}

void pass_batch(void)
{
    let_loop_turn();
    answer(ERROR_NONE);
    answer(ERROR_NONE);
}

void set_up(void)
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
    retries_told = 0;
    is_frozen_already = false;
}

void tear_down(void)
{
    for (size_t i = 0; i < PARTITIONS; i++) {
        partition_free(partition[i]);
    }
    partition_context_close(&context);
    metrics_free(context.metrics);
    loop_timer_free(pause_timer);
    loop_free(loop);
}
