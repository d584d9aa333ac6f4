/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgconn.h - one PostgreSQL connection on the loop, in pipeline mode.
 *
 * Why pipeline mode: a batch is a dozen statements; sent in one write and read
 * in one go they cost one round trip. Everything sent between two syncs is a
 * "trip": statements in order, then one outcome.
 *
 * Why it reconnects by itself: PostgreSQL going away for a while is ordinary.
 * The connection comes back with capped backoff and jitter, prepares its
 * statements anew and says so through on_ready; a trip that was in flight ends
 * with ERROR_TRANSIENT, and whether its COMMIT happened is then unknown: the
 * caller finds out from its own data.
 *
 * Why nothing waits without end: a server may take statements and never answer. A trip has
 * reply_timeout_ms from the moment it is the first in flight; then the connection is given up. So
 * it is when an answer says that the session is not what it was: read-only since a failover, or
 * without its prepared statements.
 *
 * Which server: all hosts of the URL in order, each address with a share of ten seconds (or the
 * URL's connect_timeout); names are looked up off the loop. A replica, a session that may only
 * read and a database that is not in UTF8 are refused, whatever target_session_attrs says.
 *
 * Calling sequence:
 *     pgconn_new() ... on_ready ...
 *     pgconn_query(conn, STATEMENT, params, n)   once or more: queued, not sent
 *     pgconn_send_trip(conn, on_result, on_done, user)
 *     -> on_result per statement, in order, for those that succeeded
 *     -> on_done once, with the first failure if there was one
 * A trip may be queued while another is in flight; outcomes come in order.
 *
 * Why a statement's name tells its text: behind a pooler that hands one session to many, a name by
 * number would run whatever somebody else has prepared under it.
 *
 * Ownership: libpq copies the parameters on pgconn_query(). A result is borrowed for
 * its callback. Threads: the loop's. Errors: SQLSTATE is translated here and
 * nowhere else (see struct pgconn_failure).
 */
#ifndef COMMON_IO_POSTGRES_PGCONN_H
#define COMMON_IO_POSTGRES_PGCONN_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct pgconn;
struct pgconn_result;

/* Prepared once per connection; its place in the table is its name. Results are text. */
struct pgconn_statement {
    const char *sql;
    int param_count;
};

typedef void pgconn_ready_fn(void *user);
typedef void pgconn_lost_fn(void *user, const struct error *err);

/* ERROR_NONE, or why this server must not be worked with: the next one is tried, or this one later.
 */
typedef enum error_kind pgconn_check_fn(void *user, const struct pgconn_result *result,
                                        struct error *err);
typedef void pgconn_notify_fn(void *user, struct strview channel);

struct pgconn_failure;

/* failure is NULL when every statement succeeded. A new trip may be built from inside. */
typedef void pgconn_done_fn(void *user, const struct pgconn_failure *failure);

/* A trip that pgconn_free() left without an outcome: what it was sent with. */
typedef void pgconn_forgotten_fn(pgconn_done_fn *on_done, void *user);

struct pgconn_options {
    const char *url;              /* libpq connection string or URI; PG* variables fill the rest */
    const char *application_name; /* seen in pg_stat_activity */
    /* Run after every connect: a SELECT of set_config(…, PGSERVER_IS_POOLED), which see for its one
     * parameter. Behind a pooler it is run again at the beginning of each trip. */
    const char *setup_sql;
    pgconn_check_fn *check_setup;              /* looks at what setup_sql returned; may be NULL */
    int64_t reply_timeout_ms;                  /* from a trip's turn to its outcome; 0: 15 s */
    const struct pgconn_statement *statements; /* static storage */
    size_t statement_count;
    /* Rows are handed out one by one as they come, those before a failure too: a result of many
     * large rows is never held whole. on_result is called once per row, and once without any. */
    bool by_row;
    /* A trip may go on with the transaction of the one before. Behind a pooler it is the caller who
     * sets, in each transaction, what that needs. */
    bool spans_trips;
    pgconn_ready_fn *on_ready;   /* connected, set up and prepared */
    pgconn_lost_fn *on_lost;     /* after the trips in flight have ended; reconnecting already */
    pgconn_notify_fn *on_notify; /* for LISTEN; may be NULL */
    pgconn_forgotten_fn *on_forgotten; /* frees what a trip's on_done would have; may be NULL */
    void *user;
};

/* What went wrong with a trip. kind: CONFLICT for 23505, INVALID for the other data errors
 * (classes 22, 23) and for anything unknown, TRANSIENT for what the same call may survive later
 * (08, 40, 53, 55P03, 57, 23514 without a constraint: a partition is missing; a lost connection),
 * or on a new session (0A000, 25006, 26000). */
struct pgconn_failure {
    struct error err;
    char sqlstate[6];    /* "" when no server answered */
    char constraint[64]; /* violated constraint's name, or "" */
    size_t index; /* of the statement in its trip; SIZE_MAX: the connection's, none of them */
};

/* NULL where there was no failure. */
static inline const struct error *pgconn_error_of(const struct pgconn_failure *failure)
{
    return failure == NULL ? NULL : &failure->err;
}

/* index counts the trip's statements from 0. */
typedef void pgconn_result_fn(void *user, size_t index, const struct pgconn_result *result);

/* Starts connecting; fails only on a malformed url (pgurl.h) or exhausted memory (ERROR_FATAL). */
MUST_USE enum error_kind pgconn_new(struct loop *loop, const struct pgconn_options *options,
                                    struct pgconn **ret_conn, struct error *err);

/* Closes at once; trips in flight get no outcome, but on_forgotten is told. Accepts NULL. */
void pgconn_free(struct pgconn *conn);

/* Gives the connection up as if it had been lost: not ready from here on, outcomes come from the
 * loop. */
void pgconn_abandon(struct pgconn *conn, const char *reason);

/* Connected and prepared. While false, trips fail with ERROR_TRANSIENT. */
bool pgconn_is_ready(const struct pgconn *conn);

/* A pooler (pgbouncer) stands between: perhaps each transaction runs in another session, so that
 * nothing may be left to it (LISTEN, a session's advisory lock). As of the last connect. */
bool pgconn_has_pooler(const struct pgconn *conn);

/* The reason while not ready, "" otherwise. */
const char *pgconn_last_error(const struct pgconn *conn);

/* Parameters are text with a NUL behind it, as libpq wants them; NULL is SQL's. What cannot be
 * queued spoils its trip, whose outcome tells: there is one place to handle it. */
void pgconn_query(struct pgconn *conn, size_t statement, const char *const *params,
                  size_t param_count);

/* The same with parameters in PostgreSQL's binary forms (pgarray.h); none is SQL's NULL. */
void pgconn_query_binary(struct pgconn *conn, size_t statement, const struct strview *params,
                         size_t param_count);

/* Ends the trip with a sync and sends it. on_result may be NULL. When the connection is lost, or
 * was lost while the trip was built, on_done says so from the loop, never from inside this call. */
void pgconn_send_trip(struct pgconn *conn, pgconn_result_fn *on_result, pgconn_done_fn *on_done,
                      void *user);

size_t pgconn_row_count(const struct pgconn_result *result);

/* Rows an INSERT, UPDATE or DELETE touched. */
int64_t pgconn_affected(const struct pgconn_result *result);

/* The text form; data is NULL for SQL NULL. */
struct strview pgconn_value(const struct pgconn_result *result, size_t row, size_t column);

/* A column known to hold an integer; 0 for NULL. Other text is 0, too, and the trip fails with
 * ERROR_INVALID. */
int64_t pgconn_value_i64(const struct pgconn_result *result, size_t row, size_t column);

/* Builds PostgreSQL array literals, the parameters of set-based statements: {"a","b\"c",NULL}. */
struct strbuf;
void pgconn_array_open(struct strbuf *buf);
void pgconn_array_text(struct strbuf *buf, struct strview value); /* NULL when data is NULL */
void pgconn_array_i64(struct strbuf *buf, int64_t value);
void pgconn_array_close(struct strbuf *buf);

#endif
