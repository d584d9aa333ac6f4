/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgconn.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn_internal.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PARAMS_MAX = 24,
    FIRST_RETRY_MS = 100,
    LAST_RETRY_MS = 3000,
    REPLY_TIMEOUT_MS = 15000,
    STATEMENT_BYTES_MAX = 64 << 20, /* far above any batch */
};

/* ---- trips --------------------------------------------------------------------------------- */

static void push(struct trip_queue *queue, struct trip *trip)
{
    if (queue->last == NULL) {
        queue->first = trip;
    } else {
        queue->last->next = trip;
    }
    queue->last = trip;
}

static struct trip *pop(struct trip_queue *queue)
{
    struct trip *trip = queue->first;
    if (trip != NULL) {
        queue->first = trip->next;
        trip->next = NULL;
    }
    if (queue->first == NULL) {
        queue->last = NULL;
    }
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
        trip->failure = (struct pgconn_failure){.err = conn->last_error, .index = SIZE_MAX};
        trip->failure.err.kind = ERROR_TRANSIENT;
    }
    finish(trip);
}

static void fail_all(struct pgconn *conn, struct trip_queue queue)
{
    struct trip *trip;
    while ((trip = pop(&queue)) != NULL) {
        fail_as_lost(conn, trip);
    }
}

/* Whoever waits first is waited for: the trips behind it have not begun. */
static void watch_first(struct pgconn *conn)
{
    if (conn->in_flight.first == NULL || conn->state != PGCONN_READY) {
        loop_timer_stop(conn->deadline);
        return;
    }
    loop_timer_start(conn->deadline, conn->options.reply_timeout_ms);
}

void pgconn_push_trip(struct pgconn *conn, struct trip *trip)
{
    push(&conn->in_flight, trip);
    if (conn->in_flight.first == trip) {
        watch_first(conn);
    }
}

static void on_deadline(void *user)
{
    struct pgconn *conn = user;
    char reason[64];
    (void)snprintf(reason, sizeof reason, "no answer within %lld ms",
                   (long long)conn->options.reply_timeout_ms);
    pgconn_lose(conn, reason);
}

/* From here on it counts as lost; the loop does the rest, so that no outcome comes from inside a
 * call of its user's. */
static void give_up(struct pgconn *conn, const char *reason)
{
    if (conn->pg == NULL || conn->is_given_up) {
        return;
    }
    conn->is_given_up = true;
    (void)error_set(&conn->last_error, ERROR_TRANSIENT, "PostgreSQL: %s", reason);
    loop_deferred_schedule(conn->settle);
}

static void on_settle(void *user)
{
    struct pgconn *conn = user;
    if (conn->is_given_up) {
        pgconn_lose(conn, "");
    }
    const struct trip_queue unsent = conn->unsent;
    conn->unsent = (struct trip_queue){0};
    fail_all(conn, unsent);
}

/* ---- errors -------------------------------------------------------------------------------- */

/* PostgreSQL manual, appendix A. What is not listed is a fault in our SQL, our schema or one
 * command's data, which no retry can cure. Some say that the session is not what it was: a new one
 * may be. */
static const struct {
    const char *prefix;
    enum error_kind kind;
    bool ends_connection;
} SQLSTATES[] = {
    {"23505", ERROR_CONFLICT, false},  /* unique violation */
    {"08", ERROR_TRANSIENT, false},    /* connection */
    {"0A000", ERROR_TRANSIENT, true},  /* a prepared statement's table was changed */
    {"25P02", ERROR_TRANSIENT, false}, /* the transaction was aborted before */
    {"25P03", ERROR_TRANSIENT, false}, /* idle in transaction for too long */
    {"25006", ERROR_TRANSIENT, true},  /* read only: the server was demoted */
    {"26000", ERROR_TRANSIENT, true},  /* a prepared statement is gone */
    {"40", ERROR_TRANSIENT, false},    /* serialization failure, deadlock */
    {"53", ERROR_TRANSIENT, false},    /* out of connections, disk or memory there */
    {"55P03", ERROR_TRANSIENT, false}, /* lock not available */
    {"57", ERROR_TRANSIENT, false},    /* cancelled, shutting down */
    {"58", ERROR_TRANSIENT, false},    /* the server's system failed */
};

static const char CHECK_VIOLATION[] = "23514";

static void judge_sqlstate(struct trip *trip, const char *sqlstate, enum error_kind *ret_kind)
{
    *ret_kind = ERROR_INVALID;
    for (size_t i = 0; i < sizeof SQLSTATES / sizeof SQLSTATES[0]; i++) {
        if (strncmp(sqlstate, SQLSTATES[i].prefix, strlen(SQLSTATES[i].prefix)) == 0) {
            *ret_kind = SQLSTATES[i].kind;
            trip->ends_connection = SQLSTATES[i].ends_connection;
            return;
        }
    }
}

