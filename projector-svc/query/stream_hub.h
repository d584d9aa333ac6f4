/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_hub.h - everybody who follows stream:orders, and the one who reads it for them.
 *
 * Why one reading for all: a page goes to every reader whose place lies in it. Whether one follows
 * or a thousand, who were all cut off by the same restart, Redis is read as often, one page at a
 * time. A page is read from the place of one of them: by turns of who is furthest, so that news is
 * not held up by those who catch up, and of who has waited longest.
 *
 * Why a page begins with what was had last, see stream_page.h. Nothing else proves that nothing is
 * missing: Redis may lose its end, or be emptied, while a connection holds.
 *
 * Why a bell: somebody has to wait in Redis (XREAD BLOCK), and a connection that waits can ask
 * nothing else. It only says that there is more, or that two seconds have passed.
 *
 * Nobody's events are queued: a reader that does not take them keeps its place, and is read for
 * again when it does.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_QUERY_STREAM_HUB_H
#define PROJECTOR_SVC_QUERY_STREAM_HUB_H

#include "common/base/error.h"
#include "projector-svc/query/stream_text.h"

#include <stdint.h>

struct auth;
struct http_request;
struct loop;
struct loss_watch;
struct metrics;
struct redisconn;
struct stream_hub;

struct stream_hub_options {
    const char *redis_url;
    struct redisconn *reader; /* outlives it, as does what watches it: */
    struct loss_watch *losses;
    const struct auth *auth;
    struct metrics *metrics;
    size_t max_streams;
};

MUST_USE enum error_kind stream_hub_new(struct loop *loop, const struct stream_hub_options *options,
                                        struct stream_hub **ret_hub, struct error *err);

/* Streams end. Accepts NULL. Before the HTTP server and the reader are freed. */
void stream_hub_free(struct stream_hub *hub);

/* DRAINING: the process is stopping. AWAY: Redis is. FULL: so many there may be. GREEDY: one
 * customer's own. */
enum stream_hub_room {
    STREAM_HUB_OPEN = 0,
    STREAM_HUB_DRAINING,
    STREAM_HUB_AWAY,
    STREAM_HUB_FULL,
    STREAM_HUB_GREEDY
};

/* only: the customer that asks; empty: no customer. */
enum stream_hub_room stream_hub_room(const struct stream_hub *hub, struct strview only);

struct stream_hub_wish {
    struct stream_filter filter;
    enum role role;
    bool is_own;           /* the filter's customer asks, with its own token */
    int64_t until_ms;      /* its token expires */
    struct strview resume; /* Last-Event-ID, whatever it is; data NULL: from now on */
};

/* Answers the request, which goes on until one side ends it. There must be room. */
void stream_hub_add(struct stream_hub *hub, struct http_request *request,
                    const struct stream_hub_wish *wish);

/* Its own connection is to be made anew: the reader's was lost. */
void stream_hub_leave(struct stream_hub *hub, const char *why);

/* Every stream ends, and no other begins. */
void stream_hub_drain(struct stream_hub *hub);

size_t stream_hub_count(const struct stream_hub *hub);

/* A health_probe; user is the hub. Without anybody who follows nothing is read. */
enum error_kind stream_hub_probe(void *user, struct error *err);

#endif
