/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a server: all names are looked up at once, then one address after the other gets its
 * share of the time, until one lets us in and is what we need. That is a round; after it comes a
 * pause. Each round asks for the names anew, as a failover may move them.
 */
#include "common/io/loop.h"
#include "common/io/postgres/pgcertificate.h"
#include "common/io/postgres/pgconn_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROUND_MS = 10000,
    SHARE_LEAST_MS = 2000,
    LOOKUP_SHARE_MS = 2000,
    SESSION_STATEMENT = 0,
    SETUP_STATEMENT = 2, /* behind its PREPARE */
};

static void begin_round(struct pgconn *conn);
static void on_socket(void *user, bool readable, bool writable);

/* ---- addresses ----------------------------------------------------------------------------------
 */

static size_t address_count(const struct pgconn *conn, size_t host)
{
    if (!pgurl_needs_lookup(&conn->url.hosts[host])) {
        return 1;
    }
    return conn->lookups[host].resolver == NULL ? conn->lookups[host].found.count : 0;
}

static size_t all_addresses(const struct pgconn *conn)
{
    size_t count = 0;
    for (size_t host = 0; host < conn->url.host_count; host++) {
        count += address_count(conn, host);
    }
    return count;
}

/* Moves to an address that is there; false when the round has seen all. */
static bool find_next(struct pgconn *conn)
{
    while (conn->next_host < conn->url.host_count) {
        if (conn->next_address < address_count(conn, conn->next_host)) {
            return true;
        }
        conn->next_host++;
        conn->next_address = 0;
    }
    return false;
}

static bool is_resolving(const struct pgconn *conn)
{
    return reconnect_is_trying(&conn->life) && conn->step == PGCONN_RESOLVING;
}

static bool is_looking_up(const struct pgconn *conn)
{
    for (size_t host = 0; host < conn->url.host_count; host++) {
        if (conn->lookups[host].resolver != NULL) {
            return true;
        }
    }
    return false;
}

static void on_looked_up(void *user, const struct resolver_addresses *found,
                         const struct error *failure)
{
    struct pgconn_lookup *lookup = user;
    struct pgconn *conn = lookup->conn;
    struct resolver *resolver = lookup->resolver;
    lookup->resolver = NULL;
    if (found != NULL) {
        lookup->found = *found;
    } else {
        lookup->found.count = 0;
        if (is_resolving(conn)) {
            reconnect_note(&conn->life, "PostgreSQL: %s", failure->text);
        }
    }
    if (is_resolving(conn) && (!is_looking_up(conn) || (conn->is_overdue && found != NULL))) {
        begin_round(conn);
    }
    resolver_free(resolver); /* failure points into it */
}

static void look_up_hosts(struct pgconn *conn)
{
    for (size_t host = 0; host < conn->url.host_count; host++) {
        struct pgconn_lookup *lookup = &conn->lookups[host];
        if (pgurl_needs_lookup(&conn->url.hosts[host]) && lookup->resolver == NULL) {
            lookup->conn = conn;
            lookup->resolver =
                resolver_start(conn->loop, conn->url.hosts[host].name, on_looked_up, lookup);
        }
    }
}

/* ---- setting the session up --------------------------------------------------------------------
 */

static void on_setup_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct pgconn *conn = user;
    if (conn->refusal.kind != ERROR_NONE) {
        return;
    }
    if (index == SESSION_STATEMENT) {
        conn->peer = pgserver_is_pooled(result->pg) ? PGCONN_POOLER : PGCONN_SERVER;
        (void)!pgserver_judge(result->pg, &conn->refusal);
    } else if (index == SETUP_STATEMENT && conn->options.check_setup != NULL) {
        (void)!conn->options.check_setup(conn->options.user, result, &conn->refusal);
    }
}

