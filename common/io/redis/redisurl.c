/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/redis/redisurl.h"

#include "common/base/parse.h"
#include "common/base/percent.h"

enum { PORT_DEFAULT = 6379 };

/* With a NUL at the end; false also when it does not fit. */
static bool decode_part(struct strview text, char *ret, size_t size)
{
    size_t len = 0;
    if (!percent_decode(text, ret, size - 1, &len)) {
        return false;
    }
    ret[len] = '\0';
    return true;
}

static bool parse_number(struct strview text, int64_t max, int64_t *ret)
{
    int64_t value;
    if (!parse_i64(text, &value) || value < 0 || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static bool parse_credentials(struct strview text, struct redisurl *ret)
{
    const struct strview user = strview_take(&text, ':');
    return decode_part(user, ret->user, sizeof ret->user) &&
           decode_part(text, ret->password, sizeof ret->password);
}

/* Texts name the host: what is none may be a part of a password. */
static const char HOST_BYTES[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";

static bool parse_host_port(struct strview text, struct redisurl *ret)
{
    const struct strview host = strview_take_host(&text);
    int64_t port = PORT_DEFAULT;
    if (text.len > 0 && !parse_number(text, UINT16_MAX, &port)) {
        return false;
    }
    ret->port = (int)port;
    return host.len > 0 && decode_part(host, ret->host, sizeof ret->host) &&
           ret->host[strspn(ret->host, HOST_BYTES)] == '\0';
}

/* rediss: with TLS. */
static bool take_scheme(struct strview *rest, struct redisurl *ret)
{
    static const char *const SCHEMES[] = {"redis://", "rediss://"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        if (strview_begins(*rest, SCHEMES[i])) {
            *rest = strview_skip(*rest, strlen(SCHEMES[i]));
            ret->is_tls = i == 1;
            return true;
        }
    }
    return false;
}

static bool parse_options(struct strview text, struct redisurl *ret)
{
    static const char CA_FILE[] = "ssl_ca_certs=";
    return text.len == 0 ||
           (ret->is_tls && strview_begins(text, CA_FILE) && text.len > strlen(CA_FILE) &&
            decode_part(strview_skip(text, strlen(CA_FILE)), ret->ca_file, sizeof ret->ca_file));
}

static bool parse_url(struct strview rest, struct redisurl *ret)
{
    if (!take_scheme(&rest, ret)) {
        return false;
    }
    struct strview path = strview_take(&rest, '?');
    struct strview authority = strview_take(&path, '/');
    if (path.len > 0 && !parse_number(path, INT32_MAX, &ret->database)) {
        return false;
    }
    const bool has_credentials =
        authority.len > 0 && memchr(authority.data, '@', authority.len) != NULL;
    return (!has_credentials || parse_credentials(strview_take(&authority, '@'), ret)) &&
           parse_host_port(authority, ret) && parse_options(rest, ret);
}

enum error_kind redisurl_read(const char *url, struct redisurl *ret_url, struct error *err)
{
    struct redisurl found = {.port = PORT_DEFAULT};
    if (url == NULL || !parse_url(strview_of(url), &found)) {
        return error_set(
            err, ERROR_INVALID,
            "the Redis url is not redis://[user[:password]@]host[:port][/database], or "
            "with TLS rediss://…[?ssl_ca_certs=FILE]; within a part %%3F stands for ?");
    }
    *ret_url = found;
    return ERROR_NONE;
}
