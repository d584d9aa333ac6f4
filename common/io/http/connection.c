/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/connection.h"

#include "common/io/http/exchange_internal.h"
#include "common/io/http/steps.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SPARE_MS = 1000,     /* for the first byte on a spare connection */
    UNSENT_MAX = 65536,  /* bytes the kernel holds that the peer's window does not take */
    HEAD_READ = 16384,   /* bytes taken at once while a head is awaited */
    PIPELINE_MAX = 4096, /* bytes read ahead while a handler has the request */
};

/* --- its end --------------------------------------------------------------------- */

/*
 * Gives back place, socket and buffers. Steps of this connection may be on the stack, so the
 * struct itself is freed in a turn of its own.
 */
static void give_back(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    assert(connection->state == CONNECTION_CLOSED && connection->exchange == NULL);
    assert(connection->watch != NULL); /* once */
    loop_fd_free(connection->watch);
    connection->watch = NULL;
    (void)close(connection->line.fd);
    http_line_done(&connection->line);
    http_crowd_move(&server->crowd, &connection->member, HTTP_GONE, loop_now_ms());
    server->spares -= connection->line.place == HTTP_PLACE_SPARE ? 1U : 0U;
    server->stats.connections--;
    if (server->listener != NULL) {
        loop_fd_want(server->listener, true, false);
    }
    loop_deferred_schedule(connection->line.wake);
}

void http_connection_close(struct http_connection *connection)
{
    http_step_close(connection);
    give_back(connection);
}

void http_connection_free(struct http_connection *connection)
{
    assert(connection->state == CONNECTION_CLOSED && connection->watch == NULL);
    http_crowd_leave(&connection->server->crowd, &connection->member);
    loop_deferred_free(connection->line.wake);
    free(connection);
}

/* --- between steps --------------------------------------------------------------- */

/*
 * Room for so much input. Where strangers hold their share already, the one that holds most is
 * closed, unless that is this one. No step of another connection is ever on the stack here.
 */
static bool make_room(struct http_connection *connection, size_t need)
{
    struct http_server *server = connection->server;
    while (!http_line_reserve(&connection->line, need)) {
        const struct http_member *largest = http_crowd_largest(&server->crowd, &connection->member);
        if (largest == NULL || largest->held < need) {
            return false;
        }
        server->stats.dropped++;
        http_connection_close(largest->connection);
    }
    return true;
}

/* Behind so many further requests a peer that leaves is seen only after the answer. */
static bool wants_input(const struct http_connection *connection)
{
    const bool is_full =
        connection->state == CONNECTION_HANDLED && connection->line.in.len >= PIPELINE_MAX;
    return http_step_reads(connection) && !is_full && connection->line.state == HTTP_LINE_OPEN;
}

/*
 * Whether another connection's need may close it. Who waits for a handler is not closed: its
 * request may be doing something. A body that is coming has been judged.
 */
static bool may_make_room(const struct http_connection *connection)
{
    return connection->state == CONNECTION_READ_HEAD || connection->state == CONNECTION_WRITE;
}

/* Keeps what was not used, and watches for what comes next. False: steps are to be made again. */
static bool settle(struct http_connection *connection)
{
    struct http_line *line = &connection->line;
    if (connection->state == CONNECTION_CLOSED) {
        give_back(connection);
        return true;
    }
    if (!make_room(connection, connection->input.len)) {
        http_step_starve(connection);
        return false;
    }
    http_line_keep(line, connection->input);
    connection->input = (struct strview){0};
    assert(line->in.len == 0 || connection->state != CONNECTION_READ_BODY); /* all is used there */
    connection->member.held = may_make_room(connection) ? http_line_held(line) : 0;
    loop_fd_want(connection->watch, wants_input(connection), http_line_has_unsent(line));
    return true;
}

/* Handlers are called from in here, and answer at once or later: the answer lies on the line, where
 * the next step finds it. A step that ends the connection only says so; its socket and buffers go
 * in settle(), when no step is on the stack, and the struct in a turn of its own. */
static void run(struct http_connection *connection)
{
    do {
        while (http_step(connection)) {
        }
    } while (!settle(connection));
}

static void take_up_input(struct http_connection *connection)
{
    const struct http_input *in = &connection->line.in;
    connection->input = (struct strview){in->bytes, in->len};
}

