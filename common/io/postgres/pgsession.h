/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgsession.h - a plain blocking PostgreSQL session, for tools that do one thing and end.
 *
 * Why beside pgconn.h: migrations are whole files of statements, which pipeline
 * mode cannot send, and nobody waits on the loop while they run.
 *
 * Errors: ERROR_TRANSIENT when the server cannot be reached, or is not the primary (pgserver.h);
 * ERROR_CONFLICT when lock_timeout ended it; ERROR_FATAL with the server's text (and hint)
 * otherwise, or in our own words for a malformed url (pgurl.h).
 */
#ifndef COMMON_IO_POSTGRES_PGSESSION_H
#define COMMON_IO_POSTGRES_PGSESSION_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pgsession;

MUST_USE enum error_kind pgsession_open(const char *url, const char *application_name,
                                        struct pgsession **ret_session, struct error *err);

/* The same in two steps, for who wants to tell them apart: whatever server answers, and whether it
 * is one to work with. */
MUST_USE enum error_kind pgsession_connect(const char *url, const char *application_name,
                                           struct pgsession **ret_session, struct error *err);
MUST_USE enum error_kind pgsession_judge(struct pgsession *session, struct error *err);

/* Accepts NULL. */
void pgsession_close(struct pgsession *session);

/* A pooler stands between, which may give each transaction another session. */
bool pgsession_is_pooled(const struct pgsession *session);

/* Of the last failure of a statement: its SQLSTATE; "" where the server gave none. Until the next
 * call. */
const char *pgsession_sqlstate(const struct pgsession *session);

/* Runs a text of one or more statements; what they return is dropped. */
MUST_USE enum error_kind pgsession_run(struct pgsession *session, const char *sql,
                                       struct error *err);

enum { PGSESSION_PARAMS_MAX = 8 };

/* Runs one statement with text parameters. The first column of the first row, borrowed until the
 * next call; data is NULL when there is no row or the value is NULL. */
MUST_USE enum error_kind pgsession_ask(struct pgsession *session, const char *sql,
                                       const char *const *params, size_t param_count,
                                       struct strview *ret_value, struct error *err);

/* A row while its on_row runs. The text form; data is NULL for SQL NULL. */
struct strview pgsession_value(const struct pgsession *session, size_t column);

/* A column known to hold an integer; 0 for NULL and for other text. */
int64_t pgsession_value_i64(const struct pgsession *session, size_t column);

/* Runs one statement and hands its rows out one by one as they come, so that never more than one is
 * held here; on_row may not use the session otherwise. */
MUST_USE enum error_kind pgsession_each(struct pgsession *session, const char *sql,
                                        const char *const *params, size_t param_count,
                                        void (*on_row)(void *user, const struct pgsession *session),
                                        void *user, struct error *err);

#endif
