/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/steps.h"

#include "common/io/http/exchange_internal.h"
#include "common/io/http/stream_internal.h"

#include <assert.h>
#include <sys/socket.h>

enum { LINGER_MS = 1000 };

static const int64_t NEVER = INT64_MAX;

static const struct http_verdict TOO_LATE = {408, "request-timeout",
                                             "the request did not arrive in time"};
static const struct http_verdict HEAD_TOO_LARGE = {431, "headers-too-large",
                                                   "the request head is too large"};
static const struct http_verdict BODY_TOO_LARGE = {413, "too-large",
                                                   "the body is larger than this server takes"};
static const struct http_verdict BAD_CHUNKS = {400, "malformed-request",
                                               "the body is no well-formed sequence of chunks"};
static const struct http_verdict NO_ROOM = {503, "overloaded", "too many requests are waiting"};

typedef bool step_fn(struct http_connection *connection);

#define TO(name)                      (1U << CONNECTION_##name)
#define STEP(name, step, reads, next) static step_fn step;
HTTP_STATES(STEP, TO)
#undef STEP

#define ROW(name, step, reads, next) {step, reads, next},
static const struct {
    step_fn *step;
    bool reads;
    unsigned next; /* what it may become, as bits */
} STATES[] = {HTTP_STATES(ROW, TO)};
#undef ROW

/* --- states ---------------------------------------------------------------------- */

void http_step_set_deadline(struct http_connection *connection, int64_t delay_ms)
{
    if (delay_ms == NEVER) {
        connection->deadline_ms = NEVER; /* handlers have their own */
        return;
    }
    if (connection->server->is_draining && delay_ms > HTTP_DRAIN_MS) {
        delay_ms = HTTP_DRAIN_MS;
    }
    connection->deadline_ms = loop_now_ms() + delay_ms;
}

/* Returns true, so that a step can end with it. */
static bool enter(struct http_connection *connection, enum connection_state state, int64_t delay_ms)
{
    assert((STATES[connection->state].next & 1U << state) != 0);
    connection->state = state;
    http_step_set_deadline(connection, delay_ms);
    return true;
}

bool http_step(struct http_connection *connection)
{
    return STATES[connection->state].step(connection);
}

bool http_step_reads(const struct http_connection *connection)
{
    return STATES[connection->state].reads;
}

bool http_step_is_idle(const struct http_connection *connection)
{
    return connection->state == CONNECTION_READ_HEAD && connection->line.in.len == 0;
}

static void stand(struct http_connection *connection, enum http_standing standing)
{
    if (connection->member.standing != standing) {
        http_crowd_move(&connection->server->crowd, &connection->member, standing, loop_now_ms());
    }
}

/* --- its end --------------------------------------------------------------------- */

/* What a handler holds stays valid; it learns that nobody waits for it any more. */
static void part(struct http_connection *connection)
{
    struct http_request *exchange = connection->exchange;
    connection->exchange = NULL;
    if (exchange != NULL) {
        connection->member.has_shown_token |= exchange->holder == HTTP_HOLDER_KNOWN;
        http_exchange_part(exchange);
    }
}

/*
 * Returns false, so that a step can end with it: there is none behind it. Whoever waits for its
 * request is told last: that calls out, and may answer this request and others, but reaches them
 * through their lines only, and this one's line no more.
 */
static bool end(struct http_connection *connection)
{
    (void)enter(connection, CONNECTION_CLOSED, NEVER);
    connection->input = (struct strview){0};
    part(connection);
    http_stream_part(&connection->line, HTTP_STREAM_LEFT);
    return false;
}

void http_step_close(struct http_connection *connection)
{
    (void)end(connection);
}

static bool stay(struct http_connection *connection)
{
    (void)connection;
    return false;
}

/*
 * Closing with unread bytes in the kernel sends a reset, which can overtake the answer: shut our
 * side, and swallow what comes until the peer closes too.
 */
static bool linger(struct http_connection *connection)
{
    const struct http_line *line = &connection->line;
    if (line->state != HTTP_LINE_OPEN || shutdown(line->fd, SHUT_WR) != 0) {
        return end(connection);
    }
    return enter(connection, CONNECTION_LINGER, LINGER_MS);
}

