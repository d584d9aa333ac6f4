/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cors.h - which pages of other origins may ask here, and the header lines that tell a browser so.
 *
 * Why by the server and not by a route: a page must be able to read what it is refused, too, so the
 * lines stand in every answer, whoever gives it. A refused head alone is answered without: nothing
 * in it is believed, its Origin neither.
 *
 * Why there are no credentials: here a token is a header that the page sets itself, never a cookie
 * that a browser adds. So a strange page can make nobody's browser ask as somebody, and what is not
 * listed is merely answered without these lines. "*" and "null" are no origins here.
 *
 * Pure. Ownership: the list is borrowed for good. Units: bytes.
 */
#ifndef COMMON_IO_HTTP_CORS_H
#define COMMON_IO_HTTP_CORS_H

#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "common/io/http/message.h"

#include <stdbool.h>
#include <stddef.h>

struct http_head;

enum { HTTP_ORIGINS_MAX = 32 };

/* All zero: nobody from elsewhere asks, and nothing is said about it. */
struct http_cors {
    struct strview origins[HTTP_ORIGINS_MAX];
    size_t count;
};

/*
 * Reads "https://a.example, http://localhost:5173": each as a browser writes it, small letters and
 * no port that goes without saying; "" is none. ERROR_INVALID, naming the one that no browser
 * sends.
 */
MUST_USE enum error_kind http_cors_read(const char *list, struct http_cors *ret_cors,
                                        struct error *err);

/* The lines of an answer to this head; NULL: to one that was refused. Appends none where the list
 * is empty. */
void http_cors_put(const struct http_cors *cors, const struct http_head *head, struct strbuf *out);

/* Whether a browser asks by it if it may ask, for a page of one of the origins. */
bool http_cors_is_preflight(const struct http_cors *cors, const struct http_head *head);

/* Of the answer to that, beside the lines above. */
extern const struct http_header HTTP_CORS_PREFLIGHT[];

#endif
