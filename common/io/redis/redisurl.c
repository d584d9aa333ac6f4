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

static bool parse_url(struct strview rest, struct redisurl *ret)
{
    static const char SCHEME[] = "redis://";
    if (!strview_begins(rest, SCHEME)) {
        return false;
    }
    rest = strview_skip(rest, strlen(SCHEME));
    struct strview authority = strview_take(&rest, '/');
    if (rest.len > 0 && !parse_number(rest, INT32_MAX, &ret->database)) {
        return false;
    }
    const bool has_credentials =
        authority.len > 0 && memchr(authority.data, '@', authority.len) != NULL;
    return (!has_credentials || parse_credentials(strview_take(&authority, '@'), ret)) &&
           parse_host_port(authority, ret);
}

enum error_kind redisurl_read(const char *url, struct redisurl *ret_url, struct error *err)
{
    struct redisurl found = {.port = PORT_DEFAULT};
    if (url == NULL || !parse_url(strview_of(url), &found)) {
        return error_set(err, ERROR_INVALID,
                         "the Redis url is not redis://[user[:password]@]host[:port][/database]");
    }
    *ret_url = found;
    return ERROR_NONE;
}

enum error_kind redisurl_check(const char *url, struct error *err)
{
    struct redisurl ignored;
    return redisurl_read(url, &ignored, err);
}
