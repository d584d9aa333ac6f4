/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - changes of the schema beside services at work.
 *
 * Why: a change of a table waits for whoever uses it, and everybody else then waits behind the
 * change. So it waits for a moment only, lets the others through, and is tried again.
 */
#ifndef COMMAND_SVC_SQL_PATIENCE_H
#define COMMAND_SVC_SQL_PATIENCE_H

#include "common/base/error.h"

struct pgsession;

/* What such a transaction begins with. */
#define PATIENCE_BEGIN "BEGIN;\nSET LOCAL lock_timeout = '1s';\n"

/* Runs a text of one transaction, PATIENCE_BEGIN to COMMIT, again while it does not get its locks,
 * for half a minute. */
MUST_USE enum error_kind patience_run(struct pgsession *session, const char *sql,
                                      struct error *err);

#endif
