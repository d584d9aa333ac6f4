/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis_gate.h - the connection to Redis, and whether it may be written to.
 *
 * Why a gate and not a look before each call: a Redis that is away, evicts or lost our functions
 * must stop every partition at once, and who else reaches it may have them meanwhile.
 *
 * Fitness (redis_fitness.h) is asked after every connect, and again when told to. One that is not
 * fit is left, not asked again on the same connection: the address may lead to another server by
 * now.
 *
 * Where the address leads to another primary by now while this connection holds (core/scouting.h),
 * it is left, too.
 *
 * Threads: the loop's; on_open and on_shut come from it, or from inside redis_gate_reload().
 */
#ifndef PROJECTOR_SVC_CONSUME_REDIS_GATE_H
#define PROJECTOR_SVC_CONSUME_REDIS_GATE_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct redis_scout;
struct redisconn;

struct redis_gate_options {
    const char *url;
    void (*on_open)(void *user);
    /* Nothing is written from now on; again also when it was shut before. */
    void (*on_shut)(void *user);
    /* Its address leads elsewhere: shut follows. */
    void (*on_moved)(void *user);
    /* This Redis must not be written to, and none was fit before: the process should end. */
    void (*on_fatal)(void *user, const struct error *why);
    void *user;
};

struct redis_gate {
    struct redis_gate_options options;
    struct redisconn *conn;
    struct redis_scout *scout;
    struct loop_timer *leave_timer;
    struct error why; /* it is shut; kind NONE: not known yet */
    int64_t shut_since_ms;
    int64_t reload_from_ms;  /* before that our functions are not loaded again */
    char server[48];         /* its run_id */
    int64_t newer_functions; /* the number of those of a newer service; 0: they are ours */
    bool is_open;
    bool was_open; /* ever */
    bool is_checking;
};

/* Begins to connect. Fails with ERROR_FATAL on a bad address. */
MUST_USE enum error_kind redis_gate_init(struct redis_gate *gate, struct loop *loop,
                                         const struct redis_gate_options *options,
                                         struct error *err);

/* No call on the connection ends after this. */
void redis_gate_done(struct redis_gate *gate);

/* What may have changed under an open connection. */
void redis_gate_check(struct redis_gate *gate);

/* Asks where the address leads to. Now and then, while it is open. */
void redis_gate_scout(struct redis_gate *gate);

/* A call failed: if our functions are not there any more, they are loaded before anything else. At
 * most once a second, as it might be our call that they do not know. */
void redis_gate_reload(struct redis_gate *gate, const struct error *why);

/* 0 while it is open. */
int64_t redis_gate_shut_for_ms(const struct redis_gate *gate, int64_t now_ms);

/* Health probes: user is the gate. */
enum error_kind redis_gate_probe_functions(void *user, struct error *err);
enum error_kind redis_gate_probe(void *user, struct error *err);

#endif
