/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_store.h - the projector's conversation with Redis.
 *
 * Two trips for a usual batch: one to load what is stored of its aggregates, one
 * function call to write. Only a repeated old version, or the event a frozen
 * aggregate waited for, costs a third.
 *
 * Why no lock is needed between them: the call is refused when the partition's
 * position is no longer the one the batch was loaded at, so what was loaded is
 * what is overwritten.
 *
 * Ownership: the connection and the batches are the caller's; a batch must live
 * until its callback. Threads: the loop's. Callbacks never come from inside.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_STORE_H
#define PROJECTOR_SVC_VIEWS_VIEW_STORE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "projector-svc/core/anchor.h"
#include "projector-svc/core/write_set.h"
#include "projector-svc/views/batch.h"

#include <stdint.h>

struct redisconn;
struct redisconn_reply;

enum { VIEW_STORE_GENERATION_MAX = 24 };

/* No position stored yet. */
#define VIEW_STORE_NO_POSITION ((int64_t)-1)

/* failure is NULL, or: TRANSIENT (Redis is away), INVALID (what is stored is damaged),
 * NOT_FOUND (the function is gone), EXHAUSTED, CONFLICT (see below). */
typedef void view_store_done_fn(void *user, const struct error *failure);

/* Fills in the stored views and frozen states; then batch_look() is due. */
MUST_USE enum error_kind view_store_load(struct redisconn *conn, struct batch *batch,
                                         view_store_done_fn *done, void *user, struct error *err);

/* Fills in what batch_look() asked for. */
MUST_USE enum error_kind view_store_load_more(struct redisconn *conn, struct batch *batch,
                                              view_store_done_fn *done, void *user,
                                              struct error *err);

struct view_store_move {
    struct strview slot; /* "<topic>/<partition>" */
    const char *generation;
    int64_t from; /* or VIEW_STORE_NO_POSITION */
    int64_t to;
};

/* One function call: the writes and the new position, or nothing. CONFLICT: generation or position
 * are not those given; INVALID: a key has a type or length that it cannot have. */
MUST_USE enum error_kind view_store_save(struct redisconn *conn, struct arena *arena,
                                         const struct view_store_move *move,
                                         const struct write_set *set, view_store_done_fn *done,
                                         void *user, struct error *err);

struct view_store_reading {
    char generation[VIEW_STORE_GENERATION_MAX];
    size_t count;
    const int64_t *positions; /* or VIEW_STORE_NO_POSITION */
    const int64_t *goals;     /* what had been reached before Redis lost it; 0: nothing lost */
    const struct anchor_identity *identities; /* of the records taken last */
    const struct redisconn_reply *draining;   /* see view_store_draining() */
};

/* failure as above; positions in the order of the slots asked for. */
typedef void view_store_positions_fn(void *user, const struct view_store_reading *reading,
                                     const struct error *failure);

MUST_USE enum error_kind view_store_positions(struct redisconn *conn, const struct strview *slots,
                                              size_t count, view_store_positions_fn *done,
                                              void *user, struct error *err);

/* The index-th aggregate ("<type>:<id>") whose parked events are being applied, and the slot whose
 * owner does it; false past the last. */
MUST_USE bool view_store_draining(const struct view_store_reading *reading, size_t index,
                                  struct strview *ret_aggregate, struct strview *ret_slot);

/* If there is none yet. */
void view_store_start_generation(struct redisconn *conn);

#endif
