/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/authority.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"

#include <string.h>
#include <strings.h>

/* RFC 3986 reg-name, and what an IPv4 address looks like; a comma would be two hosts to some. */
static bool is_name_char(char c)
{
    return ascii_is_lower(c) || ascii_is_capital(c) || ascii_is_digit(c) ||
           (c != '\0' && strchr("-._~%!$&'()*+;=", c) != NULL);
}

static bool is_address_char(char c)
{
    return parse_hex_digit(c) >= 0 || c == ':' || c == '.';
}

static bool is_in_authority(char c)
{
    return c != '/' && c != '?';
}

/* Takes the longest prefix of such characters off *rest; returns its length. */
static size_t take_while(struct strview *rest, bool (*fits)(char c))
{
    size_t len = 0;
    while (len < rest->len && fits(rest->data[len])) {
        len++;
    }
    *rest = strview_skip(*rest, len);
    return len;
}

/* Takes "[2001:db8::1]" or "example.org" off *rest; an empty name is one, too. */
static bool take_host(struct strview *rest)
{
    if (rest->len == 0 || rest->data[0] != '[') {
        (void)take_while(rest, is_name_char);
        return true;
    }
    *rest = strview_skip(*rest, 1);
    if (take_while(rest, is_address_char) < 2 || rest->len == 0 || rest->data[0] != ']') {
        return false;
    }
    *rest = strview_skip(*rest, 1);
    return true;
}

bool http_authority_is_host(struct strview text)
{
    enum { PORT_DIGITS_MAX = 5 };
    if (!take_host(&text)) {
        return false;
    }
    if (text.len == 0) {
        return true;
    }
    const bool has_colon = text.data[0] == ':';
    text = strview_skip(text, 1);
    return has_colon && take_while(&text, ascii_is_digit) <= PORT_DIGITS_MAX && text.len == 0;
}

bool http_authority_take(struct strview *target)
{
    static const struct strview SCHEMES[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        const size_t len = SCHEMES[i].len;
        if (target->len <= len || strncasecmp(target->data, SCHEMES[i].data, len) != 0) {
            continue;
        }
        *target = strview_skip(*target, len);
        struct strview host = *target;
        host.len = take_while(target, is_in_authority);
        return host.len > 0 && host.data[0] != ':' && http_authority_is_host(host);
    }
    return target->data[0] == '/';
}
