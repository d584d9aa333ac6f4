/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/cors.h"

#include "common/base/ascii.h"
#include "common/io/http/authority.h"
#include "common/io/http/guard.h"

#include <string.h>

/* What answers say in headers, beside what a page may always read. */
#define EXPOSED                                                                                    \
    "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, "              \
    "WWW-Authenticate, X-Stale"

const struct http_header HTTP_CORS_PREFLIGHT[] = {
    {"Access-Control-Allow-Methods", "GET, HEAD, POST"},
    {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, "
                                     "If-None-Match, Last-Event-ID, traceparent"},
    {"Access-Control-Max-Age", "600"},
    {NULL, NULL}};

/* --- the list ------------------------------------------------------------------ */

static bool is_scheme_char(char c)
{
    return ascii_is_lower(c) || ascii_is_digit(c) || (c != '\0' && strchr("+-.", c) != NULL);
}

static bool is_small(char c)
{
    return !ascii_is_capital(c) && c != '*';
}

static bool ends_with(struct strview text, const char *end)
{
    const struct strview tail = strview_of(end);
    return text.len >= tail.len && strview_is(strview_skip(text, text.len - tail.len), end);
}

/* A browser leaves out the port that the scheme has by itself. */
static bool has_needless_port(struct strview scheme, struct strview host)
{
    return ends_with(host, ":") || (strview_is(scheme, "http") && ends_with(host, ":80")) ||
           (strview_is(scheme, "https") && ends_with(host, ":443"));
}

/* RFC 6454 §6.2 */
static bool is_origin(struct strview text)
{
    struct strview host = text;
    const struct strview scheme = strview_take(&host, ':');
    if (scheme.len == 0 || !ascii_is_lower(scheme.data[0]) ||
        !strview_has_only(scheme, is_scheme_char) || host.len <= 2 || !strview_begins(host, "//")) {
        return false;
    }
    host = strview_skip(host, 2);
    return host.data[0] != ':' && strview_has_only(host, is_small) &&
           http_authority_is_host(host) && !has_needless_port(scheme, host);
}

enum error_kind http_cors_read(const char *list, struct http_cors *ret_cors, struct error *err)
{
    struct http_cors cors = {.count = 0};
    struct strview rest = strview_of(list);
    while (rest.len > 0) {
        const struct strview origin = strview_trim(strview_take(&rest, ','));
        if (cors.count == HTTP_ORIGINS_MAX) {
            return error_set(err, ERROR_INVALID, "more than %d origins", HTTP_ORIGINS_MAX);
        }
        if (!is_origin(origin)) {
            return error_set(err, ERROR_INVALID,
                             "\"%.*s\" is no origin as browsers write it, such as "
                             "https://shop.example or http://localhost:5173: small letters, no "
                             "path, no * and no port 80 or 443 that goes without saying",
                             (int)(origin.len > 128 ? 128 : origin.len), origin.data);
        }
        cors.origins[cors.count++] = origin;
    }
    *ret_cors = cors;
    return ERROR_NONE;
}

/* --- answers ------------------------------------------------------------------- */

static struct strview listed_origin(const struct http_cors *cors, const struct http_head *head)
{
    const struct strview origin =
        head == NULL ? (struct strview){0} : http_head_lone_field(head, "Origin");
    for (size_t i = 0; origin.data != NULL && i < cors->count; i++) {
        if (strview_equal(cors->origins[i], origin)) {
            return cors->origins[i];
        }
    }
    return (struct strview){0};
}

void http_cors_put(const struct http_cors *cors, const struct http_head *head, struct strbuf *out)
{
    if (cors->count == 0) {
        return;
    }
    const struct strview origin = listed_origin(cors, head);
    strbuf_append(out, STRVIEW("Vary: Origin\r\n")); /* whoever keeps answers */
    if (origin.len > 0) {
        strbuf_append(out, STRVIEW("Access-Control-Allow-Origin: "));
        strbuf_append(out, origin);
        strbuf_append(out, STRVIEW("\r\nAccess-Control-Expose-Headers: " EXPOSED "\r\n"));
    }
}

bool http_cors_is_preflight(const struct http_cors *cors, const struct http_head *head)
{
    return cors->count > 0 && strview_is(head->method, "OPTIONS") &&
           http_head_field(head, "Access-Control-Request-Method").data != NULL &&
           listed_origin(cors, head).len > 0;
}
