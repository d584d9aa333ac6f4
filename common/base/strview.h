/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strview.h - borrowed bytes.
 *
 * Why: what comes from a socket, a row or a record is bytes with a length and
 * no NUL at its end. A view says so, and whoever stores one names the buffer
 * it points into.
 *
 * Ownership: none; a view is valid as long as the bytes it points at.
 */
#ifndef COMMON_BASE_STRVIEW_H
#define COMMON_BASE_STRVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct strview {
    const char *data; /* may be NULL when len is 0 */
    size_t len;       /* bytes */
};

/* For string literals only. */
#define STRVIEW(literal)  ((struct strview){.data = "" literal, .len = sizeof(literal) - 1})

/* For printf: printf("%.*s", STRVIEW_ARG(view)). Views longer than INT_MAX are never printed. */
#define STRVIEW_ARG(view) (int)(view).len, ((view).data == NULL ? "" : (view).data)

static inline struct strview strview_of(const char *cstr)
{
    return (struct strview){.data = cstr, .len = cstr == NULL ? 0 : strlen(cstr)};
}

static inline bool strview_equal(struct strview a, struct strview b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool strview_is(struct strview view, const char *cstr)
{
    return strview_equal(view, strview_of(cstr));
}

static inline bool strview_begins(struct strview view, const char *prefix)
{
    const size_t len = strlen(prefix);
    return view.len >= len && memcmp(view.data, prefix, len) == 0;
}

/* Without its first bytes. C17 lets not even 0 be added to the NULL of an absent text. */
static inline struct strview strview_skip(struct strview view, size_t len)
{
    return len == 0 ? view : (struct strview){.data = view.data + len, .len = view.len - len};
}

/* Takes the first bytes off *rest. */
static inline struct strview strview_take_bytes(struct strview *rest, size_t len)
{
    const struct strview taken = {.data = rest->data, .len = len};
    *rest = strview_skip(*rest, len);
    return taken;
}

/* Whether all bytes are such. */
bool strview_has_only(struct strview view, bool (*is_such)(char c));

/* Without blanks and tabs at both ends. */
struct strview strview_trim(struct strview view);

/* Takes what stands before the separator off *rest, and the separator too; all of it where there
 * is none. */
struct strview strview_take(struct strview *rest, char separator);

/* Takes "host" or "[::1]" (without its brackets) and the colon behind it off *rest, whose data is
 * NULL where there is no colon; data is NULL when malformed. */
struct strview strview_take_host(struct strview *rest);

#endif
