/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_metrics.h - the metrics every service has: its process and its HTTP server.
 */
#ifndef COMMON_RUN_RUNTIME_METRICS_H
#define COMMON_RUN_RUNTIME_METRICS_H

#include "common/run/metrics.h"

struct http_server;

enum runtime_metric {
    RUNTIME_CPU = 0,
    RUNTIME_RESIDENT,
    RUNTIME_DESCRIPTORS,
    RUNTIME_START,
    RUNTIME_HTTP_CONNECTIONS,
    RUNTIME_HTTP_STANDING, /* label: state */
    RUNTIME_HTTP_ACCEPTED,
    RUNTIME_HTTP_REQUESTS,
    RUNTIME_HTTP_REFUSED,
    RUNTIME_HTTP_ANSWERS,
    RUNTIME_HTTP_PENDING,
    RUNTIME_HTTP_BODY_BYTES,
    RUNTIME_HTTP_HELD_BYTES,
    RUNTIME_HTTP_DROPPED,
    RUNTIME_METRIC_COUNT
};

extern const struct metric RUNTIME_METRICS[RUNTIME_METRIC_COUNT];

/* Brings the rows, of which the first has index first, up to date. */
void runtime_metrics_update(struct metrics *metrics, size_t first,
                            const struct http_server *server);

#endif
