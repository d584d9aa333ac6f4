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

static enum http_chunks_place in_extension(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    if (c == '\r') {
        return CHUNKS_SIZE_LF;
    }
    return http_is_text_char(c) ? CHUNKS_EXTENSION : CHUNKS_BAD;
}

static enum http_chunks_place at_size_lf(struct http_chunks *chunks, unsigned char c)
{
    if (c != '\n') {
        return CHUNKS_BAD;
    }
    chunks->digits = 0;
    return chunks->left > 0 ? CHUNKS_DATA : CHUNKS_TRAILER;
}

static enum http_chunks_place at_data_cr(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    return c == '\r' ? CHUNKS_DATA_LF : CHUNKS_BAD;
}

static enum http_chunks_place at_data_lf(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    return c == '\n' ? CHUNKS_SIZE : CHUNKS_BAD;
}

static enum http_chunks_place at_trailer(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    if (c == '\r') {
        return CHUNKS_LAST_LF;
    }
    return http_is_token_char(c) ? CHUNKS_TRAILER_NAME : CHUNKS_BAD;
}

static enum http_chunks_place in_trailer_name(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    if (c == ':') {
        return CHUNKS_TRAILER_VALUE;
    }
    return http_is_token_char(c) ? CHUNKS_TRAILER_NAME : CHUNKS_BAD;
}

static enum http_chunks_place in_trailer_value(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    if (c == '\r') {
        return CHUNKS_TRAILER_LF;
    }
    return http_is_text_char(c) ? CHUNKS_TRAILER_VALUE : CHUNKS_BAD;
}

static enum http_chunks_place at_trailer_lf(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    return c == '\n' ? CHUNKS_TRAILER : CHUNKS_BAD;
}

static enum http_chunks_place at_last_lf(struct http_chunks *chunks, unsigned char c)
{
    (void)chunks;
    return c == '\n' ? CHUNKS_DONE : CHUNKS_BAD;
}

#define PLACE_ROW(PLACE, read, is_extra) [CHUNKS_##PLACE] = {read, is_extra},
static const struct {
    place_fn *read;
    bool is_extra; /* its bytes are counted */
} PLACES[] = {HTTP_CHUNKS_PLACES(PLACE_ROW)};

static void take_byte(struct http_chunks *chunks, struct strview *bytes)
{
    const unsigned char c = (unsigned char)strview_take_bytes(bytes, 1).data[0];
    if (PLACES[chunks->place].is_extra && ++chunks->extra > HTTP_CHUNKS_EXTRA_MAX) {
        chunks->place = CHUNKS_BAD;
        return;
    }
    chunks->place = PLACES[chunks->place].read(chunks, c);
}

enum http_chunks_result http_chunks_read(struct http_chunks *chunks, struct strview *bytes,
                                         struct strview *ret_piece)
{
    while (bytes->len > 0 && PLACES[chunks->place].read != NULL) {
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
