/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/redis_scout.h"

#include "common/base/must.h"
#include "common/io/loop.h"

#include <stdlib.h>

struct redis_scout {
    struct loop *loop;
    struct redis_scout_options options;
    struct redisconn *conn;      /* NULL: it is not out */
    struct loop_deferred *ender; /* a connection is not freed from its own callback */
};

static void come_back(struct redis_scout *scout)
{
    redisconn_free(scout->conn);
    scout->conn = NULL;
}

static void on_come_back(void *user)
{
    come_back(user);
}

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct redis_scout *scout = user;
    loop_deferred_schedule(scout->ender);
    if (failure == NULL) {
        scout->options.on_answer(scout->options.user, reply);
    }
}

static void on_ready(void *user)
{
    struct redis_scout *scout = user;
    struct error ignored;
    if (redisconn_send(scout->conn, scout->options.question, on_reply, scout, &ignored) !=
        ERROR_NONE) {
        loop_deferred_schedule(scout->ender);
    }
}

void redis_scout_send(struct redis_scout *scout)
{
    const struct redisconn_options options = {.url = scout->options.url,
                                              .client_name = "orderspine-scout",
                                              .on_ready = on_ready,
                                              .user = scout};
    struct error ignored; /* the url was good for another connection */
    come_back(scout);
    if (redisconn_new(scout->loop, &options, &scout->conn, &ignored) != ERROR_NONE) {
        scout->conn = NULL;
    }
}

struct redis_scout *redis_scout_new(struct loop *loop, const struct redis_scout_options *options)
{
    struct redis_scout *scout = must_allocate(1, sizeof *scout);
    scout->loop = loop;
    scout->options = *options;
    scout->ender = loop_deferred_new(loop, on_come_back, scout);
    return scout;
}

void redis_scout_free(struct redis_scout *scout)
{
    if (scout != NULL) {
        come_back(scout);
        loop_deferred_free(scout->ender);
        free(scout);
    }
}
