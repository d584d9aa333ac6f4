/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/cleanup.h"
#include "common/base/fnv1a.h"
#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

enum {
    STATEMENT_BYTES_MAX = 64 << 20, /* far above any batch */
    PARAMS_MAX = 16,
};

/* ---- queues -------------------------------------------------------------------------------- */

static struct trip *pop(struct trip **queue)
{
    struct trip *trip = *queue;
    if (trip == NULL) {
        return NULL;
    }
    DL_DELETE2(*queue, trip, previous, next);
    return trip;
}

struct trip *pgconn_trip_new(size_t statement_count)
{
    struct trip *trip = must_allocate(1, sizeof *trip);
    trip->statement_count = statement_count;
    return trip;
}

static void finish(struct trip *trip)
{
    if (trip->on_done != NULL) {
        trip->on_done(trip->user, trip->has_failed ? &trip->failure : NULL);
    }
    free(trip);
}

static void fail_as_lost(struct pgconn *conn, struct trip *trip)
{
    if (!trip->has_failed) {
        trip->has_failed = true;
        trip->failure = (struct pgconn_failure){.err = conn->life.last_error, .index = SIZE_MAX};
        trip->failure.err.kind = ERROR_TRANSIENT;
    }
    finish(trip);
}

static void fail_all(struct pgconn *conn, struct trip *queue)
{
    struct trip *trip;
    while ((trip = pop(&queue)) != NULL) {
        fail_as_lost(conn, trip);
    }
}

/* Whoever waits first is waited for: the trips behind it have not begun. */
static void watch_first(struct pgconn *conn)
{
    if (conn->in_flight == NULL || !reconnect_is_ready(&conn->life)) {
        loop_timer_stop(conn->deadline);
        return;
    }
    loop_timer_start(conn->deadline, conn->options.reply_timeout_ms);
}

void pgconn_push_trip(struct pgconn *conn, struct trip *trip)
{
    DL_APPEND2(conn->in_flight, trip, previous, next);
    if (conn->in_flight == trip) {
        watch_first(conn);
    }
}

void pgconn_on_deadline(void *user)
{
    struct pgconn *conn = user;
    char reason[64];
    (void)snprintf(reason, sizeof reason, "no answer within %lld ms",
                   (long long)conn->options.reply_timeout_ms);
    pgconn_abandon(conn, reason);
}

void pgconn_on_settle(void *user)
{
    struct pgconn *conn = user;
    struct trip *unsent = TAKE_PTR(conn->unsent);
    fail_all(conn, unsent);
}

void pgconn_fail_in_flight(struct pgconn *conn)
{
    struct trip *lost = TAKE_PTR(conn->in_flight);
    loop_timer_stop(conn->deadline);
    if (conn->building > 0) {
        conn->spoilt = "the connection was lost under it";
    }
    fail_all(conn, lost);
}

static void forget(const struct pgconn *conn, struct trip **queue)
{
    struct trip *trip;
    while ((trip = pop(queue)) != NULL) {
        if (conn->options.on_forgotten != NULL) {
            conn->options.on_forgotten(trip->on_done, trip->user);
        }
        free(trip);
    }
}

void pgconn_forget_trips(struct pgconn *conn)
{
    forget(conn, &conn->in_flight);
    forget(conn, &conn->unsent);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void read_result(struct trip *trip, const PGresult *pg)
{
    const ExecStatusType status = PQresultStatus(pg);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE) {
        if (trip->on_result != NULL && !trip->has_failed && trip->index != SIZE_MAX) {
            const struct pgconn_result result = {.pg = pg, .trip = trip};
            trip->on_result(trip->user, trip->index, &result);
        }
    } else if (!trip->has_failed && status != PGRES_PIPELINE_ABORTED) {
        pgconn_record_failure(trip, pg);
    }
}

/* One step of what PQgetResult() yields in pipeline mode: a statement's result, the NULL behind
 * it, or the sync that ends the trip. */
static void read_step(struct pgconn *conn)
{
    struct trip *trip = conn->in_flight;
    PGresult *pg = PQgetResult(conn->pg);
    if (pg == NULL) {
        trip->index++;
        return;
    }
    if (PQresultStatus(pg) == PGRES_PIPELINE_SYNC) {
        PQclear(pg);
        (void)pop(&conn->in_flight);
        watch_first(conn);
        if (trip->ends_connection && reconnect_is_ready(&conn->life)) {
            char reason[ERROR_TEXT_MAX];
            pgconn_reason(conn, &trip->failure, reason);
            pgconn_abandon(conn, reason);
        }
        finish(trip);
        return;
    }
    read_result(trip, pg);
    PQclear(pg);
}

static void read_notifications(struct pgconn *conn)
{
    PGnotify *notify;
    while ((notify = PQnotifies(conn->pg)) != NULL) {
        if (conn->options.on_notify != NULL) {
            conn->options.on_notify(conn->options.user, strview_of(notify->relname));
        }
        PQfreemem(notify);
    }
}

/* libpq forgets the mode with each statement, and must be told before it looks at the first row;
 * where it does not apply the call does nothing. */
static bool is_busy(const struct pgconn *conn)
{
    if (conn->options.by_row && reconnect_is_ready(&conn->life)) {
        (void)PQsetSingleRowMode(conn->pg);
    }
    return PQisBusy(conn->pg) != 0;
}

