/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator_api.h - what an operator may ask a running relay over HTTP.
 *
 * GET /v1/status: every shard with owner, state, position, what is in flight and, where it
 * publishes nothing, why.
 */
#ifndef RELAY_SVC_HTTP_OPERATOR_API_H
#define RELAY_SVC_HTTP_OPERATOR_API_H

struct auth;
struct http_server;
struct operator_api;
struct relay;

struct operator_api *operator_api_new(struct relay *relay, struct auth *auth,
                                      struct http_server *server);
void operator_api_free(struct operator_api *api);

#endif
