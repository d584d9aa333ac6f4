/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconnect.h - the life of a connection that comes back by itself.
 *
 *                  on_attempt              reconnect_ready()
 *     WAITING ---------------> TRYING ----------------------> READY
 *        ^                       | reconnect_fail()             | reconnect_fail()
 *        |   from the loop       v                              v
 *        +------------------- FAILING                         LOSING
 *        +----------------------------------------------------- +
 *
 * Why one for all: PostgreSQL, Redis and Kafka's producer go and come back in the same way. Between
 * two attempts lies a capped backoff with jitter. One that was ready for a while is replaced at
 * once, as a server may end what is idle, or a proxy lead elsewhere; one that is lost as soon as it
 * stands waits longer each time.
 *
 * Why reconnect_fail() may be called from everywhere: it only notes the reason, and from then on
 * nothing is ready. The loop does the rest (on_drop, on_lost), so that no outcome comes from inside
 * the call that started it, and nothing is freed below its own feet. The first reason counts.
 *
 * Ownership: a struct inside its connection's. Threads: the loop's. Units: milliseconds.
 */
#ifndef COMMON_IO_RECONNECT_H
#define COMMON_IO_RECONNECT_H

#include "common/base/backoff.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_deferred;
struct loop_timer;

enum reconnect_state {
    RECONNECT_WAITING = 0,
    RECONNECT_TRYING,
    RECONNECT_READY,
    RECONNECT_FAILING, /* an attempt has failed; the loop has still to let go of it */
    RECONNECT_LOSING,  /* the same, of what was ready */
};

struct reconnect_options {
    /* reconnect_ready() or reconnect_fail() must follow, from inside or later. */
    void (*on_attempt)(void *user);
    void (*on_overdue)(void *user); /* see reconnect_limit(); may be NULL */
    /* Lets go of what there is and tells those who wait for it. True: there is something else to be
     * tried, at once. */
    bool (*on_drop)(void *user);
    void *user;
    void (*on_ready)(void *listener);                         /* may be NULL */
    void (*on_lost)(void *listener, const struct error *why); /* after on_drop; may be NULL */
    void *listener;
};

struct reconnect {
    struct reconnect_options options;
    enum reconnect_state state;
    struct backoff backoff;      /* from 0.1 s to 3 s */
    int64_t steady_ms;           /* ready for so long, 5 s, it is replaced at once */
    struct loop_timer *timer;    /* waiting: of the next attempt; trying: of reconnect_limit() */
    struct loop_deferred *ender; /* carries reconnect_fail() out */
    int64_t ready_since_ms;
    struct error last_error; /* ERROR_TRANSIENT; why it is not ready */
};

/* The first attempt comes from the loop. */
void reconnect_init(struct reconnect *life, struct loop *loop,
                    const struct reconnect_options *options);

/* Calls nobody back. Accepts one that was never begun. */
void reconnect_done(struct reconnect *life);

/* The attempt has succeeded; ends in on_ready. */
void reconnect_ready(struct reconnect *life);

/* The attempt has failed, or what was ready is lost. */
void reconnect_fail(struct reconnect *life, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Its user has let go of it and has told everybody: the next attempt comes after a pause. */
void reconnect_pause(struct reconnect *life, const char *why);

/* on_overdue comes when the attempt lasts so long, once; again moves it. */
void reconnect_limit(struct reconnect *life, int64_t delay_ms);

/* Something to say about an attempt that goes on. */
void reconnect_note(struct reconnect *life, const char *fmt, ...) PRINTF_LIKE(2, 3);

bool reconnect_is_trying(const struct reconnect *life);
bool reconnect_is_alive(const struct reconnect *life); /* trying or ready */
bool reconnect_is_ready(const struct reconnect *life);

/* The reason while not ready, "" otherwise. */
const char *reconnect_last_error(const struct reconnect *life);

#endif
