/* SPDX-License-Identifier: Apache-2.0 */
/* How the connection is, and that it is to be given up: what every other part asks and says. */
#include "common/io/postgres/pgconn_internal.h"

void pgconn_abandon(struct pgconn *conn, const char *reason)
{
    reconnect_fail(&conn->life, "PostgreSQL: %s", reason);
}

bool pgconn_is_ready(const struct pgconn *conn)
{
    return reconnect_is_ready(&conn->life);
}

bool pgconn_has_pooler(const struct pgconn *conn)
{
    return conn->peer == PGCONN_POOLER;
}

const char *pgconn_last_error(const struct pgconn *conn)
{
    return reconnect_last_error(&conn->life);
}
