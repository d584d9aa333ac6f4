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
 * loaded in its place; comparing the code itself says more than any version of it.
 */
#ifndef PROJECTOR_SVC_CONSUME_REDIS_FITNESS_H
#define PROJECTOR_SVC_CONSUME_REDIS_FITNESS_H

#include "common/base/error.h"

#include <stdbool.h>

struct redisconn;

/* failure is NULL when all is well; FATAL when this Redis must not be used, TRANSIENT when it
 * could not be asked, INVALID when it did not let us ask or load. is_bounded: it refuses writes
 * before its machine's memory is full (maxmemory), as far as that was asked. */
typedef void redis_fitness_fn(void *user, bool is_bounded, const struct error *failure);

/* done is called once, never from inside. */
void redis_fitness_check(struct redisconn *conn, redis_fitness_fn *done, void *user);

/* The same without loading anything. */
struct redis_facts {
    char version[24]; /* "" where it was not told */
    bool has_library;
};
typedef void redis_fitness_look_fn(void *user, const struct redis_facts *facts,
                                   const struct error *failure);
void redis_fitness_look(struct redisconn *conn, redis_fitness_look_fn *done, void *user);

#endif
