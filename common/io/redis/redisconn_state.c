/* SPDX-License-Identifier: Apache-2.0 */
/* How the connection is, and that it is ready or lost: what every other part asks and says. */
#include "common/io/redis/redisconn_internal.h"

void redisconn_begin(struct redisconn *conn)
{
    conn->next_address = 0;
    reconnect_ready(&conn->life);
}

void redisconn_lose(struct redisconn *conn, const char *what, const char *reason)
{
    reconnect_fail(&conn->life, "%s %s:%d: %s", what, conn->url.host, conn->url.port,
                   reason == NULL || *reason == '\0' ? "closed" : reason);
}

bool redisconn_is_ready(const struct redisconn *conn)
{
    return reconnect_is_ready(&conn->life);
}

const char *redisconn_last_error(const struct redisconn *conn)
{
    return reconnect_last_error(&conn->life);
}

bool redisconn_has_failed(const struct redisconn *conn)
{
    return !redisconn_is_ready(conn) && conn->life.backoff.attempts > 0;
}
