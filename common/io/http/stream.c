/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/stream.h"

#include "common/base/must.h"
#include "common/io/http/exchange_internal.h"
#include "common/io/http/stream_internal.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

struct http_stream {
    struct http_server *server;
    struct http_line *line;
    struct http_stream_options options; /* without its texts */
    enum http_coding coding;
    bool is_held; /* something was unsent, and nobody was told that it is taken */
};

/* A peer that is gone without a word is seen when the kernel gives up what was sent to it: by
 * itself after a quarter of an hour. */
static void set_patience(const struct http_line *line, int64_t patience_ms)
{
    const unsigned patience = (unsigned)patience_ms;
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

static struct http_stream *attach(struct http_request *request,
                                  const struct http_stream_options *options,
                                  enum http_coding coding)
{
    struct http_line *line = request->line;
    if (line == NULL || request->match.method == HTTP_HEAD) {
        return NULL;
    }
    line->closes = true; /* though nobody is there any more: the head says that chunks follow */
    if (line->state != HTTP_LINE_OPEN) {
        return NULL;
    }
    struct http_stream *stream = must_allocate(1, sizeof *stream);
    *stream = (struct http_stream){
        .server = request->server, .line = line, .options = *options, .coding = coding};
    line->stream = stream;
    set_patience(line, request->server->options.idle_timeout_ms);
    return stream;
}

struct http_stream *http_respond_stream(struct http_request *request,
                                        const struct http_stream_options *options)
{
    const enum http_coding coding =
        request->head.minor_version == 0 ? HTTP_CODING_CLOSE : HTTP_CODING_CHUNKED;
    struct http_stream *stream = attach(request, options, coding);
    http_respond(request, &(struct http_answer){.status = 200,
                                                .content_type = options->content_type,
                                                .headers = options->headers,
                                                .coding = coding});
    if (stream != NULL) {
        stream->is_held = http_line_has_unsent(stream->line); /* behind what came before it */
    }
    return stream;
}

/* Both pieces, as they stand on the wire. */
static void say(struct http_stream *stream, struct strview bytes)
{
    http_line_send(stream->line,
                   &(struct http_outgoing){.head = bytes, .holder = HTTP_HOLDER_KNOWN});
    loop_deferred_schedule(stream->line->wake);
}

void http_stream_send(struct http_stream *stream, struct strview piece)
{
    assert(piece.len > 0 && piece.len <= HTTP_PIECE_MAX && !http_stream_has_unsent(stream));
    struct strbuf *scratch = &stream->server->head;
    if (stream->coding == HTTP_CODING_CLOSE) {
        say(stream, piece);
    } else {
        strbuf_reset(scratch);
        strbuf_printf(scratch, "%zx\r\n", piece.len);
        strbuf_append(scratch, piece);
        strbuf_append(scratch, STRVIEW("\r\n"));
        assert(strbuf_ok(scratch));
        say(stream, strbuf_view(scratch));
    }
    stream->is_held = http_line_has_unsent(stream->line);
}

bool http_stream_has_unsent(const struct http_stream *stream)
{
    return http_line_has_unsent(stream->line);
}

void http_stream_end(struct http_stream *stream)
{
    say(stream, stream->coding == HTTP_CODING_CLOSE ? STRVIEW("") : STRVIEW("0\r\n\r\n"));
    stream->line->stream = NULL;
    free(stream);
}

void http_stream_drained(struct http_line *line)
{
    struct http_stream *stream = line->stream;
    if (stream->is_held) {
        stream->is_held = false;
        stream->options.on_drained(stream->options.user);
    }
}

void http_stream_part(struct http_line *line, enum http_stream_end why)
{
    struct http_stream *stream = line->stream;
    line->stream = NULL;
    if (stream != NULL) {
        stream->options.on_end(stream->options.user, why);
        free(stream);
    }
}
