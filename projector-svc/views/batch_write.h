/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_write.h - a folded batch as writes to Redis.
 *
 * Why all into one set: the set merges what several aggregates write to one key, and the function
 * call carries out the whole of it or nothing.
 *
 * Ownership: the set and its texts live in the batch's arena.
 */
#ifndef PROJECTOR_SVC_VIEWS_BATCH_WRITE_H
#define PROJECTOR_SVC_VIEWS_BATCH_WRITE_H

#include "common/base/error.h"
#include "projector-svc/core/view_diff.h"
#include "projector-svc/core/write_set.h"
#include "projector-svc/views/batch.h"

/* All that the batch changes but the position. Fails with ERROR_EXHAUSTED. */
MUST_USE enum error_kind batch_write(struct batch *batch, const struct view_moment *moment,
                                     struct write_set *set, struct error *err);

#endif
