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

static char *grow_own(const struct strbuf *buf, size_t need, size_t *ret_cap)
{
    *ret_cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;
    while (*ret_cap < need) {
        *ret_cap *= 2; /* max is far below SIZE_MAX / 2 */
    }
    return realloc(buf->data, *ret_cap);
}

static bool grow(struct strbuf *buf, size_t need)
{
    size_t cap = 0;
    char *data = buf->arena != NULL ? arena_open_text(buf->arena, strbuf_view(buf), need, &cap)
                                    : grow_own(buf, need, &cap);
    if (data == NULL) {
        return false;
    }
    buf->data = data;
    buf->cap = cap <= buf->max ? cap : buf->max + 1;
    return true;
}

char *strbuf_make_room(struct strbuf *buf, size_t more)
{
    assert(buf->len <= buf->max);
    buf->failed = buf->failed || more > buf->max - buf->len ||
                  (more >= buf->cap - buf->len && !grow(buf, buf->len + more + 1));
    return buf->failed ? NULL : buf->data + buf->len;
}

struct strview strbuf_keep(struct strbuf *buf)
{
    struct strview text = {.data = NULL};
    assert(buf->arena != NULL);
    char *end = strbuf_room(buf, 0);
    if (end != NULL) {
        *end = '\0';
        text = strbuf_view(buf);
    }
    if (buf->data != NULL) {
        arena_close_text(buf->arena, text.data == NULL ? 0 : buf->len + 1);
    }
    strbuf_init_in(buf, buf->arena, buf->max);
    return text;
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
    } else if (strbuf_room(buf, (size_t)len) != NULL) {
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
    buf->data[buf->len] = '\0'; /* strbuf_room() always leaves room for it */
    return buf->data;
}
