/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_api.h - the reading half: HTTP answers from the views in Redis.
 *
 * Why connections of its own: queries run as a Redis user that may only read,
 * and a slow reader never stands in a batch's way.
 *
 * Every answer is read in one call, so it shows one moment, and says how fresh that is.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_QUERY_QUERY_API_H
#define PROJECTOR_SVC_QUERY_QUERY_API_H

#include "common/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct auth;
struct health;
struct http_server;
struct loop;
struct metrics;
struct query_api;

struct query_api_options {
    const char *redis_url;
    const char *redis_write_url; /* for operators' decisions; NULL: none are taken here */
    const struct auth *auth;
    struct metrics *metrics;
    size_t max_waiters;
    size_t max_streams;
    int64_t recent_cap; /* how many orders orders:recent keeps */
};

/* Starts connecting. Fails with ERROR_FATAL on bad settings. */
MUST_USE enum error_kind query_api_new(struct loop *loop, const struct query_api_options *options,
                                       struct query_api **ret_api, struct error *err);

void query_api_serve(struct query_api *api, struct http_server *server);

/* Only what operators ask and decide. */
void query_api_serve_operators(struct query_api *api, struct http_server *server);

/* Waiting requests are answered with what there is. */
void query_api_drain(struct query_api *api);

/* The address that is written to leads to another server now. */
void query_api_leave_writer(struct query_api *api);

/* Answers what is left with 503. Before the server is freed. Accepts NULL. */
void query_api_free(struct query_api *api);

/* Health probes. Can be read, and is it known whether all is there (whole, and in the first ten
 * seconds)? Has Redis refused a reading, of one damaged key, say, and none succeeded a minute
 * later? Can those who follow be read for? */
void query_api_add_probes(struct query_api *api, struct health *health);

#endif
