/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild_internal.h - a rebuild, for the files of its module.
 *
 *   rebuild.c ──> rebuild_swap.c ──> rebuild_answer.c
 *
 * Each calls only those to its right.
 */
#ifndef PROJECTOR_SVC_REBUILD_REBUILD_INTERNAL_H
#define PROJECTOR_SVC_REBUILD_REBUILD_INTERNAL_H

#include "projector-svc/core/takeover.h"
#include "projector-svc/rebuild/exchange.h"
#include "projector-svc/rebuild/rebuild.h"

#include <stdbool.h>
#include <stdint.h>

struct loop_timer;

enum phase { PHASE_AWAY = 0, PHASE_BEGIN, PHASE_FILL, PHASE_HOLD, PHASE_SWAP, PHASE_OVER };

/* Whether somebody has verified what is to be exchanged. */
enum proof { PROOF_NONE = 0, PROOF_ASKED, PROOF_GIVEN };

struct rebuild {
    struct loop *loop;
    struct metrics *metrics;
    struct rebuild_options options;
    struct exchange exchange;
    struct projector *projector; /* from the beginning of FILL on */
    struct projector_apart apart;
    struct seam seams[AGGREGATE_COUNT][SHARDS_MAX]; /* apart's */
    struct loop_timer *timer;
    enum phase phase;
    enum proof proof;
    char generation[24]; /* of the spare views; empty: not begun yet */
    struct takeover_state state;
    int64_t began; /* events that were there at first; -1: not known yet */
    int64_t began_ms;
    int64_t held_ms; /* since when; then how long */
    int64_t line_ms;
    int tries;
    int swaps;           /* sent, and no answer read yet that tells whether one was carried out */
    struct error broken; /* of the projector, kept until that is known */
    int standing;        /* looks in a row that found a partition standing still */
    bool is_asking;
    bool is_stopping;
};

/* --- rebuild_answer.c */

/* Asks a function; arguments with data == NULL are left out. Where Redis is away the way begins
 * anew with the next connection. */
void rebuild_ask(struct rebuild *rebuild, const char *name,
                 const struct strview arguments[static EXCHANGE_WORDS_MAX],
                 redisconn_reply_fn *on_reply);

/* True: the answer is there, and no refusal; else what follows from it was done. */
MUST_USE bool rebuild_is_answered(struct rebuild *rebuild, const struct redisconn_reply *reply,
                                  const struct error *failure);

/* Redis is away, or lost the functions: the way begins with the next connection. */
void rebuild_leave(struct rebuild *rebuild, const struct error *why);

/* Waits for the next connection; or, when stopped, for the moment's end. */
void rebuild_rest(struct rebuild *rebuild);

/* The live views go on, and are held again in a while; after some times it gives up. */
void rebuild_try_again(struct rebuild *rebuild, const struct error *why);

/* The live views take writes again. */
void rebuild_release(struct rebuild *rebuild);

/* Its end; nothing happens after the first time. */
void rebuild_finish(struct rebuild *rebuild, const struct error *failure);

void rebuild_say(const struct rebuild *rebuild, const char *text);

/* Looks at the live views after so long. */
void rebuild_fill(struct rebuild *rebuild, int64_t delay_ms);

/* --- rebuild_swap.c */

/* An answer to look or hold: how far both copies are, and how far ours may go. */
void rebuild_compare(struct rebuild *rebuild, const struct redisconn_reply *reply);

/* The live views take no writes from here on; then the two change places. */
void rebuild_hold(struct rebuild *rebuild);

/* Held: is ours as far? */
void rebuild_look_held(struct rebuild *rebuild);

extern const struct strview REBUILD_NO_ARGUMENTS[EXCHANGE_WORDS_MAX];

#endif
