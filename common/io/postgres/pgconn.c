/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgconn.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn_internal.h"

#include <libpq-fe.h>
#include <stdlib.h>

enum {
    REPLY_TIMEOUT_MS = 15000,
};

static void let_go(struct pgconn *conn)
{
    pgconn_unwatch(conn);
    PQfinish(conn->pg);
    conn->pg = NULL;
}

static bool on_drop(void *user)
{
    struct pgconn *conn = user;
    let_go(conn);
    pgconn_fail_in_flight(conn);
    return pgconn_next_address(conn);
}

static void begin_life(struct pgconn *conn)
{
    const struct reconnect_options life = {
        .on_attempt = pgconn_on_attempt,
        .on_overdue = pgconn_on_overdue,
        .on_drop = on_drop,
        .user = conn,
        .on_ready = conn->options.on_ready,
        .on_lost = conn->options.on_lost,
        .listener = conn->options.user,
    };
    reconnect_init(&conn->life, conn->loop, &life);
    reconnect_note(&conn->life, "PostgreSQL: connecting");
}

enum error_kind pgconn_new(struct loop *loop, const struct pgconn_options *options,
                           struct pgconn **ret_conn, struct error *err)
{
    struct pgurl url;
    if (pgurl_read(options->url, &url, err) != ERROR_NONE) {
        return err->kind = ERROR_FATAL;
    }
    struct pgconn *conn = must_allocate(1, sizeof *conn);
    conn->loop = loop;
    conn->options = *options;
    conn->url = url;
    if (conn->options.reply_timeout_ms == 0) {
        conn->options.reply_timeout_ms = REPLY_TIMEOUT_MS;
    }
    conn->names = pgconn_names_new(options);
    conn->deadline = loop_timer_new(loop, pgconn_on_deadline, conn);
    conn->settler = loop_deferred_new(loop, pgconn_on_settle, conn);
    begin_life(conn);
    *ret_conn = conn;
    return ERROR_NONE;
}

void pgconn_free(struct pgconn *conn)
{
    if (conn == NULL) {
        return;
    }
    let_go(conn);
    for (size_t host = 0; host < conn->url.host_count; host++) {
        resolver_free(conn->lookups[host].resolver);
    }
    reconnect_done(&conn->life);
    loop_timer_free(conn->deadline);
    loop_deferred_free(conn->settler);
    pgconn_forget_trips(conn);
    free(conn->names);
    pgurl_done(&conn->url);
    free(conn);
}
