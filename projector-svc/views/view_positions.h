/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_positions.h - where partitions stand in Redis, as one moment shows it.
 *
 * Why all in one reading: generation, positions, goals and what is being drained belong
 * together; a Redis that was restored between two readings would show half of each.
 *
 * Why the views themselves say in which form their documents have times: 0.1.0 may run beside this
 * version, or come back, and takes RFC 3339 for no time at all. So views that it began keep epoch
 * milliseconds until a rebuild, and those that this version begins have RFC 3339; the functions in
 * Redis let no 0.1.0 write to these.
 *
 * Ownership: a reading lives during its callback. Threads: the loop's. Callbacks never come
 * from inside.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_POSITIONS_H
#define PROJECTOR_SVC_VIEWS_VIEW_POSITIONS_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json_writer.h"
#include "projector-svc/core/anchor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisconn;
struct redisconn_reply;

enum { VIEW_POSITIONS_GENERATION_MAX = 24, VIEW_POSITIONS_COPY_MAX = 80 };

/* No position stored yet. */
#define VIEW_POSITIONS_NONE ((int64_t)-1)

struct view_positions {
    char generation[VIEW_POSITIONS_GENERATION_MAX];
    char copy[VIEW_POSITIONS_COPY_MAX]; /* "": it has no name yet */
    enum json_times times; /* in which form documents are written; both may stand there */
    size_t count;
    const int64_t *positions; /* or VIEW_POSITIONS_NONE */
    const int64_t *goals;     /* what had been reached before Redis lost it; 0: nothing lost */
    const struct anchor_identity *identities; /* of the records taken last */
    const struct redisconn_reply *draining;   /* see view_positions_draining() */
    bool is_recovering;                       /* somebody's goal is not reached yet */
    bool is_held; /* rebuilt views are taking the place of these, which are not written to meanwhile
                   */
};

/* failure is NULL, or as of view_store_load(); positions in the order of the slots asked for. */
typedef void view_positions_fn(void *user, const struct view_positions *reading,
                               const struct error *failure);

MUST_USE enum error_kind view_positions_ask(struct redisconn *conn, const struct strview *slots,
                                            size_t count, view_positions_fn *done, void *user,
                                            struct error *err);

/* The index-th aggregate ("<type>:<id>") whose parked events are being applied, and the slot whose
 * owner does it; false past the last. */
MUST_USE bool view_positions_draining(const struct view_positions *reading, size_t index,
                                      struct strview *ret_aggregate, struct strview *ret_slot);

/* Begins views where there are none yet: their generation, and the form of times. */
void view_positions_begin(struct redisconn *conn);

/* Another name of the copy that is read: the server's, and any number. Readers see by it that it
 * may be less than the one before (core/doubt.h). */
void view_positions_name_copy(struct redisconn *conn, struct strview server, uint64_t number);

/* Whether it was named on that server. */
bool view_positions_is_named(const struct view_positions *reading, struct strview server);

#endif
