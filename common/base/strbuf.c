/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/strbuf.h"

#include "common/base/arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAP = 256 };

void strbuf_init(struct strbuf *buf, size_t max)
{
    *buf = (struct strbuf){.max = max};
}

void strbuf_init_in(struct strbuf *buf, struct arena *arena, size_t max)
{
    *buf = (struct strbuf){.arena = arena, .max = max};
}

void strbuf_done(struct strbuf *buf)
{
    if (buf->arena == NULL) {
        free(buf->data);
    } else if (buf->data != NULL) {
        arena_close_text(buf->arena, 0);
    }
    *buf = (struct strbuf){.arena = buf->arena, .max = buf->max};
}

void strbuf_reset(struct strbuf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

static bool grow_in_arena(struct strbuf *buf, size_t need)
{
    char *data = arena_open_text(buf->arena, strbuf_view(buf), need, &buf->cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    return true;
}

static bool grow(struct strbuf *buf, size_t need)
{
    if (buf->arena != NULL) {
        return grow_in_arena(buf, need);
    }
    size_t cap = buf->cap == 0 ? FIRST_CAP : buf->cap;
    while (cap < need) {
        cap *= 2; /* max is far below SIZE_MAX / 2 */
    }
    char *data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

/* Makes room for `more` bytes and a NUL behind them. */
static bool reserve(struct strbuf *buf, size_t more)
{
    assert(buf->len <= buf->max);
    if (buf->failed || more > buf->max - buf->len) {
        buf->failed = true;
        return false;
    }
    const size_t need = buf->len + more + 1;
    return need <= buf->cap || grow(buf, need);
}

struct strview strbuf_keep(struct strbuf *buf)
{
    struct strview text = {.data = NULL};
    assert(buf->arena != NULL);
    if (reserve(buf, 0)) {
        buf->data[buf->len] = '\0';
        text = strbuf_view(buf);
    }
    if (buf->data != NULL) {
        arena_close_text(buf->arena, text.data == NULL ? 0 : buf->len + 1);
    }
    strbuf_init_in(buf, buf->arena, buf->max);
    return text;
}

void strbuf_append(struct strbuf *buf, struct strview view)
{
    if (view.len == 0 || !reserve(buf, view.len)) {
        return;
    }
    memcpy(buf->data + buf->len, view.data, view.len);
    buf->len += view.len;
}

void strbuf_append_cstr(struct strbuf *buf, const char *cstr)
{
    strbuf_append(buf, strview_of(cstr));
}

void strbuf_append_char(struct strbuf *buf, char c)
{
    if (reserve(buf, 1)) {
        buf->data[buf->len++] = c;
    }
}

void strbuf_append_i64(struct strbuf *buf, int64_t value)
{
    char digits[sizeof "-9223372036854775808"];
    char *end = digits + sizeof digits;
    char *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--p = '-';
    }
    strbuf_append(buf, (struct strview){.data = p, .len = (size_t)(end - p)});
}

void strbuf_printf(struct strbuf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    if (len < 0) {
        buf->failed = true;
    } else if (reserve(buf, (size_t)len)) {
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

void strbuf_truncate(struct strbuf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
}

bool strbuf_ok(const struct strbuf *buf)
{
    return !buf->failed;
}

struct strview strbuf_view(const struct strbuf *buf)
{
    return (struct strview){.data = buf->data, .len = buf->len};
}

const char *strbuf_cstr(struct strbuf *buf)
{
    if (buf->data == NULL) {
        return "";
    }
    buf->data[buf->len] = '\0'; /* reserve() always leaves room for it */
    return buf->data;
}
