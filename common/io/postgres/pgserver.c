/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgserver.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum column { IS_READ_ONLY, IS_REPLICA, ENCODING, BACKEND_PID };

/* Settings that an older server does not know are left out. */
const char PGSERVER_QUESTION[] =
    "SELECT current_setting('transaction_read_only'), pg_is_in_recovery(),"
    " current_setting('server_encoding'), pg_backend_pid(),"
    " (SELECT count(set_config(wanted.name, wanted.value, false))"
    " FROM (VALUES ('idle_session_timeout', '0'), ('client_connection_check_interval', '2s'),"
    " ('array_nulls', 'on'),"
    " ('default_transaction_isolation', 'read committed')) AS wanted (name, value)"
    " JOIN pg_settings USING (name))";

static bool says(const PGresult *answer, enum column column, const char *text)
{
    return strcmp(PQgetvalue(answer, 0, (int)column), text) == 0;
}

enum error_kind pgserver_judge(const PGresult *answer, struct error *err)
{
    if (says(answer, IS_REPLICA, "t")) {
        return error_set(err, ERROR_TRANSIENT, "the server is a replica; the primary is needed");
    }
    if (says(answer, IS_READ_ONLY, "on")) {
        return error_set(err, ERROR_TRANSIENT,
                         "the session may only read (default_transaction_read_only)");
    }
    if (!says(answer, ENCODING, "UTF8")) {
        return error_set(err, ERROR_FATAL,
                         "the database's encoding is %s; it must be UTF8 (CREATE DATABASE … "
                         "ENCODING 'UTF8' TEMPLATE template0)",
                         PQgetvalue(answer, 0, (int)ENCODING));
    }
    return ERROR_NONE;
}

bool pgserver_is_pooled(const PGresult *answer, int pid)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", pid);
    return !says(answer, BACKEND_PID, text);
}
