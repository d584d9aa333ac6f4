/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - the socket of one peer, and the bytes that lie at its two ends: what has come and is
 * not used yet, what was said and is not taken yet.
 *
 * Why between connection and exchange: an answer is sent from where it lies, in the call that
 * gives it, and only what the kernel does not take at once is copied; but what follows from an
 * answer is the connection's to do, in a turn of its own. So whoever answers gets the line, and
 * never the connection.
 *
 * Ownership: buffers belong to the line and are counted in the budget; the socket and the wake-up
 * are the connection's. Errors: a line that fails is broken; nothing more is sent on it.
 */
#ifndef COMMON_IO_HTTP_LINE_H
#define COMMON_IO_HTTP_LINE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/http/body.h"
#include "common/io/http/budget.h"

#include <netinet/in.h>

struct http_stream;
struct loop_deferred;

enum http_line_state {
    HTTP_LINE_OPEN = 0,
    HTTP_LINE_ENDED,  /* the peer sends nothing more; it may still read */
    HTTP_LINE_BROKEN, /* nor does it take anything */
};

enum http_place {
    HTTP_PLACE_ORDINARY = 0,
    HTTP_PLACE_SPARE, /* for vital requests only */
};

/* Received and not used yet. */
struct http_input {
    char *bytes;
    size_t len;
    size_t cap; /* counted among what strangers hold */
};

/* Said and not taken by the kernel yet. */
struct http_output {
    char *bytes; /* copied */
    size_t len;
    size_t sent;
    size_t held; /* of the budget, by holder */
    enum http_holder holder;
    struct strview tail; /* to be sent behind the bytes, from where it lies */
};

struct http_line {
    int fd;
    enum http_line_state state;
    enum http_place place;
    bool closes; /* after the answer */
    struct http_budget *budget;
    struct loop_deferred *wake; /* runs the connection's steps once those on the stack are done */
    struct http_input in;
    struct http_output out;
    struct http_body body;      /* of the request read last */
    struct http_stream *stream; /* the answer to it, where that goes on; NULL: it does not */
    char peer[INET6_ADDRSTRLEN];
};

struct http_outgoing {
    struct strview head;
    struct strview body;
    enum http_holder holder; /* of what the kernel does not take at once */
    bool body_stays;         /* the body outlives the line: no copy is kept */
};

/* Bytes that came, at most max; 0 with the state still open when there are none just now. */
size_t http_line_receive(struct http_line *line, char *into, size_t max);

/*
 * Room for so many bytes of input, those there already counted. False: there is none, and
 * nothing has changed.
 */
MUST_USE bool http_line_reserve(struct http_line *line, size_t need);

/* Appends to the input; there must be room. */
void http_line_append(struct http_line *line, struct strview bytes);

/* Lets the input be those bytes, which may be a part of it; there must be room. */
void http_line_keep(struct http_line *line, struct strview bytes);

/* Sends what it can and keeps the rest. */
void http_line_send(struct http_line *line, const struct http_outgoing *outgoing);

/* Sends of what was kept; returns how much was taken. */
size_t http_line_flush(struct http_line *line);

bool http_line_has_unsent(const struct http_line *line);

/* What it holds as a stranger. */
size_t http_line_held(const struct http_line *line);

/* Gives back all that it holds; not the socket. */
void http_line_done(struct http_line *line);

#endif
