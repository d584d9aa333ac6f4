/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgsession.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/postgres/pgcertificate.h"
#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/pgurl.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static const char LOCK_NOT_AVAILABLE[] = "55P03";

struct pgsession {
    PGconn *pg;
    PGresult *result; /* of the last question */
    bool is_pooled;
};

static void on_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

const char *pgsession_sqlstate(const struct pgsession *session)
{
    const char *sqlstate = PQresultErrorField(session->result, PG_DIAG_SQLSTATE);
    return sqlstate == NULL ? "" : sqlstate;
}

static enum error_kind check(const struct pgsession *session, struct error *err)
{
    const ExecStatusType status = PQresultStatus(session->result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        return ERROR_NONE;
    }
    const char *text = PQresultErrorField(session->result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(session->result, PG_DIAG_MESSAGE_HINT);
    if (text == NULL) {
        return error_set(err, ERROR_TRANSIENT, "PostgreSQL: %s", PQerrorMessage(session->pg));
    }
    const bool is_locked = strcmp(pgsession_sqlstate(session), LOCK_NOT_AVAILABLE) == 0;
    return error_set(err, is_locked ? ERROR_CONFLICT : ERROR_FATAL, "PostgreSQL: %s%s%s", text,
                     hint == NULL ? "" : ". ", hint == NULL ? "" : hint);
}

/* Half-open connections are noticed, however long a statement takes. */
static PGconn *connect_to(const char *url, const char *application_name)
{
    const char *const names[] = {
        "dbname",           "fallback_application_name", "client_encoding",
        "connect_timeout",  "keepalives_idle",           "keepalives_interval",
        "keepalives_count", "tcp_user_timeout",          NULL};
    const char *const values[] = {url, application_name, "UTF8", "10", "5", "3",
                                  "3", "15000",          NULL};
    return PQconnectdbParams(names, values, 1);
}

enum error_kind pgsession_judge(struct pgsession *session, struct error *err)
{
    char pid[PGSERVER_PID_LEN];
    pgserver_put_pid(PQbackendPID(session->pg), pid);
    PQclear(session->result);
    session->result = PQexecParams(session->pg, PGSERVER_QUESTION, 1, NULL,
                                   (const char *const[]){pid}, NULL, NULL, 0);
    enum error_kind kind = check(session, err);
    session->is_pooled = kind == ERROR_NONE && pgserver_is_pooled(session->result);
    if (kind == ERROR_NONE && pgserver_judge(session->result, err) != ERROR_NONE) {
        kind = error_context(err, "PostgreSQL");
    }
    return kind;
}

enum error_kind pgsession_connect(const char *url, const char *application_name,
                                  struct pgsession **ret_session, struct error *err)
{
    if (pgurl_check(url, err) != ERROR_NONE) {
        return err->kind = ERROR_FATAL;
    }
    struct pgsession *session = must_allocate(1, sizeof *session);
    pgcertificate_watch();
    session->pg = connect_to(url, application_name);
    (void)PQsetNoticeReceiver(session->pg, on_notice, NULL);
    if (PQstatus(session->pg) != CONNECTION_OK) {
        struct error told;
        pgcertificate_tell(PQerrorMessage(session->pg), &told);
        (void)error_set(err, ERROR_TRANSIENT, "PostgreSQL: %s", told.text);
        pgsession_close(session);
        return err->kind;
    }
    *ret_session = session;
    return ERROR_NONE;
}

enum error_kind pgsession_open(const char *url, const char *application_name,
                               struct pgsession **ret_session, struct error *err)
{
    struct pgsession *session = NULL;
    enum error_kind kind = pgsession_connect(url, application_name, &session, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    assert(session != NULL);
    kind = pgsession_judge(session, err);
    if (kind != ERROR_NONE) {
        pgsession_close(session);
        return kind;
    }
    *ret_session = session;
    return ERROR_NONE;
}

bool pgsession_is_pooled(const struct pgsession *session)
{
    return session->is_pooled;
}

void pgsession_close(struct pgsession *session)
{
    if (session != NULL) {
        PQclear(session->result);
        PQfinish(session->pg);
        free(session);
    }
}

enum error_kind pgsession_run(struct pgsession *session, const char *sql, struct error *err)
{
    PQclear(session->result);
    session->result = PQexec(session->pg, sql);
    return check(session, err);
}

enum error_kind pgsession_ask(struct pgsession *session, const char *sql, const char *const *params,
                              size_t param_count, struct strview *ret_value, struct error *err)
{
    assert(param_count <= PGSESSION_PARAMS_MAX);
    PQclear(session->result);
    session->result = PQexecParams(session->pg, sql, (int)param_count, NULL, params, NULL, NULL, 0);
    const enum error_kind kind = check(session, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret_value = PQntuples(session->result) > 0 ? pgsession_value(session, 0) : (struct strview){0};
    return ERROR_NONE;
}

struct strview pgsession_value(const struct pgsession *session, size_t column)
{
    const int at = (int)column;
    if (PQgetisnull(session->result, 0, at) != 0) {
        return (struct strview){0};
    }
    return (struct strview){.data = PQgetvalue(session->result, 0, at),
                            .len = (size_t)PQgetlength(session->result, 0, at)};
}

int64_t pgsession_value_i64(const struct pgsession *session, size_t column)
{
    int64_t value = 0;
    (void)!parse_i64(pgsession_value(session, column), &value);
    return value;
}

/* One of several results of a statement; the last tells how it ended. */
static bool next_result(struct pgsession *session)
{
    PGresult *result = PQgetResult(session->pg);
    if (result != NULL) {
        PQclear(session->result);
        session->result = result;
    }
    return result != NULL;
}

enum error_kind pgsession_each(struct pgsession *session, const char *sql,
                               const char *const *params, size_t param_count,
                               void (*on_row)(void *user, const struct pgsession *session),
                               void *user, struct error *err)
{
    assert(param_count <= PGSESSION_PARAMS_MAX);
    if (PQsendQueryParams(session->pg, sql, (int)param_count, NULL, params, NULL, NULL, 0) != 1 ||
        PQsetSingleRowMode(session->pg) != 1) {
        return error_set(err, ERROR_TRANSIENT, "PostgreSQL: %s", PQerrorMessage(session->pg));
    }
    enum error_kind kind = ERROR_NONE;
    while (next_result(session)) {
        if (PQresultStatus(session->result) == PGRES_SINGLE_TUPLE) {
            on_row(user, session);
        } else {
            kind = check(session, err);
        }
    }
    return kind;
}
