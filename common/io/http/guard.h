/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - one strict reading of an HTTP/1.1 request head.
 *
 * Why strict: request smuggling lives where two programs disagree on where a
 * body ends. This takes only heads about which nobody can disagree: CRLF lines
 * of printable text, one well-formed Host, no folded lines, and a body whose length
 * stands in digits or that comes in chunks, never both. What passes here is the only
 * reading of the head there is: the server has no second parser. Lines of one name
 * count together (RFC 9110 §5.3) where lists are allowed, and are refused where not.
 *
 * A refusal means that nothing behind the head can be trusted: the caller closes. What is
 * wrong with a head that ends in a certain place (no length, an unknown content coding) is
 * only noted here, so that the request can be answered and the next one read.
 *
 * Pure: bytes in, verdict out. Views point into the bytes given, or at a "/" that stays.
 */
#ifndef COMMON_IO_HTTP_GUARD_H
#define COMMON_IO_HTTP_GUARD_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_FIELDS_MAX = 64 };

struct http_field {
    struct strview name;
    struct strview value; /* without blanks around it */
};

struct http_head {
    struct strview method;
    struct strview path;  /* begins with a slash, whatever form the target had */
    struct strview query; /* behind the question mark; data is NULL without one */
    int minor_version;    /* HTTP/1.<minor> */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    size_t content_length;
    bool is_chunked;   /* the body comes in chunks; content_length is 0 */
    bool lacks_length; /* a method that takes a body, and neither length nor chunks: no body */
    bool is_encoded;   /* a content coding other than identity */
    bool expects_continue;
    bool wants_close;
};

/* status 0: accepted; else what to answer, as a problem. */
struct http_verdict {
    int status;
    const char *slug;
    const char *detail;
};

/*
 * Length of the head including its blank line, or 0 when it is not complete
 * yet. Searches from *scanned on and moves it, so that a head sent byte by byte
 * costs linear time.
 */
size_t http_guard_head_length(struct strview bytes, size_t *scanned);

/* Reads one complete head, blank line included. *ret_head is whole only when accepted. */
MUST_USE struct http_verdict http_guard_read(struct strview bytes, size_t max_body_bytes,
                                             struct http_head *ret_head);

/* A field's value; data is NULL when absent. Case does not count. */
struct strview http_head_field(const struct http_head *head, const char *name);

/* The same; data is NULL also where it stands twice: nobody can tell which of them is meant. */
struct strview http_head_lone_field(const struct http_head *head, const char *name);

#endif
