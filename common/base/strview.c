/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/strview.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct strview strview_trim(struct strview view)
{
    while (view.len > 0 && is_blank(view.data[0])) {
        view.data++;
        view.len--;
    }
    while (view.len > 0 && is_blank(view.data[view.len - 1])) {
        view.len--;
    }
    return view;
}

bool strview_has_only(struct strview view, bool (*is_such)(char c))
{
    for (size_t i = 0; i < view.len; i++) {
        if (!is_such(view.data[i])) {
            return false;
        }
    }
    return true;
}

struct strview strview_take(struct strview *rest, char separator)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
    if (end == NULL) {
        const struct strview all = *rest;
        *rest = (struct strview){.data = NULL, .len = 0};
        return all;
    }
    const struct strview part = {.data = rest->data, .len = (size_t)(end - rest->data)};
    *rest = (struct strview){.data = end + 1, .len = rest->len - part.len - 1};
    return part;
}

struct strview strview_take_host(struct strview *rest)
{
    if (rest->len == 0 || rest->data[0] != '[') {
        return strview_take(rest, ':');
    }
    *rest = strview_skip(*rest, 1);
    const struct strview host = strview_take(rest, ']');
    const bool is_closed = rest->data != NULL;
    const bool ends_well = strview_take(rest, ':').len == 0;
    return is_closed && ends_well ? host : (struct strview){.data = NULL};
}
