/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of Redis, and what follows from an answer that is none, or a refusal. */
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/rebuild/rebuild_internal.h"

#include <stdio.h>

enum { TRY_AGAIN_MS = 2000 }; /* after the live views were let go */

const struct strview REBUILD_NO_ARGUMENTS[EXCHANGE_WORDS_MAX] = {{.data = NULL}};

/* --- its end */

void rebuild_finish(struct rebuild *rebuild, const struct error *failure)
{
    if (rebuild->phase != PHASE_OVER) {
        rebuild->phase = PHASE_OVER;
        loop_timer_stop(rebuild->timer);
        rebuild->options.on_done(rebuild->options.user, failure);
    }
}

void rebuild_say(const struct rebuild *rebuild, const char *text)
{
    (void)printf("%s%s\n", rebuild->options.is_terminal ? "\r\033[K" : "", text);
    (void)fflush(stdout);
}

/* --- questions */

void rebuild_fill(struct rebuild *rebuild, int64_t delay_ms)
{
    rebuild->phase = PHASE_FILL;
    loop_timer_start(rebuild->timer, delay_ms);
}

static void on_released(void *user, const struct redisconn_reply *reply,
                        const struct error *failure)
{
    (void)user;
    (void)reply;
    (void)failure; /* it ends by itself */
}

void rebuild_release(struct rebuild *rebuild)
{
    struct error err;
    if (exchange_ask(&rebuild->exchange, "release", REBUILD_NO_ARGUMENTS, on_released, rebuild,
                     &err) != ERROR_NONE) {
        log_event(LOG_DEBUG, "rebuild_holds", LOG_ERR(&err));
    }
}

/* Whoever lost the answer to the exchange finds its own name at the live views. */
static bool has_taken_place(const struct rebuild *rebuild, const struct strview *words,
                            size_t count)
{
    return count > 1 && strview_is(words[1], rebuild->exchange.run.text);
}

/* True: the answer is a refusal, and it was seen to. */
static bool is_refused(struct rebuild *rebuild, const struct redisconn_reply *reply)
{
    struct strview words[EXCHANGE_WORDS_MAX];
    struct error err;
    if (exchange_is_ok(reply)) {
        return false;
    }
    const size_t count = exchange_words(reply, words);
    const enum takeover_next next = takeover_refusal(words, count, &err);
    if (next == TAKEOVER_LOST && has_taken_place(rebuild, words, count)) {
        rebuild_finish(rebuild, NULL);
        return true;
    }
    rebuild->swaps = 0;
    if (next == TAKEOVER_TRY_AGAIN && rebuild->broken.kind == ERROR_NONE) {
        rebuild_try_again(rebuild, &err);
    } else {
        rebuild_release(rebuild);
        rebuild_finish(rebuild, next == TAKEOVER_TRY_AGAIN ? &rebuild->broken : &err);
    }
    return true;
}

/* Not for ever: whoever reads the live views sees nothing new while they are held. */
void rebuild_try_again(struct rebuild *rebuild, const struct error *why)
{
    rebuild_release(rebuild);
    if (++rebuild->tries >= TAKEOVER_TRIES) {
        rebuild_finish(rebuild, why);
        return;
    }
    rebuild_say(rebuild, why->text);
    rebuild_fill(rebuild, TRY_AGAIN_MS);
}

void rebuild_rest(struct rebuild *rebuild)
{
    if (rebuild->phase != PHASE_OVER) {
        rebuild->phase = PHASE_AWAY;
    }
    if (!rebuild->is_stopping) {
        loop_timer_stop(rebuild->timer);
    }
}

/* Redis is away, or lost the functions: the way begins with the next connection. */
void rebuild_leave(struct rebuild *rebuild, const struct error *why)
{
    log_event(LOG_WARN, "rebuild_waits", LOG_ERR(why), LOG_TEXT("for Redis"));
    if (rebuild->phase != PHASE_OVER) {
        rebuild_rest(rebuild);
        redisconn_leave(rebuild->exchange.conn, why->text);
    }
}

void rebuild_ask(struct rebuild *rebuild, const char *name,
                 const struct strview arguments[static EXCHANGE_WORDS_MAX],
                 redisconn_reply_fn *on_reply)
{
    struct error err;
    rebuild->is_asking = true;
    if (exchange_ask(&rebuild->exchange, name, arguments, on_reply, rebuild, &err) != ERROR_NONE) {
        rebuild->is_asking = false;
        rebuild_leave(rebuild, &err);
    }
}

/* True: the answer is worth reading. A function's own failure is no passing one. */
static bool has_come(struct rebuild *rebuild, const struct error *failure)
{
    rebuild->is_asking = false;
    if (rebuild->phase == PHASE_OVER || rebuild->phase == PHASE_AWAY ||
        (rebuild->is_stopping && rebuild->phase != PHASE_SWAP)) {
        return false;
    }
    if (failure != NULL && failure->kind == ERROR_INVALID) {
        rebuild_release(rebuild);
        rebuild_finish(rebuild, failure);
        return false;
    }
    if (failure != NULL) {
        rebuild_leave(rebuild, failure);
    }
    return failure == NULL;
}

bool rebuild_is_answered(struct rebuild *rebuild, const struct redisconn_reply *reply,
                         const struct error *failure)
{
    if (!has_come(rebuild, failure) || is_refused(rebuild, reply)) {
        return false;
    }
    rebuild->swaps = 0; /* not carried out: still ours to fill */
    if (rebuild->broken.kind != ERROR_NONE && rebuild->phase != PHASE_SWAP) {
        rebuild_release(rebuild);
        rebuild_finish(rebuild, &rebuild->broken);
    }
    return rebuild->phase != PHASE_OVER;
}
