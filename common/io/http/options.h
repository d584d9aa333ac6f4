/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what a server is told, and what it tells: known to all of its files.
 */
#ifndef COMMON_IO_HTTP_OPTIONS_H
#define COMMON_IO_HTTP_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

struct http_options {
    const char *address; /* numeric IPv4 or IPv6 */
    uint16_t port;       /* 0: any free one, see http_server_port() */
    const char *origins; /* whose pages may ask, as http_cors_read() takes them; NULL: no other's */
    size_t max_connections;
    size_t spare_connections; /* beyond them, for vital routes; 0: others wait in the kernel */
    size_t max_head_bytes;    /* request line and headers: 431 beyond */
    size_t max_body_bytes;    /* one body: 413 beyond */
    size_t max_total_bytes;   /* what all requests hold together: 503 beyond */
    size_t max_arena_bytes;   /* what one request's arena may grow to */
    int64_t first_timeout_ms; /* from connecting to the first byte */
    int64_t head_timeout_ms;  /* from the first byte of a request to its blank line: 408 */
    int64_t body_timeout_ms;  /* from there to the last byte of the body: 408 */
    int64_t idle_timeout_ms;  /* between requests, and for a reader that takes no bytes */
};

/* What a server has seen, for metrics; counts since start unless said otherwise. */
struct http_stats {
    size_t connections;      /* now */
    size_t requests_pending; /* now: handed to handlers and not yet answered */
    size_t body_bytes;       /* now: of their bodies */
    uint64_t accepted;       /* connections */
    uint64_t dropped;        /* connections closed to make place or room for others */
    uint64_t requests;
    uint64_t refused;    /* by guard, limits or deadlines, before a handler */
    uint64_t answers[6]; /* by status / 100 */
};

#endif
