/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild.h - fills the spare database with views made anew, while the live ones go on, and has the
 * two change places; the same for the way back.
 *
 *   connect ─> load ─> begin ─> fill ─near, proved─> hold ─even─> swap ─> done
 *                                ^───────── late, behind ─────────┘
 *
 * Why it never goes beyond the live views: what it applies is told to nobody (core/takeover.h).
 *
 * Why it may die anywhere: where it stands is in the spare database; the hold on the live ones ends
 * by itself; and the exchange is one call in Redis.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_REBUILD_REBUILD_H
#define PROJECTOR_SVC_REBUILD_REBUILD_H

#include "common/base/error.h"
#include "projector-svc/consume/projector.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct metrics;
struct rebuild;

/*
 * FILL:  a new copy, or one begun before
 * FRESH: what was begun before is emptied
 * BACK:  the views of before the last exchange
 */
#define REBUILD_WISHES(X)                                                                          \
    X(FILL, "fill")                                                                                \
    X(FRESH, "fresh")                                                                              \
    X(BACK, "back")

#define REBUILD_WISH_ENTRY(WISH, name) REBUILD_##WISH,
enum rebuild_wish { REBUILD_WISHES(REBUILD_WISH_ENTRY) REBUILD_WISH_COUNT };

struct rebuild_options {
    enum rebuild_wish wish;
    bool accepts;     /* fewer orders, or more that stands still, than the live ones have */
    bool is_terminal; /* progress is a bar */
    /* Topics that are read first, see struct projector_apart; what was begun with others is not
     * gone on with. */
    const char *replayed[AGGREGATE_COUNT];
    int64_t live_database;
    int64_t spare_database;
    struct projector_options projector; /* with the address of the spare database */
    /* Once the rebuilt views are near the live ones: rebuild_proved() follows, and until then they
     * are not exchanged. NULL: nobody verifies them. */
    void (*on_near)(void *user);
    /* Once, from the loop: failure NULL when the two have changed places. */
    void (*on_done)(void *user, const struct error *failure);
    void *user;
};

/* Begins to connect. Fails with ERROR_FATAL on bad settings. */
MUST_USE enum error_kind rebuild_new(struct loop *loop, struct metrics *metrics,
                                     const struct rebuild_options *options,
                                     struct rebuild **ret_rebuild, struct error *err);

/* What came of options.on_near(). failure NULL: they may be exchanged; ERROR_TRANSIENT: it is asked
 * again, TAKEOVER_TRIES times; else that is its end. Not from inside options.on_near(). */
void rebuild_proved(struct rebuild *rebuild, const struct error *failure);

/* Lets the live views go, if they are held; on_done() follows. */
void rebuild_stop(struct rebuild *rebuild);

/* Accepts NULL. */
void rebuild_free(struct rebuild *rebuild);

#endif