/* --- reading --------------------------------------------------------------------- */

/* Says a problem of which no handler knows; nothing behind it can be trusted to be a request. */
static bool refuse(struct http_connection *connection, const struct http_verdict *verdict)
{
    connection->server->stats.refused++;
    connection->input = (struct strview){0};
    if (connection->state == CONNECTION_SKIP_BODY) {
        return linger(connection); /* it was answered before: a second answer would be another's */
    }
    part(connection);
    http_exchange_refuse(connection->server, &connection->line, verdict);
    return enter(connection, CONNECTION_WRITE, connection->server->options.idle_timeout_ms);
}

static bool await_input(struct http_connection *connection)
{
    return connection->line.state != HTTP_LINE_OPEN && end(connection);
}

static struct strview take_input(struct http_connection *connection, size_t len)
{
    assert(len <= connection->input.len);
    connection->scanned = 0;
    return strview_take_bytes(&connection->input, len);
}

static bool end_exchange(struct http_connection *connection)
{
    part(connection);
    return enter(connection, CONNECTION_WRITE, connection->server->options.idle_timeout_ms);
}

/*
 * The handler runs inside this step. It may answer this request or others, which sends and asks
 * for turns; it cannot free this connection, nor run its steps.
 */
static bool hand_over(struct http_connection *connection)
{
    (void)enter(connection, CONNECTION_HANDLED, NEVER);
    http_exchange_handle(connection->exchange);
    return true;
}

static bool begin_exchange(struct http_connection *connection, struct strview head)
{
    struct http_server *server = connection->server;
    struct http_verdict refusal;
    connection->exchange = http_exchange_new(server, &connection->line, head, &refusal);
    if (connection->exchange == NULL) {
        return refuse(connection, &refusal);
    }
    connection->skipped_a_line = false;
    stand(connection, HTTP_BUSY);
    if (!http_exchange_judge(connection->exchange)) {
        return end_exchange(connection);
    }
    return connection->line.body.state == HTTP_BODY_WHOLE
               ? hand_over(connection)
               : enter(connection, CONNECTION_READ_BODY, server->options.body_timeout_ms);
}

/* RFC 9112 §2.2: an empty line before a request is ignored. One is. */
static bool skip_empty_line(struct http_connection *connection)
{
    if (connection->skipped_a_line || connection->input.len < 2 ||
        memcmp(connection->input.data, "\r\n", 2) != 0) {
        return false;
    }
    (void)take_input(connection, 2);
    connection->skipped_a_line = true;
    return true;
}

static bool read_head(struct http_connection *connection)
{
    const struct http_options *options = &connection->server->options;
    if (skip_empty_line(connection)) {
        return true;
    }
    const bool begins = connection->scanned == 0 && connection->input.len > 0;
    const size_t len = http_guard_head_length(connection->input, &connection->scanned);
    const size_t least = len > 0 ? len : connection->input.len;
    if (least > options->max_head_bytes) {
        return refuse(connection, &HEAD_TOO_LARGE);
    }
    if (len > 0) {
        return begin_exchange(connection, take_input(connection, len));
    }
    if (begins && connection->member.standing == HTTP_IDLE) {
        stand(connection, HTTP_BUSY);
    }
    if (begins) {
        http_step_set_deadline(connection, options->head_timeout_ms);
    }
    return await_input(connection);
}

static bool await_body(struct http_connection *connection)
{
    struct http_line *line = &connection->line;
    if (line->body.state == HTTP_BODY_ASKED_FOR && line->state == HTTP_LINE_OPEN) {
        line->body.state = HTTP_BODY_COMING;
        http_line_send(line, &(struct http_outgoing){
                                 .head = STRVIEW("HTTP/1.1 100 Continue\r\n\r\n"),
                                 .holder = HTTP_HOLDER_KNOWN,
                             });
    }
    return await_input(connection);
}

static bool next_request(struct http_connection *connection)
{
    connection->scanned = 0;
    stand(connection, connection->member.has_shown_token ? HTTP_IDLE : HTTP_STRANGER);
    return enter(connection, CONNECTION_READ_HEAD, connection->server->options.idle_timeout_ms);
}

