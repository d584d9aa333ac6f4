/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/runtime_metrics.h"

#include "common/io/http/server.h"
#include "common/run/process.h"

static const char *const STATUS_CLASSES[] = {"1xx", "2xx", "3xx", "4xx", "5xx", NULL};
static const char *const STANDINGS[] = {
    [HTTP_FRESH] = "fresh", [HTTP_STRANGER] = "stranger", [HTTP_IDLE] = "idle",
    [HTTP_BUSY] = "busy",   [HTTP_GONE] = NULL,
};

const struct metric RUNTIME_METRICS[RUNTIME_METRIC_COUNT] = {
    [RUNTIME_CPU] = {.name = "process_cpu_seconds_total",
                     .type = METRIC_COUNTER,
                     .help = "User and system time."},
    [RUNTIME_RESIDENT] = {.name = "process_resident_memory_bytes",
                          .type = METRIC_GAUGE,
                          .help = "Resident memory."},
    [RUNTIME_DESCRIPTORS] = {.name = "process_open_fds",
                             .type = METRIC_GAUGE,
                             .help = "Open descriptors."},
    [RUNTIME_START] = {.name = "process_start_time_seconds",
                       .type = METRIC_GAUGE,
                       .help = "Start, in seconds since 1970."},
    [RUNTIME_HTTP_CONNECTIONS] = {.name = "orderspine_http_connections",
                                  .type = METRIC_GAUGE,
                                  .help = "Open HTTP connections."},
    [RUNTIME_HTTP_STANDING] = {.name = "orderspine_http_connections_by_state",
                               .type = METRIC_GAUGE,
                               .help =
                                   "Open HTTP connections: fresh have sent no request, strangers "
                                   "are between requests without a token, idle ones with one, "
                                   "busy ones have a request.",
                               .label = "state",
                               .values = STANDINGS},
    [RUNTIME_HTTP_ACCEPTED] = {.name = "orderspine_http_connections_total",
                               .type = METRIC_COUNTER,
                               .help = "HTTP connections accepted."},
    [RUNTIME_HTTP_REQUESTS] = {.name = "orderspine_http_requests_total",
                               .type = METRIC_COUNTER,
                               .help = "HTTP requests received whole."},
    [RUNTIME_HTTP_REFUSED] = {.name = "orderspine_http_refused_total",
                              .type = METRIC_COUNTER,
                              .help = "HTTP requests refused before a handler saw them."},
    [RUNTIME_HTTP_ANSWERS] = {.name = "orderspine_http_answers_total",
                              .type = METRIC_COUNTER,
                              .help = "HTTP answers by class of status.",
                              .label = "status",
                              .values = STATUS_CLASSES},
    [RUNTIME_HTTP_PENDING] = {.name = "orderspine_http_pending",
                              .type = METRIC_GAUGE,
                              .help = "HTTP requests being worked on."},
    [RUNTIME_HTTP_BODY_BYTES] = {.name = "orderspine_http_body_bytes",
                                 .type = METRIC_GAUGE,
                                 .help = "Bytes of bodies received and not yet answered."},
    [RUNTIME_HTTP_HELD_BYTES] = {.name = "orderspine_http_held_bytes",
                                 .type = METRIC_GAUGE,
                                 .help = "Bytes that requests hold: heads, bodies, what is decoded "
                                         "from them, unread answers; at most 8 MiB."},
    [RUNTIME_HTTP_DROPPED] = {.name = "orderspine_http_dropped_total",
                              .type = METRIC_COUNTER,
                              .help = "HTTP connections closed to make place or room for others."},
};

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
