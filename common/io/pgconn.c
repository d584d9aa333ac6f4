/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/pgconn.h"

#include "common/base/backoff.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/loop.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    PARAMS_MAX = 24,
    NAME_MAX_LEN = 24,
    FIRST_RETRY_MS = 100,
    LAST_RETRY_MS = 3000,
    CONNECT_TIMEOUT_MS = 10000,
    STATEMENT_BYTES_MAX = 64 << 20, /* far above any batch */
};

struct trip {
    struct trip *next;
    size_t statement_count;
    size_t index; /* of the statement whose result comes next */
    bool is_setup;
    bool has_failed;
    struct pgconn_failure failure;
    pgconn_result_fn *on_result;
    pgconn_done_fn *on_done;
    void *user;
};

struct trip_queue {
    struct trip *first;
    struct trip *last;
};

enum pgconn_state { PGCONN_WAITING, PGCONN_CONNECTING, PGCONN_SETTING_UP, PGCONN_READY };

struct pgconn {
    struct loop *loop;
    struct pgconn_options options;
    enum pgconn_state state;
    PGconn *pg; /* NULL while PGCONN_WAITING */
    struct loop_fd *watch;
    struct loop_timer *timer; /* connect timeout, or the wait before the next attempt */
    struct loop_deferred *deliver_unsent;
    struct backoff backoff;
    struct trip_queue in_flight;
    struct trip_queue unsent; /* sent while there was no connection: failed from the loop */
    size_t building;          /* statements of the trip not yet sent */
    bool building_is_lost;    /* the connection went away under it */
    struct strbuf scratch;    /* parameters of the statement being queued */
    struct error last_error;
};

struct pgconn_result {
    const PGresult *pg;
};

static void start_connecting(void *user);
static void on_socket(void *user, bool readable, bool writable);
static void lose(struct pgconn *conn, const char *reason);

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

static struct trip *trip_new(size_t statement_count)
{
    struct trip *trip = calloc(1, sizeof *trip);
    if (trip == NULL) {
        abort(); /* a few hundred bytes: nothing sensible is left to do */
    }
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

static void on_deliver_unsent(void *user)
{
    struct pgconn *conn = user;
    const struct trip_queue unsent = conn->unsent;
    conn->unsent = (struct trip_queue){0};
    fail_all(conn, unsent);
}

/* ---- errors -------------------------------------------------------------------------------- */

/* PostgreSQL manual, appendix A. What is not listed is a fault in our SQL, our schema or one
 * command's data, which no retry can cure. */
static const struct {
    const char *prefix;
    enum error_kind kind;
} SQLSTATE_KINDS[] = {
    {"23505", ERROR_CONFLICT},  /* unique violation */
    {"08", ERROR_TRANSIENT},    /* connection */
    {"25P02", ERROR_TRANSIENT}, /* the transaction was aborted before */
    {"25P03", ERROR_TRANSIENT}, /* idle in transaction for too long */
    {"25006", ERROR_TRANSIENT}, /* read only: a failover is under way */
    {"40", ERROR_TRANSIENT},    /* serialization failure, deadlock */
    {"53", ERROR_TRANSIENT},    /* out of connections, disk or memory there */
    {"55P03", ERROR_TRANSIENT}, /* lock not available */
    {"57", ERROR_TRANSIENT},    /* cancelled, shutting down */
    {"58", ERROR_TRANSIENT},    /* the server's system failed */
};

static enum error_kind kind_of_sqlstate(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof SQLSTATE_KINDS / sizeof SQLSTATE_KINDS[0]; i++) {
        if (strncmp(sqlstate, SQLSTATE_KINDS[i].prefix, strlen(SQLSTATE_KINDS[i].prefix)) == 0) {
            return SQLSTATE_KINDS[i].kind;
        }
    }
    return ERROR_INVALID;
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
    const enum error_kind kind =
        sqlstate == NULL ? ERROR_TRANSIENT : kind_of_sqlstate(failure->sqlstate);
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
            const struct pgconn_result result = {.pg = pg};
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
    if (conn->options.by_row) {
        (void)PQsetSingleRowMode(conn->pg);
    }
    return PQisBusy(conn->pg) != 0;
}

