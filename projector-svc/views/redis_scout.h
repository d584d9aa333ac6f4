/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis_scout.h - asks whatever an address leads to now one question, by a connection of its own.
 *
 * Nothing is told where nobody answers: then where we are is as good as anything.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_VIEWS_REDIS_SCOUT_H
#define PROJECTOR_SVC_VIEWS_REDIS_SCOUT_H

#include "common/base/error.h"
#include "common/io/redis/redisconn.h"

struct loop;
struct redis_scout;

struct redis_scout_options {
    const char *url; /* outlives it, as the question */
    struct redisconn_command question;
    void (*on_answer)(void *user, const struct redisconn_reply *reply);
    void *user;
};

struct redis_scout *redis_scout_new(struct loop *loop, const struct redis_scout_options *options);

/* Accepts NULL. */
void redis_scout_free(struct redis_scout *scout);

/* Goes once more; one that is still on its way is given up. Not from on_answer. */
void redis_scout_send(struct redis_scout *scout);

#endif
