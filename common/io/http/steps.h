/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - the course of a connection: which step is made in which state, and what follows.
 *
 *   READ_HEAD -> READ_BODY -> HANDLED -> WRITE -> READ_HEAD ...
 *
 * Where the answer goes on (stream.h), STREAM comes before WRITE; what the peer says then is
 * dropped.
 *
 * A head, or a piece of a body, may be answered at once and so lead straight to WRITE. Behind an
 * answer that did not wait for its request's body comes SKIP_BODY, behind the last one LINGER.
 *
 * Why apart from connection.c: a step only decides. It takes of the input, hands a request over,
 * says something, and enters a state, CLOSED at last; what is closed is given back by
 * connection.c, once no step is on the stack any more.
 */
#ifndef COMMON_IO_HTTP_STEPS_H
#define COMMON_IO_HTTP_STEPS_H

#include "common/io/http/internal.h"

enum { HTTP_DRAIN_MS = 1000 }; /* how long a peer may take no step while draining */

/*
 * The states: the step that is made in each, whether input is wanted meanwhile, and what it may
 * become. While an answer is on its way nothing is read: who does not read has no need to be.
 */
#define HTTP_STATES(X, TO)                                                                         \
    X(READ_HEAD, read_head, true, TO(READ_BODY) | TO(HANDLED) | TO(WRITE) | TO(CLOSED))            \
    X(READ_BODY, read_body, true, TO(HANDLED) | TO(WRITE) | TO(CLOSED))                            \
    X(HANDLED, await_answer, true, TO(STREAM) | TO(WRITE) | TO(CLOSED))                            \
    X(STREAM, await_end, true, TO(WRITE) | TO(CLOSED))                                             \
    X(WRITE, await_writing, false, TO(READ_HEAD) | TO(SKIP_BODY) | TO(LINGER) | TO(CLOSED))        \
    X(SKIP_BODY, skip_body, true, TO(READ_HEAD) | TO(LINGER) | TO(CLOSED))                         \
    X(LINGER, swallow, true, TO(CLOSED))                                                           \
    X(CLOSED, stay, false, 0U)

#define HTTP_STATE_(name, step, reads, next) CONNECTION_##name,
enum connection_state { HTTP_STATES(HTTP_STATE_, HTTP_STATE_) CONNECTION_STATE_COUNT };
#undef HTTP_STATE_

struct http_connection {
    struct http_member member;
    struct http_server *server;
    struct http_line line;
    struct loop_fd *watch; /* NULL: its socket is closed */
    enum connection_state state;
    int64_t deadline_ms;
    struct http_request *exchange; /* the request from its head until its answer */
    struct strview input; /* while steps run: not used yet; in the scratch or in the line's own */
    size_t scanned;       /* of input: known not to hold the end of a head */
    bool skipped_a_line;  /* an empty one before the request that is awaited */
};

/*
 * One step. True: something has changed, and the next one can be made. False: there is nothing
 * to do until bytes, an answer or a deadline comes.
 */
bool http_step(struct http_connection *connection);

/* How long this state may last from now on; shorter while draining. */
void http_step_set_deadline(struct http_connection *connection, int64_t delay_ms);

/* The deadline has passed. */
void http_step_expire(struct http_connection *connection);

/* There is no room for what came: a request that is only beginning is refused. */
void http_step_starve(struct http_connection *connection);

/* Whatever it was doing; not twice. */
void http_step_close(struct http_connection *connection);

/* Neither answering nor in the middle of a request. */
bool http_step_is_idle(const struct http_connection *connection);

/* Whether the socket is to be read in this state. */
bool http_step_reads(const struct http_connection *connection);

#endif
