/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgserver.h - may we work with this server and this session? Asked after every connect.
 *
 * Why at each: a name may lead to another server than the last time. A replica, or a session that
 * may only read, would take the connection and refuse every write; of several hosts the next one
 * may be the primary. A database that is not in UTF8 cannot hold the texts it would be given.
 *
 * The question also sets what a session of ours relies on, whatever the database or the role says:
 * nobody ends it for being idle, its transactions are READ COMMITTED, and a statement whose client
 * has gone ends soon. Behind a pooler nothing is set: the session may be somebody else's next. What
 * an answer's truth rests on must then be the database's default.
 */
#ifndef COMMON_IO_POSTGRES_PGSERVER_H
#define COMMON_IO_POSTGRES_PGSERVER_H

#include "common/base/error.h"

#include <stdbool.h>

struct pg_result; /* libpq's */

/* Whether somebody stands between (pgbouncer): the process that answers is not the one that the
 * connection was promised. $1 is that one's pid (PQbackendPID()), as int. As is_local of
 * set_config(): a pooler's session keeps nothing of it beyond the transaction. */
#define PGSERVER_IS_POOLED "pg_backend_pid() <> $1::int"

/* One statement; its one parameter is that pid. */
extern const char PGSERVER_QUESTION[];

enum { PGSERVER_PID_LEN = 16 };

/* Writes the parameter. */
void pgserver_put_pid(int pid, char ret_pid[static PGSERVER_PID_LEN]);

/* ERROR_TRANSIENT when another server, or this one later, may do; ERROR_FATAL when a person must
 * act. */
MUST_USE enum error_kind pgserver_judge(const struct pg_result *answer, struct error *err);

bool pgserver_is_pooled(const struct pg_result *answer);

#endif
