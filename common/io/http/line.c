/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

static bool is_passing(int error)
{
    return error == EAGAIN || error == EINTR;
}

/* --- in ------------------------------------------------------------------------ */

size_t http_line_receive(struct http_line *line, char *into, size_t max)
{
    assert(line->state == HTTP_LINE_OPEN && max > 0);
    const ssize_t got = recv(line->fd, into, max, MSG_DONTWAIT);
    if (got > 0) {
        return (size_t)got;
    }
    if (got == 0) {
        line->state = HTTP_LINE_ENDED;
    } else if (!is_passing(errno)) {
        line->state = HTTP_LINE_BROKEN;
    }
    return 0;
}

bool http_line_reserve(struct http_line *line, size_t need)
{
    struct http_input *in = &line->in;
    if (need <= in->cap) {
        return true;
    }
    if (!http_budget_take(line->budget, HTTP_HOLDER_STRANGER, need - in->cap)) {
        return false;
    }
    char *grown = realloc(in->bytes, need);
    if (grown == NULL) {
        http_budget_give(line->budget, HTTP_HOLDER_STRANGER, need - in->cap);
        return false;
    }
    in->bytes = grown;
    in->cap = need;
    return true;
}

void http_line_append(struct http_line *line, struct strview bytes)
{
    assert(bytes.len <= line->in.cap - line->in.len);
    memcpy(line->in.bytes + line->in.len, bytes.data, bytes.len);
    line->in.len += bytes.len;
}

static void drop_input(struct http_line *line)
{
    http_budget_give(line->budget, HTTP_HOLDER_STRANGER, line->in.cap);
    free(line->in.bytes);
    line->in = (struct http_input){0};
}

void http_line_keep(struct http_line *line, struct strview bytes)
{
    assert(bytes.len <= line->in.cap);
    if (bytes.len == 0) {
        drop_input(line);
        return;
    }
    memmove(line->in.bytes, bytes.data, bytes.len);
    line->in.len = bytes.len;
}

/* --- out ----------------------------------------------------------------------- */

bool http_line_has_unsent(const struct http_line *line)
{
    return line->out.len > line->out.sent || line->out.tail.len > 0;
}

static void drop_output(struct http_line *line)
{
    http_budget_give(line->budget, line->out.holder, line->out.held);
    free(line->out.bytes);
    line->out = (struct http_output){0};
}

static void break_line(struct http_line *line)
{
    drop_output(line);
    line->state = HTTP_LINE_BROKEN;
}

/* struct iovec knows no const; sendmsg() only reads. */
static struct iovec part_of(struct strview bytes)
{
    const union {
        const char *borrowed;
        void *base;
    } address = {.borrowed = bytes.data};
    return (struct iovec){.iov_base = address.base, .iov_len = bytes.len};
}

/* Bytes that the kernel took, or -1 when the peer is gone. */
static ssize_t send_both(const struct http_line *line, struct strview first, struct strview second)
{
    struct iovec parts[] = {part_of(first), part_of(second)};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    const ssize_t sent = sendmsg(line->fd, &message, MSG_NOSIGNAL);
    return sent < 0 && is_passing(errno) ? 0 : sent;
}

/* Takes as many bytes off *bytes as were taken, at most all, and those off *taken. */
static void skip(struct strview *bytes, size_t *taken)
{
    const size_t len = *taken < bytes->len ? *taken : bytes->len;
    *bytes = strview_skip(*bytes, len);
    *taken -= len;
}

/*
 * Room for an answer that exists already. One that was admitted may overdraw the budget, as
 * long as something is left of it: the next one then finds nothing. Behind what is still unsent
 * (100 Continue, say) it is held by whoever holds that, as all of it is given back at once.
 */
static bool take_room(struct http_line *line, enum http_holder holder, size_t bytes)
{
    struct http_output *out = &line->out;
    size_t taken = bytes;
    if (out->held == 0) {
        out->holder = holder;
    }
    if (out->holder == HTTP_HOLDER_KNOWN) {
        taken = http_budget_take_some(line->budget, out->holder, bytes);
    } else if (!http_budget_take(line->budget, out->holder, bytes)) {
        taken = 0;
    }
    out->held += taken;
    return taken > 0 || bytes == 0;
}

static bool keep_unsent(struct http_output *out, struct strview bytes)
{
    if (bytes.len == 0) {
        return true;
    }
    char *grown = realloc(out->bytes, out->len + bytes.len);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + out->len, bytes.data, bytes.len);
    out->bytes = grown;
    out->len += bytes.len;
    return true;
}

void http_line_send(struct http_line *line, const struct http_outgoing *outgoing)
{
    struct strview head = outgoing->head;
    struct strview body = outgoing->body;
    assert(line->out.tail.len == 0); /* nothing is said behind what stays where it lies */
    if (line->state == HTTP_LINE_BROKEN) {
        return;
    }
    if (!http_line_has_unsent(line)) {
        const ssize_t sent = send_both(line, head, body);
        if (sent < 0) {
            break_line(line);
            return;
        }
        size_t taken = (size_t)sent;
        skip(&head, &taken);
        skip(&body, &taken);
    }
    if (outgoing->body_stays) {
        line->out.tail = body;
        body = STRVIEW("");
    }
    if (!take_room(line, outgoing->holder, head.len + body.len) || !keep_unsent(&line->out, head) ||
        !keep_unsent(&line->out, body)) {
        break_line(line);
    }
}

size_t http_line_flush(struct http_line *line)
{
    struct http_output *out = &line->out;
    struct strview copied = strview_skip((struct strview){out->bytes, out->len}, out->sent);
    const ssize_t sent = send_both(line, copied, out->tail);
    if (sent < 0) {
        break_line(line);
        return 0;
    }
    size_t taken = (size_t)sent;
    skip(&copied, &taken);
    skip(&out->tail, &taken);
    out->sent = out->len - copied.len;
    assert(taken == 0);
    if (!http_line_has_unsent(line)) {
        drop_output(line);
    }
    return (size_t)sent;
}

/* --- both ---------------------------------------------------------------------- */

size_t http_line_held(const struct http_line *line)
{
    return line->in.cap + (line->out.holder == HTTP_HOLDER_STRANGER ? line->out.held : 0);
}

void http_line_done(struct http_line *line)
{
    drop_input(line);
    drop_output(line);
}
