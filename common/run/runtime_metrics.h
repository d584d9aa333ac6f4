/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_metrics.h - the metrics every service has: its process and its HTTP server.
 */
#ifndef COMMON_RUN_RUNTIME_METRICS_H
#define COMMON_RUN_RUNTIME_METRICS_H

#include "common/run/metrics.h"

struct http_server;

#define RUNTIME_METRIC_ROWS(X)                                                                     \
    X(RUNTIME_CPU, COUNTER, "process_cpu_seconds_total", "User and system time.", )                \
    X(RUNTIME_RESIDENT, GAUGE, "process_resident_memory_bytes", "Resident memory.", )              \
    X(RUNTIME_DESCRIPTORS, GAUGE, "process_open_fds", "Open descriptors.", )                       \
    X(RUNTIME_START, GAUGE, "process_start_time_seconds", "Start, in seconds since 1970.", )       \
    X(RUNTIME_READY, GAUGE, "orderspine_ready", "1 where /readyz says 200, else 0.", )             \
    X(RUNTIME_HTTP_CONNECTIONS, GAUGE, "orderspine_http_connections", "Open HTTP connections.", )  \
    X(RUNTIME_HTTP_STANDING, GAUGE, "orderspine_http_connections_by_state",                        \
      "Open HTTP connections: fresh have sent no request, strangers are between requests "         \
      "without a token, idle ones with one, busy ones have a request.",                            \
      METRIC_BY("state", STANDINGS))                                                               \
    X(RUNTIME_HTTP_ACCEPTED, COUNTER, "orderspine_http_connections_total",                         \
      "HTTP connections accepted.", )                                                              \
    X(RUNTIME_HTTP_REQUESTS, COUNTER, "orderspine_http_requests_total",                            \
      "HTTP requests received whole.", )                                                           \
    X(RUNTIME_HTTP_REFUSED, COUNTER, "orderspine_http_refused_total",                              \
      "HTTP requests refused before a handler saw them.", )                                        \
    X(RUNTIME_HTTP_ANSWERS, COUNTER, "orderspine_http_answers_total",                              \
      "HTTP answers by class of status.", METRIC_BY("status", STATUS_CLASSES))                     \
    X(RUNTIME_HTTP_PENDING, GAUGE, "orderspine_http_pending", "HTTP requests being worked on.", )  \
    X(RUNTIME_HTTP_BODY_BYTES, GAUGE, "orderspine_http_body_bytes",                                \
      "Bytes of bodies received and not yet answered.", )                                          \
    X(RUNTIME_HTTP_HELD_BYTES, GAUGE, "orderspine_http_held_bytes",                                \
      "Bytes that requests hold: heads, bodies, what is decoded from them, unread answers; "       \
      "at most 8 MiB.", )                                                                          \
    X(RUNTIME_HTTP_DROPPED, COUNTER, "orderspine_http_dropped_total",                              \
      "HTTP connections closed to make place or room for others.", )

enum runtime_metric { RUNTIME_METRIC_ROWS(METRIC_ENTRY) RUNTIME_METRIC_COUNT };

extern const struct metric RUNTIME_METRICS[RUNTIME_METRIC_COUNT];

/* Brings the rows, of which the first has index first, up to date. */
void runtime_metrics_update(struct metrics *metrics, size_t first,
                            const struct http_server *server);

#endif
