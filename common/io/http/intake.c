/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection of the HTTP server receives: heads and bodies become requests. */
#include "common/io/http/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BODY_FIRST = 4096 }; /* a longer body grows as it comes: a length alone costs nothing */

static const int64_t NO_DEADLINE = INT64_MAX;

static const struct http_verdict HEAD_TOO_LARGE = {431, "headers-too-large",
                                                   "the request head is too large"};
static const struct http_verdict BODY_TOO_LARGE = {413, "too-large",
                                                   "the body is larger than this server takes"};
static const struct http_verdict BAD_CHUNKS = {400, "malformed-request",
                                               "the body is no well-formed sequence of chunks"};
static const struct http_verdict NO_ROOM = {503, "overloaded", "too many requests are waiting"};

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
    request->size = sizeof *request + head.len;
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
    request->match.route->handler(request, request->match.user);
}

static void expect_body(struct http_connection *connection, const struct http_head *head)
{
    connection->incoming = (struct http_incoming){
        .is_whole = head->content_length == 0 && !head->is_chunked,
        .is_chunked = head->is_chunked,
        .is_asked_for = head->expects_continue,
        .missing = head->content_length,
    };
}

static void head_is_read(struct http_connection *connection)
{
    struct http_request *request = connection->request;
    connection->must_close =
        request->head.wants_close || connection->server->is_draining || connection->is_spare;
    expect_body(connection, &request->head);
    if (!http_request_enter(request)) {
        return;
    }
    if (connection->incoming.is_whole) {
        dispatch(connection);
        return;
    }
    connection->state = CONNECTION_BODY;
    http_connection_set_deadline(connection, connection->server->options.body_timeout_ms);
}

/* RFC 9112 §2.2: an empty line before a request is ignored. One is. */
static bool skip_empty_line(struct http_connection *connection, struct strview bytes)
{
    if (connection->skipped_a_line || bytes.len < 2 || memcmp(bytes.data, "\r\n", 2) != 0) {
        return false;
    }
    connection->skipped_a_line = true;
    connection->scanned = 0;
    return true;
}

static void forget_that_it_is_fresh(struct http_connection *connection)
{
    if (connection->list == HTTP_FRESH) {
        http_list_remove(connection);
        http_list_append(connection, HTTP_KNOWN);
    }
}

static void read_head(struct http_connection *connection, struct strview bytes)
{
    const struct http_options *options = &connection->server->options;
    struct http_request *request = new_request(connection, bytes);
    if (request == NULL) {
        http_connection_refuse(connection, &NO_ROOM);
        return;
    }
    const struct http_verdict verdict = http_guard_read(
        (struct strview){request->head_bytes, bytes.len}, options->max_body_bytes, &request->head);
    if (verdict.status != 0) {
        http_connection_refuse(connection, &verdict);
        return;
    }
    connection->scanned = 0;
    connection->skipped_a_line = false;
    forget_that_it_is_fresh(connection);
    head_is_read(connection);
}

/* Consumers return how many bytes they used; 0 when more have to come first. */
typedef size_t consume_fn(struct http_connection *connection, struct strview bytes);

static size_t consume_head(struct http_connection *connection, struct strview bytes)
{
    const struct http_options *options = &connection->server->options;
    if (skip_empty_line(connection, bytes)) {
        return 2;
    }
    const size_t len = http_guard_head_length(bytes, &connection->scanned);
    if (len > options->max_head_bytes || (len == 0 && bytes.len > options->max_head_bytes)) {
        http_connection_refuse(connection, &HEAD_TOO_LARGE);
        return bytes.len;
    }
    if (len > 0) {
        read_head(connection, (struct strview){bytes.data, len});
    }
    return len;
}

/* A body with a length is one piece that may come in parts; END without a byte more. */
static enum http_chunks_result read_piece(struct http_incoming *incoming, struct strview *bytes,
                                          struct strview *ret_piece)
{
    if (incoming->is_chunked) {
        return http_chunks_read(&incoming->chunks, bytes, ret_piece);
    }
    if (incoming->missing == 0) {
        return HTTP_CHUNKS_END;
    }
    if (bytes->len == 0) {
        return HTTP_CHUNKS_MORE;
    }
    const size_t len = bytes->len < incoming->missing ? bytes->len : incoming->missing;
    *ret_piece = (struct strview){bytes->data, len};
    *bytes = (struct strview){bytes->data + len, bytes->len - len};
    incoming->missing -= len;
    return HTTP_CHUNKS_PIECE;
}

static bool grow_body(struct http_request *request, size_t need)
{
    struct http_budget *budget = &request->server->budget;
    const size_t most = request->head.is_chunked ? request->server->options.max_body_bytes
                                                 : request->head.content_length;
    if (need <= request->body_cap) {
        return true;
    }
    size_t cap = request->body_cap == 0 ? BODY_FIRST : request->body_cap * 2;
    cap = cap < need ? need : cap;
    cap = cap > most ? most : cap;
    if (!http_budget_take(budget, HTTP_HOLDER_KNOWN, cap - request->body_cap)) {
        return false;
    }
    char *grown = realloc(request->body, cap);
    if (grown == NULL) {
        http_budget_give(budget, HTTP_HOLDER_KNOWN, cap - request->body_cap);
        return false;
    }
    request->body = grown;
    request->body_cap = cap;
    return true;
}

/* False: there is no room, and the request has been answered. */
static bool keep_piece(struct http_request *request, struct strview piece)
{
    if (!grow_body(request, request->body_len + piece.len)) {
        http_request_refuse_crowd(request);
        return false;
    }
    memcpy(request->body + request->body_len, piece.data, piece.len);
    request->body_len += piece.len;
    request->server->stats.body_bytes += piece.len;
    return true;
}