static void record_failure(struct trip *trip, const PGresult *pg)
{
    const char *sqlstate = PQresultErrorField(pg, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(pg, PG_DIAG_CONSTRAINT_NAME);
    const char *text = PQresultErrorField(pg, PG_DIAG_MESSAGE_PRIMARY);
    struct pgconn_failure *failure = &trip->failure;
    trip->has_failed = true;
    *failure = (struct pgconn_failure){.index = trip->index};
    (void)snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s",
                   sqlstate == NULL ? "" : sqlstate);
    (void)snprintf(failure->constraint, sizeof failure->constraint, "%s",
                   constraint == NULL ? "" : constraint);
    enum error_kind kind = ERROR_TRANSIENT; /* libpq's own */
    if (sqlstate != NULL && strcmp(sqlstate, CHECK_VIOLATION) == 0 && constraint == NULL) {
        kind = ERROR_TRANSIENT; /* no partition for the row: one will be made */
    } else if (sqlstate != NULL) {
        judge_sqlstate(trip, sqlstate, &kind);
    }
    (void)error_set(&failure->err, kind, "%s (SQLSTATE %s)",
                    text == NULL ? PQresultErrorMessage(pg) : text,
                    sqlstate == NULL ? "none" : sqlstate);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void take_result(struct trip *trip, const PGresult *pg)
{
    const ExecStatusType status = PQresultStatus(pg);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE) {
        if (trip->on_result != NULL && !trip->has_failed) {
            const struct pgconn_result result = {.pg = pg, .trip = trip};
            trip->on_result(trip->user, trip->index, &result);
        }
    } else if (!trip->has_failed && status != PGRES_PIPELINE_ABORTED) {
        record_failure(trip, pg);
    }
}

/* One step of what PQgetResult() yields in pipeline mode: a statement's result, the NULL behind
 * it, or the sync that ends the trip. */
static void take_step(struct pgconn *conn)
{
    struct trip *trip = conn->in_flight.first;
    PGresult *pg = PQgetResult(conn->pg);
    if (pg == NULL) {
        trip->index++;
        return;
    }
    if (PQresultStatus(pg) == PGRES_PIPELINE_SYNC) {
        PQclear(pg);
        (void)pop(&conn->in_flight);
        watch_first(conn);
        if (trip->ends_connection && conn->state == PGCONN_READY) {
            give_up(conn, trip->failure.err.text);
        }
        finish(trip);
        return;
    }
    take_result(trip, pg);
    PQclear(pg);
}