static void on_set_up(void *user, const struct pgconn_failure *failure)
{
    struct pgconn *conn = user;
    if (failure != NULL) {
        char reason[ERROR_TEXT_MAX];
        pgconn_reason(conn, failure, reason);
        pgconn_abandon(conn, reason);
    } else if (conn->refusal.kind != ERROR_NONE) {
        pgconn_abandon(conn, conn->refusal.text);
    } else {
        conn->is_in_round = false;
        reconnect_ready(&conn->life);
    }
}

static bool queue_all(struct pgconn *conn)
{
    const struct pgconn_options *options = &conn->options;
    const char *const params[] = {conn->pid};
    pgserver_put_pid(PQbackendPID(conn->pg), conn->pid);
    bool ok = PQsetnonblocking(conn->pg, 1) == 0 && PQenterPipelineMode(conn->pg) == 1 &&
              PQsendQueryParams(conn->pg, PGSERVER_QUESTION, 1, NULL, params, NULL, NULL, 0) == 1 &&
              PQsendPrepare(conn->pg, conn->names[options->statement_count], options->setup_sql, 1,
                            NULL) == 1 &&
              pgconn_queue_setup(conn);
    for (size_t i = 0; ok && i < options->statement_count; i++) {
        const struct pgconn_statement *statement = &options->statements[i];
        ok = PQsendPrepare(conn->pg, conn->names[i], statement->sql, statement->param_count,
                           NULL) == 1;
    }
    return ok && PQpipelineSync(conn->pg) == 1;
}

static void set_up(struct pgconn *conn)
{
    conn->step = PGCONN_SETTING_UP;
    conn->refusal = (struct error){.kind = ERROR_NONE};
    struct trip *trip = pgconn_trip_new(conn->options.statement_count);
    trip->on_result = on_setup_result;
    trip->on_done = on_set_up;
    trip->user = conn;
    pgconn_push_trip(conn, trip);
    if (queue_all(conn)) {
        pgconn_flush(conn);
    } else {
        pgconn_abandon(conn, PQerrorMessage(conn->pg));
    }
}

/* ---- connecting ---------------------------------------------------------------------------------
 */

void pgconn_unwatch(struct pgconn *conn)
{
    if (conn->watch != NULL) {
        loop_fd_free(conn->watch);
        conn->watch = NULL;
        (void)close(conn->socket);
    }
}

/*
 * libpq may change its socket between two polls (TLS fallback), and closes it as soon as it finds
 * it broken, in whichever call that is. So what is watched is a descriptor of our own: its number
 * cannot become somebody else's while it is.
 */
static void watch_for(struct pgconn *conn, bool read, bool write)
{
    pgconn_unwatch(conn);
    conn->socket = fcntl(PQsocket(conn->pg), F_DUPFD_CLOEXEC, 0);
    if (conn->socket < 0) {
        char reason[ERROR_TEXT_MAX];
        (void)snprintf(reason, sizeof reason, "its socket cannot be watched: %s", strerror(errno));
        pgconn_abandon(conn, reason);
        return;
    }
    conn->watch = loop_fd_new(conn->loop, conn->socket, on_socket, conn);
    loop_fd_want(conn->watch, read, write);
}

static void abandon_as_libpq_says(struct pgconn *conn)
{
    struct error told;
    pgcertificate_tell(PQerrorMessage(conn->pg), &told);
    pgconn_abandon(conn, told.text);
}

static void poll_connecting(struct pgconn *conn)
{
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        watch_for(conn, true, false);
        break;
    case PGRES_POLLING_WRITING:
        watch_for(conn, false, true);
        break;
    case PGRES_POLLING_OK:
        watch_for(conn, true, false);
        if (conn->watch != NULL) {
            set_up(conn);
        }
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
    default:
        abandon_as_libpq_says(conn);
        break;
    }
}

static void on_socket(void *user, bool readable, bool writable)
{
    struct pgconn *conn = user;
    if (reconnect_is_trying(&conn->life) && conn->step == PGCONN_CONNECTING) {
        poll_connecting(conn);
        return;
    }
    if (readable && reconnect_is_alive(&conn->life)) {
        pgconn_read(conn);
    }
    if (writable && reconnect_is_alive(&conn->life)) {
        pgconn_flush(conn);
    }
}

