/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - /healthz, /readyz, /metrics and /version, the same on every service.
 *
 * Why probes answer from memory: a health check that asks a dependency hangs with
 * it. Each adapter remembers how it fares; a probe only reads that.
 */
#ifndef COMMON_RUN_HEALTH_H
#define COMMON_RUN_HEALTH_H

#include "common/base/error.h"

#include <stdbool.h>

struct health;
struct http_server;
struct metrics;

/* ERROR_NONE: fine. Else the error's text is the reason shown by /readyz. */
typedef enum error_kind health_probe(void *user, struct error *err);

/* Adds the four routes to the server. Texts are stored, not copied. */
struct health *health_new(struct http_server *server, struct metrics *metrics, const char *service,
                          const char *version);
void health_free(struct health *health);

/* name is stored; probes are asked in the order added. */
void health_add(struct health *health, const char *name, health_probe *probe, void *user);

/*
 * The same, but a failure is only shown (`"ok":false,"required":false`) and leaves the service
 * ready: for a part that stands still while the others go on, where taking the whole service
 * out of a balancer would stop those, too.
 */
void health_add_advisory(struct health *health, const char *name, health_probe *probe, void *user);

/* What /readyz answers. */
bool health_is_ready(const struct health *health);

/* From now on /readyz says no, with "shutting down" as the reason. */
void health_set_draining(struct health *health);

#endif