static void read_all(struct pgconn *conn)
{
    if (PQconsumeInput(conn->pg) == 0) {
        lose(conn, PQerrorMessage(conn->pg));
        return;
    }
    const PGconn *pg = conn->pg;
    while (conn->pg == pg && conn->in_flight.first != NULL && !is_busy(conn)) {
        if (PQstatus(conn->pg) == CONNECTION_BAD) {
            lose(conn, PQerrorMessage(conn->pg));
            return;
        }
        take_step(conn);
    }
    if (conn->pg == pg) {
        take_notifications(conn);
    }
}

static void flush(struct pgconn *conn)
{
    const int left = PQflush(conn->pg);
    if (left < 0) {
        lose(conn, PQerrorMessage(conn->pg));
        return;
    }
    loop_fd_want(conn->watch, true, left > 0);
}

/* ---- connecting ---------------------------------------------------------------------------- */

static void drop_connection(struct pgconn *conn)
{
    loop_fd_free(conn->watch);
    conn->watch = NULL;
    PQfinish(conn->pg);
    conn->pg = NULL;
}

static void lose(struct pgconn *conn, const char *reason)
{
    (void)error_set(&conn->last_error, ERROR_TRANSIENT, "PostgreSQL: %s", reason);
    const bool was_ready = conn->state == PGCONN_READY;
    conn->state = PGCONN_WAITING;
    conn->building_is_lost = conn->building > 0;
    drop_connection(conn);

    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) < 0) {
        random = 0; /* no jitter, then */
    }
    loop_timer_start(conn->timer, backoff_next_ms(&conn->backoff, random));

    const struct trip_queue lost = conn->in_flight;
    conn->in_flight = (struct trip_queue){0};
    fail_all(conn, lost);
    if (was_ready && conn->options.on_lost != NULL) {
        conn->options.on_lost(conn->options.user, &conn->last_error);
    }
}

static void on_set_up(void *user, const struct pgconn_failure *failure)
{
    struct pgconn *conn = user;
    if (failure != NULL) {
        if (conn->pg != NULL) { /* otherwise lost already, and on its way back */
            /* Class 42: a table or function that our SQL names is not there. */
            const bool is_schema = strncmp(failure->sqlstate, "42", 2) == 0;
            char reason[ERROR_TEXT_MAX];
            (void)snprintf(reason, sizeof reason, "%.180s%s", failure->err.text,
                           is_schema ? "; bring the schema up: command-svc migrate" : "");
            lose(conn, reason);
        }
        return;
    }
    loop_timer_stop(conn->timer);
    backoff_reset(&conn->backoff);
    conn->state = PGCONN_READY;
    conn->last_error = (struct error){.kind = ERROR_NONE};
    conn->options.on_ready(conn->options.user);
}

static void statement_name(size_t statement, char ret_name[static NAME_MAX_LEN])
{
    (void)snprintf(ret_name, NAME_MAX_LEN, "s%zu", statement);
}

static bool queue_setup(struct pgconn *conn)
{
    const struct pgconn_options *options = &conn->options;
    bool ok = PQsetnonblocking(conn->pg, 1) == 0 && PQenterPipelineMode(conn->pg) == 1;
    if (ok && options->setup_sql != NULL) {
        ok = PQsendQueryParams(conn->pg, options->setup_sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
    }
    for (size_t i = 0; ok && i < options->statement_count; i++) {
        char name[NAME_MAX_LEN];
        statement_name(i, name);
        const struct pgconn_statement *statement = &options->statements[i];
        ok = PQsendPrepare(conn->pg, name, statement->sql, statement->param_count, NULL) == 1;
    }
    return ok && PQpipelineSync(conn->pg) == 1;
}

static void set_up(struct pgconn *conn)
{
    conn->state = PGCONN_SETTING_UP;
    struct trip *trip = trip_new(conn->options.statement_count);
    trip->on_done = on_set_up;
    trip->user = conn;
    push(&conn->in_flight, trip);
    if (queue_setup(conn)) {
        flush(conn);
    } else {
        lose(conn, PQerrorMessage(conn->pg));
    }
}

/* libpq may change its socket between two polls (several hosts, TLS fallback). */
static void watch_for(struct pgconn *conn, bool read, bool write)
{
    loop_fd_free(conn->watch);
    conn->watch = loop_fd_new(conn->loop, PQsocket(conn->pg), on_socket, conn);
    loop_fd_want(conn->watch, read, write);
}

static void poll_connecting(struct pgconn *conn)
{
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        watch_for(conn, true, false);
        break;
    case PGRES_POLLING_WRITING:
        watch_for(conn, false, true);
        break;
    case PGRES_POLLING_OK:
        watch_for(conn, true, false);
        set_up(conn);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
    default:
        lose(conn, PQerrorMessage(conn->pg));
        break;
    }
}

