/* SPDX-License-Identifier: Apache-2.0 */
/* In place of redisconn_tls.c where hiredis comes without TLS, as Debian 12's does. */
#include "common/io/redis/redisconn_internal.h"

enum error_kind redisconn_tls_check(const struct redisurl *url, struct error *err)
{
    (void)url;
    return error_set(
        err, ERROR_INVALID,
        "rediss:// needs TLS, and this program was built without: its system's hiredis "
        "has none (Debian 12). Build it on Debian 13 or take the container, or reach "
        "Redis by redis:// through a TLS tunnel on this machine");
}

enum error_kind redisconn_tls_begin(struct redisconn *conn, struct error *err)
{
    return redisconn_tls_check(&conn->url, err); /* redisconn_new() has refused it */
}

void redisconn_tls_end(struct redisconn *conn)
{
    (void)conn;
}

const char *redisconn_tls_reason(const struct redisconn *conn, const char *otherwise)
{
    (void)conn;
    return otherwise;
}
