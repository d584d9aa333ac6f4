/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/body.h"

#include "common/io/http/guard.h"

#include <assert.h>

void http_body_expect(struct http_body *body, const struct http_head *head)
{
    assert(!head->is_chunked || head->content_length == 0);
    *body = (struct http_body){.is_chunked = head->is_chunked, .missing = head->content_length};
    if (head->is_chunked || head->content_length > 0) {
        body->state = head->expects_continue ? HTTP_BODY_ASKED_FOR : HTTP_BODY_COMING;
    }
}

static enum http_chunks_result read_length(struct http_body *body, struct strview *bytes,
                                           struct strview *ret_piece)
{
    if (body->missing == 0) {
        return HTTP_CHUNKS_END;
    }
    if (bytes->len == 0) {
        return HTTP_CHUNKS_MORE;
    }
    const size_t len = bytes->len < body->missing ? bytes->len : body->missing;
    *ret_piece = strview_take_bytes(bytes, len);
    body->missing -= len;
    return HTTP_CHUNKS_PIECE;
}

enum http_chunks_result http_body_read(struct http_body *body, struct strview *bytes,
                                       struct strview *ret_piece)
{
    assert(body->state != HTTP_BODY_WHOLE);
    if (bytes->len > 0) {
        body->state = HTTP_BODY_COMING; /* who sends has not waited, or waits no more */
    }
    const enum http_chunks_result result = body->is_chunked
                                               ? http_chunks_read(&body->chunks, bytes, ret_piece)
                                               : read_length(body, bytes, ret_piece);
    if (result == HTTP_CHUNKS_PIECE) {
        body->len += ret_piece->len;
    } else if (result == HTTP_CHUNKS_END) {
        body->state = HTTP_BODY_WHOLE;
    }
    return result;
}
