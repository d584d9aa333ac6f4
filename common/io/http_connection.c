/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the HTTP server: its life, its deadlines and the bytes it sends. */
#include "common/io/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINGER_MS = 1000 };

static const struct http_verdict TOO_LATE = {408, "request-timeout",
                                             "the request did not arrive in time"};
static void on_connection(void *user, bool readable, bool writable);

/* --- life of a connection ---------------------------------------------------- */

void http_connection_set_deadline(struct http_connection *connection, int64_t delay_ms)
{
    connection->deadline_ms = loop_now_ms() + delay_ms;
}

static void format_peer(const struct sockaddr_storage *address, char *out)
{
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (inet_ntop(address->ss_family, bytes, out, INET6_ADDRSTRLEN) == NULL) {
        out[0] = '\0';
    }
}

void http_connection_open(struct http_server *server, int fd,
                          const struct sockaddr_storage *address)
{
    const int on = 1;
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->server = server;
    connection->fd = fd;
    format_peer(address, connection->peer);
    connection->next = server->connections;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    } else {
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
    server->connections = connection;
    server->stats.connections++;
    server->stats.accepted++;
    http_connection_set_deadline(connection, server->options.idle_timeout_ms);
    connection->watch = loop_fd_new(server->loop, fd, on_connection, connection);
    loop_fd_want(connection->watch, true, false);
}

/* What a handler holds stays valid; it learns that nobody waits for it any more. */
static void part_from_request(struct http_connection *connection)
{
    struct http_request *request = connection->request;
    connection->request = NULL;
    if (request == NULL) {
        return;
    }
    request->connection = NULL;
    if (!request->is_pending) {
        http_request_free(request);
    } else if (request->on_gone != NULL) {
        void (*callback)(void *user) = request->on_gone;
        request->on_gone = NULL;
        callback(request->gone_user);
    }
}

void http_connection_free(struct http_connection *connection)
{
    free(connection->in);
    free(connection->out);
    free(connection);
}

void http_connection_close(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->fd < 0) {
        return;
    }
    loop_fd_free(connection->watch);
    connection->watch = NULL;
    (void)close(connection->fd);
    connection->fd = -1;
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    server->stats.connections--;
    if (server->listener != NULL) {
        loop_fd_want(server->listener, true, false);
    }
    part_from_request(connection);
    if (!connection->is_feeding) {
        http_connection_free(connection);
    }
}

void http_connection_expire(struct http_connection *connection)
{
    const bool is_idle = connection->state == CONNECTION_HEAD && connection->in_len == 0;
    if (is_idle || connection->state >= CONNECTION_WRITING) {
        http_connection_close(connection);
        return;
    }
    http_connection_refuse(connection, &TOO_LATE);
}

/* --- bytes out ----------------------------------------------------------------- */

static bool keep_unsent(struct http_connection *connection, struct strview bytes)
{
    if (bytes.len == 0) {
        return true;
    }
    char *grown = realloc(connection->out, connection->out_len + bytes.len);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + connection->out_len, bytes.data, bytes.len);
    connection->out = grown;
    connection->out_len += bytes.len;
    return true;
}

static struct strview skip(struct strview bytes, size_t *taken)
{
    const size_t len = *taken < bytes.len ? *taken : bytes.len;
    if (len == 0) {
        return bytes;
    }
    *taken -= len;
    return (struct strview){.data = bytes.data + len, .len = bytes.len - len};
}

/* Reading goes on while writing only where somebody consumes what is read. */
void http_connection_watch(struct http_connection *connection)
{
    const bool reads = !connection->input_ended && connection->in_len < HTTP_PIPELINE_MAX;
    const bool reads_more = connection->state <= CONNECTION_BODY && !connection->input_ended;
    loop_fd_want(connection->watch,
                 reads || reads_more || connection->state == CONNECTION_LINGERING,
                 connection->out_len > 0);
}

