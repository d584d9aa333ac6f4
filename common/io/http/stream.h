/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - an answer that goes on: its head at once, pieces as they come, until one of the two
 * sides ends it.
 *
 * Why not a request that is answered piece by piece: with its answer's head a request is gone, and
 * with it all that it held and was counted for. What is left is small and of its own kind, so that
 * a thousand readers who wait for news take nothing from those who ask.
 *
 * Why nothing is queued here: who writes knows what may be left out and where it can be read again.
 * He sends while nothing is unsent, and goes on when on_drained says so; so a slow reader holds one
 * piece of memory and no more. Who takes nothing for idle_timeout_ms is cut off.
 *
 * Its connection ends with it. In HTTP/1.1 it is sent in chunks, so that a reader can tell the end
 * from a broken connection; 1.0 has none.
 *
 * Ownership: the connection's, until http_stream_end(), or until on_end was called. Threads: the
 * loop's. Callbacks come from the loop only, none from inside a call.
 */
#ifndef COMMON_IO_HTTP_STREAM_H
#define COMMON_IO_HTTP_STREAM_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/http/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_PIECE_MAX = 8192 }; /* bytes of one piece */

enum http_stream_end {
    HTTP_STREAM_LEFT = 0, /* the peer did */
    HTTP_STREAM_CUT,      /* it took nothing for too long */
};

struct http_request;
struct http_stream;

struct http_stream_options {
    const char *content_type;
    const struct http_header *headers; /* may be NULL */
    void (*on_drained)(void *user);    /* what was unsent is taken */
    /* It has ended, and is gone when this returns. */
    void (*on_end)(void *user, enum http_stream_end why);
    void *user;
};

/* Answers the request with 200, which may be unsent yet. NULL: with the head alone, as it was asked
 * by HEAD or nobody is there any more; neither callback comes. */
struct http_stream *http_respond_stream(struct http_request *request,
                                        const struct http_stream_options *options);

/* Not while something is unsent. A piece is not empty. */
void http_stream_send(struct http_stream *stream, struct strview piece);

bool http_stream_has_unsent(const struct http_stream *stream);

/* The peer is told that this was all; the stream is gone, on_end is not called. */
void http_stream_end(struct http_stream *stream);

#endif