static void on_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result; /* notices are for people at psql */
}

/* libpq takes the URL for all but the place: of that it gets one address, so that it looks up
 * nothing. Half-open connections are noticed within a quarter of a minute. */
static PGconn *start_libpq(const struct pgconn *conn)
{
    const struct pgurl_host *host = &conn->url.hosts[conn->next_host];
    const char *address = pgurl_needs_lookup(host)
                              ? conn->lookups[conn->next_host].found.texts[conn->next_address]
                              : host->address;
    const char *const names[] = {"dbname",
                                 "host",
                                 "hostaddr",
                                 "port",
                                 "fallback_application_name",
                                 "client_encoding",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "tcp_user_timeout",
                                 NULL};
    const char *const values[] = {conn->options.url,
                                  host->name,
                                  address,
                                  host->port,
                                  conn->options.application_name,
                                  "UTF8",
                                  "5",
                                  "3",
                                  "3",
                                  "15000",
                                  NULL};
    return PQconnectStartParams(names, values, 1);
}

static int64_t share_ms(const struct pgconn *conn)
{
    const size_t addresses = all_addresses(conn);
    int64_t wanted = conn->url.connect_timeout_ms;
    if (wanted == 0 && addresses > 0) {
        wanted = ROUND_MS / (int64_t)addresses;
    }
    return wanted > SHARE_LEAST_MS ? wanted : SHARE_LEAST_MS;
}

static void connect_next(struct pgconn *conn)
{
    conn->step = PGCONN_CONNECTING;
    pgcertificate_watch();
    conn->pg = start_libpq(conn);
    if (conn->pg == NULL) {
        abort(); /* out of memory */
    }
    conn->share_ms = share_ms(conn);
    reconnect_limit(&conn->life, conn->share_ms);
    (void)PQsetNoticeReceiver(conn->pg, on_notice, NULL);
    if (PQstatus(conn->pg) == CONNECTION_BAD || PQsocket(conn->pg) < 0) {
        pgconn_abandon(conn, PQerrorMessage(conn->pg));
        return;
    }
    watch_for(conn, false, true); /* libpq: "as if PQconnectPoll had said WRITING" */
}

static void begin_round(struct pgconn *conn)
{
    conn->is_in_round = true;
    conn->next_host = 0;
    conn->next_address = 0;
    if (find_next(conn)) {
        connect_next(conn);
    } else {
        reconnect_fail(&conn->life, "%s", conn->life.last_error.text); /* no name was found */
    }
}

static void start_round(struct pgconn *conn)
{
    conn->step = PGCONN_RESOLVING;
    conn->is_overdue = false;
    look_up_hosts(conn);
    if (is_looking_up(conn)) {
        reconnect_limit(&conn->life, LOOKUP_SHARE_MS);
    } else {
        begin_round(conn);
    }
}

void pgconn_on_attempt(void *user)
{
    struct pgconn *conn = user;
    if (conn->is_in_round) {
        connect_next(conn);
    } else {
        start_round(conn);
    }
}

/* A name server that is slow holds up those hosts only that it is asked for. */
static void stop_looking_up(struct pgconn *conn)
{
    conn->is_overdue = true;
    if (all_addresses(conn) > 0) {
        begin_round(conn);
    } else {
        reconnect_note(&conn->life, "PostgreSQL: the host's name is still being looked up");
    }
}

void pgconn_on_overdue(void *user)
{
    struct pgconn *conn = user;
    if (conn->step == PGCONN_RESOLVING) {
        stop_looking_up(conn);
        return;
    }
    char reason[64];
    (void)snprintf(reason, sizeof reason, "no answer within %lld ms", (long long)conn->share_ms);
    pgconn_abandon(conn, reason);
}

bool pgconn_next_address(struct pgconn *conn)
{
    if (conn->is_in_round) {
        conn->next_address++;
        conn->is_in_round = find_next(conn);
    }
    return conn->is_in_round;
}
