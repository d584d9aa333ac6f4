/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_plan.h - which shards the next trip to the outbox reads.
 *
 * Why this module is alone: that no shard starves and that a shard whose rows cannot be read harms
 * no other one is decided here, from one wish per shard.
 *
 * The rules:
 *   - Shards that have much to read are spread over the free readers; those that only want to be
 *     looked at all go with the first.
 *   - What failed the last time goes alone, so that it fails alone; such trips take turns with the
 *     shared ones, and such shards with each other.
 *   - Shards that have much to read keep step with those near: a page of the outbox has rows of all
 *     of them, and is in PostgreSQL's memory for those that come by soon after the first. Who is
 *     further behind (it stood for hours, it was taken over) shares no page with them, and is not
 *     waited for: else it alone would keep all others from what is new.
 *
 * Pure.
 */
#ifndef RELAY_SVC_CORE_READ_PLAN_H
#define RELAY_SVC_CORE_READ_PLAN_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows of the outbox, of all shards together. */
enum { READ_LEAD = 20000, READ_FAR = 5 * READ_LEAD };

enum read_wish {
    READ_NOTHING = 0,
    READ_LOOK,  /* perhaps there are rows */
    READ_MUCH,  /* the last trip brought as many as asked for */
    READ_ALONE, /* the last trip failed */
    READ_GOING, /* it has much, and a trip for it is under way */
    READ_WISH_COUNT
};

/* Zero at the beginning. */
struct read_plan {
    bool was_alone; /* the last trip */
    int last_alone; /* the shard that went alone last */
};

/* Takes back the wish of who has much to read and is further than READ_LEAD ahead of the last one
 * of them that is no further than READ_FAR behind the first; places are what each has read up to.
 * Both the last one and that one always go. */
void read_plan_keep_step(enum read_wish *wishes, const int64_t *places, int shard_count);

/* Fills ret_shards (room for all of them) and returns how many go; 0: nothing is to be read.
 * free_readers counts the one that is going. */
MUST_USE int read_plan_next(struct read_plan *plan, const enum read_wish *wishes, int shard_count,
                            int free_readers, int *ret_shards);

#endif
