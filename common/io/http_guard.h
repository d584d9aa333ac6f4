/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_guard.h - is this request head one that everybody reads the same way?
 *
 * Why before the parser: request smuggling lives where two programs disagree on
 * where a body ends. This server takes only heads about which nobody can
 * disagree: strict lines, one Host, a length in digits or none, no
 * Transfer-Encoding. What it refuses no parser of ours ever sees.
 *
 * Pure: bytes in, verdict out.
 */
#ifndef COMMON_IO_HTTP_GUARD_H
#define COMMON_IO_HTTP_GUARD_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_guard_limits {
    size_t max_head_bytes;
    size_t max_body_bytes;
};

struct http_guard_verdict {
    int status;         /* 0: accepted; else what to answer */
    const char *slug;   /* with a status: the problem's type */
    const char *detail; /* with a status: one sentence */
    size_t body_bytes;  /* accepted: bytes that follow the head */
    bool expects_continue;
};

/*
 * Length of the head including its blank line, or 0 when it is not complete yet.
 * Searches from *scanned on and moves it, so that a head sent byte by byte costs
 * linear time.
 */
size_t http_guard_head_length(struct strview bytes, size_t *scanned);

/* Judges one complete head, blank line included. */
struct http_guard_verdict http_guard_check(struct strview head,
                                           const struct http_guard_limits *limits);

#endif