static void take_notifications(struct pgconn *conn)
{
    PGnotify *notify;
    while (conn->pg != NULL && (notify = PQnotifies(conn->pg)) != NULL) {
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
    if (conn->options.by_row && conn->state == PGCONN_READY) {
        (void)PQsetSingleRowMode(conn->pg);
    }
    return PQisBusy(conn->pg) != 0;
}

void pgconn_read(struct pgconn *conn)
{
    if (PQconsumeInput(conn->pg) == 0) {
        pgconn_lose(conn, PQerrorMessage(conn->pg));
        return;
    }
    const PGconn *pg = conn->pg;
    while (conn->pg == pg && !conn->is_given_up && conn->in_flight.first != NULL &&
           !is_busy(conn)) {
        if (PQstatus(conn->pg) == CONNECTION_BAD) {
            pgconn_lose(conn, PQerrorMessage(conn->pg));
            return;
        }
        take_step(conn);
    }
    if (conn->pg == pg && !conn->is_given_up) {
        take_notifications(conn);
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
        pgconn_lose(conn, PQerrorMessage(conn->pg));
    }
}

/* ---- losing ------------------------------------------------------------------------------- */

void pgconn_lose(struct pgconn *conn, const char *reason)
{
    if (!conn->is_given_up) { /* otherwise its reason is known */
        (void)error_set(&conn->last_error, ERROR_TRANSIENT, "PostgreSQL: %s", reason);
    }
    const bool was_ready = conn->state == PGCONN_READY;
    conn->is_given_up = false;
    conn->spoilt = conn->building > 0 ? "the connection was lost under it" : NULL;
    loop_timer_stop(conn->deadline);
    pgconn_drop(conn);
    pgconn_try_again(conn, was_ready);

    const struct trip_queue lost = conn->in_flight;
    conn->in_flight = (struct trip_queue){0};
    fail_all(conn, lost);
    if (was_ready && conn->options.on_lost != NULL) {
        conn->options.on_lost(conn->options.user, &conn->last_error);
    }
}

/* ---- what the caller sees ------------------------------------------------------------------ */

enum error_kind pgconn_new(struct loop *loop, const struct pgconn_options *options,
                           struct pgconn **ret_conn, struct error *err)
{
    struct pgurl url;
    if (pgurl_read(options->url, &url, err) != ERROR_NONE) {
        return err->kind = ERROR_FATAL;
    }
    struct pgconn *conn = must_allocate(1, sizeof *conn);
    conn->loop = loop;
    conn->options = *options;
    conn->url = url;
    if (conn->options.reply_timeout_ms == 0) {
        conn->options.reply_timeout_ms = REPLY_TIMEOUT_MS;
    }
    conn->backoff = (struct backoff){.first_ms = FIRST_RETRY_MS, .cap_ms = LAST_RETRY_MS};
    strbuf_init(&conn->scratch, STATEMENT_BYTES_MAX);
    conn->timer = loop_timer_new(loop, pgconn_on_timer, conn);
    conn->deadline = loop_timer_new(loop, on_deadline, conn);
    conn->settle = loop_deferred_new(loop, on_settle, conn);
    (void)error_set(&conn->last_error, ERROR_TRANSIENT, "PostgreSQL: connecting");
    loop_timer_start(conn->timer, 0);
    *ret_conn = conn;
    return ERROR_NONE;
}

static void forget(const struct pgconn *conn, struct trip_queue *queue)
{
    struct trip *trip;
    while ((trip = pop(queue)) != NULL) {
        if (conn->options.on_forgotten != NULL) {
            conn->options.on_forgotten(trip->on_done, trip->user);
        }
        free(trip);
    }
}

void pgconn_free(struct pgconn *conn)
{
    if (conn == NULL) {
        return;
    }
    if (conn->pg != NULL) {
        pgconn_drop(conn);
    }
    for (size_t host = 0; host < conn->url.host_count; host++) {
        resolver_free(conn->lookups[host].resolver);
    }
    loop_timer_free(conn->timer);
    loop_timer_free(conn->deadline);
    loop_deferred_free(conn->settle);
    forget(conn, &conn->in_flight);
    forget(conn, &conn->unsent);
    pgurl_done(&conn->url);
    strbuf_done(&conn->scratch);
    free(conn);
}

void pgconn_abandon(struct pgconn *conn, const char *reason)
{
    give_up(conn, reason);
}

bool pgconn_is_ready(const struct pgconn *conn)
{
    return conn->state == PGCONN_READY && !conn->is_given_up;
}

const char *pgconn_last_error(const struct pgconn *conn)
{
    return pgconn_is_ready(conn) ? "" : conn->last_error.text;
}

void pgconn_statement_name(size_t statement, char ret_name[static PGCONN_NAME_LEN])
{
    (void)snprintf(ret_name, PGCONN_NAME_LEN, "s%zu", statement);
}

/* libpq wants text parameters with a NUL behind them, views have none: they are copied. */
static bool terminate_params(struct strbuf *scratch, const struct strview *params,
                             size_t param_count, const char **ret_values)
{
    size_t offsets[PARAMS_MAX];
    strbuf_reset(scratch);
    for (size_t i = 0; i < param_count; i++) {
        offsets[i] = scratch->len;
        strbuf_append(scratch, params[i]);
        strbuf_append_char(scratch, '\0');
    }
    for (size_t i = 0; i < param_count && strbuf_ok(scratch); i++) {
        ret_values[i] = params[i].data == NULL ? NULL : scratch->data + offsets[i];
    }
    return strbuf_ok(scratch);
}

void pgconn_query(struct pgconn *conn, size_t statement, const struct strview *params,
                  size_t param_count)
{
    assert(statement < conn->options.statement_count && param_count <= PARAMS_MAX);
    assert((size_t)conn->options.statements[statement].param_count == param_count);
    if (!pgconn_is_ready(conn) || conn->spoilt != NULL) {
        conn->spoilt = conn->spoilt == NULL ? "not connected" : conn->spoilt;
        return;
    }
    const char *values[PARAMS_MAX] = {0};
    if (!terminate_params(&conn->scratch, params, param_count, values)) {
        conn->spoilt = "a statement's parameters are too long";
        return;
    }
    char name[PGCONN_NAME_LEN];
    pgconn_statement_name(statement, name);
    if (PQsendQueryPrepared(conn->pg, name, (int)param_count, values, NULL, NULL, 0) == 0) {
        conn->spoilt = "a statement could not be queued";
        return;
    }
    conn->building++;
}

void pgconn_send_trip(struct pgconn *conn, pgconn_result_fn *on_result, pgconn_done_fn *on_done,
                      void *user)
{
    struct trip *trip = pgconn_trip_new(conn->building);
    trip->on_result = on_result;
    trip->on_done = on_done;
    trip->user = user;
    const char *spoilt = conn->spoilt;
    conn->building = 0;
    conn->spoilt = NULL;
    if (spoilt != NULL || !pgconn_is_ready(conn)) {
        push(&conn->unsent, trip);
        loop_deferred_schedule(conn->settle);
        if (pgconn_is_ready(conn)) {
            give_up(conn, spoilt); /* half a trip must not be executed */
        }
        return;
    }
    pgconn_push_trip(conn, trip);
    if (PQpipelineSync(conn->pg) == 0 || !try_flush(conn)) {
        give_up(conn, PQerrorMessage(conn->pg));
    }
}
