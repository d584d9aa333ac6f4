/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunks.h - one strict reading of a body sent in chunks (RFC 9112 §7.1).
 *
 * Why strict: a chunk's length says where the next request begins, so two programs that
 * read it differently can be played against each other. Lines end in CRLF and nothing
 * else, a size is one to eight hexadecimal digits with nothing around them, extensions and
 * trailers must be well-formed and are dropped: nobody here has a use for them.
 *
 * Pure: bytes in, pieces of the body out. A piece points into the bytes given; nothing is
 * kept between calls but a few numbers, however the bytes are cut.
 * Limits: HTTP_CHUNKS_EXTRA_MAX bytes of extensions and trailers in one body, so that a
 * body of nothing but those ends. The length of the body itself is the caller's to limit.
 */
#ifndef COMMON_IO_HTTP_CHUNKS_H
#define COMMON_IO_HTTP_CHUNKS_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stddef.h>

enum { HTTP_CHUNKS_EXTRA_MAX = 1024, HTTP_CHUNKS_DIGITS_MAX = 8 };

/* Where in the body the next byte stands. */
enum http_chunks_place {
    CHUNKS_SIZE = 0,         /* in the digits */
    CHUNKS_BEFORE_SEMICOLON, /* blanks: only an extension may follow */
    CHUNKS_EXTENSION,
    CHUNKS_SIZE_LF,
    CHUNKS_DATA,
    CHUNKS_DATA_CR,
    CHUNKS_DATA_LF,
    CHUNKS_TRAILER, /* at a line's beginning: a field's or the last */
    CHUNKS_TRAILER_NAME,
    CHUNKS_TRAILER_VALUE,
    CHUNKS_TRAILER_LF,
    CHUNKS_LAST_LF,
    CHUNKS_DONE,
    CHUNKS_BAD, /* for good: where it ends cannot be known */
    CHUNKS_PLACE_COUNT
};

/* All zero: before the first byte. */
struct http_chunks {
    enum http_chunks_place place;
    size_t left;   /* bytes of the current chunk that have not come */
    size_t digits; /* of its size so far */
    size_t extra;  /* bytes of extensions and trailers so far */
};

enum http_chunks_result {
    HTTP_CHUNKS_MORE = 0, /* the bytes are used up */
    HTTP_CHUNKS_PIECE,    /* *ret_piece is the next part of the body, never empty */
    HTTP_CHUNKS_END,      /* the body is whole; *bytes begins with what follows it */
    HTTP_CHUNKS_REFUSED   /* answer 400 and close */
};

/* Takes what it reads off *bytes. To be called until it says something other than PIECE. */
MUST_USE enum http_chunks_result http_chunks_read(struct http_chunks *chunks, struct strview *bytes,
                                                  struct strview *ret_piece);

#endif
