/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgserver.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum column { IS_READ_ONLY, IS_REPLICA, ENCODING, IS_POOLED, UNFIT };

/* Settings that an older server does not know are left out. Unfit are defaults that answers would
 * be wrong with. */
const char PGSERVER_QUESTION[] =
    "WITH wanted (name, value, is_needed) AS (VALUES ('idle_session_timeout', '0', false),"
    " ('client_connection_check_interval', '2s', false), ('array_nulls', 'on', true),"
    " ('standard_conforming_strings', 'on', true),"
    " ('default_transaction_isolation', 'read committed', true))"
    " SELECT current_setting('transaction_read_only'), pg_is_in_recovery(),"
    " current_setting('server_encoding'), " PGSERVER_IS_POOLED ","
    " (SELECT string_agg(name || ' = ''' || value || '''', ' and ' ORDER BY name) FROM wanted"
    "  JOIN pg_settings USING (name) WHERE is_needed AND reset_val <> value),"
    " (SELECT count(set_config(name, value, " PGSERVER_IS_POOLED ")) FROM wanted"
    "  JOIN pg_settings USING (name))";

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
    if (pgserver_is_pooled(answer) && !says(answer, UNFIT, "")) {
        return error_set(err, ERROR_FATAL,
                         "behind a pooler nothing can be set for the session: set %s for the "
                         "database (ALTER DATABASE … SET)",
                         PQgetvalue(answer, 0, (int)UNFIT));
    }
    return ERROR_NONE;
}

void pgserver_put_pid(int pid, char ret_pid[static PGSERVER_PID_LEN])
{
    (void)snprintf(ret_pid, PGSERVER_PID_LEN, "%d", pid);
}

bool pgserver_is_pooled(const PGresult *answer)
{
    return says(answer, IS_POOLED, "t");
}