/* struct iovec knows no const; sendmsg() only reads. */
static struct iovec part_of(struct strview bytes)
{
    const union {
        const char *borrowed;
        void *base;
    } address = {.borrowed = bytes.data};
    return (struct iovec){.iov_base = address.base, .iov_len = bytes.len};
}

void http_connection_write(struct http_connection *connection, struct strview first,
                           struct strview second)
{
    size_t taken = 0;
    if (connection->out_len == 0) {
        struct iovec parts[] = {part_of(first), part_of(second)};
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        const ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            connection->must_close = true; /* the peer is gone; the watch will say so */
            connection->input_ended = true;
            return;
        }
        taken = sent < 0 ? 0 : (size_t)sent;
    }
    first = skip(first, &taken);
    second = skip(second, &taken);
    if (!keep_unsent(connection, first) || !keep_unsent(connection, second)) {
        connection->must_close = true;
        connection->out_len = 0;
    }
}

/* --- after an answer ------------------------------------------------------------ */

/*
 * Closing with unread bytes in the kernel sends a reset, which can overtake the
 * answer: shut our side, and swallow what comes until the peer closes too.
 */
static void linger(struct http_connection *connection)
{
    if (connection->input_ended || shutdown(connection->fd, SHUT_WR) != 0) {
        http_connection_close(connection);
        return;
    }
    connection->state = CONNECTION_LINGERING;
    connection->in_len = 0;
    http_connection_set_deadline(connection, LINGER_MS);
    http_connection_watch(connection);
}

static void await_request(struct http_connection *connection)
{
    connection->state = CONNECTION_HEAD;
    connection->scanned = 0;
    http_connection_set_deadline(connection, connection->in_len > 0
                                                 ? connection->server->options.head_timeout_ms
                                                 : connection->server->options.idle_timeout_ms);
    if (connection->is_feeding) {
        return; /* http_intake_consume() goes on by itself */
    }
    if (connection->in_len > 0) {
        http_intake_consume(connection, connection->in, connection->in_len);
    } else if (connection->input_ended) {
        http_connection_close(connection);
    } else {
        http_connection_watch(connection);
    }
}

static void finish_answer(struct http_connection *connection)
{
    if (connection->must_close) {
        linger(connection);
    } else {
        await_request(connection);
    }
}

void http_connection_answered(struct http_connection *connection)
{
    connection->state = CONNECTION_WRITING;
    if (connection->out_len == 0) {
        finish_answer(connection);
        return;
    }
    http_connection_set_deadline(connection, connection->server->options.idle_timeout_ms);
    http_connection_watch(connection);
}

static void on_writable(struct http_connection *connection)
{
    const ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                              connection->out_len - connection->out_sent, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            http_connection_close(connection);
        }
        return;
    }
    connection->out_sent += (size_t)sent;
    if (connection->out_sent < connection->out_len) {
        if (connection->state == CONNECTION_WRITING) {
            http_connection_set_deadline(connection, connection->server->options.idle_timeout_ms);
        }
        return;
    }
    free(connection->out);
    connection->out = NULL;
    connection->out_len = 0;
    connection->out_sent = 0;
    if (connection->state == CONNECTION_WRITING) {
        finish_answer(connection);
    } else {
        http_connection_watch(connection);
    }
}

void http_connection_refuse(struct http_connection *connection, const struct http_verdict *verdict)
{
    connection->server->stats.refused++;
    connection->must_close = true;
    if (connection->request != NULL) {
        part_from_request(connection);
    }
    http_connection_problem(connection, verdict);
}

static void swallow(struct http_connection *connection)
{
    const ssize_t got =
        recv(connection->fd, connection->server->scratch, HTTP_SCRATCH, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        http_connection_close(connection);
    }
}

static void on_connection(void *user, bool readable, bool writable)
{
    struct http_connection *connection = user;
    if (writable) {
        on_writable(connection);
    } else if (readable && connection->state == CONNECTION_LINGERING) {
        swallow(connection);
    } else if (readable) {
        http_intake(connection);
    }
}
