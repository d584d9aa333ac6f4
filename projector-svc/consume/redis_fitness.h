/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis_fitness.h - may this Redis be written to, and does it hold our functions?
 *
 * Why asked after every connect, and now and then: the Redis behind an address may have been
 * restarted with other settings, lost its functions, or be another one altogether; and
 * CONFIG SET and FUNCTION DELETE work under an open connection.
 *
 * A Redis that evicts would delete views in silence: refused. A replica takes no writes. One older
 * than 7 has no functions: refused. A library that is missing or not the one this binary carries is
 * loaded in its place, but for one with a higher number: of two versions of projector-svc side by
 * side the newer one has put it there, and would put it there again.
 */
#ifndef PROJECTOR_SVC_CONSUME_REDIS_FITNESS_H
#define PROJECTOR_SVC_CONSUME_REDIS_FITNESS_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

struct redisconn;

struct redis_facts {
    char version[24]; /* "" where it was not told */
    char server[48];  /* its run_id: another one after each start */
    bool is_bounded;  /* it refuses writes before its machine's memory is full (maxmemory) */
    bool has_library; /* ours, before any was loaded */
    int64_t wall_ms;  /* its clock; 0: not told */
    int64_t newer;    /* the number of its library where that is a newer one; else 0 */
};

/* What stands behind a name ("role:") in what INFO says, to the end of its line; empty when there
 * is none. */
struct strview redis_fitness_value(struct strview info, struct strview name);

/* failure is NULL when all is well; FATAL when this Redis must not be used, TRANSIENT when it
 * could not be asked, INVALID when it did not let us ask or load; facts as far as they were asked.
 */
typedef void redis_fitness_fn(void *user, const struct redis_facts *facts,
                              const struct error *failure);

/* done is called once, never from inside. */
void redis_fitness_check(struct redisconn *conn, redis_fitness_fn *done, void *user);

/* The same without loading anything. */
void redis_fitness_look(struct redisconn *conn, redis_fitness_fn *done, void *user);

#endif