void pgconn_read(struct pgconn *conn)
{
    if (PQconsumeInput(conn->pg) == 0) {
        pgconn_abandon(conn, PQerrorMessage(conn->pg));
        return;
    }
    while (reconnect_is_alive(&conn->life) && conn->in_flight != NULL && !is_busy(conn)) {
        if (PQstatus(conn->pg) == CONNECTION_BAD) {
            pgconn_abandon(conn, PQerrorMessage(conn->pg));
            return;
        }
        read_step(conn);
    }
    if (reconnect_is_alive(&conn->life)) {
        read_notifications(conn);
    }
}

static bool try_flush(struct pgconn *conn)
{
    const int left = PQflush(conn->pg);
    if (left >= 0) {
        loop_fd_want(conn->watch, true, left > 0);
    }
    return left >= 0;
}

void pgconn_flush(struct pgconn *conn)
{
    if (!try_flush(conn)) {
        pgconn_abandon(conn, PQerrorMessage(conn->pg));
    }
}

/* ---- building and sending ------------------------------------------------------------------ */

/* A hash tells the few texts apart that we have written. */
char (*pgconn_names_new(const struct pgconn_options *options))[PGCONN_NAME_LEN]
{
    const size_t count = options->statement_count;
    char(*names)[PGCONN_NAME_LEN] = must_allocate(count + 1, sizeof *names);
    for (size_t i = 0; i <= count; i++) {
        const char *sql = i == count ? options->setup_sql : options->statements[i].sql;
        (void)snprintf(names[i], sizeof names[i], "s%zu_%016" PRIx64, i,
                       fnv1a(FNV1A_BASIS, strview_of(sql)));
    }
    return names;
}

bool pgconn_queue_setup(struct pgconn *conn)
{
    return PQsendQueryPrepared(conn->pg, conn->names[conn->options.statement_count], 1,
                               (const char *const[]){conn->pid}, NULL, NULL, 0) == 1;
}

/* The session that serves a trip behind a pooler may be one that was never set up. */
static bool begins_with_setup(const struct pgconn *conn)
{
    return pgconn_has_pooler(conn) && !conn->options.spans_trips;
}

/* Whether the trip goes on to be built; else its outcome tells. */
static bool may_queue(struct pgconn *conn, size_t statement, size_t param_count, size_t bytes)
{
    assert(statement < conn->options.statement_count);
    assert((size_t)conn->options.statements[statement].param_count == param_count);
    if (conn->spoilt == NULL && !pgconn_is_ready(conn)) {
        conn->spoilt = "not connected";
    }
    if (conn->spoilt == NULL && bytes > STATEMENT_BYTES_MAX) {
        conn->spoilt = "a statement's parameters are too long";
    }
    return conn->spoilt == NULL;
}

/* lengths and formats are NULL where all is text. */
static void queue(struct pgconn *conn, size_t statement, const char *const *params,
                  size_t param_count, const int *lengths, const int *formats)
{
    const bool is_set_up =
        conn->building > 0 || !begins_with_setup(conn) || pgconn_queue_setup(conn);
    if (!is_set_up || PQsendQueryPrepared(conn->pg, conn->names[statement], (int)param_count,
                                          params, lengths, formats, 0) == 0) {
        conn->spoilt = "a statement could not be queued";
        return;
    }
    conn->building++;
}

void pgconn_query(struct pgconn *conn, size_t statement, const char *const *params,
                  size_t param_count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < param_count; i++) {
        bytes += params[i] == NULL ? 0 : strlen(params[i]);
    }
    if (may_queue(conn, statement, param_count, bytes)) {
        queue(conn, statement, params, param_count, NULL, NULL);
    }
}

void pgconn_query_binary(struct pgconn *conn, size_t statement, const struct strview *params,
                         size_t param_count)
{
    const char *data[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    int formats[PARAMS_MAX];
    size_t bytes = 0;
    assert(param_count <= PARAMS_MAX);
    for (size_t i = 0; i < param_count; i++) {
        data[i] = params[i].data;
        lengths[i] = (int)params[i].len; /* no more than STATEMENT_BYTES_MAX are queued */
        formats[i] = 1;
        bytes += params[i].len;
    }
    if (may_queue(conn, statement, param_count, bytes)) {
        queue(conn, statement, data, param_count, lengths, formats);
    }
}

void pgconn_send_trip(struct pgconn *conn, pgconn_result_fn *on_result, pgconn_done_fn *on_done,
                      void *user)
{
    struct trip *trip = pgconn_trip_new(conn->building);
    trip->on_result = on_result;
    trip->on_done = on_done;
    trip->user = user;
    trip->index = conn->building > 0 && begins_with_setup(conn) ? SIZE_MAX : 0;
    const char *spoilt = conn->spoilt;
    conn->building = 0;
    conn->spoilt = NULL;
    if (spoilt != NULL && pgconn_is_ready(conn)) {
        pgconn_abandon(conn, spoilt); /* half a trip must not be executed */
    }
    if (!pgconn_is_ready(conn)) {
        DL_APPEND2(conn->unsent, trip, previous, next);
        loop_deferred_schedule(conn->settler); /* behind the loss: outcomes come in order */
        return;
    }
    pgconn_push_trip(conn, trip);
    if (PQpipelineSync(conn->pg) == 0 || !try_flush(conn)) {
        pgconn_abandon(conn, PQerrorMessage(conn->pg));
    }
}
