/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_api.h - the door: who may ask, what was asked, and the answer on its way back.
 *
 * Why everything that can be refused is refused here: a refusal that needs no
 * database costs microseconds and disturbs nobody's batch.
 *
 * The order of refusals: 401 and 403, 411, 415, the headers' 400, 404 for an id that
 * no order can have, 429 beyond the rate limit, all of them on the head and before the body is
 * taken; the body's 400 and 422, then 503 when the lane is full.
 *
 * Ownership: a request's command and submission live in the request's arena.
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_HTTP_HTTP_API_H
#define COMMAND_SVC_HTTP_HTTP_API_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

struct auth;
struct http_api;
struct http_server;
struct lanes;
struct metrics;

struct http_api_options {
    struct lanes *lanes;
    const struct auth *auth;
    const char *query_url; /* put before the path of every Location: "http://127.0.0.1:8082" */
    int64_t refund_window_ms;
    int64_t rate_limit; /* commands of a principal in a window; 0: no limit */
    int64_t rate_window_ms;
    struct metrics *metrics; /* COMMAND_METRICS; may be NULL */
};

/* Fails with ERROR_FATAL when libcrypto has no SHA-256. The options' texts outlive the api. */
MUST_USE enum error_kind http_api_new(const struct http_api_options *options,
                                      struct http_api **ret_api, struct error *err);

/* After the server and the lanes are gone. Accepts NULL. */
void http_api_free(struct http_api *api);

/* query_url without a slash at its end, as put before every Location. */
struct strview http_api_query_base(const struct http_api *api);

/* Adds the commands' routes and /openapi.json. */
void http_api_serve(struct http_api *api, struct http_server *server);

#endif
