/* SPDX-License-Identifier: Apache-2.0 */
/*
 * followed.h - is every topic that the views are made of followed by somebody?
 *
 * Why asked at all: a group that was formed before a topic was made has no partition of
 * it, and all that it has stands at lag 0. Only a comparison of what is wanted with what
 * is followed shows that.
 *
 * Who holds partitions of a topic follows it. Of another topic the owners' reports in
 * Redis tell; where there is none, it is said there, so that /v1/freshness
 * names the topic.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_FOLLOWED_H
#define PROJECTOR_SVC_CONSUME_FOLLOWED_H

#include "common/base/error.h"
#include "common/contract/topics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisconn;

struct followed {
    struct redisconn *redis;
    const char *topics[AGGREGATE_COUNT]; /* the caller's */
    bool is_known[AGGREGATE_COUNT];      /* somebody was asked */
    bool is_followed[AGGREGATE_COUNT];
    bool is_own[AGGREGATE_COUNT]; /* by us */
    bool is_asking;
};

/* Once a second: how many partitions of each topic are ours. */
void followed_look(struct followed *followed, const size_t own[static AGGREGATE_COUNT]);

size_t followed_count(const struct followed *followed);

/* Fails and names them when some are not followed. A probe; user is the struct followed. */
enum error_kind followed_probe(void *user, struct error *err);

#endif