static bool is_too_large(const struct http_connection *connection)
{
    return connection->line.body.len > connection->server->options.max_body_bytes;
}

static bool stop_at(struct http_connection *connection, enum http_chunks_result result)
{
    return result == HTTP_CHUNKS_REFUSED ? refuse(connection, &BAD_CHUNKS) : await_body(connection);
}

static bool read_body(struct http_connection *connection)
{
    struct strview piece = {0};
    const enum http_chunks_result result =
        http_body_read(&connection->line.body, &connection->input, &piece);
    if (result == HTTP_CHUNKS_END) {
        return hand_over(connection);
    }
    if (result != HTTP_CHUNKS_PIECE) {
        return stop_at(connection, result);
    }
    if (is_too_large(connection)) {
        return refuse(connection, &BODY_TOO_LARGE);
    }
    return http_exchange_take(connection->exchange, piece) || end_exchange(connection);
}

/* Its request was answered, and is gone: only where it ends still counts. */
static bool skip_body(struct http_connection *connection)
{
    struct strview piece = {0};
    assert(connection->exchange == NULL);
    const enum http_chunks_result result =
        http_body_read(&connection->line.body, &connection->input, &piece);
    if (result == HTTP_CHUNKS_END) {
        return next_request(connection);
    }
    if (result != HTTP_CHUNKS_PIECE) {
        return stop_at(connection, result);
    }
    return !is_too_large(connection) || refuse(connection, &BODY_TOO_LARGE);
}

static bool swallow(struct http_connection *connection)
{
    connection->input = (struct strview){0};
    return await_input(connection);
}

/* --- answering ------------------------------------------------------------------- */

static bool await_answer(struct http_connection *connection)
{
    if (connection->exchange->state != EXCHANGE_ANSWERED) {
        return false;
    }
    if (connection->line.stream == NULL) {
        return end_exchange(connection);
    }
    part(connection);
    return enter(connection, CONNECTION_STREAM, NEVER);
}

/* As long as nothing is unsent it may last; flushing gives it more time, too. */
static bool await_end(struct http_connection *connection)
{
    struct http_line *line = &connection->line;
    const int64_t patience_ms = connection->server->options.idle_timeout_ms;
    connection->input = (struct strview){0};
    if (line->state != HTTP_LINE_OPEN) {
        return end(connection);
    }
    if (!http_line_has_unsent(line) && line->stream != NULL) {
        http_stream_drained(line); /* which may say more, or end it */
    }
    if (line->stream == NULL) {
        return enter(connection, CONNECTION_WRITE, patience_ms);
    }
    if (http_line_has_unsent(line) && connection->deadline_ms == NEVER) {
        http_step_set_deadline(connection, patience_ms);
    } else if (!http_line_has_unsent(line) && !connection->server->is_draining) {
        connection->deadline_ms = NEVER;
    }
    return false;
}

static bool await_writing(struct http_connection *connection)
{
    const struct http_line *line = &connection->line;
    if (line->state == HTTP_LINE_BROKEN) {
        return end(connection);
    }
    if (http_line_has_unsent(line)) {
        return false;
    }
    if (line->closes) {
        return linger(connection);
    }
    return line->body.state == HTTP_BODY_WHOLE ? next_request(connection)
                                               : enter(connection, CONNECTION_SKIP_BODY,
                                                       connection->server->options.body_timeout_ms);
}

/* --- when nothing comes, or too much ---------------------------------------------- */

void http_step_expire(struct http_connection *connection)
{
    const enum connection_state state = connection->state;
    const bool has_said_all =
        state == CONNECTION_WRITE || state == CONNECTION_STREAM || state == CONNECTION_LINGER;
    http_stream_part(&connection->line, HTTP_STREAM_CUT);
    if (has_said_all || http_step_is_idle(connection)) {
        (void)end(connection);
    } else {
        (void)refuse(connection, &TOO_LATE);
    }
}

void http_step_starve(struct http_connection *connection)
{
    if (connection->state == CONNECTION_READ_HEAD) {
        (void)refuse(connection, &NO_ROOM);
    } else {
        (void)end(connection);
    }
}
