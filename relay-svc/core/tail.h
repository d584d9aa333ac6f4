/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h - what the newest record of ours in a partition means.
 *
 * Why: a partition is a copy of a shard's log, so before a relay publishes it
 * compares the copy's end with what it knows to be sent. That finds a crash
 * between send and mark (nothing is published twice), records Kafka has lost
 * (they are published again), and a database or a topic that does not belong
 * together with the other (nothing is published at all, loudly).
 *
 * Two steps, as the outbox may have to be asked in between: tail_compare() from the two
 * ends alone; for TAIL_NEWER and TAIL_OLDER tail_confirm() with what the outbox
 * holds under the record's seq. Pure.
 */
#ifndef RELAY_SVC_CORE_TAIL_H
#define RELAY_SVC_CORE_TAIL_H

#include "common/base/error.h"
#include "common/base/uuid7.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row as Kafka or the relay knows it. */
struct tail_mark {
    bool exists;
    int64_t seq;
    struct uuid id;
    int64_t offset; /* -1 when not known */
};

bool tail_mark_is_same(const struct tail_mark *a, const struct tail_mark *b); /* but for offsets */

/* What a relay knows of a partition before it looks. */
struct tail_known {
    struct tail_mark sent;  /* newest row in Kafka with every row before it */
    struct tail_mark acked; /* newest row acknowledged to this process, with its offset */
};

/* The newest record of ours found in a partition. */
struct tail_found {
    struct tail_mark record; /* exists: there is one */
    int64_t first_offset;    /* the oldest offset the partition still has */
};

enum tail_verdict {
    TAIL_SAME = 0,  /* go on */
    TAIL_NEWER,     /* (ask the outbox) the crash between send and mark */
    TAIL_OLDER,     /* (ask the outbox) Kafka lost acknowledged records: alarm, publish again */
    TAIL_NONE_FINE, /* nothing there, and nothing is missing */
    TAIL_NONE_RECREATED, /* nothing there, but something was: stop */
    TAIL_WENT_BACK,      /* the record lies before one acknowledged earlier: stop */
    TAIL_UNKNOWN,        /* the outbox does not hold that record: stop */
    TAIL_LOST,           /* nor, and it lies before one that was acknowledged: stop */
    TAIL_VERDICT_COUNT
};

enum tail_verdict tail_compare(const struct tail_known *known, const struct tail_found *found);

/*
 * verdict is TAIL_NEWER or TAIL_OLDER; in_outbox is the outbox's row of that topic under
 * the record's seq, exists false when there is none. Returns verdict where it is that very row,
 * else TAIL_UNKNOWN or TAIL_LOST.
 */
enum tail_verdict tail_confirm(enum tail_verdict verdict, const struct tail_found *found,
                               const struct tail_mark *in_outbox);

/* Whether the shard must not publish. */
bool tail_is_stop(enum tail_verdict verdict);

/* A stable word for metrics. */
extern const char *const TAIL_VERDICT_NAMES[TAIL_VERDICT_COUNT + 1]; /* NULL-ended */

/* What is wrong and what to do, for a person. For a verdict that is a stop, and TAIL_OLDER. */
void tail_explain(enum tail_verdict verdict, const char *topic, int partition,
                  const struct tail_known *known, const struct tail_found *found, char *out,
                  size_t size);

#endif