/* --- what comes from outside: each of these is called by the loop, none by another ------- */

/* A body is copied out of the scratch at once; all else may have to be kept. */
static size_t bytes_wanted(const struct http_connection *connection)
{
    if (connection->state == CONNECTION_HANDLED) {
        return PIPELINE_MAX - connection->line.in.len;
    }
    return connection->state == CONNECTION_READ_HEAD ? HEAD_READ : HTTP_SCRATCH;
}

static void receive(struct http_connection *connection)
{
    struct http_line *line = &connection->line;
    char *scratch = connection->server->scratch;
    const size_t len = http_line_receive(line, scratch, bytes_wanted(connection));
    if (line->in.len == 0) {
        connection->input = (struct strview){scratch, len};
    } else if (make_room(connection, line->in.len + len)) {
        http_line_append(line, (struct strview){scratch, len});
        take_up_input(connection);
    } else {
        http_step_starve(connection);
    }
}

static void flush(struct http_connection *connection)
{
    const bool has_said_all =
        connection->state == CONNECTION_WRITE || connection->state == CONNECTION_STREAM;
    if (http_line_flush(&connection->line) > 0 && has_said_all) {
        http_step_set_deadline(connection, connection->server->options.idle_timeout_ms);
    }
}

static void on_socket(void *user, bool readable, bool writable)
{
    struct http_connection *connection = user;
    take_up_input(connection);
    if (writable) {
        flush(connection);
    }
    if (readable && wants_input(connection)) {
        receive(connection);
    }
    if (connection->line.state == HTTP_LINE_BROKEN) {
        http_step_close(connection);
    } else if (connection->line.state == HTTP_LINE_ENDED &&
               connection->state == CONNECTION_HANDLED) {
        http_exchange_end_input(connection->exchange); /* who waits answers now, perhaps at once */
    }
    run(connection);
}

/* An answer was given, or it was closed. */
static void on_wake(void *user)
{
    struct http_connection *connection = user;
    if (connection->state == CONNECTION_CLOSED) {
        http_connection_free(connection);
        return;
    }
    take_up_input(connection);
    run(connection);
}

void http_connection_check_deadline(struct http_connection *connection)
{
    if (connection->deadline_ms <= loop_now_ms()) {
        http_step_expire(connection);
        run(connection);
    }
}

void http_connection_drain(struct http_connection *connection)
{
    if (http_step_is_idle(connection)) {
        http_connection_close(connection);
    } else if (connection->state != CONNECTION_HANDLED) {
        http_step_set_deadline(connection, HTTP_DRAIN_MS); /* a handler has its own */
    }
}

/* --- its beginning --------------------------------------------------------------- */

static void format_peer(const struct sockaddr_storage *address, char *out)
{
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (inet_ntop(address->ss_family, bytes, out, INET6_ADDRSTRLEN) == NULL) {
        out[0] = '\0';
    }
}

static void set_socket_options(int fd)
{
    const int on = 1;
    const int unsent_max = UNSENT_MAX;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Else the kernel takes up to 4 MiB for a peer that reads nothing, where no budget sees it. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
}

/* Takes its place among the others. */
static void join(struct http_server *server, struct http_connection *connection)
{
    const bool is_spare =
        server->stats.connections - server->spares >= server->options.max_connections;
    connection->line.place = is_spare ? HTTP_PLACE_SPARE : HTTP_PLACE_ORDINARY;
    connection->member.connection = connection;
    http_crowd_join(&server->crowd, &connection->member, HTTP_FRESH, loop_now_ms());
    server->spares += is_spare ? 1U : 0U;
    server->stats.connections++;
    server->stats.accepted++;
    if (!loop_timer_is_armed(server->sweep)) {
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
    http_step_set_deadline(connection, is_spare ? SPARE_MS : server->options.first_timeout_ms);
}

void http_connection_open(struct http_server *server, int fd,
                          const struct sockaddr_storage *address)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        (void)close(fd);
        return;
    }
    set_socket_options(fd);
    connection->server = server;
    connection->line.fd = fd;
    connection->line.budget = &server->budget;
    connection->line.wake = loop_deferred_new(server->loop, on_wake, connection);
    format_peer(address, connection->line.peer);
    join(server, connection);
    connection->watch = loop_fd_new(server->loop, fd, on_socket, connection);
    loop_fd_want(connection->watch, true, false);
}
