/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the HTTP server: its life, its deadlines and the bytes it sends. */
#include "common/io/http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    LINGER_MS = 1000,
    SPARE_MS = 1000,    /* for the first byte on a spare connection */
    UNSENT_MAX = 65536, /* bytes the kernel holds that the peer's window does not take */
};

static const struct http_verdict TOO_LATE = {408, "request-timeout",
                                             "the request did not arrive in time"};
static void on_connection(void *user, bool readable, bool writable);

/* --- life of a connection ---------------------------------------------------- */

void http_connection_set_deadline(struct http_connection *connection, int64_t delay_ms)
{
    if (connection->server->is_draining && delay_ms > HTTP_DRAIN_MS) {
        delay_ms = HTTP_DRAIN_MS;
    }
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
    const int unsent_max = UNSENT_MAX;
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Else the kernel takes up to 4 MiB for a peer that reads nothing, where no budget sees it. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
    connection->server = server;
    connection->fd = fd;
    format_peer(address, connection->peer);
    connection->is_spare =
        server->stats.connections - server->spares >= server->options.max_connections;
    connection->incoming.is_whole = true;
    connection->opened_ms = loop_now_ms();
    http_list_append(connection, HTTP_FRESH);
    server->spares += connection->is_spare ? 1U : 0U;
    server->stats.connections++;
    server->stats.accepted++;
    if (!loop_timer_is_armed(server->sweep)) {
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
    http_connection_set_deadline(
        connection, connection->is_spare ? SPARE_MS : server->options.first_timeout_ms);
    connection->watch = loop_fd_new(server->loop, fd, on_connection, connection);
    loop_fd_want(connection->watch, true, false);
}

static void tell_gone(struct http_request *request)
{
    if (request != NULL && request->on_gone != NULL) {
        void (*callback)(void *user) = request->on_gone;
        request->on_gone = NULL;
        callback(request->gone_user);
    }
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
    if (request->is_pending) {
        tell_gone(request);
    } else {
        http_request_free(request);
    }
}

static void drop_unsent(struct http_connection *connection)
{
    http_budget_give(&connection->server->budget, connection->out_holder, connection->out_held);
    free(connection->out);
    connection->out = NULL;
    connection->out_len = 0;
    connection->out_sent = 0;
    connection->out_held = 0;
    connection->tail = (struct strview){0};
}

void http_connection_free(struct http_connection *connection)
{
    drop_unsent(connection);
    http_budget_give(&connection->server->budget, HTTP_HOLDER_STRANGER, connection->in_cap);
    free(connection->in);
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
    http_list_remove(connection);
    server->spares -= connection->is_spare ? 1U : 0U;
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

static bool has_unsent(const struct http_connection *connection)
{
    return connection->out_len > connection->out_sent || connection->tail.len > 0;
}

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

/*
 * Room for an answer that exists already. One that was admitted may overdraw the budget, as
 * long as something is left of it: the next one then finds nothing.
 */
static bool take_room(struct http_connection *connection, enum http_holder holder, size_t bytes)
{
    struct http_budget *budget = &connection->server->budget;
    size_t taken = bytes;
    if (holder == HTTP_HOLDER_KNOWN) {
        taken = http_budget_take_some(budget, holder, bytes);
    } else if (!http_budget_take(budget, holder, bytes)) {
        taken = 0;
    }
    if (connection->out_held == 0) {
        connection->out_holder = holder;
    }
    connection->out_held += taken;
    return taken > 0 || bytes == 0;
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

/*
 * While a handler has the request a little is read ahead, to see the peer leave. Nothing is
 * read while an answer is on its way: who does not read has no need to be read.
 */
void http_connection_watch(struct http_connection *connection)
{
    const enum connection_state state = connection->state;
    const bool reads_ahead = state == CONNECTION_HANDLING && connection->in_len < HTTP_PIPELINE_MAX;
    const bool reads = state <= CONNECTION_SKIPPING || reads_ahead;
    loop_fd_want(connection->watch,
                 (reads && !connection->input_ended) || state == CONNECTION_LINGERING,
                 has_unsent(connection));
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

/* Bytes that the kernel took, or -1 when the peer is gone. */
static ssize_t send_both(const struct http_connection *connection, struct strview first,
                         struct strview second)
{
    struct iovec parts[] = {part_of(first), part_of(second)};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    const ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

static void give_up_writing(struct http_connection *connection)
{
    drop_unsent(connection);
    connection->must_close = true;
    connection->input_ended = true;
}

void http_connection_write(struct http_connection *connection, const struct http_outgoing *outgoing)
{
    struct strview head = outgoing->head;
    struct strview body = outgoing->body;
    if (!has_unsent(connection)) {
        const ssize_t sent = send_both(connection, head, body);
        if (sent < 0) {
            give_up_writing(connection); /* the watch will say so */
            return;
        }
        size_t taken = (size_t)sent;
        head = skip(head, &taken);
        body = skip(body, &taken);
    }
    if (outgoing->body_stays) {
        connection->tail = body;
        body = STRVIEW("");
    }
    if (!take_room(connection, outgoing->holder, head.len + body.len) ||
        !keep_unsent(connection, head) || !keep_unsent(connection, body)) {
        give_up_writing(connection);
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

/* Goes on reading, first what was read already. */
static void read_on(struct http_connection *connection, enum connection_state state,
                    int64_t timeout_ms)
{
    connection->state = state;
    http_connection_set_deadline(connection, timeout_ms);
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
    const struct http_options *options = &connection->server->options;
    if (connection->must_close) {
        linger(connection);
    } else if (!connection->incoming.is_whole) {
        read_on(connection, CONNECTION_SKIPPING, options->body_timeout_ms);
    } else {
        connection->scanned = 0;
        read_on(connection, CONNECTION_HEAD,
                connection->in_len > 0 ? options->head_timeout_ms : options->idle_timeout_ms);
    }
}

void http_connection_answered(struct http_connection *connection)
{
    connection->state = CONNECTION_WRITING;
    if (!has_unsent(connection)) {
        finish_answer(connection);
        return;
    }
    http_connection_set_deadline(connection, connection->server->options.idle_timeout_ms);
    http_connection_watch(connection);
}

static void on_writable(struct http_connection *connection)
{
    size_t behind = connection->out_sent;
    const struct strview copied =
        skip((struct strview){connection->out, connection->out_len}, &behind);
    const ssize_t sent = send_both(connection, copied, connection->tail);
    if (sent < 0) {
        http_connection_close(connection);
        return;
    }
    size_t taken = (size_t)sent;
    connection->out_sent += copied.len - skip(copied, &taken).len;
    connection->tail = skip(connection->tail, &taken);
    if (has_unsent(connection)) {
        if (connection->state == CONNECTION_WRITING && sent > 0) {
            http_connection_set_deadline(connection, connection->server->options.idle_timeout_ms);
        }
        return;
    }
    drop_unsent(connection);
    if (connection->state == CONNECTION_WRITING) {
        finish_answer(connection);
    } else {
        http_connection_watch(connection);
    }
}

/* The peer sends nothing more. It may still read: what a handler has is answered. */
void http_connection_end_input(struct http_connection *connection)
{
    connection->input_ended = true;
    if (connection->state <= CONNECTION_SKIPPING) {
        http_connection_close(connection);
        return;
    }
    http_connection_watch(connection);
    tell_gone(connection->request); /* who waits answers now, which may be the end of all */
}

void http_connection_refuse(struct http_connection *connection, const struct http_verdict *verdict)
{
    connection->server->stats.refused++;
    connection->must_close = true;
    if (connection->state == CONNECTION_SKIPPING) {
        linger(
            connection); /* its request was answered before: a second answer would be another's */
        return;
    }
    part_from_request(connection);
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
