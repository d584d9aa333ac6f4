/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the HTTP server: bytes in, requests out, answers back, and its end. */
#include "common/io/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    LINGER_MS = 1000,
    PIPELINE_MAX = 16384, /* bytes read ahead while an answer is pending */
    BODY_FIRST = 16384,   /* a longer body grows as it comes: a length alone costs nothing */
};

static const int64_t NO_DEADLINE = INT64_MAX;

static const struct http_verdict HEAD_TOO_LARGE = {431, "headers-too-large",
                                                   "the request head is too large"};
static const struct http_verdict TOO_LATE = {408, "request-timeout",
                                             "the request did not arrive in time"};
static const struct http_verdict NO_ROOM = {503, "overloaded",
                                            "too many request bodies are waiting"};

static void on_connection(void *user, bool readable, bool writable);
static void consume(struct http_connection *connection, const char *bytes, size_t len);

/* --- life of a connection ---------------------------------------------------- */

static void set_deadline(struct http_connection *connection, int64_t delay_ms)
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
    set_deadline(connection, server->options.idle_timeout_ms);
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

static void free_connection(struct http_connection *connection)
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
        free_connection(connection);
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
static void watch_for(struct http_connection *connection)
{
    const bool reads = !connection->input_ended && connection->in_len < PIPELINE_MAX;
    const bool reads_more = connection->state <= CONNECTION_BODY && !connection->input_ended;
    loop_fd_want(connection->watch,
                 reads || reads_more || connection->state == CONNECTION_LINGERING,
                 connection->out_len > 0);
}

