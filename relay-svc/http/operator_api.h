/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator_api.h - what an operator may ask a running relay over HTTP.
 *
 * GET /v1/status: every shard with owner, state, position, what is in flight and, where it
 * publishes nothing, why.
 */
#ifndef RELAY_SVC_HTTP_OPERATOR_API_H
#define RELAY_SVC_HTTP_OPERATOR_API_H

#include "common/run/health.h"

#include <stdbool.h>
#include <stddef.h>

struct auth;
struct http_server;
struct operator_api;
struct shards;

struct operator_probe {
    const char *name;
    health_probe *probe;
    bool is_advisory; /* of /readyz: a failure is only shown */
};

struct operator_report {
    const struct shards *shards;
    int members;      /* relays that live, this one included */
    size_t in_flight; /* records */
};

/* Where the answers come from; what is pointed to is borrowed for the api's life. */
struct operator_source {
    const char *owner;
    const struct operator_probe *probes;
    size_t probe_count;
    /* False as long as there are no shards. */
    bool (*report)(void *user, struct operator_report *ret_report);
    void *user; /* of the probes and of report */
};

struct operator_api *operator_api_new(const struct operator_source *source, struct auth *auth,
                                      struct http_server *server);
void operator_api_free(struct operator_api *api);

#endif
