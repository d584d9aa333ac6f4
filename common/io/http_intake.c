/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection of the HTTP server receives: heads and bodies become requests. */
#include "common/io/http_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BODY_FIRST = 16384 }; /* a longer body grows as it comes: a length alone costs nothing */

static const int64_t NO_DEADLINE = INT64_MAX;

static const struct http_verdict HEAD_TOO_LARGE = {431, "headers-too-large",
                                                   "the request head is too large"};
static const struct http_verdict NO_ROOM = {503, "overloaded",
                                            "too many request bodies are waiting"};

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
    http_connection_set_deadline(connection, connection->server->options.body_timeout_ms);
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
    http_connection_watch(connection);
}

void http_intake_consume(struct http_connection *connection, const char *bytes, size_t len)
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
        http_connection_free(connection);
        return;
    }
    if (connection->state == CONNECTION_LINGERING) {
        used = len;
    } else if (connection->state == CONNECTION_HEAD && used < len && connection->in_len == 0) {
        http_connection_set_deadline(connection, connection->server->options.head_timeout_ms);
    }
    if (!keep_input(connection, bytes + used, len - used)) {
        http_connection_close(connection);
        return;
    }
    after_consuming(connection);
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
        http_intake_consume(connection, bytes, len);
    } else if (!append_input(connection, bytes, len)) {
        http_connection_close(connection);
    } else if (is_reading) {
        http_intake_consume(connection, connection->in, connection->in_len);
    } else {
        http_connection_watch(connection);
    }
}

/* End of input: a peer that only shut its sending side still gets its answer. */
static void end_input(struct http_connection *connection)
{
    connection->input_ended = true;
    if (connection->state <= CONNECTION_BODY) {
        http_connection_close(connection);
    } else {
        http_connection_watch(connection);
    }
}

void http_intake(struct http_connection *connection)
{
    /* Read-ahead stays bounded; a body is copied out of the scratch at once. */
    const size_t room = connection->state <= CONNECTION_BODY ? HTTP_SCRATCH : HTTP_PIPELINE_MAX;
    const ssize_t got = recv(connection->fd, connection->server->scratch, room, MSG_DONTWAIT);
    if (got > 0) {
        take_input(connection, connection->server->scratch, (size_t)got);
    } else if (got == 0) {
        end_input(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        http_connection_close(connection);
    }
}
