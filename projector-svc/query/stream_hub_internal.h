/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_hub_internal.h - what the parts of the hub share; for projector-svc/query/stream_*.c.
 *
 *     stream_hub.c   who follows: how a stream begins and ends
 *     stream_turns.c which page is read next, and waiting for more
 *     stream_live.c  what one reader is told
 *     stream_text.c  in which words
 */
#ifndef PROJECTOR_SVC_QUERY_STREAM_HUB_INTERNAL_H
#define PROJECTOR_SVC_QUERY_STREAM_HUB_INTERNAL_H

#include "common/io/http/stream.h"
#include "common/run/activity.h"
#include "projector-svc/query/stream_hub.h"

struct loop_timer;

/*
 * NEW:      goes on at the end, wherever that will be found
 * RESUMED:  its place is to be found
 * FOLLOWS:  nothing is unsent
 * HELD:     takes nothing just now; the first two may not either, where the answer's head is unsent
 */
enum live_state { LIVE_NEW = 0, LIVE_RESUMED, LIVE_FOLLOWS, LIVE_HELD };

/* One reader. */
struct live {
    struct stream_hub *hub;
    struct http_stream *stream;
    struct live *next, *previous;
    enum live_state state;
    struct stream_id at; /* passed on, or passed over */
    size_t skipped;      /* entries since its reader heard where it is */
    struct stream_filter filter;
    enum role role;
    bool is_own;
    bool is_lost; /* what it asked to go on from is no id */
    int64_t until_ms;
    unsigned auth_epoch;
};

struct stream_hub {
    struct loop *loop;
    struct stream_hub_options options;
    struct redisconn *bell;
    struct live *first;
    size_t count;
    size_t turns;          /* pages asked for */
    struct stream_id from; /* of the page that is read */
    struct stream_id end;  /* as it was read last */
    bool is_reading;
    bool is_waiting;      /* for the bell */
    bool is_rung;         /* everybody's place is to be looked at */
    bool wants_freshness; /* with the next page */
    bool is_announced;    /* to all, once it is there */
    bool is_recovering;
    bool is_draining;
    struct strbuf freshness; /* JSON */
    struct strbuf piece;     /* being put together */
    struct loop_timer *heartbeat;
    struct loop_timer *pause;
    struct activity reading;
};

struct page {
    struct stream_entries entries;
    struct stream_page place;
};

/* ---- stream_hub.c ---- */

/* Ends it from our side; it is gone. */
void stream_hub_end(struct live *live);

/* To the end of the list: others are served before it. */
void stream_hub_move_last(struct live *live);

/* ---- stream_turns.c ---- */

/* Reads, or waits, unless it does already. */
void stream_hub_step(struct stream_hub *hub);

/* Where Redis is away, nobody knows how fresh the views are: all are told so. */
void stream_hub_announce_unknown(struct stream_hub *hub);

/* When a pause is over. user: the hub. */
void stream_hub_on_pause(void *user);

/* ---- stream_live.c ---- */

/* What the page holds for it, as far as it takes it. May end it. */
void stream_live_serve(struct live *live, struct page *page);

/* How fresh the views are, and how far it is; where it takes that. */
void stream_live_announce(struct live *live);

#endif
