/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_save.h - a batch's writes and its partition's new position, in one function call.
 *
 * Why no lock is needed since loading: the call is refused when the partition's
 * position is no longer the one the batch was loaded at, so what was loaded is
 * what is overwritten.
 *
 * Ownership: the arena must live until the callback. Threads: the loop's. Callbacks
 * never come from inside.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_SAVE_H
#define PROJECTOR_SVC_VIEWS_VIEW_SAVE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "projector-svc/core/write_set.h"

#include <stdint.h>

struct arena;
struct redisconn;

/* failure is NULL, or: TRANSIENT (Redis is away), INVALID (what is stored is damaged),
 * NOT_FOUND (the function is gone), EXHAUSTED, CONFLICT (see below). */
typedef void view_save_done_fn(void *user, const struct error *failure);

struct view_save_move {
    struct strview slot; /* "<topic>/<partition>" */
    const char *generation;
    int64_t from; /* or VIEW_POSITIONS_NONE */
    int64_t to;
};

/* One function call: the writes and the new position, or nothing. CONFLICT: generation or position
 * are not those given; INVALID: a key has a type or length that it cannot have, or the position in
 * Redis is no number. */
MUST_USE enum error_kind view_save(struct redisconn *conn, struct arena *arena,
                                   const struct view_save_move *move, const struct write_set *set,
                                   view_save_done_fn *done, void *user, struct error *err);

#endif