/* The state is that of a body, or of one that is dropped: then there is no request any more. */
static bool take_piece(struct http_connection *connection, struct strview piece)
{
    connection->incoming.len += piece.len;
    if (connection->incoming.len > connection->server->options.max_body_bytes) {
        http_connection_refuse(connection, &BODY_TOO_LARGE);
        return false;
    }
    return connection->state == CONNECTION_SKIPPING || keep_piece(connection->request, piece);
}

static void body_is_whole(struct http_connection *connection)
{
    connection->incoming.is_whole = true;
    if (connection->state == CONNECTION_SKIPPING) {
        http_connection_answered(connection); /* long ago: now the next request may come */
    } else {
        dispatch(connection);
    }
}

static size_t consume_body(struct http_connection *connection, struct strview bytes)
{
    struct strview rest = bytes;
    struct strview piece = {0};
    connection->incoming.is_asked_for = false; /* it has not waited */
    enum http_chunks_result result = read_piece(&connection->incoming, &rest, &piece);
    while (result == HTTP_CHUNKS_PIECE && take_piece(connection, piece)) {
        result = read_piece(&connection->incoming, &rest, &piece);
    }
    if (result == HTTP_CHUNKS_REFUSED) {
        http_connection_refuse(connection, &BAD_CHUNKS);
    } else if (result == HTTP_CHUNKS_END) {
        body_is_whole(connection);
    }
    return bytes.len - rest.len;
}

static consume_fn *const CONSUMERS[] = {
    [CONNECTION_HEAD] = consume_head,
    [CONNECTION_BODY] = consume_body,
    [CONNECTION_SKIPPING] = consume_body,
};
static_assert(sizeof CONSUMERS / sizeof CONSUMERS[0] == CONNECTION_HANDLING,
              "every state that reads needs a consumer");

/* Keeps what is left for later; bytes may already be the tail of the connection's own buffer. */
static bool keep_input(struct http_connection *connection, const char *bytes, size_t len)
{
    if (len == 0) {
        http_budget_give(&connection->server->budget, HTTP_HOLDER_STRANGER, connection->in_cap);
        free(connection->in);
        connection->in = NULL;
        connection->in_cap = 0;
    } else if (connection->in != NULL) {
        memmove(connection->in, bytes, len);
    } else {
        connection->in = http_take_input(connection, len) ? malloc(len) : NULL;
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
    struct http_incoming *incoming = &connection->incoming;
    if (connection->state == CONNECTION_BODY && incoming->is_asked_for &&
        !connection->input_ended) {
        incoming->is_asked_for = false;
        http_connection_write(connection, &(struct http_outgoing){
                                              .head = STRVIEW("HTTP/1.1 100 Continue\r\n\r\n"),
                                              .holder = HTTP_HOLDER_KNOWN,
                                          });
    }
    if (connection->input_ended && connection->state <= CONNECTION_SKIPPING) {
        http_connection_close(connection);
        return;
    }
    http_connection_watch(connection);
}

/* There is no room to keep what came: a request that is only beginning is refused. */
static void refuse_input(struct http_connection *connection)
{
    if (connection->state == CONNECTION_HEAD) {
        http_connection_refuse(connection, &NO_ROOM);
    } else {
        http_connection_close(connection);
    }
}

void http_intake_consume(struct http_connection *connection, const char *bytes, size_t len)
{
    size_t used = 0;
    connection->is_feeding = true;
    while (connection->fd >= 0 && connection->state <= CONNECTION_SKIPPING && used < len) {
        const size_t taken = CONSUMERS[connection->state](
            connection, (struct strview){.data = bytes + used, .len = len - used});
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
    if (keep_input(connection, bytes + used, len - used)) {
        after_consuming(connection);
    } else {
        refuse_input(connection);
    }
}

/* Appends to what is waiting already. */
static bool append_input(struct http_connection *connection, const char *bytes, size_t len)
{
    const size_t need = connection->in_len + len;
    if (need > connection->in_cap) {
        const size_t more = need - connection->in_cap;
        if (!http_take_input(connection, more)) {
            return false;
        }
        char *grown = realloc(connection->in, need);
        if (grown == NULL) {
            http_budget_give(&connection->server->budget, HTTP_HOLDER_STRANGER, more);
            return false;
        }
        connection->in = grown;
        connection->in_cap = need;
    }
    memcpy(connection->in + connection->in_len, bytes, len);
    connection->in_len += len;
    return true;
}

static void take_input(struct http_connection *connection, const char *bytes, size_t len)
{
    const bool is_reading = connection->state <= CONNECTION_SKIPPING;
    if (is_reading && connection->in_len == 0) {
        http_intake_consume(connection, bytes, len);
    } else if (!append_input(connection, bytes, len)) {
        refuse_input(connection);
    } else if (is_reading) {
        http_intake_consume(connection, connection->in, connection->in_len);
    } else {
        http_connection_watch(connection);
    }
}

/* A body is copied out of the scratch at once; all else may have to be kept. */
static size_t bytes_wanted(const struct http_connection *connection)
{
    if (connection->state == CONNECTION_HANDLING) {
        return HTTP_PIPELINE_MAX - connection->in_len;
    }
    return connection->state == CONNECTION_HEAD ? HTTP_HEAD_READ : HTTP_SCRATCH;
}

void http_intake(struct http_connection *connection)
{
    const ssize_t got =
        recv(connection->fd, connection->server->scratch, bytes_wanted(connection), MSG_DONTWAIT);
    if (got > 0) {
        take_input(connection, connection->server->scratch, (size_t)got);
    } else if (got == 0) {
        http_connection_end_input(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        http_connection_close(connection);
    }
}
