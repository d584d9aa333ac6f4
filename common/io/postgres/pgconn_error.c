/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgconn_internal.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

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

#define PGCONN_POOLER_ADVICE                                                                       \
    "the pooler mixes sessions: pgbouncer 1.21 with max_prepared_statements, or pool_mode=session"

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

void pgconn_record_failure(struct trip *trip, const PGresult *pg)
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

/* The first that fits. Behind a pooler that mixes sessions up, one has what it never prepared, or
 * has it twice. */
static const struct {
    const char *prefix;
    bool needs_pooler;
    const char *advice;
} ADVICE[] = {
    {"42P05", true, PGCONN_POOLER_ADVICE},
    {"26000", true, PGCONN_POOLER_ADVICE},
    {"42", false, "bring the schema up: command-svc migrate"},
};

static const char *advice_of(const struct pgconn *conn, const char *sqlstate)
{
    for (size_t i = 0; i < sizeof ADVICE / sizeof ADVICE[0]; i++) {
        if (strncmp(sqlstate, ADVICE[i].prefix, strlen(ADVICE[i].prefix)) == 0 &&
            (pgconn_has_pooler(conn) || !ADVICE[i].needs_pooler)) {
            return ADVICE[i].advice;
        }
    }
    return "";
}

void pgconn_reason(const struct pgconn *conn, const struct pgconn_failure *failure,
                   char ret_reason[static ERROR_TEXT_MAX])
{
    const char *advice = advice_of(conn, failure->sqlstate);
    const int room = ERROR_TEXT_MAX - 64 - (int)strlen(advice); /* for what callers put before it */
    (void)snprintf(ret_reason, ERROR_TEXT_MAX, "%.*s%s%s", room, failure->err.text,
                   *advice == '\0' ? "" : "; ", advice);
}
