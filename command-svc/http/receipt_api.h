/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt_api.h - GET /v1/commands/{key}: what became of a command whose answer was lost.
 *
 * Why: a client that may not repeat its command (it lost the body, it is another
 * process) can still ask. A principal sees its own receipts only, as the key is
 * hashed together with it.
 *
 * Answers 200 {"status","version"?,"location"?,"answer"}, where answer is the
 * body that was given; 404 while nothing is known under the key.
 */
#ifndef COMMAND_SVC_HTTP_RECEIPT_API_H
#define COMMAND_SVC_HTTP_RECEIPT_API_H

#include "common/base/error.h"
#include "common/base/strview.h"

struct auth;
struct control;
struct http_server;
struct receipt_api;

struct receipt_api_options {
    struct control *control;
    const struct auth *auth;
    struct strview query_base; /* put before the path of a Location; outlives the api */
};

/* Fails with ERROR_FATAL when libcrypto has no SHA-256. */
MUST_USE enum error_kind receipt_api_new(const struct receipt_api_options *options,
                                         struct receipt_api **ret_api, struct error *err);

/* After the server is gone. Accepts NULL. */
void receipt_api_free(struct receipt_api *api);

void receipt_api_serve(struct receipt_api *api, struct http_server *server);

#endif
