/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_past.h - an order as it was, folded once more from its timeline.
 *
 * Why not stored: a document for each version would take more than the order itself. The timeline
 * has what each event said but lines and addresses; lines never change, and of addresses only the
 * newest is kept: an order before its address changed is shown without one.
 *
 * Ownership: the view's texts are the documents' or in the arena.
 */
#ifndef PROJECTOR_SVC_VIEWS_ORDER_PAST_H
#define PROJECTOR_SVC_VIEWS_ORDER_PAST_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "projector-svc/core/order_view.h"

/* The one that is meant; of the other one INT64_MAX. */
struct order_moment {
    int64_t version;
    int64_t as_of_ms; /* what had happened by then */
};

struct order_history {
    struct strview details;         /* of now */
    const struct strview *timeline; /* its first elements */
    size_t count;
    size_t length; /* of all of it */
};

/*
 * ERROR_NOT_FOUND: it did not exist then, or has not come to that version. ERROR_EXHAUSTED: what
 * was meant is behind the elements that are there, or the arena is too small. ERROR_INVALID:
 * damaged.
 */
MUST_USE enum error_kind order_past_fold(const struct order_history *history,
                                         const struct order_moment *moment, struct arena *arena,
                                         struct order_view *ret, struct error *err);

#endif
