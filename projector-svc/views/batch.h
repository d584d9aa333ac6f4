/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - the events of one function call: grouped by aggregate, folded onto
 * the stored views; batch_write.h turns it into writes.
 *
 * Why a batch knows no connection: view_store.h fills in what was stored and sends what
 * comes out, and everything between can be tried with plain values.
 *
 * Calling sequence:
 *     batch_init
 *     batch_add            once per event, in offset order
 *     (the store fills in each aggregate's view and frozen state)
 *     batch_look           what else must be known: parked events, ids of old versions
 *     (the store fills those in, if any, by batch_decide and batch_add_parked)
 *     batch_fold
 *     batch_write          into a write set
 *
 * Ownership: everything lives in the arena; the events' records must outlive the batch.
 */
#ifndef PROJECTOR_SVC_VIEWS_BATCH_H
#define PROJECTOR_SVC_VIEWS_BATCH_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/contract/json_writer.h"
#include "common/contract/topics.h"
#include "projector-svc/views/batch_aggregate.h"
#include "projector-svc/views/incoming.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function call blocks every reader: 64 events are about 3 ms of Redis. */
enum { BATCH_EVENTS_MAX = 64 };

/* Of parked forms that are taken out of Redis for one batch; but one at least. */
enum { BATCH_PARKED_BYTES = 512 << 10 };

struct batch_counts {
    size_t applied;
    size_t duplicates;
    size_t untold; /* so old that nobody knows which event had that version */
    size_t parked;
    size_t unreadable;
    size_t foreign;
    size_t gaps;    /* aggregates frozen anew for a missing version */
    size_t forks;   /* aggregates frozen anew for two histories */
    size_t dropped; /* records, as an operator decided */
    size_t retries; /* times that batches before it failed; the caller's */
};

struct batch {
    struct arena *arena;
    struct batch_aggregate **aggregates;
    size_t aggregate_count;
    size_t event_count;
    struct strview slot;   /* "<topic>/<partition>", the caller's */
    int32_t partition;     /* the same, for names of keys; the caller's */
    struct strview reader; /* who says what can be read, see core/reader.h; the caller's */
    int64_t portion;       /* of parked events taken at once; 0: BATCH_EVENTS_MAX */
    enum json_times times; /* of the documents it makes; the caller's, TEXT unless set */
    bool is_quiet;         /* nobody is told what it applies; the caller's */
    bool wants_parked;     /* found by batch_look(): those of one aggregate at least */
    const struct incoming *last;
    const struct incoming *last_identified; /* the newest with an event id; NULL: none has one */
    struct batch_counts counts;
};

MUST_USE enum error_kind batch_init(struct batch *batch, struct arena *arena, struct error *err);

/* At most BATCH_EVENTS_MAX. Fails with ERROR_EXHAUSTED; the batch is then of no more use. */
MUST_USE enum error_kind batch_add(struct batch *batch, struct incoming *incoming,
                                   struct error *err);

/* A frozen one whose parked events are looked at, also where no event of it came. */
MUST_USE enum error_kind batch_add_drained(struct batch *batch, enum aggregate_type type,
                                           struct strview id, struct error *err);

/* True when anything more must be read. Fails with ERROR_EXHAUSTED. */
MUST_USE enum error_kind batch_look(struct batch *batch, bool *ret_wants_more, struct error *err);

/* What was decided about an aggregate of which a portion is wanted, before its parked ones. json
 * lives as long as the batch; what cannot be read is as if nothing was decided. */
MUST_USE enum error_kind batch_decide(struct batch *batch, struct batch_aggregate *aggregate,
                                      struct strview json, struct error *err);

/* A parked form of an aggregate that wants them, in order. */
MUST_USE enum error_kind batch_add_parked(struct batch *batch, struct batch_aggregate *aggregate,
                                          struct strview form, struct error *err);

MUST_USE enum error_kind batch_fold(struct batch *batch, struct error *err);

#endif