static void on_socket(void *user, bool readable, bool writable)
{
    struct pgconn *conn = user;
    if (conn->state == PGCONN_CONNECTING) {
        poll_connecting(conn);
        return;
    }
    const PGconn *pg = conn->pg;
    if (readable) {
        read_all(conn);
    }
    if (writable && conn->pg == pg && conn->pg != NULL) {
        flush(conn);
    }
}

static void ignore_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result; /* notices are for people at psql */
}

static void start_connecting(void *user)
{
    struct pgconn *conn = user;
    if (conn->pg != NULL) { /* the timer ran out while connecting or setting up */
        lose(conn, "no answer within 10 s");
        return;
    }
    /* Half-open connections are noticed within a quarter of a minute. */
    const char *const names[] = {"dbname",
                                 "fallback_application_name",
                                 "client_encoding",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "tcp_user_timeout",
                                 NULL};
    const char *const values[] = {
        conn->options.url, conn->options.application_name, "UTF8", "5", "3", "3", "15000", NULL};
    conn->state = PGCONN_CONNECTING;
    conn->pg = PQconnectStartParams(names, values, 1);
    if (conn->pg == NULL) {
        abort(); /* out of memory */
    }
    loop_timer_start(conn->timer, CONNECT_TIMEOUT_MS);
    (void)PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
    if (PQstatus(conn->pg) == CONNECTION_BAD || PQsocket(conn->pg) < 0) {
        lose(conn, PQerrorMessage(conn->pg));
        return;
    }
    watch_for(conn, false, true); /* libpq: "as if PQconnectPoll had said WRITING" */
}

/* ---- what the caller sees ------------------------------------------------------------------ */

enum error_kind pgconn_new(struct loop *loop, const struct pgconn_options *options,
                           struct pgconn **ret_conn, struct error *err)
{
    char *problem = NULL;
    PQconninfoOption *parsed = PQconninfoParse(options->url, &problem);
    if (parsed == NULL) {
        (void)error_set(err, ERROR_FATAL, "the database URL cannot be read: %s",
                        problem == NULL ? "out of memory" : problem);
        PQfreemem(problem);
        return ERROR_FATAL;
    }
    PQconninfoFree(parsed);

    struct pgconn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for a database connection");
    }
    conn->loop = loop;
    conn->options = *options;
    conn->backoff = (struct backoff){.first_ms = FIRST_RETRY_MS, .cap_ms = LAST_RETRY_MS};
    strbuf_init(&conn->scratch, STATEMENT_BYTES_MAX);
    conn->timer = loop_timer_new(loop, start_connecting, conn);
    conn->deliver_unsent = loop_deferred_new(loop, on_deliver_unsent, conn);
    (void)error_set(&conn->last_error, ERROR_TRANSIENT, "PostgreSQL: connecting");
    loop_timer_start(conn->timer, 0);
    *ret_conn = conn;
    return ERROR_NONE;
}

static void forget(struct trip_queue *queue)
{
    struct trip *trip;
    while ((trip = pop(queue)) != NULL) {
        free(trip);
    }
}

void pgconn_free(struct pgconn *conn)
{
    if (conn == NULL) {
        return;
    }
    if (conn->pg != NULL) {
        drop_connection(conn);
    }
    loop_timer_free(conn->timer);
    loop_deferred_free(conn->deliver_unsent);
    forget(&conn->in_flight);
    forget(&conn->unsent);
    strbuf_done(&conn->scratch);
    free(conn);
}

void pgconn_abandon(struct pgconn *conn, const char *reason)
{
    if (conn->pg != NULL) {
        lose(conn, reason);
    }
}

bool pgconn_is_ready(const struct pgconn *conn)
{
    return conn->state == PGCONN_READY;
}

