/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/runtime_metrics.h"

#include "common/io/http/server.h"
#include "common/run/process.h"

static const char *const STATUS_CLASSES[] = {"1xx", "2xx", "3xx", "4xx", "5xx", NULL};
static const char *const STANDINGS[] = {
    [HTTP_FRESH] = "fresh", [HTTP_STRANGER] = "stranger", [HTTP_IDLE] = "idle",
    [HTTP_BUSY] = "busy",   [HTTP_GONE] = NULL,
};

const struct metric RUNTIME_METRICS[] = {RUNTIME_METRIC_ROWS(METRIC_ROW)};

static void update_process(struct metrics *metrics, size_t first)
{
    const struct process_usage usage = process_usage();
    metrics_set(metrics, first + RUNTIME_CPU, 0, usage.cpu_seconds);
    metrics_set(metrics, first + RUNTIME_RESIDENT, 0, usage.resident_bytes);
    metrics_set(metrics, first + RUNTIME_DESCRIPTORS, 0, usage.open_descriptors);
    metrics_set(metrics, first + RUNTIME_START, 0, usage.start_time);
}

static void update_http(struct metrics *metrics, size_t first, const struct http_server *server)
{
    const struct http_stats *stats = http_server_stats(server);
    metrics_set(metrics, first + RUNTIME_HTTP_CONNECTIONS, 0, (double)stats->connections);
    metrics_set(metrics, first + RUNTIME_HTTP_ACCEPTED, 0, (double)stats->accepted);
    metrics_set(metrics, first + RUNTIME_HTTP_REQUESTS, 0, (double)stats->requests);
    metrics_set(metrics, first + RUNTIME_HTTP_REFUSED, 0, (double)stats->refused);
    metrics_set(metrics, first + RUNTIME_HTTP_PENDING, 0, (double)stats->requests_pending);
    metrics_set(metrics, first + RUNTIME_HTTP_BODY_BYTES, 0, (double)stats->body_bytes);
    metrics_set(metrics, first + RUNTIME_HTTP_HELD_BYTES, 0,
                (double)http_server_held_bytes(server));
    metrics_set(metrics, first + RUNTIME_HTTP_DROPPED, 0, (double)stats->dropped);
    for (size_t standing = 0; standing < HTTP_GONE; standing++) {
        metrics_set(metrics, first + RUNTIME_HTTP_STANDING, standing,
                    (double)http_server_standing(server, (enum http_standing)standing));
    }
    for (size_t class = 1; class <= 5; class ++) {
        metrics_set(metrics, first + RUNTIME_HTTP_ANSWERS, class - 1,
                    (double)stats->answers[class]);
    }
}

void runtime_metrics_update(struct metrics *metrics, size_t first, const struct http_server *server)
{
    update_process(metrics, first);
    update_http(metrics, first, server);
}
