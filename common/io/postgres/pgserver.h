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
 * has gone ends soon.
 */
#ifndef COMMON_IO_POSTGRES_PGSERVER_H
#define COMMON_IO_POSTGRES_PGSERVER_H

#include "common/base/error.h"

#include <stdbool.h>

struct pg_result; /* libpq's */

/* One statement without parameters. */
extern const char PGSERVER_QUESTION[];

/* ERROR_TRANSIENT when another server, or this one later, may do; ERROR_FATAL when a person must
 * act. */
MUST_USE enum error_kind pgserver_judge(const struct pg_result *answer, struct error *err);

/* Whether somebody stands between (pgbouncer): the process that answered is not the one (pid, of
 * PQbackendPID()) that the connection was promised. */
bool pgserver_is_pooled(const struct pg_result *answer, int pid);

#endif