const char *pgconn_last_error(const struct pgconn *conn)
{
    return conn->state == PGCONN_READY ? "" : conn->last_error.text;
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

enum error_kind pgconn_query(struct pgconn *conn, size_t statement, const struct strview *params,
                             size_t param_count, struct error *err)
{
    assert(statement < conn->options.statement_count && param_count <= PARAMS_MAX);
    assert((size_t)conn->options.statements[statement].param_count == param_count);
    if (conn->state != PGCONN_READY || conn->building_is_lost) {
        conn->building_is_lost = true;
        return error_set(err, ERROR_TRANSIENT, "%s", conn->last_error.text);
    }
    const char *values[PARAMS_MAX] = {0};
    if (!terminate_params(&conn->scratch, params, param_count, values)) {
        conn->building_is_lost = true;
        return error_set(err, ERROR_EXHAUSTED, "the statement's parameters are too long");
    }
    char name[NAME_MAX_LEN];
    statement_name(statement, name);
    if (PQsendQueryPrepared(conn->pg, name, (int)param_count, values, NULL, NULL, 0) == 0) {
        conn->building_is_lost = true;
        return error_set(err, ERROR_TRANSIENT, "PostgreSQL: %s", PQerrorMessage(conn->pg));
    }
    conn->building++;
    return ERROR_NONE;
}

void pgconn_send_trip(struct pgconn *conn, pgconn_result_fn *on_result, pgconn_done_fn *on_done,
                      void *user)
{
    struct trip *trip = trip_new(conn->building);
    trip->on_result = on_result;
    trip->on_done = on_done;
    trip->user = user;
    const bool is_lost = conn->building_is_lost || conn->state != PGCONN_READY;
    conn->building = 0;
    conn->building_is_lost = false;
    if (is_lost) {
        push(&conn->unsent, trip);
        loop_deferred_schedule(conn->deliver_unsent);
        if (conn->state == PGCONN_READY) {
            lose(conn, "statements could not be queued"); /* half a trip must not be executed */
        }
        return;
    }
    push(&conn->in_flight, trip);
    if (PQpipelineSync(conn->pg) == 0) {
        lose(conn, PQerrorMessage(conn->pg));
        return;
    }
    flush(conn);
}

size_t pgconn_row_count(const struct pgconn_result *result)
{
    return (size_t)PQntuples(result->pg);
}

int64_t pgconn_affected(const struct pgconn_result *result)
{
    /* libpq hands out a string and wants a non-const result, which it does not change. */
    PGresult *pg = (PGresult *)(uintptr_t)result->pg;
    int64_t count = 0;
    (void)!parse_i64(strview_of(PQcmdTuples(pg)), &count);
    return count;
}

struct strview pgconn_value(const struct pgconn_result *result, size_t row, size_t column)
{
    const int r = (int)row;
    const int c = (int)column;
    if (PQgetisnull(result->pg, r, c) != 0) {
        return (struct strview){0};
    }
    return (struct strview){.data = PQgetvalue(result->pg, r, c),
                            .len = (size_t)PQgetlength(result->pg, r, c)};
}

int64_t pgconn_value_i64(const struct pgconn_result *result, size_t row, size_t column)
{
    int64_t value = 0;
    (void)!parse_i64(pgconn_value(result, row, column), &value);
    return value;
}

/* ---- array literals ------------------------------------------------------------------------ */

void pgconn_array_open(struct strbuf *buf)
{
    strbuf_append_char(buf, '{');
}

static void separate(struct strbuf *buf)
{
    if (buf->len > 0 && buf->data[buf->len - 1] != '{') {
        strbuf_append_char(buf, ',');
    }
}

void pgconn_array_text(struct strbuf *buf, struct strview value)
{
    separate(buf);
    if (value.data == NULL) {
        strbuf_append_cstr(buf, "NULL");
        return;
    }
    strbuf_append_char(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') {
            strbuf_append(buf, (struct strview){.data = value.data + from, .len = i - from});
            strbuf_append_char(buf, '\\');
            from = i;
        }
    }
    strbuf_append(buf, (struct strview){.data = value.data + from, .len = value.len - from});
    strbuf_append_char(buf, '"');
}

void pgconn_array_i64(struct strbuf *buf, int64_t value)
{
    separate(buf);
    strbuf_append_i64(buf, value);
}

void pgconn_array_close(struct strbuf *buf)
{
    strbuf_append_char(buf, '}');
}
