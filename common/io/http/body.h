/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - where the body of the request read last ends, and what of it has not come.
 *
 * Why apart from the request: a request may be answered on its head alone, and is then gone,
 * while the rest of its body still stands between it and the next one.
 *
 * Pure: bytes in, pieces of the body out; a piece points into the bytes given.
 */
#ifndef COMMON_IO_HTTP_BODY_H
#define COMMON_IO_HTTP_BODY_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/http/chunks.h"

#include <stdbool.h>
#include <stddef.h>

struct http_head;

enum http_body_state {
    HTTP_BODY_WHOLE = 0,
    HTTP_BODY_COMING,
    HTTP_BODY_ASKED_FOR, /* the peer waits for 100 Continue before it sends any */
};

/* All zero: nothing is awaited. */
struct http_body {
    enum http_body_state state;
    bool is_chunked;
    size_t missing; /* of a body with a length */
    size_t len;     /* came so far, without the chunks' own bytes */
    struct http_chunks chunks;
};

void http_body_expect(struct http_body *body, const struct http_head *head);

/*
 * Takes the next piece off *bytes, as http_chunks_read() does: a body with a length is one chunk
 * that may come in parts. Not for one that is whole already.
 */
MUST_USE enum http_chunks_result http_body_read(struct http_body *body, struct strview *bytes,
                                                struct strview *ret_piece);

#endif
