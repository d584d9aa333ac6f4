/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/lane.h"

#include "command-svc/batch/batch_sql.h"
#include "command-svc/batch/lane_internal.h"
#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BATCH_BYTES_MAX = 64 << 20, /* arena of a batch: loaded rows, events and answers */
    FAILING_MS = 1000,
    /* Above what locks are waited for, or each wait would cost a connection. */
    REPLY_LEAST_MS = 1000,
    FAILED_LATELY_MS = 8000, /* commands that come one by one go to one lane now, to another then */
};

/* ---- what wakes it ------------------------------------------------------------------------- */

static void on_start(void *user)
{
    lane_begin(user);
}

void lane_wake(struct lane *lane)
{
    if (lane->step == LANE_IDLE && (lane->common->backlog.count > 0 || lane_has_levels(lane))) {
        loop_deferred_schedule(lane->start);
    }
}

static void on_pause_over(void *user)
{
    lane_wake(user);
}

/* ---- what is told of it -------------------------------------------------------------------- */

bool lane_is_stalled(struct lane *lane, int64_t now_ms)
{
    const bool has_work = lane->step != LANE_IDLE || lane_has_waiters(lane);
    return stall_look(&lane->stall, has_work, lane->batches, now_ms);
}

bool lane_is_idle(const struct lane *lane)
{
    return lane->step == LANE_IDLE && lane_has_told(lane);
}

enum error_kind lane_connection(const struct lane *lane, struct error *err)
{
    return pgconn_is_ready(lane->conn)
               ? ERROR_NONE
               : error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(lane->conn));
}

enum error_kind lane_work(const struct lane *lane, int64_t now_ms, struct error *err)
{
    /* A failure that no attempt followed is old news: without commands nobody would take it back.
     */
    const bool is_failing = activity_is_failing(&lane->work) &&
                            now_ms - lane->work.failing_since_ms >= FAILING_MS &&
                            now_ms - lane->work.failed_ms < FAILED_LATELY_MS;
    return is_failing ? error_set(err, ERROR_TRANSIENT, "%s: %s", lane->name, lane->work.last.text)
                      : ERROR_NONE;
}

struct door *lane_door(struct lane *lane)
{
    return &lane->door;
}

/* ---- the connection ------------------------------------------------------------------------ */

/* A database made anew may have another number: writing by the old one would put events where
 * nobody reads them. */
static enum error_kind check_setup(void *user, const struct pgconn_result *result,
                                   struct error *err)
{
    const struct lane *lane = user;
    const int64_t shards = pgconn_value_i64(result, 0, 0);
    if (lane->common->shards == 0 || lane->common->shards == shards) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT,
                     "this database has %" PRId64
                     " shards, and not the %d of the one before: start "
                     "command-svc anew",
                     shards, lane->common->shards);
}

static void on_ready(void *user)
{
    struct lane *lane = user;
    log_event(LOG_INFO, "lane_connected", LOG_INT("lane", lane->place));
    if (lane->place == 0 && pgconn_has_pooler(lane->conn)) {
        log_event(
            LOG_WARN, "pooler_seen",
            LOG_TEXT("a pooler stands before PostgreSQL: pgbouncer must be 1.21 or newer with "
                     "max_prepared_statements above 0, or pool sessions"));
    }
    lane_wake(lane);
}

static void on_lost(void *user, const struct error *err)
{
    const struct lane *lane = user;
    log_event(LOG_WARN, "lane_lost", LOG_INT("lane", lane->place), LOG_ERR(err),
              LOG_TEXT("connecting again; commands wait until their deadline"));
}

static enum error_kind connect(struct lane *lane, struct error *err)
{
    const int64_t timeout_ms = lane->common->options->command_timeout_ms;
    const struct pgconn_options options = {
        .url = lane->common->options->database_url,
        .application_name = "command-svc lane",
        .setup_sql = BATCH_SETUP_SQL,
        .check_setup = check_setup,
        .reply_timeout_ms = timeout_ms > REPLY_LEAST_MS ? timeout_ms : REPLY_LEAST_MS,
        .statements = BATCH_STATEMENTS,
        .statement_count = BATCH_STATEMENT_COUNT,
        .spans_trips = true,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = lane,
    };
    const enum error_kind kind = pgconn_new(lane->common->loop, &options, &lane->conn, err);
    if (kind == ERROR_NONE) {
        lane->store = batch_store_new(lane->conn);
    }
    return kind;
}

enum error_kind lane_new(struct lane_common *common, int place, struct lane **ret_lane,
                         struct error *err)
{
    struct lane *lane = must_allocate(1, sizeof *lane);
    lane->common = common;
    lane->place = place;
    repeat_init(&lane->repeat);
    lane->door = (struct door){.floor = common->options->queue_floor};
    (void)snprintf(lane->name, sizeof lane->name, lane_queues(lane) ? "queueing lane" : "lane %d",
                   place);
    activity_init(&lane->work, lane->name);
    arena_init(&lane->arena, BATCH_BYTES_MAX);
    batch_recorder_init(&lane->recorder);
    lane_levels_init(lane);
    lane->start = loop_deferred_new(common->loop, on_start, lane);
    lane->pause = loop_timer_new(common->loop, on_pause_over, lane);
    const enum error_kind kind = connect(lane, err);
    if (kind != ERROR_NONE) {
        lane_free(lane);
        return kind;
    }
    *ret_lane = lane;
    return ERROR_NONE;
}

void lane_free(struct lane *lane)
{
    if (lane == NULL) {
        return;
    }
    if (lane->step != LANE_IDLE) {
        batch_done(&lane->batch);
    }
    batch_store_free(lane->store);
    pgconn_free(lane->conn);
    loop_timer_free(lane->pause);
    loop_deferred_free(lane->start);
    lane_levels_done(lane);
    arena_done(&lane->arena);
    batch_recorder_done(&lane->recorder);
    free(lane);
}

enum lane_state lane_state(const struct lane *lane)
{
    static const enum lane_state STATES[] = {
        [LANE_IDLE] = LANE_STATE_IDLE,     [LANE_LOAD] = LANE_STATE_LOADING,
        [LANE_CHECK] = LANE_STATE_LOADING, [LANE_DECIDE] = LANE_STATE_LOADING,
        [LANE_SAVE] = LANE_STATE_SAVING,   [LANE_ANSWER] = LANE_STATE_ENDING,
        [LANE_FAIL] = LANE_STATE_ENDING,   [LANE_END] = LANE_STATE_ENDING,
    };
    return pgconn_is_ready(lane->conn) ? STATES[lane->step] : LANE_STATE_DOWN;
}
