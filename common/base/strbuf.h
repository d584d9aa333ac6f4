/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strbuf.h - a growing text buffer with a sticky overflow state.
 *
 * Why sticky: an encoder appends dozens of pieces; checking once at the end,
 * with strbuf_ok(), keeps it readable and still cannot miss a failure. After
 * the first failure appends do nothing.
 *
 * Ownership: the struct is the caller's, the bytes are the buffer's until
 * strbuf_done(). Views of it are valid until the next append or reset. One in an arena writes
 * its texts where they stay: each is the arena's from strbuf_keep() on.
 * Limits: never grows beyond `max` bytes, the NUL not counted.
 */
#ifndef COMMON_BASE_STRBUF_H
#define COMMON_BASE_STRBUF_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdarg.h>
#include <stdint.h>

struct arena;

struct strbuf {
    struct arena *arena; /* NULL: its bytes are its own */
    char *data;
    size_t len;
    size_t cap; /* of data; at most max and a NUL */
    size_t max;
    bool failed;
};

/* An empty buffer that may grow to so many bytes; allocates nothing yet. */
#define STRBUF(bytes) ((struct strbuf){.max = (bytes)})
void strbuf_init(struct strbuf *buf, size_t max);

/* The same in an arena: from the first byte to strbuf_keep() nothing else may be allocated there.
 */
#define STRBUF_IN(memory, bytes) ((struct strbuf){.arena = (memory), .max = (bytes)})
void strbuf_init_in(struct strbuf *buf, struct arena *arena, size_t max);

/*
 * The text, with a NUL behind it, as the arena's; the buffer is empty again, for the next one. data
 * is NULL when an append did not fit. Every text is kept before anything else is allocated, also
 * one that nobody wants any more.
 */
MUST_USE struct strview strbuf_keep(struct strbuf *buf);

/* Frees the bytes; the struct can be initialised again. */
void strbuf_done(struct strbuf *buf);

/* strbuf_room(), where the bytes at hand may not do. */
char *strbuf_make_room(struct strbuf *buf, size_t more);

/* Empties the buffer, keeps its memory, forgets a failure. */
void strbuf_reset(struct strbuf *buf);

/* Room for that many bytes and a NUL behind what is there; NULL: there is none, and the buffer has
 * failed. Who writes there adds to len. Here, for it is asked a hundred times an order. */
static inline char *strbuf_room(struct strbuf *buf, size_t more)
{
    /* Without bytes cap is 0, so there are some. */
    return !buf->failed && more < buf->cap - buf->len ? buf->data + buf->len
                                                      : strbuf_make_room(buf, more);
}

static inline void strbuf_append(struct strbuf *buf, struct strview view)
{
    char *room = view.len == 0 ? NULL : strbuf_room(buf, view.len);
    if (room != NULL) {
        memcpy(room, view.data, view.len);
        buf->len += view.len;
    }
}

static inline void strbuf_append_char(struct strbuf *buf, char c)
{
    char *room = strbuf_room(buf, 1);
    if (room != NULL) {
        *room = c;
        buf->len++;
    }
}

static inline void strbuf_append_cstr(struct strbuf *buf, const char *cstr)
{
    strbuf_append(buf, strview_of(cstr));
}

void strbuf_append_i64(struct strbuf *buf, int64_t value);
void strbuf_printf(struct strbuf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Cuts back to a length reached before; also the way to drop a trailing separator. */
void strbuf_truncate(struct strbuf *buf, size_t len);

/* False once an append did not fit or memory ran out. */
bool strbuf_ok(const struct strbuf *buf);

struct strview strbuf_view(const struct strbuf *buf);

/* The bytes with a NUL at the end; never NULL. Borrowed until the next append. */
const char *strbuf_cstr(struct strbuf *buf);

#endif