void http_connection_write(struct http_connection *connection, struct strview first,
                           struct strview second)
{
    size_t taken = 0;
    if (connection->out_len == 0) {
        struct iovec parts[] = {
            {.iov_base = (void *)(uintptr_t)first.data, .iov_len = first.len},
            {.iov_base = (void *)(uintptr_t)second.data, .iov_len = second.len}};
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
    set_deadline(connection, LINGER_MS);
    watch_for(connection);
}

static void await_request(struct http_connection *connection)
{
    connection->state = CONNECTION_HEAD;
    connection->scanned = 0;
    set_deadline(connection, connection->in_len > 0 ? connection->server->options.head_timeout_ms
                                                    : connection->server->options.idle_timeout_ms);
    if (connection->is_feeding) {
        return; /* consume() goes on by itself */
    }
    if (connection->in_len > 0) {
        consume(connection, connection->in, connection->in_len);
    } else if (connection->input_ended) {
        http_connection_close(connection);
    } else {
        watch_for(connection);
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
    set_deadline(connection, connection->server->options.idle_timeout_ms);
    watch_for(connection);
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
            set_deadline(connection, connection->server->options.idle_timeout_ms);
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
        watch_for(connection);
    }
}

/* --- bytes in ------------------------------------------------------------------- */

void http_connection_refuse(struct http_connection *connection, const struct http_verdict *verdict)
{
    connection->server->stats.refused++;
    connection->must_close = true;
    if (connection->request != NULL) {
        part_from_request(connection);
    }
    http_connection_problem(connection, verdict);
}

static struct http_request *new_request(struct http_connection *connection, struct strview head)
{
    struct http_request *request = malloc(sizeof *request + head.len);
    if (request == NULL) {
        return NULL;
    }
    /* Not the table of fields: http_guard_read() fills what counts of it. */
    memset(request, 0, offsetof(struct http_request, head));
    request->server = connection->server;
    request->connection = connection;
    arena_init(&request->arena, connection->server->options.max_arena_bytes);
    memcpy(request->head_bytes, head.data, head.len);
    connection->request = request;
    return request;
}

static void dispatch(struct http_connection *connection)
{
    struct http_request *request = connection->request;
    struct http_server *server = connection->server;
    connection->state = CONNECTION_HANDLING;
    connection->deadline_ms = NO_DEADLINE; /* handlers have their own */
    request->is_pending = true;
    request->next = server->pending;
    if (request->next != NULL) {
        request->next->previous = request;
    }
    server->pending = request;
    server->stats.requests++;
    server->stats.requests_pending++;
    http_dispatch(request);
}

static void head_is_read(struct http_connection *connection)
{
    const struct http_request *request = connection->request;
    connection->must_close = request->head.wants_close || connection->server->is_draining;
    if (request->head.content_length == 0) {
        dispatch(connection);
        return;
    }
    connection->state = CONNECTION_BODY;
    set_deadline(connection, connection->server->options.body_timeout_ms);
}

/* Returns how many bytes it used; 0 when more have to come first. */
static size_t consume_head(struct http_connection *connection, struct strview bytes)
{
    const struct http_options *options = &connection->server->options;
    const size_t len = http_guard_head_length(bytes, &connection->scanned);
    if (len > options->max_head_bytes || (len == 0 && bytes.len > options->max_head_bytes)) {
        http_connection_refuse(connection, &HEAD_TOO_LARGE);
        return bytes.len;
    }
    if (len == 0) {
        return 0;
    }
    connection->scanned = 0;
    struct http_request *request = new_request(connection, (struct strview){bytes.data, len});
    if (request == NULL) {
        http_connection_refuse(connection, &NO_ROOM);
        return bytes.len;
    }
    const struct http_verdict verdict = http_guard_read((struct strview){request->head_bytes, len},
                                                        options->max_body_bytes, &request->head);
    if (verdict.status != 0) {
        http_connection_refuse(connection, &verdict);
        return bytes.len;
    }
    head_is_read(connection);
    return len;
}

static bool grow_body(struct http_request *request, size_t need)
{
    if (need <= request->body_cap) {
        return true;
    }
    size_t cap = request->body_cap == 0 ? BODY_FIRST : request->body_cap * 2;
    cap = cap < need ? need : cap;
    cap = cap > request->head.content_length ? request->head.content_length : cap;
    char *grown = realloc(request->body, cap);
    if (grown == NULL) {
        return false;
    }
    request->body = grown;
    request->body_cap = cap;
    return true;
}

static size_t consume_body(struct http_connection *connection, struct strview bytes)
{
    struct http_server *server = connection->server;
    struct http_request *request = connection->request;
    const size_t missing = request->head.content_length - request->body_len;
    const size_t taken = bytes.len < missing ? bytes.len : missing;
    if (server->stats.body_bytes + taken > server->options.max_total_bytes ||
        !grow_body(request, request->body_len + taken)) {
        http_connection_refuse(connection, &NO_ROOM);
        return bytes.len;
    }
    memcpy(request->body + request->body_len, bytes.data, taken);
    request->body_len += taken;
    server->stats.body_bytes += taken;
    if (taken == missing) {
        dispatch(connection);
    }
    return taken;
}

/* Keeps what is left for later; bytes may already be the tail of the connection's own buffer. */
static bool keep_input(struct http_connection *connection, const char *bytes, size_t len)
{
    if (len == 0) {
        free(connection->in);
        connection->in = NULL;
        connection->in_cap = 0;
    } else if (connection->in != NULL) {
        memmove(connection->in, bytes, len);
    } else {
        connection->in = malloc(len);
        if (connection->in == NULL) {
            return false;
        }
        connection->in_cap = len;
        memcpy(connection->in, bytes, len);
    }
    connection->in_len = len;
    return true;
}

static void after_consuming(struct http_connection *connection)
{
    const struct http_request *request = connection->request;
    if (connection->state == CONNECTION_BODY && request->head.expects_continue &&
        request->body_len == 0 && !connection->input_ended) {
        http_connection_write(connection, STRVIEW("HTTP/1.1 100 Continue\r\n\r\n"), STRVIEW(""));
        connection->request->head.expects_continue = false;
    }
    if (connection->input_ended && connection->state <= CONNECTION_BODY) {
        http_connection_close(connection);
        return;
    }
    watch_for(connection);
}

/*
 * Feeds bytes to the connection's state until they are used up or an answer is
 * awaited. A handler may answer, and thereby close, while this runs.
 */
static void consume(struct http_connection *connection, const char *bytes, size_t len)
{
    size_t used = 0;
    connection->is_feeding = true;
    while (connection->fd >= 0 && connection->state <= CONNECTION_BODY && used < len) {
        const struct strview rest = {.data = bytes + used, .len = len - used};
        const size_t taken = connection->state == CONNECTION_HEAD ? consume_head(connection, rest)
                                                                  : consume_body(connection, rest);
        if (taken == 0) {
            break;
        }
        used += taken;
    }
    connection->is_feeding = false;
    if (connection->fd < 0) {
        free_connection(connection);
        return;
    }
    if (connection->state == CONNECTION_LINGERING) {
        used = len;
    } else if (connection->state == CONNECTION_HEAD && used < len && connection->in_len == 0) {
        set_deadline(connection, connection->server->options.head_timeout_ms);
    }
    if (!keep_input(connection, bytes + used, len - used)) {
        http_connection_close(connection);
        return;
    }
    after_consuming(connection);
}

static void swallow(struct http_connection *connection)
{
    const ssize_t got =
        recv(connection->fd, connection->server->scratch, HTTP_SCRATCH, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        http_connection_close(connection);
    }
}

/* Appends to what is waiting already. */
static bool append_input(struct http_connection *connection, const char *bytes, size_t len)
{
    if (connection->in_len + len > connection->in_cap) {
        char *grown = realloc(connection->in, connection->in_len + len);
        if (grown == NULL) {
            return false;
        }
        connection->in = grown;
        connection->in_cap = connection->in_len + len;
    }
    memcpy(connection->in + connection->in_len, bytes, len);
    connection->in_len += len;
    return true;
}

static void take_input(struct http_connection *connection, const char *bytes, size_t len)
{
    const bool is_reading = connection->state <= CONNECTION_BODY;
    if (is_reading && connection->in_len == 0) {
        consume(connection, bytes, len);
    } else if (!append_input(connection, bytes, len)) {
        http_connection_close(connection);
    } else if (is_reading) {
        consume(connection, connection->in, connection->in_len);
    } else {
        watch_for(connection);
    }
}

/* End of input: a peer that only shut its sending side still gets its answer. */
static void end_input(struct http_connection *connection)
{
    connection->input_ended = true;
    if (connection->state <= CONNECTION_BODY) {
        http_connection_close(connection);
    } else {
        watch_for(connection);
    }
}

static void on_readable(struct http_connection *connection)
{
    /* Read-ahead stays bounded; a body is copied out of the scratch at once. */
    const size_t room = connection->state <= CONNECTION_BODY ? HTTP_SCRATCH : PIPELINE_MAX;
    const ssize_t got = recv(connection->fd, connection->server->scratch, room, MSG_DONTWAIT);
    if (got > 0) {
        take_input(connection, connection->server->scratch, (size_t)got);
    } else if (got == 0) {
        end_input(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
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
        on_readable(connection);
    }
}
