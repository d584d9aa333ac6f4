/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/chunks.h"

#include "common/base/parse.h"
#include "common/io/http/text.h"

#include <stdbool.h>

/* Reads one byte; what it makes of it is the next place. */
typedef enum http_chunks_place place_fn(struct http_chunks *chunks, unsigned char c);

static enum http_chunks_place end_of_size(const struct http_chunks *chunks, unsigned char c,
                                          enum http_chunks_place otherwise)
{
    if (chunks->digits == 0) {
        return CHUNKS_BAD;
    }
    if (c == ';') {
        return CHUNKS_EXTENSION;
    }
    return c == ' ' || c == '\t' ? CHUNKS_BEFORE_SEMICOLON : otherwise;
}

static enum http_chunks_place in_size(struct http_chunks *chunks, unsigned char c)
{
    const int digit = parse_hex_digit((char)c);
    if (digit < 0) {
        return end_of_size(chunks, c, c == '\r' ? CHUNKS_SIZE_LF : CHUNKS_BAD);
    }
    if (++chunks->digits > HTTP_CHUNKS_DIGITS_MAX) {
        return CHUNKS_BAD;
    }
    chunks->left = chunks->left * 16 + (size_t)digit;
    return CHUNKS_SIZE;
}

static enum http_chunks_place before_semicolon(struct http_chunks *chunks, unsigned char c)
{
    return end_of_size(chunks, c, CHUNKS_BAD);
}

static enum http_chunks_place at_size_lf(struct http_chunks *chunks, unsigned char c)
{
    if (c != '\n') {
        return CHUNKS_BAD;
    }
    chunks->digits = 0;
    return chunks->left > 0 ? CHUNKS_DATA : CHUNKS_TRAILER;
}

/* What a byte leads to; a place without read and mark is none where single bytes are read. */
static const struct {
    place_fn *read;                /* where it takes more to tell; else */
    char mark;                     /* that one byte leads */
    enum http_chunks_place behind; /* there, */
    bool (*fits)(unsigned char c); /* and such a one, where there may be any, */
    enum http_chunks_place on;     /* there; all others are refused */
    bool is_extra;                 /* its bytes are counted */
} PLACES[CHUNKS_PLACE_COUNT] = {
    [CHUNKS_SIZE] = {.read = in_size},
    [CHUNKS_BEFORE_SEMICOLON] = {.read = before_semicolon, .is_extra = true},
    [CHUNKS_EXTENSION] = {NULL, '\r', CHUNKS_SIZE_LF, http_is_text_char, CHUNKS_EXTENSION, true},
    [CHUNKS_SIZE_LF] = {.read = at_size_lf},
    [CHUNKS_DATA] = {.mark = '\0'},
    [CHUNKS_DATA_CR] = {.mark = '\r', .behind = CHUNKS_DATA_LF},
    [CHUNKS_DATA_LF] = {.mark = '\n', .behind = CHUNKS_SIZE},
    [CHUNKS_TRAILER] = {NULL, '\r', CHUNKS_LAST_LF, http_is_token_char, CHUNKS_TRAILER_NAME, true},
    [CHUNKS_TRAILER_NAME] = {NULL, ':', CHUNKS_TRAILER_VALUE, http_is_token_char,
                             CHUNKS_TRAILER_NAME, true},
    [CHUNKS_TRAILER_VALUE] = {NULL, '\r', CHUNKS_TRAILER_LF, http_is_text_char,
                              CHUNKS_TRAILER_VALUE, true},
    [CHUNKS_TRAILER_LF] = {.mark = '\n', .behind = CHUNKS_TRAILER, .is_extra = true},
    [CHUNKS_LAST_LF] = {.mark = '\n', .behind = CHUNKS_DONE},
    [CHUNKS_DONE] = {.mark = '\0'},
    [CHUNKS_BAD] = {.mark = '\0'},
};

static bool reads_bytes(enum http_chunks_place place)
{
    return PLACES[place].read != NULL || PLACES[place].mark != '\0';
}

static enum http_chunks_place next_place(struct http_chunks *chunks, unsigned char c)
{
    const enum http_chunks_place place = chunks->place;
    if (PLACES[place].read != NULL) {
        return PLACES[place].read(chunks, c);
    }
    if (c == (unsigned char)PLACES[place].mark) {
        return PLACES[place].behind;
    }
    return PLACES[place].fits != NULL && PLACES[place].fits(c) ? PLACES[place].on : CHUNKS_BAD;
}

static void take_byte(struct http_chunks *chunks, struct strview *bytes)
{
    const unsigned char c = (unsigned char)strview_take_bytes(bytes, 1).data[0];
    if (PLACES[chunks->place].is_extra && ++chunks->extra > HTTP_CHUNKS_EXTRA_MAX) {
        chunks->place = CHUNKS_BAD;
        return;
    }
    chunks->place = next_place(chunks, c);
}

enum http_chunks_result http_chunks_read(struct http_chunks *chunks, struct strview *bytes,
                                         struct strview *ret_piece)
{
    while (bytes->len > 0 && reads_bytes(chunks->place)) {
        take_byte(chunks, bytes);
    }
    if (chunks->place == CHUNKS_BAD) {
        return HTTP_CHUNKS_REFUSED;
    }
    if (chunks->place == CHUNKS_DONE) {
        return HTTP_CHUNKS_END;
    }
    if (bytes->len == 0) {
        return HTTP_CHUNKS_MORE;
    }
    *ret_piece = strview_take_bytes(bytes, bytes->len < chunks->left ? bytes->len : chunks->left);
    chunks->left -= ret_piece->len;
    chunks->place = chunks->left == 0 ? CHUNKS_DATA_CR : CHUNKS_DATA;
    return HTTP_CHUNKS_PIECE;
}
